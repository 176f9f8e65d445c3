"""Rows for the tests of the split, and the split of them."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.core.records import (
    Assignment,
    DuplicateLink,
    Face,
    Image,
    LinkKind,
    MaskedImage,
    MaskType,
    Rejection,
    Side,
)
from pipeline.split.assigning import Split, SplitInputs
from pipeline.split.sides import SplitRules
from pipeline.storage.manifests import Manifest, write_manifest
from tests.dedup.examples import image_row
from tests.stages.test_dedup_split import face_row, masked_row


def made_manifest(folder: Path, rows: Iterable[Any], record: type[Any]) -> Manifest[Any]:
    path = folder / f"{record.__name__}.parquet"
    write_manifest(path, rows, record)
    return Manifest(path, record)


def split_rows(
    images: Sequence[Image],
    links: Sequence[DuplicateLink],
    faces: Sequence[Face],
    masked: Sequence[MaskedImage],
    rules: SplitRules,
    *,
    pinned: Mapping[str, Side] = {},
    ignored: frozenset[LinkKind] = frozenset(),
) -> list[Assignment | Rejection]:
    """Every row of the split, through manifests on disk, and past the gate."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        split = Split(
            SplitInputs(
                images=made_manifest(folder, images, Image),
                links=made_manifest(folder, links, DuplicateLink),
                faces=made_manifest(folder, faces, Face),
                masked=made_manifest(folder, masked, MaskedImage),
                pinned=made_manifest(folder, [earlier_row(*one) for one in pinned.items()], Assignment),
                ignored=ignored,
            ),
            rules,
        )
        rows = list(split.rows())
        split.check_no_leak()
    assert split.held.total() + split.rejected.total() == len(rows)
    return rows


def earlier_row(image_id: str, side: Side) -> Assignment:
    words: dict[str, Any] = {
        "mask_type": "none",
        "wear": "none",
        "valve": "unknown",
        "source": "unit",
        "crop_path": "x.jpg",
    }
    return Assignment(
        sample_id=image_id, image_id=image_id, group=image_id, side=side, synthetic=False, template=None, **words
    )


def face_of(image: Image, number: int = 0, **changes: Any) -> Face:
    return replace(face_row(image, f"{image.id}-{number}"), **changes)


def masked_of(face: Face, image: Image, mask: MaskType = "cloth", **changes: Any) -> MaskedImage:
    return replace(masked_row(face, image, f"{face.id}-{mask}0"), mask_type=mask, **changes)


__all__ = ["earlier_row", "face_of", "image_row", "made_manifest", "masked_of", "split_rows"]
