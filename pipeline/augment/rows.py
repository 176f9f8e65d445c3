"""The rows of `metadata.jsonl`: of a picture with one masked face, and of one with all faces of its photo."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.augment.columns import object_names
from pipeline.augment.face_masker import KnownPhoto, MaskedPicture
from pipeline.augment.scene_masker import ScenePicture, ShownFace
from pipeline.core.arrays import Points
from pipeline.core.records import Side
from pipeline.faces.detectors import Box
from pipeline.faces.finding import FoundFace
from pipeline.masks import MaskRecipe

Row = dict[str, Any]

BARE = "no_mask"
"""The category of a face without a mask, as detection data sets call it."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The photo that pictures are made of.

    Attributes:
        name: Its path below the folder.
        faces: How many it has.
        side: On which side of a split it stands, where it was asked for.
        sharpness: Of each face, by its index.
    """

    name: str
    photo: KnownPhoto
    width_px: int
    height_px: int
    faces: int
    side: Side | None = None
    sharpness: tuple[float, ...] = ()

    def columns(self) -> Row:
        """What a row says of it."""
        return {
            "faces_in_photo": self.faces,
            "width_px": self.width_px,
            "height_px": self.height_px,
            "parent": self.name,
            "parent_sha256": self.photo.sha256,
            "licence": self.photo.licence,
            "author": self.photo.author,
            **({} if self.side is None else {"split": self.side}),
        }


@dataclass(frozen=True, slots=True)
class Ignored:
    """A face in a picture that nothing is said of; its landmarks where it has some."""

    box: Box
    reason: str
    landmarks: Points | None = None


def face_columns(parent: Parent, face: FoundFace) -> Row:
    """Where the one face of a picture is."""
    box = face.box
    return {
        "face_box": _rounded(list(_sides(box))),
        "face_score": round(box.score, 4),
        "landmarks": written(face.landmarks),
        "landmarks_by": face.landmarks_by,
        "yaw_deg": round(face.pose.yaw_deg, 2),
        "pitch_deg": round(face.pose.pitch_deg, 2),
        "roll_deg": round(face.pose.roll_deg, 2),
        "sharpness": parent.sharpness[face.index],
        "face_index": face.index,
        **parent.columns(),
    }


def mask_columns(picture: MaskedPicture) -> Row:
    """The one mask of a picture."""
    worn = picture.worn
    return {
        **picture.labels,
        "polygon": written(worn.polygon),
        "mask_box": _rounded(list(worn.box)),
        "draw": _drawn(worn.draw),
    }


def bare_columns() -> Row:
    """As `mask_columns`, of a picture without one."""
    labels = {"mask_type": "none", "wear": "none", "valve": "no", "template": None, "seed": None}
    return labels | {"polygon": [], "mask_box": None, "draw": None}


def scene_columns(parent: Parent, faces: Sequence[FoundFace], picture: ScenePicture, ignored: Sequence[Ignored]) -> Row:
    """All faces of a picture: `objects` are those with a label, lists of one length; `ignored` are the others."""
    by_place = {str(face.index): face for face in faces}
    objects = [_object(one, by_place[one.face.place], parent) for one in picture.shown]
    others = [_ignored(one, parent) for one in ignored]
    return {
        "objects": _as_lists(_OBJECT, objects),
        "ignored": _as_lists(_IGNORED, others),
        **parent.columns(),
    }


_OBJECT, _IGNORED = object_names("objects"), object_names("ignored")


def _as_lists(names: Sequence[str], rows: Sequence[Row]) -> Row:
    return {name: [row[name] for row in rows] for name in names}


def _object(shown: ShownFace, face: FoundFace, parent: Parent) -> Row:
    mask = shown.mask
    draw = mask.draw if mask else None
    columns = face_columns(parent, face)
    named = {name: columns[name] for name in _OBJECT if name in columns}
    return named | {
        "bbox": _bbox(_sides(face.box), parent),
        "category": draw.mask_type if draw else BARE,
        "wear": draw.wear if draw else "none",
        "valve": draw.valve if draw else "no",
        "polygon": written(mask.polygon) if mask else None,
        "template": draw.template if draw else None,
        "mask_bbox": _bbox(mask.box, parent) if mask else None,
        "seed": draw.seed if draw else None,
        "draw": _drawn(draw) if draw else None,
    }


def _drawn(recipe: MaskRecipe) -> Row:
    """Every drawn value as an object; its keys are those of the parts that the mask has."""
    drawn: Row = json.loads(recipe.to_json())
    return drawn


def _ignored(face: Ignored, parent: Parent) -> Row:
    landmarks = None if face.landmarks is None else written(face.landmarks)
    return {"bbox": _bbox(_sides(face.box), parent), "reason": face.reason, "landmarks": landmarks}


def _sides(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def _bbox(sides: tuple[float, float, float, float], parent: Parent) -> list[float]:
    """Left, top, width and height of what of a box lies inside the photo, as COCO and Hugging Face have it."""
    width, height = float(parent.width_px), float(parent.height_px)
    left, right = (min(max(x, 0.0), width) for x in sides[::2])
    top, bottom = (min(max(y, 0.0), height) for y in sides[1::2])
    return _rounded([left, top, right - left, bottom - top])


@dataclass(frozen=True, slots=True)
class DrawnMask:
    """A mask that a row tells of, for who shows it."""

    file_name: str
    parent: str
    face_box: Box
    mask_type: str
    wear: str
    template: str


def shows_mask(row: Row) -> bool:
    """Whether a mask was drawn on the picture of a row."""
    categories = row["objects"]["category"] if "objects" in row else [row["mask_type"]]
    return any(category not in {"none", BARE} for category in categories)


def drawn_masks(row: Row) -> Iterator[DrawnMask]:
    """Every mask that was drawn on the picture of a row."""
    of_picture = row["file_name"], row["parent"]
    if "objects" not in row:
        if row["mask_type"] != "none":
            left, top, right, bottom = row["face_box"]
            box = Box(left, top, right, bottom, row["face_score"])
            yield DrawnMask(*of_picture, box, row["mask_type"], row["wear"], row["template"])
        return
    names = ("bbox", "face_score", "category", "wear", "template")
    for (left, top, width, height), score, category, wear, template in zip(
        *(row["objects"][name] for name in names), strict=True
    ):
        if category != BARE:
            yield DrawnMask(*of_picture, Box(left, top, left + width, top + height, score), category, wear, template)


def written(points: Points) -> list[list[float]]:
    """As many decimals as mean something; all at once, since a mask's outline has a hundred points."""
    rounded: list[list[float]] = np.round(points.astype(np.float64), 2).tolist()
    return rounded


def _rounded(values: list[float]) -> list[float]:
    return [round(float(value), 2) for value in values]
