import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError, SampleRejected, StorageError
from pipeline.core.locations import Address, Stretch, located, parse_location
from pipeline.core.params import parse_params
from pipeline.storage.images import ImageLimits, read_file
from pipeline.storage.stores import read_bytes
from pipeline.storage.whole_files import atomic_path, write_bytes
from tests.stores import list_files


@pytest.mark.parametrize(
    ("locator", "place"),
    [
        ("data/a.jpg", Path("/root/data/a.jpg")),
        ("/mnt/a.jpg", Path("/mnt/a.jpg")),
        ("s3://bucket/a.jpg", Address("s3://bucket/a.jpg")),
        ("data/0.tar#512+9", Stretch(Path("/root/data/0.tar"), 512, 9)),
        ("gs://bucket/0.tar#0+1", Stretch(Address("gs://bucket/0.tar"), 0, 1)),
        ("data/photo #1+2.jpg", Path("/root/data/photo #1+2.jpg")),
    ],
)
def test_a_locator_names_a_place(locator: str, place: object) -> None:
    assert located(Path("/root"), locator) == place


def test_locators_begin_at_an_address_too() -> None:
    root = parse_location("s3://bucket/set/")
    assert located(root, "data/a.jpg") == Address("s3://bucket/set/data/a.jpg")
    assert str(located(root, "data/0.tar#5+6")) == "s3://bucket/set/data/0.tar#5+6"


def test_a_file_address_is_a_path() -> None:
    assert parse_location("file:///mnt/shared") == Path("/mnt/shared")


def test_credentials_in_an_address_are_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError, match=r"s3://…@host: an address may not hold credentials") as caught:
        parse_params({"storage": {"root": "s3://user:hush@host/x"}}, "params.yaml")
    assert "hush" not in str(caught.value)


def test_objects_are_written_read_and_listed(bucket: Address) -> None:
    write_bytes(bucket / "b/two.bin", b"0123456789")
    write_bytes(bucket / "a.bin", b"")
    assert read_bytes(bucket / "b/two.bin") == b"0123456789"
    assert read_bytes(bucket / "b/two.bin", 4) == b"0123"
    assert read_bytes(Stretch(bucket / "b/two.bin", 2, 3)) == b"234"
    assert read_bytes(bucket / "a.bin") == b""
    assert list_files(bucket) == ["a.bin", "b/two.bin"]


def test_a_file_is_sent_when_it_is_complete(bucket: Address) -> None:
    def break_off() -> None:
        with atomic_path(bucket / "x.tar") as part:
            part.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert list_files(bucket) == []
    with atomic_path(bucket / "x.tar") as part:
        part.write_bytes(b"whole")
    assert read_bytes(bucket / "x.tar") == b"whole"


def test_a_missing_or_large_object_is_a_rejected_sample(bucket: Address) -> None:
    with pytest.raises(SampleRejected, match="unreadable_file"):
        read_file(bucket / "none.jpg")
    write_bytes(bucket / "large.jpg", bytes(11))
    with pytest.raises(SampleRejected, match="file_too_large"):
        read_file(bucket / "large.jpg", ImageLimits(max_file_bytes=10))


def test_a_store_that_cannot_be_used_stops_the_run() -> None:
    with pytest.raises(StorageError, match=r"nosuch://x/y.jpg: .*Protocol not known: nosuch"):
        read_file(Address("nosuch://x/y.jpg"))


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(StorageError, match=r"pip install 'maskwright\[cloud\]'"):
        read_bytes(Address("s3://bucket/a.jpg"))


def test_plain_paths_do_without_fsspec(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a")
    script = f"""
import sys
from pathlib import Path
from pipeline.storage.images import read_file
from pipeline.storage.whole_files import write_bytes
from pipeline.augment.photo_masker import PhotoMasker
write_bytes(Path({str(tmp_path / "b.jpg")!r}), read_file(Path({str(tmp_path / "a.jpg")!r})))
sys.exit("fsspec" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
    assert (tmp_path / "b.jpg").read_bytes() == b"a"
