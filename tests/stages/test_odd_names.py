"""File names of any bytes and of any length, under any locale."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import tree

ROOT = Path(__file__).parents[2]
NAMES = (
    b"a" * 251 + b".jpg",
    b"a" * 255,
    "é".encode() * 125 + b".jpg",
    b"caf\xe9\xff.jpg",
    b"two\nlines.jpg",
    "写真.jpg".encode(),
)
LOCALES = {
    "UTF-8": {"LC_ALL": "C.UTF-8"},
    "ASCII": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


def masked(faces: Path, out: Path, locale: dict[str, str]) -> list[dict[str, str]]:
    command = [sys.executable, "-m", "stages.augment_masks", str(faces), str(out), "--mask", "ffp2", "--jobs", "1"]
    subprocess.run(command, check=True, env=os.environ | locale, capture_output=True)
    return [json.loads(line) for line in (out / "metadata.jsonl").read_text(encoding="utf-8").splitlines()]


def test_paths_in_params_are_found_under_every_locale(tmp_path: Path, portrait_jpeg: bytes) -> None:
    settings = "{adapter: folder, path: photos_é, labels: {.: {}}, author: Zoé}"
    text = f"ingest: {{sources: [mine], settings: {{mine: {settings}}}}}\n"
    command = [sys.executable, "-m", "stages.cli", "ingest"]
    for name, locale in LOCALES.items():
        photos = tmp_path / name / "photos_é"
        photos.mkdir(parents=True)
        (photos / "café.jpg").write_bytes(portrait_jpeg)
        (tmp_path / name / "params.yaml").write_text(text, encoding="utf-8")
        environment = os.environ | {"PYTHONPATH": str(ROOT)} | locale
        done = subprocess.run(command, cwd=tmp_path / name, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        assert b"1 items in, 1 kept" in done.stdout


def test_template_of_any_name_is_one_message_under_every_locale(tmp_path: Path, portrait_jpeg: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(portrait_jpeg)
    (tmp_path / "té").mkdir()
    command = [sys.executable, "-m", "stages.augment_masks", "a.jpg", "out", "--templates", "té"]
    for locale in LOCALES.values():
        environment = os.environ | {"PYTHONPATH": str(ROOT)} | locale
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
        assert (done.returncode, done.stdout) == (1, b"")
        assert "té: no template in it" in done.stderr.decode()


@pytest.mark.parametrize("module", ["replay", "predict", "export_model", "audit_leaks", "preset"])
def test_tool_of_its_own_knows_every_name_under_every_locale(tmp_path: Path, module: str) -> None:
    """Each is told of something that isn't there, or is a folder, and names it as it was named."""
    (tmp_path / "é.pt").mkdir()  # told before PyTorch is loaded, which takes longer than all the others do
    words = {
        "replay": ["é.jsonl", "-o", "x.jpg"],
        "predict": ["é.jpg"],
        "export_model": ["--model", "é.pt"],
        "audit_leaks": ["é", "é"],
        "preset": ["é"],
    }
    command = [sys.executable, "-m", f"stages.tools.{module}", *words[module]]
    said = []
    for locale in LOCALES.values():
        environment = os.environ | {"PYTHONPATH": str(ROOT)} | locale
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
        said.append((done.returncode, done.stderr.decode()))
    assert said[0] == said[1]
    assert "é" in said[0][1]


def test_every_name_gives_the_same_pictures_under_every_locale(tmp_path: Path, portrait_jpeg: bytes) -> None:
    faces = tmp_path / "faces"
    faces.mkdir()
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(faces) + b"/" + name)).write_bytes(portrait_jpeg)
    rows = {name: masked(faces, tmp_path / name, locale) for name, locale in LOCALES.items()}
    assert rows["UTF-8"] == rows["ASCII"]
    assert sorted(row["parent"] for row in rows["UTF-8"]) == sorted(
        n.decode("utf-8", "backslashreplace") for n in NAMES
    )
    for row in rows["UTF-8"]:
        assert (tmp_path / "UTF-8" / row["file_name"]).is_file()
    first, second = (_pictures(tmp_path / name) for name in LOCALES)
    assert first == second


def _pictures(out: Path) -> dict[str, bytes]:
    return {name: data for name, data in tree(out).items() if name.startswith("images/")}
