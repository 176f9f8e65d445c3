from pathlib import Path

import numpy as np
import pytest

from pipeline.columns.image_table import ImageRows
from pipeline.core.errors import ManifestError
from pipeline.core.records import Image, LabelledBox
from pipeline.storage.manifests import write_manifest
from tests.dedup.examples import image_row

BOX = LabelledBox(left=1.0, top=2.0, right=3.0, bottom=4.0, original_label="face")


def some_images(count: int = 2500) -> list[Image]:
    return [
        image_row(
            f"{number}",
            source=f"source {number % 3}",
            author="ü" if number % 2 else None,
            boxes=(BOX,) * (number % 3),
            synthetic=number % 5 == 0,
        )
        for number in range(count)
    ]


def test_images_come_out_as_they_went_in() -> None:
    images = some_images()
    rows = ImageRows.of(images)
    assert list(rows) == images
    assert len(rows) == len(images)
    assert rows[7] == images[7]
    assert rows[-1] == images[-1]
    assert list(rows[3:6]) == images[3:6]
    with pytest.raises(IndexError):
        rows[len(images)]
    assert list(rows.texts("origin")) == [image.origin for image in images]


def test_several_manifests_are_read_one_after_the_other(tmp_path: Path) -> None:
    images = some_images(20)
    paths = [tmp_path / f"{part}.parquet" for part in range(3)]
    for path, part in zip(paths, (images[:12], [], images[12:]), strict=True):
        write_manifest(path, part, Image)
    rows = ImageRows.read(paths)
    assert list(rows) == images
    assert list(rows.by_id()) == sorted(images, key=lambda image: image.id)
    with pytest.raises(ManifestError, match="none"):
        ImageRows.read([tmp_path / "none.parquet"])


def test_images_are_chosen_by_place_and_by_truth() -> None:
    images = some_images(10)
    rows = ImageRows.of(images)
    assert list(rows.taken(np.array([4, 1]))) == [images[4], images[1]]
    assert list(rows.chosen(np.arange(10) % 2 == 0)) == images[::2]
    assert list(rows.chosen(np.zeros(10, dtype=bool))) == []
