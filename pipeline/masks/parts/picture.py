"""Templates made of a picture: a flat RGBA photo of a mask, laid on the face by a few named points.

The points' places on the face come from the template's shape, and a thin-plate spline carries the rest of the picture
along, so that the mask is shaped, posed and lit like any other and its own outline stays.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.core.errors import TemplateError
from pipeline.masks.head.surface import COLUMNS, ROWS, Shape
from pipeline.masks.parts.flat_picture import ANCHORS, CORNERS, Anchors, FlatPicture, flat_picture, texture_of
from pipeline.masks.parts.part import Canvas, Ground, Part, Ranges

_AZIMUTH_LIMIT_DEG = 115.0


class Picture(Ranges):
    """A flat RGBA picture of a mask; `anchors` say where points of it (x, y in pixels) lie on the face.

    `file` is a name beside template.yaml, and its whole path once the template is loaded.
    """

    file: str
    anchors: Anchors


def drawn_picture(template: str, picture: Picture | None, digest: str) -> FlatPicture:
    """The picture of a template that a mask was drawn from, by the digest of its file.

    Raises:
        TemplateError: the template has none, or not the one that was drawn.
    """
    if picture is None:
        raise TemplateError(f"template {template!r} with a picture was drawn and is not there")
    flat = flat_picture(Path(picture.file), picture.anchors)
    if flat.digest != digest:
        raise TemplateError(f"{picture.file}: not the picture that was drawn; it has changed since")
    return flat


def place_picture(anchors: Anchors, shape: Shape) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Azimuth in degrees and y in mm of the surface's grid `(ROWS, COLUMNS)`, which spans the picture."""
    on_face = _on_face(shape)
    picture, face = (np.array([points[name] for name in ANCHORS]) for points in (anchors, on_face))
    v, u = np.mgrid[0 : 1 : ROWS * 1j, 0 : 1 : COLUMNS * 1j]
    grid = np.stack([u, v], axis=-1).reshape(-1, 2)
    azimuth, y = (part.reshape(ROWS, COLUMNS) for part in _spline(picture, face, grid).T)
    return np.clip(azimuth + shape.shift_deg, -_AZIMUTH_LIMIT_DEG, _AZIMUTH_LIMIT_DEG), y + shape.tilt_mm * (2 * u - 1)


def _on_face(shape: Shape) -> Anchors:
    return {
        "nose_bridge": (0.0, shape.top_centre_mm),
        "left_top_corner": (-shape.side_top_deg, shape.top_side_mm),
        "right_top_corner": (shape.side_top_deg, shape.top_side_mm),
        "left_bottom_corner": (-shape.side_bottom_deg, shape.bottom_side_mm),
        "right_bottom_corner": (shape.side_bottom_deg, shape.bottom_side_mm),
        "chin": (0.0, shape.bottom_centre_mm),
    }


def _spline(source: NDArray[np.float64], target: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The thin-plate spline through the pairs of points `(K, 2)`, at other points `(N, 2)` (Bookstein 1989)."""
    count = len(source)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _thin_plate(source, source)
    system[:count, count:] = np.concatenate([np.ones((count, 1)), source], axis=1)
    system[count:, :count] = system[:count, count:].T
    solution = np.linalg.solve(system, np.concatenate([target, np.zeros((3, 2))]))
    basis = np.concatenate([_thin_plate(at, source), np.ones((len(at), 1)), at], axis=1)
    return np.asarray(basis @ solution)


def _thin_plate(points: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    squared = np.sum((points[:, None] - centres[None]) ** 2, axis=2)
    return np.asarray(squared * np.log(np.maximum(squared, 1e-12)))


def strap_edges(anchors: Anchors, surface: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The left and right side of the mask, `(2, 3)` each in canonical coordinates, from its corners."""
    rows, columns = surface.shape[:2]

    def corner(name: str) -> NDArray[np.float64]:
        x, y = anchors[name]
        row, column = round(np.clip(y, 0, 1) * (rows - 1)), round(np.clip(x, 0, 1) * (columns - 1))
        return np.asarray(surface[row, column])

    left_top, right_top, left_bottom, right_bottom = (corner(name) for name in CORNERS)
    return np.stack([left_top, left_bottom]), np.stack([right_top, right_bottom])


def draw_picture(picture: Picture | None, _: Ground, __: np.random.Generator) -> str | None:
    """The digest of the template's picture, if it is made of one."""
    return flat_picture(Path(picture.file), picture.anchors).digest if picture else None


def lay_picture(canvas: Canvas, _: str) -> None:
    """Colour the cloth as the picture is, and cut it to the picture's outline."""
    if canvas.picture is not None:
        pictured, canvas.alpha = texture_of(canvas.picture, canvas.space.width, canvas.space.height)
        canvas.albedo *= pictured


PICTURE = Part(Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None, draw_picture, lay_picture)
