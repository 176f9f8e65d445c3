from pathlib import Path

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import SourceError
from tests.sources.kit import Ingest, by_origin, reasons

MANIFEST = (
    b"file,identity,licence,origin,kind\n"
    b"a.jpg,p1,CC0-1.0,rendered,face\n"
    b"b.jpg,p1,CC0-1.0,rendered,duplicate_of:a.jpg\n"
    b"c.jpg,,CC0-1.0,rendered,damaged\n"
)


def test_rows_of_the_manifest(ingest: Ingest, tmp_path: Path) -> None:
    files = {
        "manifest.csv": MANIFEST,
        "faces/a.jpg": picture(1),
        "faces/b.jpg": picture(1),
        "faces/c.jpg": picture(2)[:300],
    }
    write_tree(tmp_path / "samples", files)
    taken = ingest("sample")
    image = by_origin(taken)["a.jpg"]
    assert (image.mask_type, image.wear, image.licence, image.person_id) == ("none", "none", "CC0-1.0", "sample:p1")
    assert image.path == "samples/faces/a.jpg"
    assert image.sha256 == by_origin(taken)["b.jpg"].sha256
    assert image.id != by_origin(taken)["b.jpg"].id
    assert reasons(taken.rejections) == {"c.jpg": "damaged_image"}


def test_missing_column_is_named(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "samples", {"manifest.csv": b"file,identity\n"})
    with pytest.raises(SourceError, match=r"lacks the column.*kind, licence, origin"):
        ingest("sample")


def test_listed_file_that_is_not_there_is_a_row(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "samples", {"manifest.csv": MANIFEST, "faces/a.jpg": picture(1)})
    assert reasons(ingest("sample").rejections) == {"b.jpg": "unreadable_file", "c.jpg": "unreadable_file"}
