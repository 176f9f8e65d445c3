"""Who has the wheel alone starts a project in an empty folder, and the road goes there; no checkout, no Git."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.core.records import Image, MaskedImage
from pipeline.storage.manifests import read_manifest
from tests.conftest import tree
from tests.road.test_repro import change, keep_some
from tests.road.test_wheel import built_wheel, pip
from tests.shared import made_once

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Wheel:
    """What the wheel holds, unpacked; its requirements are those of the tests' environment."""

    packages: Path

    def run(self, folder: Path, *words: str) -> str:
        paths = os.pathsep.join([str(self.packages / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
        settings = {"PATH": paths, "PYTHONPATH": str(self.packages), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(words, cwd=folder, env=os.environ | settings, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def unpack(folder: Path, wheel: Path) -> None:
    pip("install", "--no-deps", "--no-index", "--target", "packages", wheel, cwd=folder)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    built = built_wheel(tmp_path_factory)
    return Wheel(made_once(tmp_path_factory, "unpacked-wheel", lambda folder: unpack(folder, built)) / "packages")


def make_small(project: Path) -> None:
    """One epoch of small pictures: what is tested is that the road goes."""
    change(project, "  epochs: 15 ", "  epochs: 1 ")
    change(project, "  image_px: 96 ", "  image_px: 48 ")
    change(project, "  jobs: 0 ", "  jobs: 1 ")
    change(project, "  bootstrap_samples: 1000 ", "  bootstrap_samples: 20 ")


def test_the_sample_goes_the_whole_road(wheel: Wheel, tmp_path: Path) -> None:
    wheel.run(tmp_path, "maskwright", "init", "my project")
    project = tmp_path / "my project"
    keep_some(project / "samples")
    make_small(project)
    wheel.run(project, "dvc", "repro")
    masked = read_manifest(project / "data/masked/masked.parquet", MaskedImage)
    assert {row.mask_type for row in masked} == {"cloth", "surgical", "ffp2"}
    assert (project / "models/model.pt").is_file()
    assert (project / "reports/report.html").is_file()
    assert "up to date" in wheel.run(project, "dvc", "repro")
    wheel.run(project, "maskwright", "export", ".", "--format", "coco")
    assert list((project / "exports").rglob("*.json"))
    assert not list(wheel.packages.glob("**/data")), "nothing is written where the package lies"


def test_own_photos_go_the_road_in_a_working_tree(wheel: Wheel, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    for name, data in tree(ROOT / "samples/faces").items():
        if name.startswith("person-00"):
            path = tmp_path / "Photos d'été" / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
    wheel.run(tmp_path, "maskwright", "init", "project", "--faces", "Photos d'été")
    make_small(tmp_path / "project")
    wheel.run(tmp_path / "project", "dvc", "repro", "dedup")
    assert len(read_manifest(tmp_path / "project/data/dedup/kept.parquet", Image)) > 10
    assert "up to date" in wheel.run(tmp_path / "project", "dvc", "repro", "dedup")
