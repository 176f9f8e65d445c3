"""The safety table: what an archive may try, and the row that each attempt becomes."""

import gzip
import io
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from generators.docs.made_up import picture
from pipeline.core.errors import SourceError
from pipeline.sources.archives.gate import ArchiveLimits
from pipeline.sources.archives.unpacking import unpack

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
    "twice": (lambda z: z.writestr("GOOD.jpg", GOOD), "repeated_member"),
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
    assert [refusal.reason for refusal in refusals] == ["damaged_archive"]
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
