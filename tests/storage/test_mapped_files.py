import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.storage import images
from pipeline.storage.images import decode_image, encode_image
from pipeline.storage.mapped_files import leave_room, mapped_file

_BYTES = 1 << 22


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    data = np.random.default_rng(0).bytes(_BYTES)
    (tmp_path / "mapped.bin").write_bytes(data)
    return data


def resident_mb() -> float:
    """What this process holds of files."""
    return int(Path("/proc/self/status").read_text().partition("RssFile:")[2].split()[0]) / 1024


def test_what_was_let_go_of_is_still_there(tmp_path: Path, content: bytes) -> None:
    mapped = mapped_file(tmp_path / "mapped.bin")
    for _ in range(2):
        assert mapped[:] == content
        leave_room()
    del mapped
    leave_room()


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel what is held")
@pytest.mark.parametrize(("large_pixels", "let_go"), [(10_000, True), (10_001, False)])
def test_a_large_picture_gets_the_room(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch, large_pixels: int, let_go: bool
) -> None:
    monkeypatch.setattr(images, "_LARGE_PIXELS", large_pixels)
    picture = encode_image(np.zeros((100, 100, 3), dtype=np.uint8))
    decode_image(picture)  # what decoding itself needs is loaded
    mapped = mapped_file(tmp_path / "mapped.bin")
    assert mapped[:] == content
    before = resident_mb()
    decode_image(picture)
    assert (before - resident_mb() > _BYTES / 2**20 / 2) == let_go
