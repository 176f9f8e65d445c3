import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from generators.trace_photo import main

FACE_MASKER = "pipeline/augment/face_masker.py"


def traces(output: str) -> dict[str, list[str]]:
    """The files by door, in their order."""
    sections = re.split(r"^(\S+): \d+ files\n", output, flags=re.MULTILINE)[1:]
    return {
        door: [line.split()[0] for line in files.splitlines()]
        for door, files in zip(sections[::2], sections[1::2], strict=True)
    }


def test_both_doors_lead_through_the_face_masker(tmp_path: Path, portrait_jpeg: bytes) -> None:
    (tmp_path / "anna.jpg").write_bytes(portrait_jpeg)
    result = CliRunner().invoke(main, [str(tmp_path / "anna.jpg")])
    assert result.exit_code == 0, result.output
    found = traces(result.stdout)
    assert list(found) == ["augment", "augment-masks"]
    ways = {"augment": "pipeline/augment/manifest_masker.py", "augment-masks": "pipeline/augment/photo_masker.py"}
    for door, way in ways.items():
        files = found[door]
        assert files.index(way) < files.index(FACE_MASKER) < files.index("pipeline/masks/synthesizer.py")
        assert (set(ways.values()) - {way}).isdisjoint(files)
        assert len(files) == len(set(files))


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_photo_that_cannot_be_read_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    result = CliRunner().invoke(main, [str(tmp_path / "a.jpg")])
    assert result.exit_code == 1
    assert "a.jpg: " in result.output
