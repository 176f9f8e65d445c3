"""What a stage tells of its run: log lines, reports/runs/, where its time went."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipeline.core import paths
from pipeline.core.records import Image
from pipeline.storage.manifests import write_manifest
from stages import augment_masks, faces
from stages.running import record as recording
from tests.conftest import MakePhotos

EVENT_KEYS = {"time", "run", "event"}


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait_jpeg: bytes, make_image: Callable[..., Image]
) -> Path:
    """Two images, one of them broken."""
    monkeypatch.chdir(tmp_path)
    Path("photo.jpg").write_bytes(portrait_jpeg)
    Path("broken.jpg").write_bytes(portrait_jpeg[:2000])
    Path("params.yaml").write_text("")
    images = [make_image(), make_image(id="c" * 32, path="broken.jpg", origin="broken.jpg")]
    write_manifest(paths.KEPT, images, Image)
    return tmp_path


def run(*words: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(faces.command, words)


def events(result: Result) -> list[dict[str, Any]]:
    """Every line on stderr as an object."""
    found = [json.loads(line) for line in result.stderr.splitlines()]
    assert all(event.keys() >= EVENT_KEYS for event in found)
    return found


def record() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((paths.RUN_RECORDS / "faces.json").read_text())
    return found


def test_the_record_says_what_was_done(project: Path) -> None:
    assert run().exit_code == 0
    found = record()
    counts = found["counts"]["faces"]
    assert (found["run"], found["status"], found["message"], found["resumed"]) == ("faces", "complete", None, 0)
    assert (counts["in"], counts["kept"], counts["rejected"]) == (2, 1, {"damaged_image": 1})
    assert counts["in_per_s"] == pytest.approx(2 / found["seconds"], rel=0.2)  # seconds are rounded to the ms
    assert {"maskwright", "python", "numpy"} <= found["versions"].keys()
    assert found["profile"] is None


def test_the_record_stands_outside_what_dvc_tracks(project: Path) -> None:
    run()
    first = {path.name: path.read_bytes() for path in paths.FACES.rglob("*") if path.is_file()}
    run()
    assert {path.name: path.read_bytes() for path in paths.FACES.rglob("*") if path.is_file()} == first
    assert paths.FACES not in paths.RUN_RECORDS.parents


def test_the_digest_of_the_parameters_leaves_out_speed(project: Path) -> None:
    digests = []
    for params in ("", "engine: {jobs: 1}", "faces: {crop_px: 96}"):
        Path("params.yaml").write_text(params)
        run()
        digests.append(record()["params_sha256"])
    assert digests[0] == digests[1] != digests[2]


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    done = subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_commit_is_told_and_the_checkout_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What writes the index holds its lock: a commit beside a run failed, and a checkout may be read-only."""
    monkeypatch.setattr(recording, "_CODE", tmp_path)

    def told() -> str | None:
        return recording._git_commit.__wrapped__()

    assert told() is None
    git(tmp_path, "init", "--quiet")
    assert told() is None  # of no commit yet
    (tmp_path / "code.py").write_text("1")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message=x")
    commit = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "untracked.py").touch()
    os.utime(tmp_path / "code.py", (1, 1))  # what makes Git look again, and write what it found
    index = (tmp_path / ".git/index").read_bytes()
    assert told() == commit
    (tmp_path / "code.py").write_text("2")
    assert told() == f"{commit}-dirty"
    assert (tmp_path / ".git/index").read_bytes() == index


def test_a_failure_is_recorded(project: Path) -> None:
    paths.KEPT.unlink()
    assert run().exit_code == 1
    assert record()["status"] == "failed"
    assert "kept.parquet does not exist; run `maskwright dedup` first" in record()["message"]


def test_json_is_one_object_a_line(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stages.running.progress._LINE_EVERY_S", 3600.0)  # a busy machine shows progress
    result = run("--log-format", "json")
    assert result.stdout == ""
    found = events(result)
    assert [event["event"] for event in found] == ["started", "counts", "finished"]
    assert found[1]["rejected"] == {"damaged_image": 1}
    assert found[2]["status"] == "complete"


def test_an_error_is_an_object_too(project: Path) -> None:
    paths.KEPT.unlink()
    result = run("--log-format", "json")
    assert result.exit_code == 1
    assert "kept.parquet" in next(event for event in events(result) if event["event"] == "error")["message"]


def test_progress_is_an_object_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stages.running.progress._LINE_EVERY_S", 0.0)
    progress = [event for event in events(run("--log-format", "json")) if event["event"] == "progress"]
    assert [(event["done"], event["total"]) for event in progress] == [(1, 2), (2, 2)]


def test_the_environment_does_the_same_and_options_win(project: Path) -> None:
    assert events(run(MASKWRIGHT_LOG_FORMAT="json"))
    assert run("--log-format", "text", MASKWRIGHT_LOG_FORMAT="json").stdout.startswith("faces: 2 images in")
    assert run(MASKWRIGHT_LOG_FORMAT="xml").exit_code == 2
    run(MASKWRIGHT_PROFILE="1")
    assert record()["profile"]
    run("--no-profile", MASKWRIGHT_PROFILE="1")
    assert record()["profile"] is None


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_profile_says_where_the_time_went(project: Path, jobs: int) -> None:
    Path("params.yaml").write_text(f"engine: {{jobs: {jobs}}}")
    result = run("--profile")
    assert "where the time went" in result.stderr
    workers = record()["profile"]["workers"]
    assert {"read", "decode", "search", "detect", "landmarks", "encode", "write", "other"} == workers.keys()
    assert workers["decode"]["calls"] == 2
    assert workers["detect"]["calls"] == 1
    assert sum(step["seconds"] for step in record()["profile"]["main"].values()) <= record()["seconds"] + 0.01


def test_augment_masks_tells_the_same(make_photos: MakePhotos, tmp_path: Path) -> None:
    out, file = tmp_path / "out", tmp_path / "run.json"
    words = [make_photos("a.jpg"), out, "--mask", "cloth", "--jobs", 1, "--record", file, "--profile"]
    result = CliRunner().invoke(augment_masks.command, [*map(str, words), "--log-format", "json"])
    assert result.exit_code == 0, result.output
    assert [event["event"] for event in events(result)] == ["started", "counts", "profile", "finished"]
    found = json.loads(file.read_text())
    assert found["counts"]["photos"]["in"] == 1
    assert found["profile"]["workers"]["render"]["calls"] == 1
    assert found["profile"]["main"]["write"]["calls"] >= 1
