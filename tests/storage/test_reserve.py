"""Room that is held for what is written last."""

import errno
import os
from pathlib import Path

import pytest

from pipeline.storage.reserve import Reserve


def test_room_is_held_in_steps_and_given_back(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve")
    reserve.hold(1)
    assert (tmp_path / "reserve").stat().st_size == 1 << 16
    reserve.hold(100_000)
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 100_000
    reserve.release()
    reserve.release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EINVAL])
def test_file_systems_without_allocation_get_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "no such thing")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    Reserve(tmp_path / "reserve").hold(70_000)
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 70_000


def test_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with pytest.raises(OSError, match="No space left"):
        Reserve(tmp_path / "reserve").hold(1)
