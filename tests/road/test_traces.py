"""What commands leave outside their outputs: nothing but the landmark model in the cache folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import MakePhotos

ROOT = Path(__file__).resolve().parents[2]
PLAIN = ("PATH", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
"""What a user's shell has. On machines that test, onnxruntime is silent by itself: it knows them by their variables."""

IN_PYTHON = "from maskwright import find_faces, predict; find_faces('{photo}'); predict('{photo}')"


@pytest.mark.parametrize("way", ["augment-masks", "predict", "in Python"])
def test_a_home_stays_as_it_was(way: str, tmp_path: Path, make_photos: MakePhotos) -> None:
    photos = make_photos("a.jpg")
    words = {
        "augment-masks": ["-m", "stages.augment_masks", str(photos), str(tmp_path / "out"), "--jobs", "1"],
        "predict": ["-m", "stages.cli", "predict", str(photos), "--json"],
        "in Python": ["-c", IN_PYTHON.format(photo=next(photos.iterdir()))],
    }[way]
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: os.environ[name] for name in PLAIN if name in os.environ}
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [str(path) for path in home.rglob("*")] == []
    kept = {path.suffix for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    assert kept == {".lock", ".bin"}
