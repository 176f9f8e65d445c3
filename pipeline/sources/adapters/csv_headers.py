"""Which column of a table says what, as its header usually calls it, or as RetinaNet's files have it without one."""

import re
from collections.abc import Collection, Mapping, Sequence

from pipeline.sources.adapters.csv_columns import BoxForm, Places, cell_number, is_number, plain

_IMAGE = (
    "filename", "file", "filepath", "path", "image", "imagename", "imagepath", "imagefile", "imagefilename", "img",
    "imgname", "imgpath", "imageid", "photo", "picture", "name",
)  # fmt: skip
_LABEL = ("class", "label", "classname", "labelname", "category", "categoryname", "labels", "classes", "classid")
_BOXES: tuple[tuple[BoxForm, tuple[str, str, str, str]], ...] = (
    ("corners", ("xmin", "ymin", "xmax", "ymax")),
    ("corners", ("minx", "miny", "maxx", "maxy")),
    ("corners", ("x1", "y1", "x2", "y2")),
    ("corners", ("x0", "y0", "x1", "y1")),
    ("corners", ("left", "top", "right", "bottom")),
    ("corners", ("xtl", "ytl", "xbr", "ybr")),
    ("sized", ("left", "top", "width", "height")),
    ("sized", ("xmin", "ymin", "width", "height")),
    ("sized", ("x", "y", "width", "height")),
    ("sized", ("x", "y", "w", "h")),
    *(
        ("centred", (*middle, *size))
        for middle in (
            ("xcenter", "ycenter"), ("centerx", "centery"), ("xcentre", "ycentre"), ("centrex", "centrey"),
            ("cx", "cy"), ("xc", "yc"), ("xmid", "ymid"), ("midx", "midy"),
        )
        for size in (("width", "height"), ("w", "h"))
    ),
)  # fmt: skip
"""What the four are, and what they are called, prefixes aside."""
_OTHER_BOX = re.compile(
    r".*(xmin|minx|x1|xtl|xcent(er|re)|cent(er|re)x|bbox|bndbox|boundingbox)(es)?|c?x|xc|left"
    r"|box(es)?|rect(angle)?|roi|polygons?|points|segmentation|rle|geometry|coord(inate)?s"
)
"""Columns that hold a box, or a part of one, in a form that isn't known."""
_PREFIXES = ("", "bbox", "box", "bndbox", "face", "head", "rect")
_FOLDERS = ("folder", "foldername", "directory", "dir", "subfolder", "subset", "split")
_DOUBTS = {
    "isgroupof": (1.0, "a group, no face"),
    "iscrowd": (1.0, "a crowd, no face"),
    "confidence": (0.0, "a confidence of 0 says that it is not there"),
}
"""Columns, and the number in them that makes a row no face of its class, as in Open Images' tables."""
_IMAGE_SIZES = (("imagewidth", "imageheight"), ("imgwidth", "imgheight"), ("imagew", "imageh"), ("width", "height"))

HUMANS_IN_THE_LOOP = ("name", "x1", "x2", "y1", "y2", "classname")
"""Kaggle's `train.csv`, whose columns don't hold what they are called: another adapter judges it by the data."""


def known_places(header: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> Places | None:
    """The places by what headers usually call them; None where an image or its label can't be told.

    `rows` are some of the table's, to tell apart columns that may both label.

    Raises:
        ValueError: there is an image and a label, but what else the columns say can't be told.
    """
    found = {_folded(name): place for place, name in reversed(list(enumerate(header)))}
    image = next((found[name] for name in _IMAGE if name in found), None)
    labels = [found[name] for name in _LABEL if name in found]
    if image is None or not labels or tuple(map(plain, header)) == HUMANS_IN_THE_LOOP:
        return None
    boxes = ((box, form) for form, names in _BOXES if (box := _box(found, names)))
    none: tuple[None, BoxForm] = (None, "corners")
    box, form = next(boxes, none)
    if box is None and (odd := [name for name in header if _is_of_a_box(_folded(name), found)]):
        raise ValueError(f"{', '.join(map(repr, odd))}: a box in a form that isn't known; `columns` can tell it")
    label = _labelling(header, labels, rows)
    size = next((pair for names in _IMAGE_SIZES if (pair := _pair(found, names, box or ()))), None)
    doubts = tuple((found[name], *_DOUBTS[name]) for name in _DOUBTS if name in found)
    folder = next((found[name] for name in _FOLDERS if name in found), None)
    return Places(image, (label,), box, form, size, folder, doubts)


def _labelling(header: Sequence[str], places: Sequence[int], rows: Sequence[Sequence[str]]) -> int:
    """The column that labels: of several the one with words, where the others hold numbers or the same words.

    Raises:
        ValueError: two hold words, and different ones.
    """
    said = {place: [row[place].strip() if place < len(row) else "" for row in rows] for place in places}
    worded = [place for place, cells in said.items() if not all(not cell or is_number(cell) for cell in cells)]
    odd = next((place for place in worded if said[place] != said[worded[0]]), None)
    if odd is not None:
        both = f"{header[worded[0]]!r} and {header[odd]!r}"
        raise ValueError(f"{both} both may be the label; `columns` can tell it, or that both are")
    return (worded or list(places))[0]


def looks_like_header(row: Sequence[str]) -> bool:
    """Whether a first row names columns: one of them an image's or a label's, and none of them is a number."""
    names = set(map(_folded, row))
    return not names.isdisjoint({*_IMAGE, *_LABEL}) and not any(map(is_number, row))


def retinanet_places(rows: Sequence[Sequence[str]]) -> Places | None:
    """The places of `path,x1,y1,x2,y2,class` without a header, where at least half of some rows fit it."""
    places = Places(0, (5,), (1, 2, 3, 4))
    fitting = sum(1 for row in rows if len(row) == 6 and row[0].strip() and _is_box(row[1:5]))
    return places if rows and 2 * fitting >= len(rows) else None


def _is_box(cells: Sequence[str]) -> bool:
    return all(map(is_number, cells)) or not any(cell.strip() for cell in cells)


def doubt(places: Places, cells: Sequence[str]) -> str:
    """Why a row is no face of the class that it names; empty where nothing speaks against it."""
    for place, against, why in places.doubts:
        if place < len(cells) and is_number(cells[place]) and cell_number(cells[place]) == against:
            return why
    return ""


def _box(found: Mapping[str, int], names: tuple[str, str, str, str]) -> tuple[int, int, int, int] | None:
    for prefix in _PREFIXES:
        if all(prefix + name in found for name in names):
            left, top, right, bottom = (found[prefix + name] for name in names)
            return left, top, right, bottom
    return None


def _pair(found: Mapping[str, int], names: tuple[str, str], taken: Collection[int]) -> tuple[int, int] | None:
    if not all(name in found and found[name] not in taken for name in names):
        return None
    return found[names[0]], found[names[1]]


def _folded(name: str) -> str:
    """A column's name without blanks, underscores and other signs between its letters."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _is_of_a_box(name: str, names: Collection[str]) -> bool:
    """Whether a column holds a box, or a part of one, in a form that isn't known."""
    beside = name.removesuffix("x")
    sized = name != beside and f"{beside}y" in names and not {f"{beside}w", f"{beside}width"}.isdisjoint(names)
    return sized or bool(_OTHER_BOX.fullmatch(name))
