"""The whole road once, through the real `dvc repro`, in a copy of the repository."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.core.records import Assignment, Face, Image, MaskedImage, Rejection
from pipeline.storage.manifests import read_manifest
from tests.shared import made_once

ROOT = Path(__file__).parent.parent.parent
CODE = ("pipeline", "stages", "masks_templates", "samples", "dvc.yaml", "params.yaml", "takedowns.yaml", ".dvcignore")
PERSONS = 12
"""A part of the sample is enough: what is tested is that the stages fit together."""

pytestmark = pytest.mark.slow


def dvc(project: Path, *words: str) -> str:
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *words],
        cwd=project,
        env=os.environ | {"PATH": paths, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def change(project: Path, before: str, after: str) -> None:
    path = project / "params.yaml"
    text = path.read_text()
    assert text.count(before) == 1, before
    path.write_text(text.replace(before, after))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The road, gone; to be read only."""
    return made_once(tmp_path_factory, "road", go)


@pytest.fixture
def changeable(project: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(project, tmp_path / "project", symlinks=True)


def go(folder: Path) -> None:
    for name in CODE:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    (folder / ".dvc").mkdir()
    shutil.copy(ROOT / ".dvc" / "config", folder / ".dvc" / "config")
    keep_some(folder / "samples")
    change(folder, "  epochs: 15 ", "  epochs: 1 ")
    change(folder, "  image_px: 96 ", "  image_px: 48 ")
    change(folder, "  jobs: 0 ", "  jobs: 1 ")
    change(folder, "  bootstrap_samples: 1000 ", "  bootstrap_samples: 20 ")
    dvc(folder, "config", "core.no_scm", "true")
    dvc(folder, "repro")


def keep_some(samples: Path) -> None:
    """The first persons with their duplicates, and the damaged files."""
    manifest = samples / "manifest.csv"
    header, *lines = manifest.read_text().splitlines()
    persons = {f"person-{number:03}" for number in range(PERSONS)}
    kept = [line for line in lines if line.split(",")[1] in persons or line.startswith("damaged")]
    manifest.write_text("\n".join([header, *kept]) + "\n")


def test_every_id_is_kept_or_rejected_at_every_stage(project: Path) -> None:
    data = project / "data"
    taken = read_manifest(data / "raw/sample/images.parquet", Image)
    refused = read_manifest(data / "raw/sample/rejected.parquet", Rejection)
    assert {row.reason for row in refused} == {"damaged_image", "not_an_image"}
    kept = read_manifest(data / "dedup/kept.parquet", Image)
    dropped = read_manifest(data / "dedup/rejected.parquet", Rejection)
    assert {row.id for row in kept} | {row.id for row in dropped} == {row.id for row in taken}
    assert len(kept) + len(dropped) == len(taken)
    assert {"exact_duplicate", "near_duplicate"} >= {row.reason for row in dropped} != set()
    faces = read_manifest(data / "faces/faces.parquet", Face)
    faceless = read_manifest(data / "faces/rejected.parquet", Rejection)
    assert {face.image_id for face in faces} | {row.id for row in faceless} >= {row.id for row in kept}
    masked = read_manifest(data / "masked/masked.parquet", MaskedImage)
    refused = read_manifest(data / "masked/rejected.parquet", Rejection)
    assert len(masked) + len(refused) == 3 * len(faces)
    split = read_manifest(data / "split/split.parquet", Assignment)
    assert {row.sample_id for row in split} <= {row.id for row in faces} | {row.id for row in masked}
    assert all((project / row.crop_path).is_file() for row in split)


def test_one_person_stands_on_one_side(project: Path) -> None:
    people = {row.id: row.person_id for row in read_manifest(project / "data/raw/sample/images.parquet", Image)}
    sides: dict[str | None, set[str]] = {}
    for row in read_manifest(project / "data/split/split.parquet", Assignment):
        sides.setdefault(people[row.image_id], set()).add(row.side)
    assert len(sides) == PERSONS
    assert all(len(found) == 1 for found in sides.values())


def test_metrics_plots_and_model_are_there(project: Path) -> None:
    metrics = json.loads((project / "reports/metrics.json").read_text())
    assert all(0 <= numbers["mask_type"]["accuracy"] <= 1 for numbers in metrics.values())
    assert (project / "models/model.pt").stat().st_size > 100_000
    assert (project / "reports/report.html").stat().st_size > 10_000
    assert "near_duplicate" in (project / "reports/curation.html").read_text(encoding="utf-8")
    assert "index.html" in dvc(project, "plots", "show")


def test_a_second_run_does_nothing(changeable: Path) -> None:
    assert "Data and pipelines are up to date." in dvc(changeable, "repro")


def test_shards_train_the_same_model(changeable: Path) -> None:
    made = ("reports/metrics.json", "models/model.pt")
    folder = [(changeable / name).read_bytes() for name in made]
    change(changeable, "  format: folder ", "  format: shards ")
    dvc(changeable, "repro", "evaluate")
    assert not list((changeable / "data/masked").rglob("*.jpg"))
    assert [(changeable / name).read_bytes() for name in made] == folder


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("  min_face_px: 24 ", "  min_face_px: 25 ", {"faces", "train", "evaluate"}),
        ("  per_face: 1 ", "  per_face: 2 ", {"augment"}),
        ("  format: folder ", "  format: shards ", {"augment"}),
        ("  holdout_templates: [] ", "  holdout_templates: [ffp2_cup] ", {"augment", "split", "train"}),
        ("  lr: 0.002 ", "  lr: 0.003 ", {"train"}),
        ("  bootstrap_samples: 20 ", "  bootstrap_samples: 30 ", {"evaluate"}),
        ("  jobs: 1 ", "  jobs: 2 ", set()),
    ],
)
def test_a_parameter_changes_only_what_hangs_on_it(
    changeable: Path, before: str, after: str, changed: set[str]
) -> None:
    change(changeable, before, after)
    status = json.loads(dvc(changeable, "status", "--json").splitlines()[-1])
    assert set(status) == changed
