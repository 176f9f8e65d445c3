"""Prints on cloth: a pattern that repeats, or one motif in the middle."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.core.arrays import FloatImage
from pipeline.core.errors import TemplateError
from pipeline.masks.compiled import calls
from pipeline.masks.compiled.library import or_compiled
from pipeline.masks.imaging.image_arithmetic import from_first_tile
from pipeline.masks.imaging.noise import FARTHEST
from pipeline.masks.imaging.texture_space import TextureSpace
from pipeline.masks.limits import Degrees, Factor, PrintSize, PrintSizeRange, Probability
from pipeline.masks.parts.chance import uniform
from pipeline.masks.parts.colours import Srgb, draw_free_colour, linear_colour
from pipeline.masks.parts.part import Canvas, Ground, Part, Ranges
from pipeline.masks.shipped import PRINTS_FOLDER, default_templates_folder

PrintName = Annotated[str, Field(pattern=r"^(tile|motif)_[a-z0-9_]+$", max_length=100)]
"""A file's name without its ending; nothing that leads out of the prints' folder."""


class PrintRanges(Ranges):
    """Which prints may lie on the cloth; `all` takes every print of that kind."""

    tile_probability: Probability = 0
    motif_probability: Probability = 0
    tiles: tuple[PrintName, ...] | Literal["all"] = "all"
    motifs: tuple[PrintName, ...] | Literal["all"] = "all"
    tile_mm: PrintSizeRange = (30, 90)
    motif_mm: PrintSizeRange = (60, 120)
    free_ground: Probability = 0.35


@dataclass(frozen=True, slots=True)
class Print:
    """A drawn print; `palette` is its ground and its three inks, `x` and `y` where it begins or its middle lies."""

    name: PrintName
    is_tile: bool
    size_mm: PrintSize
    angle_deg: Degrees
    x: Factor
    y: Factor
    palette: tuple[Srgb, Srgb, Srgb, Srgb]


def draw_print(ranges: PrintRanges, ground: Ground, rng: np.random.Generator) -> Print | None:
    """A tile, a motif or none, in colours of any kind."""
    kind = rng.random()
    if kind >= ranges.tile_probability + ranges.motif_probability:
        return None
    is_tile = kind < ranges.tile_probability
    names = ranges.tiles if is_tile else ranges.motifs
    if names == "all":
        names = print_names("tile_" if is_tile else "motif_")
    return Print(
        name=names[int(rng.integers(len(names)))],
        is_tile=is_tile,
        size_mm=uniform(ranges.tile_mm if is_tile else ranges.motif_mm, rng),
        angle_deg=uniform((0, 360), rng) if is_tile and rng.random() < 0.5 else 0.0,
        x=uniform((0, 1), rng) if is_tile else uniform((-0.08, 0.08), rng),
        y=uniform((0, 1), rng) if is_tile else uniform((0.4, 0.65), rng),
        palette=(
            draw_free_colour(rng) if rng.random() < ranges.free_ground else ground.colour,
            draw_free_colour(rng),
            draw_free_colour(rng),
            draw_free_colour(rng),
        ),
    )


def lay_print(canvas: Canvas, drawn: Print) -> None:
    """Cover the whole cloth with a tile, or lay a motif on it."""
    canvas.albedo = _tiled(drawn, canvas.space) if drawn.is_tile else _with_motif(canvas.albedo, drawn, canvas.space)


def _palette(drawn: Print) -> FloatImage:
    return np.stack([linear_colour(colour) for colour in drawn.palette])


def _tiled(drawn: Print, space: TextureSpace) -> FloatImage:
    index, palette = read_print(drawn.name), _palette(drawn)
    side = int(np.clip(round(drawn.size_mm / space.texel_mm), 8, len(index)))
    fitting = index.shape == (len(index), len(index)) and len(index) % side
    small = shrunk(index, palette, side) if fitting else _shrunk(index, palette, side)
    size, to_tile = (space.width, space.height), _to_tile(drawn, space, side)
    farthest = to_tile[:, 2] + np.maximum(to_tile[:, :2] * size, 0).sum(axis=1)
    columns, rows = (np.ceil(farthest / side) + 1).astype(int).tolist()
    lay_tiles = tiled if farthest.max() < FARTHEST else _tiled_anywhere
    return lay_tiles(small, to_tile, size, (columns, rows))


@or_compiled(calls.shrunk)
def shrunk(index: NDArray[np.uint8], palette: FloatImage, side: int) -> FloatImage:
    """A square picture of palette indices in its colours, `(side, side, 3)`; no whole number of texels makes one."""
    return _shrunk(index, palette, side)


def _shrunk(index: NDArray[np.uint8], palette: FloatImage, side: int) -> FloatImage:
    small = cv2.resize(palette.take(index, axis=0), (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)


@or_compiled(calls.tiled)
def tiled(tile: FloatImage, matrix: NDArray[np.float64], size: tuple[int, int], times: tuple[int, int]) -> FloatImage:
    """A tile `(N, N, 3)` where the matrix `(2, 3)` leads from a texture: within so many across and down."""
    return _tiled_anywhere(tile, matrix, size, times)


def _tiled_anywhere(
    tile: FloatImage, matrix: NDArray[np.float64], size: tuple[int, int], times: tuple[int, int]
) -> FloatImage:
    """As `tiled`, also beyond `FARTHEST`."""
    laid = cv2.repeat(tile, times[1], times[0])  # sampling inside an image is faster than wrapping round it
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(laid, matrix, size, flags=flags), dtype=np.float32)


def _to_tile(drawn: Print, space: TextureSpace, side: int) -> NDArray[np.float64]:
    """The matrix `(2, 3)` from texels of the texture to those of a tile of this side that repeats."""
    cosine, sine = np.cos(np.radians(drawn.angle_deg)), np.sin(np.radians(drawn.angle_deg))
    across, down = (
        mm / (texels - 1) for mm, texels in ((space.width_mm, space.width), (space.height_mm, space.height))
    )
    turn = np.array([[cosine * across, -sine * down], [sine * across, cosine * down]]) * (side / drawn.size_mm)
    first = np.array([drawn.x, drawn.y]) * side - turn[:, 0] * (space.width - 1) / 2  # in the middle x is 0
    return np.array(from_first_tile(np.column_stack([turn, first]).tolist(), (space.width, space.height), side))


def _with_motif(plain: FloatImage, drawn: Print, space: TextureSpace) -> FloatImage:
    index = read_print(drawn.name)
    layer = np.dstack([_palette(drawn).take(index, axis=0), (index > 0).astype(np.float32)])
    width = max(4, round(drawn.size_mm / space.width_mm * space.width))
    height = max(3, round(drawn.size_mm * index.shape[0] / index.shape[1] / space.height_mm * space.height))
    small = cv2.resize(layer, (width, height), interpolation=cv2.INTER_AREA)
    shift = np.array(
        [[1, 0, (0.5 + drawn.x) * space.width - width / 2], [0, 1, drawn.y * space.height - height / 2]],
        dtype=np.float32,
    )
    placed = cv2.warpAffine(small, shift, (space.width, space.height))
    return np.asarray(plain + (placed[:, :, :3] - plain) * placed[:, :, 3:], dtype=np.float32)


@lru_cache(maxsize=128)
def read_print(name: str) -> NDArray[np.uint8]:
    """Palette indices 0 to 3 of a print, `uint8 (H, W)`.

    Raises:
        TemplateError: there is no such print.
    """
    file = default_templates_folder() / PRINTS_FOLDER / f"{name}.png"
    values = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) if file.is_file() else None
    if values is None:
        raise TemplateError(f"{file}: no such print")
    return np.asarray(values // 85, dtype=np.uint8)


@lru_cache(maxsize=2)
def print_names(prefix: Literal["tile_", "motif_"]) -> tuple[str, ...]:
    """Names of the shipped prints of one kind."""
    return tuple(sorted(f.stem for f in (default_templates_folder() / PRINTS_FOLDER).glob(f"{prefix}*.png")))


PRINT = Part(Print | None, draw_print, lay_print, key="print", always=True)
