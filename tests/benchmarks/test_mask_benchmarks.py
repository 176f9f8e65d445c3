import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.storage.images import read_image

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def run(*arguments: object) -> str:
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def test_crops_hold_the_same_faces_in_every_class(tmp_path: Path) -> None:
    for ablate in ([], ["--ablate", "pose"]):
        run(
            "benchmarks.sim_to_real",
            "samples/faces",
            tmp_path / "-".join(ablate or ["whole"]),
            "--per-class",
            2,
            *ablate,
        )
    crops = {
        folder: {path.relative_to(tmp_path / folder).as_posix(): read_image(path).rgb for path in files}
        for folder in ("whole", "--ablate-pose")
        if (files := sorted((tmp_path / folder).rglob("*.jpg")))
    }
    names = [f"{kind}/{number:04d}.jpg" for kind in ("cloth", "ffp2", "none", "surgical") for number in range(2)]
    assert [*crops["whole"]] == [*crops["--ablate-pose"]] == names
    assert all(rgb.shape[0] == rgb.shape[1] for rgb in crops["whole"].values())
    assert np.array_equal(crops["whole"]["none/0000.jpg"], crops["--ablate-pose"]["none/0000.jpg"])
    assert not np.array_equal(crops["whole"]["ffp2/0000.jpg"], crops["--ablate-pose"]["ffp2/0000.jpg"])


def test_several_masks_a_face_differ_and_the_first_is_the_one_of_a_single_draw(tmp_path: Path) -> None:
    for masks in (1, 2):
        run("benchmarks.sim_to_real", "samples/faces", tmp_path / str(masks), "--per-class", 1, "--masks-a-face", masks)
    once, twice = ({path.name: read_image(path).rgb for path in (tmp_path / n / "ffp2").iterdir()} for n in "12")
    assert sorted(once) == ["0000.jpg"]
    assert sorted(twice) == ["0000-1.jpg", "0000.jpg"]
    assert [path.name for path in (tmp_path / "2" / "none").iterdir()] == ["0000.jpg"]
    assert np.array_equal(once["0000.jpg"], twice["0000.jpg"])
    assert not np.array_equal(twice["0000.jpg"], twice["0000-1.jpg"])


def test_fit_is_measured_against_the_sample() -> None:
    lines = run("benchmarks.mask_fit", "--limit", 3, "--masks", 1).splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["cloth", "surgical", "ffp2", "all"]
    assert "9 masks: covered" in lines[3]


def test_the_cues_for_occluders_are_measured_against_the_sample() -> None:
    lines = run("benchmarks.occluders", "--limit", 2).splitlines()
    assert [line.split()[0] for line in lines] == ["body:", "straps:", "holes:", "glasses:"]
    assert lines[2].endswith("of 6 masks")


def test_speed_and_memory_are_measured() -> None:
    output = run("benchmarks.mask_speed", "--runs", 1, "--files", 1, "--memory-files", 1, 2)
    named = [line[2:18].rstrip() for line in output.splitlines() if line.endswith("x the limit")]
    assert named[:4] == ["by OpenCV", "decode + encode", "known faces", "three masks"]
    assert named[4:] == ["whole road", "whole, three", "faces, 640 px", "RandomFaceMask"]
    assert "start, CPU: --help" in output
    assert "6000x4000 px" in output
    assert "1 files" in output
    assert "2 files" in output
