"""dvc.yaml names what the stages really depend on, and params.yaml says what every dial does."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from generators import stage_deps
from pipeline.core.params import Params, load_params

ROOT = Path(__file__).parent.parent.parent
STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


def body(stage: str) -> dict[str, Any]:
    found: dict[str, Any] = STAGES[stage].get("do", STAGES[stage])
    return found


@pytest.mark.parametrize("stage", list(STAGES))
def test_deps_name_exactly_the_folders_that_the_stage_imports_from(stage: str) -> None:
    assert stage_deps.named_rooms()[stage] == stage_deps.rooms_of_stages()[stage], "python -m generators.stage_deps"


def test_masks_are_no_reason_to_run_what_comes_before_them() -> None:
    named = stage_deps.named_rooms()
    assert [stage for stage in STAGES if "pipeline/masks" in named[stage]] == ["augment", "train"]


def test_the_walk_finds_imports_inside_functions_and_runs_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "stages/a.py": "def f():\n    from pipeline.b import g\n",
        "pipeline/__init__.py": '"""Words alone."""\n',
        "pipeline/b/__init__.py": "from pipeline.b.c import g\n",
        "pipeline/b/c.py": "import os\ng = os\n",
        "pipeline/unused.py": "x = 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(stage_deps, "ROOT", tmp_path)
    found = stage_deps.imported_files(tmp_path / "stages/a.py")
    assert {path.relative_to(tmp_path).as_posix() for path in found} == {
        "stages/a.py", "pipeline/b/__init__.py", "pipeline/b/c.py",
    }  # fmt: skip


def leaves(model: type[BaseModel], prefix: str = "") -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found += leaves(kind, f"{prefix}{name}.")
        else:
            found.append(prefix + name)
    return found


def value_at(document: Any, key: str) -> Any:
    for part in key.split("."):
        document = document[part]
    return document


@pytest.mark.parametrize("key", leaves(Params))
def test_params_yaml_holds_every_dial(key: str) -> None:
    value_at(yaml.safe_load((ROOT / "params.yaml").read_text()), key)


def test_params_yaml_says_of_nearly_every_dial_what_it_does() -> None:
    """A comment of its own, or that of the line above for the members of a group."""
    lines = [line for line in (ROOT / "params.yaml").read_text().splitlines() if re.match(r"\s*[a-z_]+:", line)]
    silent = [line.strip() for line in lines if "#" not in line]
    assert len(silent) < 0.15 * len(lines), silent


def test_params_yaml_is_valid() -> None:
    assert load_params(ROOT / "params.yaml").ingest.sources == ("sample",)


@pytest.mark.parametrize("stage", list(STAGES))
def test_params_named_in_dvc_yaml_exist(stage: str) -> None:
    document = yaml.safe_load((ROOT / "params.yaml").read_text())
    for key in body(stage)["params"]:
        value_at(document, key)


UNTRACKED = {
    "engine.jobs": "never changes a byte",
    "engine.address": "never changes a byte",
    "ingest.sources": "makes the stages of ingest",
}


def test_every_dial_is_tracked_by_a_stage() -> None:
    """An untracked parameter would be changed without anything running again."""
    tracked = [key for stage in STAGES for key in body(stage)["params"]]
    loose = [key for key in leaves(Params) if not any(key == name or key.startswith(f"{name}.") for name in tracked)]
    assert set(loose) <= set(UNTRACKED)
