from pathlib import Path

import pytest

from pipeline.core.errors import OutputError
from pipeline.storage.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "journal"


def fill(path: Path, **records: object) -> None:
    with Journal(path) as journal:
        for key, value in records.items():
            journal.append(key, value)


def contents(path: Path) -> dict[str, object]:
    with Journal(path) as journal:
        return {key: journal[key] for key in journal}


def test_what_is_appended_is_read_again(path: Path) -> None:
    fill(path, a={"x": [0.1, None, "é\u2028\n"]})
    fill(path, b=2)
    assert contents(path) == {"a": {"x": [0.1, None, "é\u2028\n"]}, "b": 2}


def test_the_last_of_several_values_counts(path: Path) -> None:
    fill(path, a=1, b=1)
    fill(path, a=2)
    assert contents(path) == {"a": 2, "b": 1}


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_torn_last_record_goes_and_the_next_is_whole(path: Path, cut: int) -> None:
    fill(path, a=1, b=2)
    path.write_bytes(path.read_bytes()[:-cut])
    assert contents(path) == {"a": 1}
    fill(path, c=3)
    assert contents(path) == {"a": 1, "c": 3}


def test_a_damaged_record_costs_itself_alone(path: Path) -> None:
    fill(path, a=1, b=2, c=3)
    path.write_bytes(path.read_bytes().replace(b'["b",2]', b'["b",7]'))
    assert contents(path) == {"a": 1, "c": 3}


@pytest.mark.parametrize("garbage", [b"\0" * 4096, b"not a journal\n", b"\n\n", b"00000000 \n"])
def test_garbage_is_left_out(path: Path, garbage: bytes) -> None:
    fill(path, a=1)
    path.write_bytes(path.read_bytes() + garbage)
    assert contents(path) == {"a": 1}


def test_a_rewrite_keeps_the_named_records_in_their_order(path: Path) -> None:
    fill(path, a=1, b=2, c=3)
    with Journal(path) as journal:
        journal.rewrite(["c", "a"])
        journal.append("d", 4)
        assert [journal[key] for key in ("c", "a", "d")] == [3, 1, 4]
    assert list(contents(path).items()) == [("c", 3), ("a", 1), ("d", 4)]


def test_a_full_disk_is_one_message_and_leaves_whole_records(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(path, a=1)
    with Journal(path) as journal:
        monkeypatch.setattr("os.pwrite", lambda *_: 5)
        with pytest.raises(OutputError, match="journal: cannot be written: the record fits only in part"):
            journal.append("b", 2)
        monkeypatch.undo()
        journal.append("c", 3)
    assert contents(path) == {"a": 1, "c": 3}


def test_a_journal_that_cannot_be_made_is_told() -> None:
    with pytest.raises(OutputError, match="/proc/nowhere/journal: cannot be written"):
        Journal(Path("/proc/nowhere/journal"))


def test_records_are_synced_every_now_and_then(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", synced.append)
    with Journal(path) as journal:
        for number in range(600):
            journal.append(str(number), number)
    assert len(synced) == 2
