"""The places in which blocks of the documents are run: what a reader has there before the first command."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from maskwright import put_mask
from pipeline.core.arrays import Rgb
from pipeline.storage.images import write_image
from tests.road.test_repro import go
from tests.shared import made_once

ROOT = Path(__file__).parents[2]
FACES = ROOT / "samples/faces"
FILM_PX, FILM_FRAMES = 400, 12


def make_photos(folder: Path) -> None:
    """What pages call PHOTOS, FACES, TRAIN, photo.jpg, …: portraits of the sample."""
    for name in ("docs", "masks_templates", "samples"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    shutil.copy(FACES / "person-005-a.jpg", folder / "photo.jpg")
    _copy(folder / "PHOTOS", "person-005-a", "person-006-a")
    _copy(folder / "FACES", "person-007-a", "person-008-a")
    _copy(folder / "TRAIN", "person-000-a", "person-001-a", "person-002-a")
    _copy(folder / "TEST", "person-003-a", "person-004-a")
    _copy(folder / "FOLDER", *(f"person-{number:03}-{shot}" for number in range(6) for shot in "ab"))
    _copy(folder / "more/deep", "person-009-a")
    _copy(folder / "photos/none", "person-010-a", "person-011-a")
    _copy(folder / "BARE", "person-012-a", "person-013-a", "person-014-a")
    for photo in sorted((folder / "BARE").iterdir()):
        write_image(folder / "MASKED" / photo.name, put_mask(photo, "surgical", seed=1).rgb)
    write_image(folder / "photos/ffp2/a.jpg", put_mask(FACES / "person-015-a.jpg", "ffp2", seed=1).rgb)
    write_film(folder / "clip.mp4", put_mask(FACES / "person-016-a.jpg", "surgical", seed=1).rgb)


def _copy(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True)
    for name in names:
        shutil.copy(FACES / f"{name}.jpg", folder)


def write_film(path: Path, rgb: Rgb) -> None:
    """A face that moves to the right."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 24, (FILM_PX, FILM_PX))
    for number in range(FILM_FRAMES):
        frame = np.full((FILM_PX, FILM_PX, 3), 90, dtype=np.uint8)
        small = cv2.resize(rgb, (300, 300), interpolation=cv2.INTER_AREA)
        frame[50:350, number * 6 : number * 6 + 300] = small[..., ::-1]
        writer.write(frame)
    writer.release()


class Places:
    """Makes each place at most once for a page, so that its blocks follow one another there."""

    def __init__(self, folder: Path, factory: pytest.TempPathFactory) -> None:
        self._folder, self._factory = folder, factory

    def __call__(self, name: str) -> Path:
        """The folder of a place."""
        place = self._folder / name
        if not place.exists():
            {"photos": self._photos, "project": self._project, "experiments": self._experiments}[name](place)
        return place

    def _photos(self, place: Path) -> None:
        shutil.copytree(made_once(self._factory, "photos", make_photos), place, symlinks=True)

    def _project(self, place: Path) -> None:
        """A project of a few persons whose road is gone, beside the photos."""
        shutil.copytree(made_once(self._factory, "road", go), place, symlinks=True)
        photos = made_once(self._factory, "photos", make_photos)
        shutil.copytree(
            photos, place, symlinks=True, ignore=lambda *_: {"samples", "masks_templates"}, dirs_exist_ok=True
        )

    def _experiments(self, place: Path) -> None:
        """The checkout with its road gone, committed anew: DVC keeps experiments in Git."""
        status = _words([sys.executable, "-m", "dvc", "status"], ROOT)
        if "up to date" not in status:
            assert "CI" not in os.environ, f"`make repro` comes before the tests: {status}"
            pytest.skip("the road of this checkout isn't gone: `make repro` first")
        place.mkdir()
        tracked = _words(["git", "ls-files", "-z"], ROOT).rstrip("\0").split("\0")
        for name in [*tracked, "data", "models", "reports", ".dvc/cache"]:
            if not (source := ROOT / name).exists():
                continue
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            _ = shutil.copytree(source, place / name) if source.is_dir() else shutil.copy(source, place / name)
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        for words in (["init", "--quiet"], ["add", "--all"], [*identity, "commit", "--quiet", "--message", "start"]):
            _words(["git", *words], place)


def _words(words: list[str], folder: Path) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
