"""An array is made once on a machine; where it can't be kept, or was damaged, it is made anew."""

import errno
import mmap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray

from pipeline.storage.kept_arrays import KeptArray, cache_folder

RECORD = np.dtype([("start", "<f4", (2, 3)), ("near", "<i8")])


def is_sound(records: NDArray[np.void]) -> bool:
    return bool((records["near"] < 4).all())


TREES = KeptArray("trees", RECORD, 4, is_sound)
Maker = Callable[[], NDArray[np.void]]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def own_cache() -> Path:
    folder = cache_folder()
    assert folder is not None
    return folder


def counting_maker() -> tuple[Maker, list[int]]:
    calls: list[int] = []

    def make() -> NDArray[np.void]:
        calls.append(1)
        made = np.zeros(4, RECORD)
        made["near"] = np.arange(4)
        return made

    return make, calls


def is_mapped(array: NDArray[np.void]) -> bool:
    return isinstance(array.base, memoryview) and isinstance(array.base.obj, mmap.mmap)


def test_it_is_made_once_and_then_mapped() -> None:
    make, calls = counting_maker()
    first = TREES.get(make)
    second = TREES.get(make)
    assert len(calls) == 1
    assert is_mapped(second)
    assert first.tobytes() == second.tobytes() == make().tobytes()
    assert second.dtype == RECORD
    with pytest.raises(ValueError, match="read-only"):
        second["near"] = 0


def test_those_who_ask_at_once_wait_for_one() -> None:
    make, calls = counting_maker()
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda _: TREES.get(make), range(8)))
    assert len(calls) == 1
    assert len({array.tobytes() for array in kept}) == 1


def test_another_name_is_another_array() -> None:
    make, calls = counting_maker()
    KeptArray("trees_v1", RECORD, 4, is_sound).get(make)
    KeptArray("trees_v2", RECORD, 4, is_sound).get(make)
    assert len(calls) == 2


@pytest.mark.parametrize("size", [0, 40, 127, 129, 4000])
def test_a_file_of_another_size_is_written_anew(size: int) -> None:
    """It was cut short, or another version left it."""
    make, calls = counting_maker()
    whole = TREES.get(make).tobytes()
    file = own_cache() / "trees.bin"
    file.write_bytes((file.read_bytes() * 40)[:size])
    assert TREES.get(make).tobytes() == whole
    assert is_mapped(TREES.get(make))
    assert len(calls) == 2


def test_a_file_that_holds_what_cannot_be_is_written_anew() -> None:
    make, calls = counting_maker()
    whole = TREES.get(make).tobytes()
    file = own_cache() / "trees.bin"
    damaged = np.fromfile(file, RECORD)
    damaged["near"][2] = 4
    damaged.tofile(file)
    assert TREES.get(make).tobytes() == whole
    assert file.read_bytes() == whole
    assert len(calls) == 2


def test_where_nothing_can_be_kept_it_is_made_each_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    make, calls = counting_maker()
    assert TREES.get(make).tobytes() == TREES.get(make).tobytes()
    assert len(calls) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


@pytest.mark.parametrize("missing", ["space", "a file's name"])
def test_what_was_made_serves_where_it_cannot_be_written(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Half of the time that a process with a full disk waited for went into making it again."""
    make, calls = counting_maker()

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if missing == "space":
        monkeypatch.setattr("pipeline.storage.whole_files.sync_file", full)
    else:
        (own_cache() / "trees.bin").mkdir(parents=True)
    assert TREES.get(make).tobytes() == make().tobytes()
    assert len(calls) == 2
    assert not list(own_cache().glob("*.part"))


@pytest.mark.parametrize("version", ["earlier", "later"])
def test_without_a_home_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """A user that the system doesn't know has `~` for a home, which would be a folder where one stands."""

    def cache_path(*_: object, **__: object) -> Path:
        if version == "earlier":
            return Path("~/.cache/maskwright")
        raise RuntimeError("could not determine the home directory for '~/.cache'")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pipeline.storage.kept_arrays.user_cache_path", cache_path)
    make, calls = counting_maker()
    TREES.get(make)
    TREES.get(make)
    assert len(calls) == 2
    assert list(tmp_path.iterdir()) == []


def test_who_waits_too_long_makes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.storage.kept_arrays._PATIENCE_S", 0)
    make, calls = counting_maker()
    own_cache().mkdir(parents=True)
    with FileLock(own_cache() / "trees.lock"):
        assert TREES.get(make).tobytes() == make().tobytes()
    assert not list(own_cache().glob("*.bin"))
    assert len(calls) == 2


def test_what_could_not_be_made_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> NDArray[np.void]:
        raise RuntimeError("no model")

    with pytest.raises(RuntimeError, match="no model"):
        TREES.get(broken)
    assert not list((tmp_path / "cache").rglob("*.bin"))
    assert not list((tmp_path / "cache").rglob("*.part"))
