"""A source whose folder is in an object store."""

from pathlib import Path
from typing import Any

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import SourceError
from pipeline.core.locations import Address
from pipeline.core.params import parse_params
from pipeline.sources.ingest import Ingested, ingest_source
from pipeline.storage.stores import read_bytes
from pipeline.storage.whole_files import write_bytes
from tests.sources.kit import Ingest, by_origin, reasons
from tests.stores import list_files

LABELS = {"masked": {"mask_type": "surgical"}, "bare": {"mask_type": "none"}}


@pytest.fixture
def photos(bucket: Address) -> Address:
    """Class folders in a bucket, with what doesn't belong there."""
    files = {
        "masked/1.jpg": picture(1),
        "bare/2.png": picture(2, kind="PNG"),
        "bare/broken.jpg": picture(3)[:400],
        "bare/.hidden.jpg": picture(4),
        "bare/more.zip": b"PK",
    }
    for name, data in files.items():
        write_bytes(bucket / "photos" / name, data)
    write_bytes(bucket / "photos-other/5.jpg", picture(5))
    return bucket / "photos"


def test_objects_are_named_where_they_lie(ingest: Ingest, photos: Address, tmp_path: Path) -> None:
    taken = ingest(adapter="folder", path=str(photos), labels=LABELS)
    images = by_origin(taken)
    assert images["masked/1.jpg"].path == f"{photos}/masked/1.jpg"
    assert images.keys() == {"masked/1.jpg", "bare/2.png"}
    assert reasons(taken.rejections) == {
        "bare/broken.jpg": "damaged_image",
        "bare/.hidden.jpg": "system_file",
        "bare/more.zip": "nested_archive",
    }
    assert not (tmp_path / "data/raw/mine/files").exists()


def test_objects_are_copied_where_asked(ingest: Ingest, photos: Address, tmp_path: Path) -> None:
    image = by_origin(ingest(adapter="folder", path=str(photos), labels=LABELS, copy_files=True))["masked/1.jpg"]
    assert image.path.startswith("data/raw/mine/files/")
    assert (tmp_path / image.path).read_bytes() == picture(1)


def test_metadata_is_read_from_the_store(ingest: Ingest, bucket: Address) -> None:
    write_bytes(bucket / "set/a.jpg", picture(1))
    write_bytes(bucket / "set/metadata.jsonl", b'{"file_name": "a.jpg", "label": "masked"}\n')
    taken = ingest(adapter="imagefolder", path=str(bucket / "set"), labels=LABELS)
    assert by_origin(taken)["a.jpg"].mask_type == "surgical"


def test_a_folder_that_is_not_there_is_an_error(ingest: Ingest, bucket: Address) -> None:
    with pytest.raises(SourceError, match="it offers no file at all"):
        ingest(adapter="folder", path=str(bucket / "nothing"), labels=LABELS)


def test_images_go_under_the_storage_root(bucket: Address, tmp_path: Path) -> None:
    write_tree(tmp_path / "photos", {"masked/1.jpg": picture(1)})
    image = by_origin(_stored(tmp_path, str(bucket / "set"), path="photos"))["masked/1.jpg"]
    assert image.path.startswith("data/raw/mine/files/")
    assert list_files(bucket) == [f"set/{image.path}"]
    assert read_bytes(bucket / "set" / image.path) == picture(1)
    local = by_origin(_stored(tmp_path, str(tmp_path / "shared"), path="photos"))["masked/1.jpg"]
    assert local == image
    assert (tmp_path / "shared" / image.path).read_bytes() == picture(1)


def _stored(project: Path, root: str, **settings: Any) -> Ingested:
    source = {"adapter": "folder", "labels": LABELS} | settings
    document = {"storage": {"root": root}, "ingest": {"sources": ["mine"], "settings": {"mine": source}}}
    return ingest_source("mine", parse_params(document, "params.yaml"), project)
