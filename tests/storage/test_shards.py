"""Shards are the bytes that Python's `tarfile` writes, in less time."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.storage.shards import _header, new_shard

SAMPLES = [
    ("a", {"jpg": b"x" * 513, "json": b"{}"}),
    ("Zoë 写", {"jpg": b""}),
    ("n" * 90 + "/" + "m" * 90, {"alpha.png": b"y" * 512}),
]


def by_tarfile(samples: list[tuple[str, dict[str, bytes]]]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for key, members in samples:
            for member, data in members.items():
                info = tarfile.TarInfo(f"{key}.{member}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return whole.getvalue()


@pytest.mark.parametrize("count", range(len(SAMPLES) + 1))
def test_a_shard_is_as_tarfile_writes_it(tmp_path: Path, count: int) -> None:
    with new_shard(tmp_path, "0.tar") as shard:
        places = {
            f"{key}.{name}": place
            for key, members in SAMPLES[:count]
            for name, place in shard.add(key, members).items()
        }
    data = (tmp_path / "0.tar").read_bytes()
    assert data == by_tarfile(SAMPLES[:count])
    assert shard.written is not None
    assert (shard.written.size, shard.written.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    with tarfile.open(tmp_path / "0.tar") as tar:
        for member in tar:
            assert places[member.name] == f"0.tar#{member.offset_data}+{member.size}"
    assert [file.size for file in shard.files] == [
        len(data) for _, members in SAMPLES[:count] for data in members.values()
    ]


def test_without_an_index_the_bytes_are_the_same(tmp_path: Path) -> None:
    with new_shard(tmp_path, "0.tar", indexed=False) as shard:
        for key, members in SAMPLES:
            shard.add(key, members)
    assert (tmp_path / "0.tar").read_bytes() == by_tarfile(SAMPLES)
    assert (shard.files, shard.written) == ([], None)


@given(st.text(min_size=1, max_size=99), st.integers(0, 1 << 34))
def test_a_header_is_as_tarfile_makes_it(name: str, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size = size
    try:
        expected = info.tobuf(tarfile.USTAR_FORMAT, tarfile.ENCODING, "surrogateescape")
    except (ValueError, UnicodeEncodeError) as error:
        with pytest.raises(type(error)):
            _header(name, size)
    else:
        assert _header(name, size) == expected


def test_a_shard_that_fails_is_not_there(tmp_path: Path) -> None:
    def fail() -> None:
        with new_shard(tmp_path, "0.tar") as shard:
            shard.add("a", {"jpg": b"x"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []
