"""The safety table: what an archive may try, and the row that each attempt becomes."""

import bz2
import errno
import gzip
import io
import lzma
import random
import stat
import struct
import tarfile
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from generators.docs.made_up import picture
from pipeline.core.errors import SourceError
from pipeline.sources.archives.gate import ArchiveLimits
from pipeline.sources.archives.sink import Sink
from pipeline.sources.archives.unpacking import unpack
from pipeline.sources.offers import Refusal

LIMITS = ArchiveLimits(max_members=50, max_total_bytes=8 << 20, max_member_bytes=4 << 20, max_ratio=100)
GOOD = picture(1)


def tree(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def make_zip(path: Path, fill: Callable[[zipfile.ZipFile], None]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.jpg", GOOD)
        fill(archive)
    return path


def make_tar(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for info, data in [(tarfile.TarInfo("good.jpg"), GOOD), *members]:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def linked(name: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def symlink(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("evil.jpg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


def again(archive: zipfile.ZipFile) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("good.jpg", GOOD)


ZIPS: dict[str, tuple[Callable[[zipfile.ZipFile], None], str]] = {
    "parent": (lambda z: z.writestr("../evil.jpg", GOOD), "unsafe_path"),
    "absolute": (lambda z: z.writestr("/evil.jpg", GOOD), "unsafe_path"),
    "drive": (lambda z: z.writestr("C:/evil.jpg", GOOD), "unsafe_path"),
    "hidden parent": (lambda z: z.writestr("a/../../evil.jpg", GOOD), "unsafe_path"),
    "backslash": (lambda z: z.writestr(zip_info("..\\evil.jpg"), GOOD), "unsafe_path"),
    "control character": (lambda z: z.writestr("ev\nil.jpg", GOOD), "unsafe_path"),
    "deep": (lambda z: z.writestr("d/" * 40 + "evil.jpg", GOOD), "unsafe_path"),
    "link": (symlink, "not_a_regular_file"),
    "bomb": (lambda z: z.writestr("evil.bmp", bytes(3 << 20)), "compression_bomb"),
    "large": (lambda z: z.writestr("evil.bmp", bytes(5 << 20)), "member_too_large"),
    "twice": (again, "repeated_member"),
    "backslash, absolute": (lambda z: z.writestr(zip_info("\\\\server\\evil.jpg"), GOOD), "unsafe_path"),
    "file and folder": (lambda z: z.writestr("good.jpg/evil.jpg", GOOD), "repeated_member"),
}


def zip_info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x")
    info.filename = name
    return info


@pytest.mark.parametrize("case", ZIPS)
def test_zip(tmp_path: Path, case: str) -> None:
    fill, reason = ZIPS[case]
    archive = make_zip(tmp_path / "a.zip", fill)
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert [refusal.reason for refusal in refusals] == [reason]
    assert tree(files) == {"good.jpg"}
    assert (files / "good.jpg").read_bytes() == GOOD
    assert not list(tmp_path.rglob("*evil*"))


def test_zip_encrypted_member(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", lambda z: z.writestr("secret.jpg", GOOD))
    data = bytearray(archive.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1  # the flag in the last directory entry
    archive.write_bytes(data)
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert [(refusal.origin, refusal.reason) for refusal in refusals] == [("secret.jpg", "encrypted_member")]
    assert tree(files) == {"good.jpg"}


def test_zip_damaged_member(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("bad.jpg", b"A" * 1000)
        out.writestr("good.jpg", GOOD)
    archive.write_bytes(archive.read_bytes().replace(b"A" * 1000, b"A" * 999 + b"B"))
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert [(refusal.origin, refusal.reason) for refusal in refusals] == [("bad.jpg", "damaged_member")]
    assert tree(files) == {"good.jpg"}


def test_zip_that_lies_about_a_size_writes_no_more_than_it_declared(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", lambda z: z.writestr("liar.bmp", bytes(2 << 20)))
    data = bytearray(archive.read_bytes())
    struct.pack_into("<I", data, data.rindex(b"PK\x01\x02") + 24, 1000)
    archive.write_bytes(data)
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert [refusal.reason for refusal in refusals] == ["damaged_member"]
    assert tree(files) == {"good.jpg"}


def test_too_many_members_refuses_the_archive(tmp_path: Path) -> None:
    def fill(z: zipfile.ZipFile) -> None:
        for i in range(60):
            z.writestr(f"{i}.jpg", b"")

    archive = make_zip(tmp_path / "a.zip", fill)
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert [(refusal.origin, refusal.reason) for refusal in refusals] == [("a.zip", "too_many_members")]
    assert tree(files) == set()


def test_directory_of_a_billion_entries_is_not_even_read(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", lambda _: None)
    data = bytearray(archive.read_bytes())
    struct.pack_into("<I", data, data.rindex(b"PK\x05\x06") + 12, 0xFFFFFFF0)
    archive.write_bytes(data)
    _, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert [refusal.reason for refusal in refusals] == ["too_many_members"]


def test_total_is_limited(tmp_path: Path) -> None:
    def fill(z: zipfile.ZipFile) -> None:
        for i in range(6):
            z.writestr(f"{i}.bin", bytes(2 << 20), zipfile.ZIP_STORED)

    archive = make_zip(tmp_path / "a.zip", fill)
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert [refusal.reason for refusal in refusals] == ["archive_too_large"]
    assert sum(file.stat().st_size for file in files.rglob("*") if file.is_file()) <= LIMITS.max_total_bytes + (2 << 20)


TARS: dict[str, tuple[tuple[tarfile.TarInfo, bytes], str]] = {
    "parent": ((tarfile.TarInfo("../evil.jpg"), GOOD), "unsafe_path"),
    "absolute": ((tarfile.TarInfo("/evil.jpg"), GOOD), "unsafe_path"),
    "symbolic link": (linked("evil", tarfile.SYMTYPE, "/etc"), "not_a_regular_file"),
    "hard link": (linked("evil", tarfile.LNKTYPE, "good.jpg"), "not_a_regular_file"),
    "device": (linked("evil", tarfile.CHRTYPE), "not_a_regular_file"),
    "pipe": (linked("evil", tarfile.FIFOTYPE), "not_a_regular_file"),
}


@pytest.mark.parametrize("case", TARS)
def test_tar(tmp_path: Path, case: str) -> None:
    member, reason = TARS[case]
    files, refusals = unpack(make_tar(tmp_path / "a.tar", member), tmp_path / "store", LIMITS)
    assert [refusal.reason for refusal in refusals] == [reason]
    assert tree(files) == {"good.jpg"}
    assert not list(tmp_path.rglob("*evil*"))


def test_tar_bomb_stops_the_archive(tmp_path: Path) -> None:
    bomb = (tarfile.TarInfo("evil.bmp"), bytes(5 << 20))
    archive = make_tar(tmp_path / "a.tar.gz", bomb, (tarfile.TarInfo("after.jpg"), GOOD), mode="w:gz")
    assert archive.stat().st_size < 20_000
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert [refusal.reason for refusal in refusals] == ["member_too_large", "archive_too_large"]
    assert tree(files) == {"good.jpg"}


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_truncated_archive_gives_what_is_whole(tmp_path: Path, name: str) -> None:
    data = make_tar(tmp_path / "whole.tar", (tarfile.TarInfo("second.jpg"), bytes(range(256)) * 400)).read_bytes()
    cut = data[: len(data) // 2]
    (tmp_path / name).write_bytes(gzip.compress(data)[:-300] if name.endswith("gz") else cut)
    files, refusals = unpack(tmp_path / name, tmp_path / "store", LIMITS)
    told = [(refusal.origin, refusal.reason) for refusal in refusals]
    assert told == [("second.jpg", "damaged_member"), (name, "damaged_archive")]
    assert tree(files) <= {"good.jpg"}


def test_interrupted_unpacking_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = make_zip(tmp_path / "a.zip", lambda z: z.writestr("second.jpg", GOOD))
    opened: list[str] = []
    original = zipfile.ZipFile.open

    def open_once(self: zipfile.ZipFile, member: zipfile.ZipInfo) -> object:
        if opened:
            raise KeyboardInterrupt
        opened.append(member.filename)
        return original(self, member)

    with monkeypatch.context() as patched:
        patched.setattr(zipfile.ZipFile, "open", open_once)
        with pytest.raises(KeyboardInterrupt):
            unpack(archive, tmp_path / "store", LIMITS)
    (first,) = (tmp_path / "store").rglob("good.jpg")
    inode = first.stat().st_ino
    files, _ = unpack(archive, tmp_path / "store", LIMITS)
    assert tree(files) == {"good.jpg", "second.jpg"}
    assert (files / "good.jpg").stat().st_ino == inode, "it was unpacked a second time"


def test_missing_archive_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.zip: No such file"):
        unpack(tmp_path / "gone.zip", tmp_path / "store", LIMITS)


@pytest.mark.parametrize("boot", ["the boot before", None])
def test_what_was_being_unpacked_when_the_power_failed_is_unpacked_anew(tmp_path: Path, boot: str | None) -> None:
    archive = make_zip(tmp_path / "a.zip", lambda _: None)
    files, _ = unpack(archive, tmp_path / "store", LIMITS)
    (files.parent / "refusals.json").unlink()
    (files / "good.jpg").write_bytes(bytes(len(GOOD)))  # its size reached the disk, its content didn't
    if boot:
        (files.parent / "boot").write_text(boot)
    else:
        (files.parent / "boot").unlink()
    files, _ = unpack(archive, tmp_path / "store", LIMITS)
    assert (files / "good.jpg").read_bytes() == GOOD


def origins(refusals: tuple[Refusal, ...]) -> list[tuple[str, str]]:
    return [(refusal.origin, refusal.reason) for refusal in refusals]


def test_backslashes_are_slashes(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", lambda z: z.writestr(zip_info("with mask\\1.jpg"), GOOD))
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert refusals == ()
    assert tree(files) == {"good.jpg", "with mask/1.jpg"}


def test_names_that_differ_in_case_alone_are_both_taken(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", lambda z: z.writestr("GOOD.jpg", b"another"))
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    if (files / "gOOD.jpg").exists():  # a file system that takes them for one
        assert origins(refusals) == [("GOOD.jpg", "repeated_member")]
    else:
        assert refusals == ()
        assert (files / "GOOD.jpg").read_bytes() == b"another"


def with_raw_names(path: Path, names: dict[str, bytes], *, claim_utf8: bool = False) -> Path:
    """A zip whose members, written under the given placeholders of equal length, have these bytes for names."""
    with zipfile.ZipFile(path, "w") as archive:
        for placeholder in names:
            archive.writestr(placeholder, GOOD)
    data = path.read_bytes()
    for placeholder, raw in names.items():
        assert len(placeholder) == len(raw)
        data = data.replace(placeholder.encode(), raw)
    changed = bytearray(data)
    for at in range(len(data)) if claim_utf8 else ():
        if data[at : at + 4] in {b"PK\x01\x02", b"PK\x03\x04"}:
            changed[at + (9 if data[at + 2 : at + 4] == b"\x01\x02" else 7)] |= 8
    path.write_bytes(changed)
    return path


@pytest.mark.parametrize("encoding", ["gb18030", "cp932", "big5", "cp949", "cp437", "cp1251"])
def test_names_in_the_encoding_of_their_makers_system(tmp_path: Path, encoding: str) -> None:
    name = {
        "gb18030": "未戴口罩/王芳.jpg", "cp932": "マスク/写真.jpg", "big5": "口罩照片/張偉.jpg",
        "cp949": "마스크없음/사진.jpg", "cp437": "máscara/niño.jpg", "cp1251": "без маски/фото.jpg",
    }[encoding]  # fmt: skip
    raw = name.encode(encoding)
    archive = with_raw_names(tmp_path / "a.zip", {"x" * len(raw): raw})
    assert tree(unpack(archive, tmp_path / "store", LIMITS)[0]) == {name}


def test_the_encoding_can_be_told(tmp_path: Path) -> None:
    raw = "Ł.jpg".encode("cp852")
    archive = with_raw_names(tmp_path / "a.zip", {"x" * len(raw): raw})
    assert tree(unpack(archive, tmp_path / "store", LIMITS, "cp852")[0]) == {"Ł.jpg"}


def test_a_name_that_lies_about_being_utf8_costs_no_other_member(tmp_path: Path) -> None:
    raw = "Müller.jpg".encode("cp437")
    archive = with_raw_names(
        tmp_path / "a.zip", {"placeholder"[: len(raw)]: raw, "good.jpg": b"good.jpg"}, claim_utf8=True
    )
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert refusals == ()
    assert tree(files) == {"Müller.jpg", "good.jpg"}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_that_cannot_be_decompressed_costs_no_other(tmp_path: Path, method: int) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", method) as out:
        out.writestr("bad.jpg", random.Random(0).randbytes(5000))
        out.writestr("good.jpg", GOOD)
    data = bytearray(archive.read_bytes())
    data[60:200] = bytes(140)
    archive.write_bytes(data)
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert origins(refusals) == [("bad.jpg", "damaged_member")]
    assert tree(files) == {"good.jpg"}


def test_an_unknown_compression_costs_no_other_member(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", lambda z: z.writestr("odd.jpg", GOOD))
    data = bytearray(archive.read_bytes())
    struct.pack_into("<H", data, data.rindex(b"PK\x01\x02") + 10, 97)
    archive.write_bytes(data)
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert origins(refusals) == [("odd.jpg", "damaged_member")]
    assert tree(files) == {"good.jpg"}


def pax(name: str, **records: str) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.pax_headers = records
    return info, GOOD


@pytest.mark.parametrize("size", ["abc", "-5", "", "1e3", "9" * 30])
def test_a_size_that_is_no_number_is_a_damaged_member(tmp_path: Path, size: str) -> None:
    archive = make_tar(tmp_path / "a.tar", pax("odd.jpg", size=size), (tarfile.TarInfo("after.jpg"), GOOD))
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert origins(refusals) == [("odd.jpg", "damaged_member")]
    assert tree(files) == {"good.jpg", "after.jpg"}


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
@pytest.mark.parametrize("packed", [False, True])
def test_a_header_that_claims_gigabytes_is_not_read(tmp_path: Path, kind: bytes, packed: bool) -> None:
    info = tarfile.TarInfo("header")
    info.type, info.size = kind, 3 << 30
    data = (
        make_tar(tmp_path / "whole.tar").read_bytes()[: 512 + len(GOOD) + -len(GOOD) % 512] + info.tobuf() + bytes(9999)
    )
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(gzip.compress(data) if packed else data)
    tracemalloc.start()
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    assert origins(refusals) == [("a.tar.gz", "damaged_archive")]
    assert tree(files) == {"good.jpg"}


def test_a_damaged_header_costs_its_member_alone(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "a.tar", (tarfile.TarInfo("bad.jpg"), GOOD), (tarfile.TarInfo("after.jpg"), GOOD))
    data = bytearray(archive.read_bytes())
    data[data.index(b"bad.jpg") + 150] ^= 0xFF
    archive.write_bytes(data)
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert origins(refusals) == [("a.tar", "damaged_archive")]
    assert "members may be missing" in refusals[0].detail
    assert tree(files) == {"good.jpg", "after.jpg"}


def test_a_large_member_of_an_unpacked_tar_is_stepped_over(tmp_path: Path) -> None:
    large = (tarfile.TarInfo("large.bmp"), bytes(5 << 20))
    archive = make_tar(tmp_path / "a.tar", large, (tarfile.TarInfo("after.jpg"), GOOD))
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert origins(refusals) == [("large.bmp", "member_too_large")]
    assert tree(files) == {"good.jpg", "after.jpg"}


def test_a_large_member_of_unknown_type_is_not_unpacked_just_to_skip_it(tmp_path: Path) -> None:
    info = tarfile.TarInfo("odd")
    info.type = b"Z"
    odd, after = (info, bytes(5 << 20)), (tarfile.TarInfo("after.jpg"), GOOD)
    archive = make_tar(tmp_path / "a.tar.gz", odd, after, mode="w:gz")
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert origins(refusals) == [("odd", "not_a_regular_file"), ("a.tar.gz", "archive_too_large")]
    assert tree(files) == {"good.jpg"}


def test_an_error_of_the_disk_is_not_blamed_on_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = make_zip(tmp_path / "a.zip", lambda _: None)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Sink, "_created", full)
    with pytest.raises(SourceError, match="unpacking stopped"):
        unpack(archive, tmp_path / "store", LIMITS)


def test_an_error_of_what_is_read_is_not_blamed_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = make_zip(tmp_path / "a.zip", lambda z: z.writestr("odd.jpg", GOOD))
    original = zipfile.ZipFile.open

    def open_member(self: zipfile.ZipFile, member: zipfile.ZipInfo) -> object:
        if member.filename == "odd.jpg":
            raise OSError(errno.EINVAL, "Invalid argument")
        return original(self, member)

    monkeypatch.setattr(zipfile.ZipFile, "open", open_member)
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert origins(refusals) == [("odd.jpg", "damaged_member")]
    assert tree(files) == {"good.jpg"}


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_of_too_many_members_is_refused_before_any_is_written(tmp_path: Path, mode: str) -> None:
    many = [(tarfile.TarInfo(f"{number}.jpg"), b"") for number in range(60)]
    files, refusals = unpack(make_tar(tmp_path / "a.tar", *many, mode=mode), tmp_path / "store", LIMITS)
    assert origins(refusals) == [("a.tar", "too_many_members")]
    assert tree(files) == set()


def test_a_packed_tar_is_stepped_through_no_further_than_it_may_unpack(tmp_path: Path) -> None:
    odd = [tarfile.TarInfo(f"{number}") for number in range(9)]
    for info in odd:
        info.type = b"Z"
    members = [(info, bytes(1 << 20)) for info in odd]
    archive = make_tar(tmp_path / "a.tar.xz", *members, mode="w:xz")
    _, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert origins(refusals)[-1] == ("a.tar.xz", "archive_too_large")


@pytest.mark.parametrize("mode", ["w:xz", "w:bz2", "w:gz"])
def test_packed_tars_of_several_streams_are_read_to_their_end(tmp_path: Path, mode: str) -> None:
    archive = make_tar(tmp_path / "a.tar", (tarfile.TarInfo("second.jpg"), random.Random(0).randbytes(99_999)))
    packers: dict[str, Callable[[bytes], bytes]] = {"w:xz": lzma.compress, "w:bz2": bz2.compress, "w:gz": gzip.compress}
    pack = packers[mode]
    data = archive.read_bytes()
    archive.write_bytes(pack(data[:70_000]) + pack(data[70_000:]))
    files, refusals = unpack(archive, tmp_path / "store", LIMITS)
    assert refusals == ()
    assert tree(files) == {"good.jpg", "second.jpg"}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_that_are_packed_oddly_come_out_whole(tmp_path: Path, method: int) -> None:
    content = random.Random(0).randbytes(200_000) + bytes(300_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as out:
        out.writestr("large.bin", content)
        out.writestr("empty.txt", b"")
    files, refusals = unpack(tmp_path / "a.zip", tmp_path / "store", LIMITS)
    assert refusals == ()
    assert (files / "large.bin").read_bytes() == content
    assert (files / "empty.txt").read_bytes() == b""
