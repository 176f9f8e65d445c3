"""Workers die, as real processes do, under the real stages."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from distributed import LocalCluster

from benchmarks.local_cluster import local_cluster
from pipeline.core.arrays import Rgb
from pipeline.core.params import EngineParams
from pipeline.core.records import Image, Rejection
from pipeline.engine import map_records
from pipeline.faces.extraction import Extraction, FaceExtractor
from pipeline.storage.images import write_image
from pipeline.storage.manifests import read_manifest
from stages import augment, dedup, faces, ingest
from stages.running.commands import ADDRESS_VARIABLE
from tests.conftest import tree
from tests.faults.poison import POISON, PoisonedExtractor, PoisonedInspector, PoisonedMasker, poisoned_fingerprint

pytestmark = pytest.mark.slow

PHOTOS = 4
ROOT = Path(__file__).parent.parent.parent
PARAMS = """
engine: {jobs: 2}
ingest:
  sources: [mine]
  settings: {mine: {adapter: folder, path: photos, licence: CC0-1.0, labels: {".": {mask_type: none, wear: none}}}}
dedup: {align_faces: false, links: {near: ignore}}
augment: {masks: [surgical]}
"""


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory, portrait: Rgb) -> Path:
    """A project whose photos went through the first four stages in one process."""
    project = tmp_path_factory.mktemp("project")
    (project / "params.yaml").write_text(PARAMS)
    for number in range(PHOTOS):
        shaded = np.clip(portrait.astype(int) + 12 * number - 20, 0, 255).astype(np.uint8)
        write_image(project / "photos" / f"{number:02}.jpg", shaded)
    (project / "one.yaml").write_text(PARAMS.replace("jobs: 2", "jobs: 1"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        for stage in (ingest, dedup, faces, augment):
            result = CliRunner().invoke(stage.command, ["--params", "one.yaml"], catch_exceptions=False)
            assert result.exit_code == 0, result.output
    return project


@pytest.fixture
def project(taken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as the working folder."""
    copy = tmp_path / "project"
    shutil.copytree(taken, copy)
    shutil.rmtree(copy / ".cache", ignore_errors=True)
    monkeypatch.chdir(copy)
    return copy


def run(stage: object) -> str:
    result = CliRunner().invoke(stage.command, [], catch_exceptions=False)  # type: ignore[attr-defined]
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    ("stage", "poison", "folder"),
    [
        (ingest, ("pipeline.sources.ingest.Inspector", PoisonedInspector), "raw/mine"),
        (dedup, ("pipeline.dedup.fingerprints.cache._fingerprint_file", poisoned_fingerprint), "dedup"),
        (faces, ("pipeline.faces.extraction.FaceExtractor", PoisonedExtractor), "faces"),
        (augment, ("pipeline.augment.manifest_masker.ManifestMasker", PoisonedMasker), "masked"),
    ],
)
def test_an_image_that_kills_its_worker_is_rejected_and_the_rest_is_there(
    project: Path, monkeypatch: pytest.MonkeyPatch, stage: object, poison: tuple[str, object], folder: str
) -> None:
    before = tree(project / "data" / folder)
    monkeypatch.setattr(*poison)
    assert f"{PHOTOS - 1} kept, 1 rejected (worker_crash 1)" in run(stage)
    (row,) = read_manifest(project / "data" / folder / "rejected.parquet", Rejection)
    assert row.origin.endswith(POISON)
    assert row.detail == "the process that worked on it alone died, 3 times over"
    pictures = {path: data for path, data in tree(project / "data" / folder).items() if path.endswith(".jpg")}
    assert pictures.items() <= before.items()
    lost = {path for path in before if path.endswith(".jpg")} - pictures.keys()
    assert len(lost) in {0, 1, 2}
    assert not any(path.endswith(".part") for path in tree(project / "data"))


@pytest.mark.parametrize("stage", ["faces", "augment"])
def test_a_worker_killed_by_accident_changes_no_byte(project: Path, stage: str) -> None:
    before = tree(project / "data")
    shutil.rmtree(project / "data" / ("masked" if stage == "augment" else stage))
    process = subprocess.Popen(
        [sys.executable, "-m", f"stages.{stage}"], env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE
    )
    killed = 0
    while process.poll() is None:
        if pictures_in(project / "data") and killed < 2:
            killed += kill_one(process.pid)
        time.sleep(0.05)
    process.communicate()
    assert process.returncode == 0
    assert killed > 0
    assert tree(project / "data") == before


def pictures_in(data: Path) -> bool:
    return next(data.glob("*/crops/*.jpg"), None) is not None


def kill_one(parent: int) -> int:
    """Kill one worker; spawned workers say so in their command line."""
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in task.read_text().split():
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)
                return 1
    return 0


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with local_cluster() as running:
        yield running


@pytest.fixture
def on_cluster(cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> LocalCluster:
    monkeypatch.setenv(ADDRESS_VARIABLE, cluster.scheduler_address)
    return cluster


def test_a_cluster_gives_the_bytes_of_one_process(on_cluster: LocalCluster, project: Path) -> None:
    """All but the provenance, which holds the times of taking in."""
    shutil.rmtree(project / "data" / "provenance")
    before = tree(project / "data")
    shutil.rmtree(project / "data")
    for stage in (ingest, dedup, faces, augment):
        run(stage)
    shutil.rmtree(project / "data" / "provenance")
    assert tree(project / "data") == before


def test_a_killed_worker_of_a_cluster_changes_no_byte(
    on_cluster: LocalCluster, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first result makes this process kill a worker that has more to do."""
    before = tree(project / "data")
    victim = next(iter(on_cluster.workers.values())).pid

    def killing(
        function: FaceExtractor, images: list[Image], engine: EngineParams, _: int, crashed: Any
    ) -> Iterator[Extraction]:
        for number, result in enumerate(map_records(function, images, engine, 1, crashed)):
            if number == 0:
                os.kill(victim, signal.SIGKILL)
            yield result

    monkeypatch.setattr("stages.running.mapping.map_records", killing)
    run(faces)
    assert next(iter(on_cluster.workers.values())).pid != victim
    assert tree(project / "data") == before


def test_an_image_that_kills_its_worker_is_rejected_on_a_cluster(
    on_cluster: LocalCluster, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.faces.extraction.FaceExtractor", PoisonedExtractor)
    assert f"{PHOTOS - 1} kept, 1 rejected (worker_crash 1)" in run(faces)
