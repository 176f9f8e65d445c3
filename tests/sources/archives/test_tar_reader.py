"""Our reader of tar headers against the standard library's, and on bytes that are no tar."""

import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sources.archives.tar_reader import BLOCK, DamagedTarError, HugeTarError, TarReader

NAMES = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=300).filter(
    lambda name: not name.endswith("/")
)
MEMBERS = st.lists(st.tuples(NAMES, st.binary(max_size=3000)), max_size=6)


def written(members: list[tuple[str, bytes]], form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(MEMBERS, st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
def test_it_reads_what_the_standard_library_writes(members: list[tuple[str, bytes]], form: int) -> None:
    reader = TarReader(io.BytesIO(written(members, form)), max_skip=None)
    found = [(member.name.decode(), reader.read(member.size), member.problem) for member in reader]
    assert found == [(name, data, "") for name, data in members]
    assert (reader.stray_blocks, reader.ended) == (0, True)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(MEMBERS)
def test_what_is_not_read_is_skipped(members: list[tuple[str, bytes]]) -> None:
    reader = TarReader(io.BytesIO(written(members, tarfile.PAX_FORMAT)), max_skip=None)
    assert [(member.name.decode(), member.size) for member in reader] == [(name, len(data)) for name, data in members]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data(), MEMBERS.filter(bool))
def test_bytes_changed_anywhere_end_in_members_or_in_its_own_errors(
    data: st.DataObject, members: list[tuple[str, bytes]]
) -> None:
    whole = bytearray(written(members, tarfile.PAX_FORMAT))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    reader = TarReader(io.BytesIO(bytes(whole[:cut])), max_skip=1 << 20)
    try:
        for member in reader:
            reader.read(member.size)
    except (DamagedTarError, HugeTarError):
        return


def test_archives_one_behind_the_other_are_one() -> None:
    both = written([("a", b"1")], tarfile.GNU_FORMAT) + written([("b", b"2")], tarfile.GNU_FORMAT)
    assert [member.name for member in TarReader(io.BytesIO(both), max_skip=None)] == [b"a", b"b"]


@pytest.mark.parametrize("count", [1, BLOCK - 1])
def test_a_stream_that_ends_within_a_header_is_told(count: int) -> None:
    with pytest.raises(DamagedTarError, match="ends within a header"):
        list(TarReader(io.BytesIO(written([("a", b"")], tarfile.GNU_FORMAT)[:count]), max_skip=None))


def test_junk_without_end_is_given_up() -> None:
    with pytest.raises(DamagedTarError, match="no header in"):
        list(TarReader(io.BytesIO(b"junk" * (20 << 20)), max_skip=None))


def test_a_sparse_file_is_told_and_its_map_is_stepped_over() -> None:
    info = tarfile.TarInfo("sparse")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 3
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[482] = 1
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    block = bytes(504) + b"\1" + bytes(7)
    data = (
        bytes(header)
        + block
        + bytes(BLOCK)
        + b"abc".ljust(BLOCK, b"\0")
        + written([("after", b"x")], tarfile.GNU_FORMAT)
    )
    found = [(member.name, member.is_file) for member in TarReader(io.BytesIO(data), max_skip=None)]
    assert found == [(b"sparse", False), (b"after", True)]
