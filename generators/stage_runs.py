"""The stages in a folder of their own, with parameters of their own; what precedes training is kept and reused."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
BEFORE_TRAINING = ("ingest", "dedup", "faces", "augment", "split")


def merged(params: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The parameters with changes laid over them, section by section.

    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}})
    {'a': {'b': 1, 'c': 3}}
    """
    both = dict(params)
    for key, value in changes.items():
        nested = isinstance(value, dict) and isinstance(both.get(key), dict)
        both[key] = merged(both[key], value) if nested else value
    return both


def set_values(params: dict[str, Any], assignments: Sequence[str]) -> dict[str, Any]:
    """The parameters with values laid over them as a command line gives them, `section.key=value` in YAML.

    >>> set_values({"train": {"epochs": 4, "model": "masknet"}}, ["train.epochs=8"])
    {'train': {'epochs': 8, 'model': 'masknet'}}
    """
    for assignment in assignments:
        key, _, value = assignment.partition("=")
        change: Any = yaml.safe_load(value)
        for part in reversed(key.split(".")):
            change = {part: change}
        params = merged(params, change)
    return params


def write_params(work: Path, params: dict[str, Any]) -> None:
    """Lay `params.yaml` into the folder, which is made."""
    work.mkdir(parents=True, exist_ok=True)
    (work / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")


def make_dataset(work: Path, params: dict[str, Any]) -> None:
    """Run the stages before training, unless they ran with the same parameters."""
    deciding = json.dumps({key: value for key, value in params.items() if key not in {"train", "evaluate"}})
    done = work / "dataset.json"
    if done.exists() and done.read_text(encoding="utf-8") == deciding:
        return
    for stage in BEFORE_TRAINING:
        run_stage(stage, work)
    done.write_text(deciding, encoding="utf-8")


def run_stage(stage: str, work: Path) -> None:
    """Run one stage in `work`, its output passed on to stderr."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", f"stages.{stage}"]
    subprocess.run(command, cwd=work, env=environment, check=True, stdout=sys.stderr)  # noqa: S603 - our own stages
