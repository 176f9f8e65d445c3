"""From the faces of a picture to the objects of an export: inside the picture, to a thousandth of a pixel."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.exchange.classes import ClassList, is_bare
from pipeline.exchange.records import BoxedFace, Corners, Picture, Unusable

_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class Target:
    """One object of a picture.

    Attributes:
        number: Of its class, from 0.
        box: What of it lies inside the picture.
        polygon: The mask's outline as x0, y0, x1, …, inside the picture; empty where it isn't known.
        truncated: It reaches out of the picture.
        face: What is known of it.
    """

    number: int
    box: Corners
    polygon: tuple[float, ...]
    truncated: bool
    face: BoxedFace

    @property
    def sides(self) -> Corners:
        """Left, top, width and height, as COCO and Hugging Face have a box."""
        left, top, right, bottom = self.box
        return left, top, round(right - left, _DECIMALS), round(bottom - top, _DECIMALS)


@dataclass(frozen=True, slots=True)
class Targets:
    """The objects of one picture; `complete` where there can't be others, `unusable` what isn't one."""

    objects: tuple[Target, ...]
    complete: bool
    unusable: tuple[Unusable, ...]


def targets_of(picture: Picture, classes: ClassList) -> Targets:
    """The picture's faces, or the masks on them, as `classes.of` says.

    Of masks that weren't drawn in nobody knows the outline: a picture with one is not complete where masks are boxed.
    """
    objects: list[Target] = []
    unusable: list[Unusable] = []
    for number, (face, box) in enumerate(_boxes(picture, classes)):
        target = _target(picture, classes, face, box)
        if target is None:
            sides = ", ".join(f"{side:g}" for side in box)
            detail = f"box {sides}: nothing of it is in the picture of {picture.width_px}x{picture.height_px}"
            unusable.append(Unusable(f"{picture.id}#object{number}", "bad_box", detail))
        else:
            objects.append(target)
    known = classes.of == "faces" or all(face.mask_box is not None or is_bare(face) for face in picture.faces)
    return Targets(tuple(objects), picture.complete and known, tuple(unusable))


def _boxes(picture: Picture, classes: ClassList) -> Iterator[tuple[BoxedFace, Corners]]:
    for face in picture.faces:
        if classes.of == "faces":
            yield face, face.box
        elif face.mask_box is not None:
            yield face, face.mask_box


def _target(picture: Picture, classes: ClassList, face: BoxedFace, box: Corners) -> Target | None:
    """The object; None where its box has no area inside the picture."""
    width, height = float(picture.width_px), float(picture.height_px)
    left, right = _within(box[0], width), _within(box[2], width)
    top, bottom = _within(box[1], height), _within(box[3], height)
    if right <= left or bottom <= top:
        return None
    inside = (left, top, right, bottom)
    truncated = any(abs(whole - part) > 10**-_DECIMALS for whole, part in zip(box, inside, strict=True))
    return Target(classes.number(face), inside, _clipped(face.polygon, width, height), truncated, face)


def _clipped(polygon: tuple[float, ...], width: float, height: float) -> tuple[float, ...]:
    """The outline with each point brought inside; empty where it has fewer than three."""
    xs, ys = polygon[::2], polygon[1::2]
    if len(polygon) < 6:
        return ()
    if min(xs) >= 0 and min(ys) >= 0 and max(xs) <= width and max(ys) <= height:
        return polygon  # most are, and have a hundred points
    limits = (width, height)
    return tuple(_within(value, limits[place % 2]) for place, value in enumerate(polygon))


def _within(value: float, limit: float) -> float:
    return round(min(max(value, 0.0), limit), _DECIMALS)


def area_of(target: Target) -> float:
    """The area in square pixels: of the outline where there is one, else of the box."""
    xs, ys = target.polygon[::2], target.polygon[1::2]
    twice = sum(x * ys[place - 1] - xs[place - 1] * y for place, (x, y) in enumerate(zip(xs, ys, strict=True)))
    return round(abs(twice) / 2, _DECIMALS) or round(target.sides[2] * target.sides[3], _DECIMALS)
