"""`dvc exp run -S` rewrites params.yaml and drops quotes: what stands there must mean the same after it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.core.records import Image
from pipeline.storage.manifests import read_manifest

ROOT = Path(__file__).parent.parent.parent

PARAMS = """\
seed: 0
ingest:
  sources: [mine]
  settings:
    mine:
      adapter: folder
      path: photos
      labels:
        "yes": {mask_type: ffp2, valve: "yes"}
        "no": {masked: "no"}
        'on': {mask_type: ffp2, valve: yes}
        "1": {masked: "yes", valve: no}
"""
ROAD = """\
stages:
  ingest:
    cmd: "{python} -m stages.ingest --source mine"
    params: [seed, ingest]
    outs: [data/raw/mine]
"""
EXPECTED = {
    "yes": ("ffp2", "yes", "yes"),
    "no": ("none", "unknown", "no"),
    "on": ("ffp2", "yes", "yes"),
    "1": ("unknown", "no", "yes"),
}


def run(folder: Path, *words: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(words, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_yes_and_no_mean_the_same_after_an_experiment(tmp_path: Path) -> None:
    write_tree(tmp_path, {f"photos/{name}/a.jpg": picture(seed) for seed, name in enumerate(EXPECTED)})
    (tmp_path / "params.yaml").write_text(PARAMS)
    (tmp_path / "dvc.yaml").write_text(ROAD.format(python=sys.executable))
    run(tmp_path, "git", "init", "-q")
    dvc = (sys.executable, "-m", "dvc")
    run(tmp_path, *dvc, "init", "-q")
    run(tmp_path, *dvc, "config", "core.analytics", "false")
    run(tmp_path, "git", "add", "-A")
    run(tmp_path, "git", "-c", "user.name=n", "-c", "user.email=n@example.org", "commit", "-qm", "begin")
    run(tmp_path, *dvc, "exp", "run", "-q", "-S", "seed=7")
    assert "yes: {mask_type: ffp2, valve: yes}" in (tmp_path / "params.yaml").read_text(), "the quotes are gone"
    images = read_manifest(tmp_path / "data/raw/mine/images.parquet", Image)
    assert {i.origin.partition("/")[0]: (i.mask_type, i.valve, i.masked) for i in images} == EXPECTED
