"""Sources taken in with `ingest.sandbox`: what attacks the decoder or the unpacker is a row, all else is as without."""

import io
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fuzz.pictures import originals, portrait
from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import ConfigError
from pipeline.core.params import Params, parse_params
from pipeline.sources.ingest import Ingested, ingest_source
from tests.conftest import tree
from tests.sources.kit import by_origin
from tests.sources.sandboxed import look_at_poison, poison, unpack_poison

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's"),
]

ATTACKS = {
    "kill": "killed by SIGKILL",
    "segfault": "killed by SIGSEGV",
    "stop": "no answer in 5 s",
    "allocate": "over 0.25 GB of memory",
    "answer_another_type": "what it answered is no answer",
}


def params(sandbox: bool, jobs: int = 1) -> Params:
    limits = {"seconds": 5, "archive_seconds": 5, "memory_gb": 0.25}
    mine = {"adapter": "folder", "path": "photos", "labels": {".": {"mask_type": "none", "wear": "none"}}}
    mine["default_label"] = "."
    ingest: dict[str, Any] = {"sources": ["mine"], "settings": {"mine": mine}, "sandbox": sandbox}
    return parse_params({"engine": {"jobs": jobs}, "ingest": ingest | {"sandbox_limits": limits}}, "params.yaml")


def take(root: Path, files: Mapping[str, bytes], sandbox: bool = True, jobs: int = 1) -> Ingested:
    write_tree(root / "photos", files)
    return ingest_source("mine", params(sandbox, jobs), root)


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize("jobs", [1, 2])
def test_sound_and_damaged_files_are_the_same_rows_and_bytes(tmp_path: Path, jobs: int) -> None:
    """Of every format that can be written here, each also broken off, loose and in archives."""
    whole = {f"{name}.bin": data for name, data in originals(portrait()).items()}
    files = whole | {f"broken-{name}": data[: len(data) // 2] for name, data in whole.items()}
    packed = {"../evil.jpg": picture(1), "empty.jpg": b"", "good.jpg": picture(2)}
    files |= {"a.zip": zipped(packed), "b.tar.xz": tarred(packed), "c.zip": b"none"}
    taken = [take(tmp_path / str(sandbox), files, sandbox, jobs) for sandbox in (False, True)]
    assert taken[0] == taken[1]
    assert len(taken[1].images) > len(whole) // 2
    assert tree(tmp_path / "False/data/raw") == tree(tmp_path / "True/data/raw")


def test_a_picture_that_breaks_its_decoder_is_a_row_and_the_others_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = {f"{number}.jpg": picture(number) for number in range(len(ATTACKS) + 1)}
    evil = {f"{number}-{how}.jpg": picture(99) + poison(how) for number, how in enumerate(ATTACKS)}
    monkeypatch.setattr("pipeline.sources.inspection.look_at", look_at_poison)
    taken = take(tmp_path, good | evil)
    assert by_origin(taken).keys() == good.keys()
    assert {row.origin.partition("-")[2]: (row.reason, row.detail) for row in taken.rejections} == {
        f"{how}.jpg": ("damaged_image", cause) for how, cause in ATTACKS.items()
    }


@pytest.mark.parametrize("how", ATTACKS)
def test_an_archive_that_breaks_its_unpacker_is_a_row_and_the_others_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("pipeline.sources.archives.unpacking.unpack_here", unpack_poison)
    good = {"good.jpg": picture(1)}
    evil = zipped(good | {"evil.txt": poison(how)})
    taken = take(tmp_path, {"1.zip": zipped(good), "2.zip": evil, "3.zip": zipped(good), "loose.jpg": picture(2)})
    assert by_origin(taken).keys() == {"1.zip/good.jpg", "3.zip/good.jpg", "loose.jpg"}
    (row,) = taken.rejections
    assert (row.origin, row.reason, row.detail) == ("2.zip/2.zip", "damaged_archive", ATTACKS[how])
    monkeypatch.undo()
    assert "2.zip/good.jpg" in by_origin(take(tmp_path, {}))


def test_a_real_file_may_not_take_more_memory_than_the_child_has(tmp_path: Path) -> None:
    """48 megapixels take 0.4 GB to be decoded and turned into an array."""
    taken = take(tmp_path, {"good.jpg": picture(1), "large.jpg": picture(2, (8000, 6000))})
    assert by_origin(taken).keys() == {"good.jpg"}
    (row,) = taken.rejections
    assert (row.reason, row.detail) == ("damaged_image", "over 0.25 GB of memory")


def test_it_is_refused_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ConfigError, match=r"ingest\.sandbox: true needs Linux"):
        take(tmp_path, {"good.jpg": picture(1)})
