"""A small project and a small output of `augment-masks` that the tests of the page share."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core.params import Params
from pipeline.core.records import Assignment, DuplicateLink, Face, Image, MaskedImage, Rejection
from pipeline.dedup.fingerprints.quality import ImageQuality
from pipeline.review.browse.project import Project
from pipeline.review.browse.tables import ProjectFiles, ProjectTables
from pipeline.storage.images import write_image
from pipeline.storage.manifests import write_manifest
from tests.dedup.examples import image_row, picture
from tests.stages.test_dedup_split import face_row, masked_row

HOSTILE = '"><img src=x onerror=alert(1)></script><script>alert(2)</script>'


def make_project(root: Path, photos: int = 8, licence: str = "CC0-1.0") -> list[Image]:
    """Photos with a face and two masks each; a near copy, a file that is no picture, a mask that split rejected."""
    images = [
        image_row(f"p{k} é.png", path=f"data/raw/unit/p{k} é.png", licence=licence, mask_type="none")
        for k in range(photos)
    ]
    copy = image_row("copy.png", path="data/raw/unit/copy.png", licence=licence)
    for number, image in enumerate([*images, copy]):
        write_image(root / image.path, picture(number))
    (root / "data/raw/unit/text.png").write_text("no picture", encoding="utf-8")
    faces = [_face(image, k, root) for k, image in enumerate(images)]
    masked = [
        _masked(face, image, kind, root) for face, image in zip(faces, images, strict=True) for kind in ("a", "b")
    ]
    write_manifest(root / "data/raw/unit/images.parquet", [*images, copy], Image)
    write_manifest(
        root / "data/raw/unit/rejected.parquet", [_rejected("lost", "ingest", "not_an_image", "text.png")], Rejection
    )
    write_manifest(root / "data/dedup/links.parquet", [_link(images[0].id, copy.id)], DuplicateLink)
    write_manifest(root / "data/dedup/rejected.parquet", [_rejected(copy.id, "dedup", "near_duplicate")], Rejection)
    write_manifest(root / "data/dedup/quality.parquet", [_quality(image) for image in images], ImageQuality)
    write_manifest(root / "data/faces/faces.parquet", faces, Face)
    write_manifest(
        root / "data/faces/rejected.parquet", [_rejected(f"{images[0].id}-7", "faces", "face_cut_off")], Rejection
    )
    write_manifest(root / "data/masked/masked.parquet", masked, MaskedImage)
    write_manifest(root / "data/split/split.parquet", [_side(face, k) for k, face in enumerate(faces)], Assignment)
    write_manifest(root / "data/split/rejected.parquet", [_rejected(masked[-1].id, "split", "no_group")], Rejection)
    return images


def project_of(root: Path) -> Project:
    """The records of a project folder."""
    return Project(ProjectTables(ProjectFiles(root, root / "data", root / "reports/review.parquet"), Params()))


def _face(image: Image, number: int, root: Path) -> Face:
    crop = f"data/faces/crops/{image.id}-0.png"
    write_image(root / crop, picture(number))
    face = replace(
        face_row(image, f"{image.id}-0"), crop_path=crop, right=90.0, bottom=90.0, yaw_deg=10.0 * number - 20
    )
    return replace(face, sharpness=float(number), landmarks=(20.0, 30.0, 60.0, 30.0))


def _masked(face: Face, image: Image, kind: str, root: Path) -> MaskedImage:
    row = masked_row(face, image, f"{face.id}-{kind}")
    path = f"data/masked/images/{row.id}.png"
    write_image(root / path, np.full((100, 100, 3), 200 if kind == "a" else 60, dtype=np.uint8))
    kinds: Any = (
        {"mask_type": "cloth", "wear": "correct"} if kind == "a" else {"mask_type": "ffp2", "wear": "nose_exposed"}
    )
    polygon = (20.0, 40.0, 80.0, 40.0, 50.0, 90.0)
    return replace(
        row, path=path, crop_path=None, polygon=polygon, licence=image.licence, right=90.0, bottom=90.0, **kinds
    )


def _rejected(row_id: str, stage: str, reason: str, origin: str = "x") -> Rejection:
    return Rejection(id=row_id, stage=stage, reason=reason, detail=f"detail of {reason}", origin=origin)


def _link(one: str, other: str) -> DuplicateLink:
    first, second = sorted((one, other))
    return DuplicateLink(first=first, second=second, kind="near", distance=3.0)


def _quality(image: Image) -> ImageQuality:
    return ImageQuality(image_id=image.id, brightness=100.0, contrast=30.0, sharpness=0.1, compression=0.5)


def _side(face: Face, number: int) -> Assignment:
    return Assignment(
        sample_id=face.id,
        image_id=face.image_id,
        group=face.image_id,
        side=("train", "val", "test")[number % 3],
        mask_type="none",
        wear="none",
        valve="no",
        source="unit",
        synthetic=False,
        template=None,
        crop_path=face.crop_path or "",
    )


ROW: dict[str, Any] = {
    "file_name": "images/cloth/a b.png",
    "mask_type": "cloth",
    "wear": "correct",
    "valve": "no",
    "template": "t",
    "polygon": [[1, 2], [3, 4], [5, 6]],
    "face_box": [10, 10, 50, 60],
    "face_score": 0.9,
    "landmarks": [[1, 1], [2, 2]],
    "yaw_deg": -50.0,
    "face_index": 0,
    "width_px": 100,
    "height_px": 80,
    "parent": "a b.png",
}


def make_output(out: Path, *rows: dict[str, Any], rejected: tuple[dict[str, Any], ...] = ()) -> Path:
    """A folder as `augment-masks` leaves it, with these rows."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (out / "rejected.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rejected), encoding="utf-8")
    for number, row in enumerate(rows):
        write_image(out / str(row["file_name"]), picture(number))
    return out
