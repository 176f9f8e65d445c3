"""What goes wrong around a run is one message, an exit code, and a state from which it goes on."""

import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.augment.folder_run import augment_folder, find_photos
from pipeline.augment.request import FolderRequest
from pipeline.core.params import EngineParams
from pipeline.core.records import Rejection
from pipeline.storage.images import read_image
from pipeline.storage.manifests import read_manifest
from tests.conftest import MakePhotos, tree
from tests.faults.conftest import ONE_MASK, MakeProject, Undisturbed, ended, hear_ctrl_c, wait_until

pytestmark = pytest.mark.slow

OTHER_DISK = Path("/dev/shm")  # noqa: S108 - a file system that Linux always has, and only this test's folder on it


def small_files() -> None:
    """Let a write fail in its middle, as on a full disk."""
    hear_ctrl_c()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(("stage", "out"), [("faces", "data/faces"), ("augment", "data/masked")])
def test_a_file_that_does_not_fit_is_one_message(make_project: MakeProject, stage: str, out: str, jobs: int) -> None:
    project = make_project("project", jobs, **ONE_MASK)
    before = tree(project.root / out) if stage == "augment" else {}
    failed = project.run(stage, preexec_fn=small_files)
    assert failed.returncode == 1
    (message,) = [line for line in failed.stderr.splitlines() if line.startswith("Error: ")]
    assert "cannot be written: File too large" in message
    assert "Traceback" not in failed.stderr
    assert not list(project.root.rglob("*.part"))
    assert (project.record(stage)["status"], "File too large" in project.record(stage)["message"]) == ("failed", True)
    assert (tree(project.root / out) if stage == "augment" else {}) == before
    assert project.run(stage).returncode == 0
    assert (project.root / out / "rejected.parquet").is_file()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk takes root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_stops_a_stage_and_room_lets_it_go_on(
    make_project: MakeProject, undisturbed: Undisturbed, small_disk: Path
) -> None:
    project, whole = make_project("project", **ONE_MASK), undisturbed("augment", **ONE_MASK)
    (project.root / ".cache").symlink_to(small_disk)
    failed = project.run("augment")
    assert failed.returncode == 1
    assert "No space left on device" in failed.stderr
    assert "Traceback" not in failed.stderr
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    assert project.run("augment").returncode == 0
    assert project.record("augment")["resumed"] > 0
    assert tree(project.root / "data/masked") == tree(whole.root / "data/masked")


@pytest.mark.skipif(not OTHER_DISK.is_dir(), reason="there is no second file system")
def test_a_cache_on_another_disk_is_copied_from(make_project: MakeProject, undisturbed: Undisturbed) -> None:
    project, whole = make_project("project", **ONE_MASK), undisturbed("augment", **ONE_MASK)
    cache = OTHER_DISK / f"maskwright-test-{os.getpid()}"
    cache.mkdir()
    try:
        (project.root / ".cache").symlink_to(cache)
        assert project.run("augment").returncode == 0
    finally:
        shutil.rmtree(cache)
    assert tree(project.root / "data/masked") == tree(whole.root / "data/masked")


@pytest.mark.parametrize("folder", ["/sys", "/proc"])
def test_an_output_that_refuses_is_one_message(make_project: MakeProject, folder: str) -> None:
    """The kernel lets nobody make a folder there, root included."""
    project = make_project("project")
    refused = project.run("augment_masks", "photos", f"{folder}/out", "--mask", "cloth")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: {folder}/out")
    assert "cannot be written: " in refused.stderr
    (project.root / ".cache").symlink_to(folder)
    refused = project.run("augment")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert refused.stderr.count("Error: ") == 1
    assert not (project.root / "data/masked").exists()


def test_a_photo_that_vanished_since_it_was_listed_is_a_row(make_photos: MakePhotos, tmp_path: Path) -> None:
    photos = make_photos("a.jpg", "b.jpg")
    listing = find_photos(photos, tmp_path / "out", None)
    (photos / "a.jpg").unlink()
    settings = FolderRequest(masks=("cloth",))
    summary = augment_folder(
        listing, tmp_path / "out", settings, engine=EngineParams(), mode="new", report=lambda _: None
    )
    assert (summary.ending, summary.written, summary.rejected) == ("complete", 1, {"unreadable_file": 1})


def test_an_image_that_vanished_since_dedup_is_a_row(make_project: MakeProject) -> None:
    project = make_project("project")
    (project.root / "photos/07.jpg").unlink()
    assert project.run("faces").returncode == 0
    (row,) = read_manifest(project.root / "data/faces/rejected.parquet", Rejection)
    assert (row.id, row.reason) == (f"{7:032x}", "unreadable_file")


@pytest.mark.parametrize("stage", ["augment", "augment_masks"])
def test_ctrl_c_twice_ends_at_once_and_leaves_no_worker(
    make_project: MakeProject, undisturbed: Undisturbed, stage: str
) -> None:
    project = make_project("project", jobs=2, **ONE_MASK)
    words = (
        ("photos", "data/masked", "--mask", "cloth", "--jobs", "2", "--limit", "20") if stage == "augment_masks" else ()
    )
    process = project.start(stage, *words)
    wait_until(lambda: len(list(project.root.rglob("images/**/*.jpg"))) >= 4)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the workers too
    time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    wait_until(lambda: ended(process.pid))
    pictures = [path for path in project.root.rglob("*.jpg") if "images" in path.parts]
    assert pictures
    assert all(read_image(path).rgb.size for path in pictures)
    assert project.run(stage, *words).returncode == 0
    whole = undisturbed(stage, *words, **ONE_MASK)
    assert tree(project.root / "data/masked/images") == tree(whole.root / "data/masked/images")


def test_ctrl_c_once_stops_a_stage_in_order(make_project: MakeProject) -> None:
    project = make_project("project", **ONE_MASK)
    process = project.start("augment")
    wait_until(lambda: project.journal_lines("data-masked") >= 3)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr.splitlines()[-1] == "stopped; the same command goes on from here"
    assert project.record("augment")["status"] == "interrupted"
    assert not list((project.root / ".cache/locks").glob("*.lock"))


@pytest.mark.parametrize("stage", ["augment", "augment_masks"])
def test_the_second_run_on_one_output_stops_at_once(make_project: MakeProject, stage: str) -> None:
    project = make_project("project")
    words = ("photos", "out", "--mask", "cloth", "--jobs", "1") if stage == "augment_masks" else ()
    first = project.start(stage, *words)
    wait_until(lambda: len(list(project.root.rglob("images/**/*.jpg"))) >= 2)
    first.send_signal(signal.SIGSTOP)  # else it may be through before the second begins
    second = project.run(stage, *words)
    first.send_signal(signal.SIGCONT)
    assert second.returncode == 1
    assert f"in use by another run, process {first.pid} on " in second.stderr
    _, stderr = first.communicate(timeout=120)
    assert first.returncode == 0, stderr
