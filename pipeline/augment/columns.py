"""The columns of `metadata.jsonl`, in their order: what each says, in which unit, and how its boxes are given."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    """One column, or one list within `objects` or `ignored`.

    Attributes:
        kind: What its values are.
        what: What they say, with the unit.
        asked_by: The option without which it isn't there; empty where it always is.
    """

    name: str
    kind: str
    what: str
    asked_by: str = ""


_NAME = (
    Column("file_name", "text", "the picture, a path below OUT; Hugging Face loads it as image"),
    Column("id", "text", "the photo's content, the face and the mask: two copies of one photo give one id"),
)
_MASK = (
    Column("mask_type", "text", "cloth, surgical, ffp2 or none"),
    Column("wear", "text", "correct, nose_exposed, chin_exposed, nose_mouth_exposed or none"),
    Column("valve", "text", "yes or no"),
    Column("template", "text or null", "what the mask was drawn from"),
    Column("seed", "integer or null", "of the mask"),
    Column("polygon", "list of [x, y]", "outline of the mask's body as it is seen, px; empty for a bare face"),
    Column("mask_box", "[left, top, right, bottom] or null", "around the outline, px"),
    Column(
        "draw",
        "object or null",
        "every value that was drawn at random, its unit in its name; maskwright replay draws it again",
    ),
)
_FACE = (
    Column("face_box", "[left, top, right, bottom]", "of the face, px; it may reach out of the picture"),
    Column("face_score", "number", "the detector's, 0 to 1"),
    Column("landmarks", "68 x [x, y]", "points of the face in iBUG's order, px"),
    Column("landmarks_by", "text", "what placed the points: dlib, mesh or mean_head"),
    Column("yaw_deg", "number", "head turned, degrees; above 0 to the viewer's right"),
    Column("pitch_deg", "number", "head nodded, degrees; above 0 downwards"),
    Column("roll_deg", "number", "head tilted, degrees; above 0 clockwise"),
    Column("sharpness", "number", "of the face in the photo, variance of the Laplacian; below 50 it looks blurred"),
    Column("face_index", "integer", "of the face in its photo; 0 is the largest"),
)
_PHOTO = (
    Column("faces_in_photo", "integer", "how many faces were found and could be used"),
    Column("width_px", "integer", "width of the upright picture, px"),
    Column("height_px", "integer", "height of it, px"),
    Column("parent", "text", "the photo, a path below FACES"),
    Column("parent_sha256", "text", "sha256 of its file: pictures of one photo belong on one side of a split"),
    Column("licence", "text", "of the photo, as --licence says"),
    Column("author", "text or null", "of the photo, as --author says"),
    Column("split", "text", "train, val or test; all pictures of a photo have the same", "--split"),
)
_FILES = (
    Column("crop_file_name", "text", "a square crop of the face, a path below OUT", "--crops"),
    Column("alpha_file_name", "text", "where masks cover the photo, a grey PNG, a path below OUT", "--alpha"),
)
_OBJECTS = (
    Column("bbox", "[left, top, width, height]", "of the face, px, cut off at the picture's edge"),
    Column("category", "text", "cloth, surgical, ffp2 or no_mask"),
    *(column for column in _MASK if column.name in {"wear", "valve"}),
    Column("polygon", "list of [x, y] or null", "outline of the mask's body as it is seen, px; null for a bare face"),
    Column("template", "text or null", "what the mask was drawn from"),
    Column("mask_bbox", "[left, top, width, height] or null", "around the outline, px, cut off at the picture's edge"),
    *(column for column in _MASK if column.name in {"seed", "draw"}),
    Column("face_index", "integer", "of the face in its photo; 0 is the largest"),
    *(column for column in _FACE if column.name not in {"face_box", "face_index"}),
    Column("crop_file_name", "text", "a square crop of the face, a path below OUT", "--crops"),
)
_IGNORED = (
    Column("bbox", "[left, top, width, height]", "of a face, or of what may be one, px, cut off at the picture's edge"),
    Column("reason", "text", "why it has no label: docs/rejections.md"),
    Column("landmarks", "68 x [x, y] or null", "where it has some"),
)
_SCENE = (
    Column("objects", "lists of one length", "the faces with a label"),
    Column("ignored", "lists of one length", "the faces without one: neither reward nor punish a detector there"),
)

OF_FACE = (*_NAME, *_MASK, *_FACE, *_PHOTO, *_FILES)
"""Of a picture with one masked face."""
OF_ALL = (*_NAME, *_SCENE, *_PHOTO, *(column for column in _FILES if column.name != "crop_file_name"))
"""Of a picture of all faces: `--faces all`."""
WITHIN: Mapping[str, tuple[Column, ...]] = {"objects": _OBJECTS, "ignored": _IGNORED}
"""The lists within a column."""


def object_names(column: str) -> tuple[str, ...]:
    """The lists that `objects` or `ignored` always has, in their order."""
    return tuple(one.name for one in WITHIN[column] if not one.asked_by)


def described(columns: tuple[Column, ...]) -> Iterator[tuple[str, Column]]:
    """Each column with its name, those within another behind it as `objects.bbox`."""
    for column in columns:
        yield column.name, column
        yield from ((f"{column.name}.{one.name}", one) for one in WITHIN.get(column.name, ()))


def names_in(row: Mapping[str, Any]) -> Iterator[str]:
    """The names of a row's columns as `described` gives them."""
    yield from row
    for name in WITHIN:
        yield from (f"{name}.{key}" for key in row.get(name, ()))


def held_by(names: Container[str]) -> Iterator[tuple[str, Column]]:
    """As `described`, of the columns with these names."""
    columns = OF_ALL if "objects" in names else OF_FACE
    yield from ((name, column) for name, column in described(columns) if name in names)
