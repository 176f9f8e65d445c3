"""An array is made once on a machine; where it can't be kept, or was damaged, it is made anew."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray

from pipeline.storage.kept_arrays import cache_folder, kept_array

RECORD = np.dtype([("start", "<f4", (2, 3)), ("near", "<i8")])
Maker = Callable[[], NDArray[np.void]]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def counting_maker() -> tuple[Maker, list[int]]:
    calls: list[int] = []

    def make() -> NDArray[np.void]:
        calls.append(1)
        made = np.zeros(4, RECORD)
        made["near"] = np.arange(4)
        return made

    return make, calls


def test_it_is_made_once_and_then_mapped() -> None:
    make, calls = counting_maker()
    first = kept_array("trees", make)
    second = kept_array("trees", make)
    assert len(calls) == 1
    assert isinstance(second, np.memmap)
    assert first.tobytes() == second.tobytes() == make().tobytes()
    assert second.dtype == RECORD
    with pytest.raises(ValueError, match="read-only"):
        second["near"] = 0


def test_those_who_ask_at_once_wait_for_one() -> None:
    make, calls = counting_maker()
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda _: kept_array("trees", make), range(8)))
    assert len(calls) == 1
    assert len({array.tobytes() for array in kept}) == 1


def test_another_name_is_another_array() -> None:
    make, calls = counting_maker()
    kept_array("trees_v1", make)
    kept_array("trees_v2", make)
    assert len(calls) == 2


@pytest.mark.parametrize("size", [0, 40, 150])
def test_a_file_that_was_cut_short_is_written_anew(size: int) -> None:
    make, calls = counting_maker()
    whole = kept_array("trees", make).tobytes()
    file = cache_folder() / "trees.npy"
    file.write_bytes(file.read_bytes()[:size])
    assert kept_array("trees", make).tobytes() == whole
    assert isinstance(kept_array("trees", make), np.memmap)
    assert len(calls) == 2


def test_where_nothing_can_be_kept_it_is_made_each_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    make, calls = counting_maker()
    assert kept_array("trees", make).tobytes() == kept_array("trees", make).tobytes()
    assert len(calls) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_who_waits_too_long_makes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.storage.kept_arrays._PATIENCE_S", 0)
    make, calls = counting_maker()
    cache_folder().mkdir(parents=True)
    with FileLock(cache_folder() / "trees.lock"):
        assert kept_array("trees", make).tobytes() == make().tobytes()
    assert not list(cache_folder().glob("*.npy"))
    assert len(calls) == 2


def test_what_could_not_be_made_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> NDArray[np.void]:
        raise RuntimeError("no model")

    with pytest.raises(RuntimeError, match="no model"):
        kept_array("trees", broken)
    assert not list((tmp_path / "cache").rglob("*.npy"))
    assert not list((tmp_path / "cache").rglob("*.part"))
