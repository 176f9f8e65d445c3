"""A made-up project of two photos, an output of `augment-masks`, and what is read of an export."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.core import paths
from pipeline.core.records import (
    Assignment,
    Face,
    Image,
    LabelledBox,
    MaskedImage,
    Rejection,
    Side,
)
from pipeline.exchange.exporting import Exported, ExportRequest, export, pictures_in
from pipeline.exchange.records import Picture, Unusable
from pipeline.storage.images import encode_image
from pipeline.storage.manifests import write_manifest

WIDTH, HEIGHT = 200, 150
GROUP_PHOTO, PORTRAIT = "a" * 32, "b" * 32

FACES = {
    f"{GROUP_PHOTO}-0": (10.25, 20.5, 60.75, 90.125),
    f"{GROUP_PHOTO}-1": (80.0, 30.0, 120.0, 80.0),
    f"{GROUP_PHOTO}-2": (150.5, 40.0, 210.0, 90.0),  # reaches out of the picture
    f"{PORTRAIT}-0": (50.0, 20.0, 150.0, 140.0),
}
OUTLINE = (15.0, 50.0, 55.5, 50.0, 50.0, 85.25, 20.0, 85.0)


def jpeg(shade: int) -> bytes:
    return encode_image(np.full((HEIGHT, WIDTH, 3), shade % 256, dtype=np.uint8))


def image(image_id: str, **fields: Any) -> Image:
    base = Image(
        id=image_id, sha256=image_id * 2, path=f"photos/{image_id[0]}.jpg", source="street", origin="a.jpg",
        width_px=WIDTH, height_px=HEIGHT, licence="CC-BY-4.0", author="Ann O'Nym <ann@example.org> & \x1bco",
        url="https://example.org/a.jpg", mask_type="none", wear="none", masked="no",
    )  # fmt: skip
    return replace(base, **fields)


def face(face_id: str, **fields: Any) -> Face:
    left, top, right, bottom = FACES[face_id]
    base = Face(
        id=face_id, image_id=face_id[:32], left=left, top=top, right=right, bottom=bottom, score=0.9, detector="yunet",
        landmarks=(1.0,) * 136, yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0, sharpness=1.0, crop_path="crops/x.jpg",
        mask_type="none", wear="none", valve="unknown", masked="no",
    )  # fmt: skip
    return replace(base, **fields)


def masked(face_id: str, ending: str = "ffp2", **fields: Any) -> MaskedImage:
    left, top, right, bottom = FACES[face_id]
    row_id = f"{face_id}-{ending}0"
    base = MaskedImage(
        id=row_id, face_id=face_id, image_id=face_id[:32], parent_sha256=face_id[:32] * 2,
        path=f"data/masked/images/{row_id}.jpg", alpha_path=None, crop_path="crops/x.jpg", template="ffp2_cup",
        mask_type="ffp2", wear="nose_exposed", valve="yes", seed=1, draw="{}", polygon=OUTLINE, mask_left=15.0,
        mask_top=50.0, mask_right=56.5, mask_bottom=86.25, left=left, top=top, right=right, bottom=bottom,
        landmarks=(1.0,) * 136, yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0, licence="CC-BY-4.0",
    )  # fmt: skip
    return replace(base, **fields)


def assignment(sample: Face | MaskedImage, side: Side, group: str) -> Assignment:
    return Assignment(
        sample_id=sample.id, image_id=sample.image_id, group=group, side=side, mask_type=sample.mask_type,
        wear=sample.wear, valve=sample.valve, source="street", synthetic=False, template=None, crop_path="x.jpg",
    )  # fmt: skip


IMAGES = (image(GROUP_PHOTO), image(PORTRAIT, url=None, author=None, licence="CC0-1.0"))
BARE = tuple(face(name) for name in FACES)
MASKED = (masked(f"{GROUP_PHOTO}-0"), masked(f"{PORTRAIT}-0", "cloth", mask_type="cloth", wear="correct", valve="no"))


def write_project(
    root: Path,
    images: Iterable[Image] = IMAGES,
    faces: Iterable[Face] = BARE,
    *,
    masks: Iterable[MaskedImage] = MASKED,
    rejected: Iterable[Rejection] = (),
    sides: dict[str, Side] | None = None,
) -> Path:
    """The folder `data` of a project; `sides` by image, None for one without a split."""
    samples: list[Face | MaskedImage] = [*faces, *masks]
    faces = [row for row in samples if isinstance(row, Face)]
    masks = [row for row in samples if isinstance(row, MaskedImage)]
    images = list(images)
    write_manifest(root / paths.KEPT, images, Image)
    write_manifest(root / paths.FACES_TABLE, faces, Face)
    write_manifest(root / paths.MASKED_TABLE, masks, MaskedImage)
    write_manifest(root / paths.FACES / paths.REJECTED, rejected, Rejection)
    if sides is not None:
        placed = [assignment(one, sides[one.image_id], one.image_id) for one in samples if one.image_id in sides]
        write_manifest(root / paths.SPLIT_TABLE, placed, Assignment)
    for number, name in enumerate(dict.fromkeys([*(row.path for row in images), *(row.path for row in masks)])):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(jpeg(40 * number + 20))
    return root / paths.DATA


def rejection(row_id: str, reason: str) -> Rejection:
    return Rejection(id=row_id, stage="faces", reason=reason, detail="", origin="a.jpg")


def labelled(*corners: float, **labels: Any) -> LabelledBox:
    left, top, right, bottom = corners
    return LabelledBox(left=left, top=top, right=right, bottom=bottom, original_label="x", **labels)


def folder_row(name: str, index: int = 0, **fields: Any) -> dict[str, Any]:
    """A row as `augment-masks` writes it of one face of `photo.jpg`."""
    labels = {"mask_type": "cloth", "wear": "correct", "valve": "no", "template": "cloth_plain", "seed": 1}
    mask = {"polygon": [[15.0, 50.0], [55.5, 50.0], [50.0, 85.25]], "mask_box": [15.0, 50.0, 56.5, 86.25], "draw": "{}"}
    where = {"face_box": [10.25, 20.5, 60.75 + index, 90.0], "face_index": index, "faces_in_photo": 1}
    photo = {"width_px": WIDTH, "height_px": HEIGHT, "parent": "photo.jpg", "parent_sha256": "c" * 64}
    return {"file_name": name, **labels, **mask, **where, **photo} | fields


BARE_COLUMNS: dict[str, Any] = {
    "mask_type": "none", "wear": "none", "valve": "no", "template": None, "polygon": [], "mask_box": None,
}  # fmt: skip


def write_folder(folder: Path, rows: Iterable[dict[str, Any]], rejected: Iterable[dict[str, Any]] = ()) -> Path:
    """An output of `augment-masks` with these rows."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    (folder / "metadata.jsonl").write_text("".join(lines), encoding="utf-8")
    (folder / "rejected.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rejected), encoding="utf-8")
    for number, row in enumerate(map(json.loads, lines)):
        path = folder / row["file_name"]
        if ".." not in path.parts:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(jpeg(10 * number + 20))
    return folder


def pictures(data: Path) -> list[Picture]:
    return [one for one in pictures_in(data) if isinstance(one, Picture)]


def unusable(data: Path) -> dict[str, str]:
    return {one.id: one.reason for one in pictures_in(data) if isinstance(one, Unusable)}


def exported(data: Path, out: Path, form: str, *, overwrite: bool = False, **settings: Any) -> Exported:
    return export(pictures_in(data), out, ExportRequest(form, **settings), overwrite=overwrite)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
