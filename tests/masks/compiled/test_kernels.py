"""Each kernel against the function in NumPy that it stands for: the same bytes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pipeline.masks.render  # noqa: F401  every module that a kernel belongs to
from pipeline.masks.compiled.calls import FUSED_AT_ONCE
from pipeline.masks.compiled.inputs import (
    FitNumbers,
    Grid,
    LightTables,
    Outline,
    PleatedRows,
    PleatNumbers,
    RepeatingTile,
    SkinPoints,
    SoftPlanes,
    Tent,
    Texels,
    ToneNumbers,
    Tones,
)
from pipeline.masks.compiled.library import LIBRARY, REPLACED
from pipeline.masks.head.canonical import canonical_head, fit_head
from pipeline.masks.imaging.light import SRGB_TO_LINEAR

Arguments = Callable[[np.random.Generator], tuple[Any, ...]]

FUSING = frozenset({"sampled", "rows_between"})
"""Kernels that round a product and a sum together."""
CODES = np.random.default_rng(0).integers(0, 256, 1 << 16, dtype=np.uint8)
ROUNDS = 60


def size(rng: np.random.Generator, least: int = 1) -> tuple[int, int]:
    """Height and width, mostly odd ones that fill no register."""
    height, width = rng.integers(least, 40, 2).tolist()
    return height, width


def some(rng: np.random.Generator, *shape: int, low: float = 0, high: float = 1) -> np.ndarray:
    """Numbers of a range, its ends among them."""
    values = rng.uniform(low, high, shape).astype(np.float32)
    values[rng.random(shape) < 0.1], values[rng.random(shape) < 0.1] = low, high
    return values


def for_scaled(rng: np.random.Generator) -> tuple[Any, ...]:
    shape = size(rng)
    return some(rng, *shape, int(rng.integers(3, 5)), low=-1), some(rng, *shape)


def for_lay(rng: np.random.Generator) -> tuple[Any, ...]:
    """A part of an image, whose rows lie apart."""
    height, width = size(rng)
    return some(rng, height + 3, width + 5, 3)[2:-1, 1:-4], rng.random(3), some(rng, height, width)


def for_blended(rng: np.random.Generator) -> tuple[Any, ...]:
    height, width = size(rng)
    photo = rng.integers(0, 256, (height + 2, width + 3, 3), dtype=np.uint8)[1:-1, 2:-1]
    light, alpha, shade = some(rng, height, width, 3, high=1.3), some(rng, height, width), some(rng, height, width)
    return photo, light, alpha, shade, LightTables(SRGB_TO_LINEAR, CODES, 4096)


def for_seen_skin(rng: np.random.Generator) -> tuple[Any, ...]:
    """Points beyond the photo's edges too, some of them on an edge or halfway between two pixels."""
    height, width = size(rng)
    photo = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    points = np.round(some(rng, 30, 2, low=-5, high=45), int(rng.integers(0, 3)))
    skin = SkinPoints(np.float32(0.5) * np.rint(points * 2), rng.normal(size=(30, 3)), -0.15)
    return photo, skin, rng.normal(size=(3, 3)), int(rng.integers(0, 5)), SRGB_TO_LINEAR


def for_quantile32(rng: np.random.Generator) -> tuple[Any, ...]:
    """Of one number, of many that are equal, of every third of a plane's."""
    values = np.round(some(rng, *size(rng)), int(rng.integers(0, 5)))
    return values[:: int(rng.integers(1, 4)), :: int(rng.integers(1, 4))], float(rng.choice([0, 1, rng.random()]))


def for_flattening(rng: np.random.Generator) -> tuple[Any, ...]:
    """Among them pictures without an edge."""
    height, width = size(rng)
    planes = [some(rng, height, width, low=-9, high=9) * float(rng.choice([0, 1, 1])) for _ in range(4)]
    return (planes[0], planes[1]), (planes[2], planes[3]), 3, float(rng.choice([0.5, 0.97]))


def grid(rows: int, columns: int) -> Grid:
    return Grid(np.linspace(-1, 1, columns), np.linspace(0, 1, rows))


def for_inside_photo(rng: np.random.Generator) -> tuple[Any, ...]:
    """On the edges too."""
    shape = size(rng)
    return np.rint(some(rng, *shape, low=-3, high=33)), np.rint(some(rng, *shape, low=-3, high=23)), 30, 20


def for_dark_lines(rng: np.random.Generator) -> tuple[Any, ...]:
    """Few cells, and those that are asked for none or all."""
    shape = size(rng)
    grey = rng.choice([int(rng.integers(0, 256)), 200, 90], shape).astype(np.uint8)
    return grey, rng.random(shape) < rng.choice([0, 0.5, 1]), int(rng.integers(1, 9)), 0.32, 50.0


def for_zone_colours(rng: np.random.Generator) -> tuple[Any, ...]:
    """Of zones some are empty, and some not seen."""
    height, width = size(rng)
    ends = np.sort(rng.integers(0, (height + 1, width + 1), (5, 2, 2)), axis=1).reshape(5, 4)
    lab = rng.integers(0, rng.integers(2, 257), (height, width, 3), dtype=np.uint8)
    return lab, rng.random((height, width)) < rng.choice([0, 0.5, 1]), ends.astype(np.int32)


def for_pleated(rng: np.random.Generator) -> tuple[Any, ...]:
    """Some without a lip to speak of, or of no height."""
    height, width = size(rng)
    rows = PleatedRows(some(rng, height, width, low=-1), some(rng, width, low=-1), some(rng, height), some(rng, height))
    lip, span = float(rng.choice([0.001, 0.3])), float(rng.choice([0.001, 0.7]))
    return rows, PleatNumbers(0.1, 0.05, 0.2, 0.9, span, int(rng.integers(0, 5)), 1 - lip, lip, 0.4, 2.0)


def for_toned(rng: np.random.Generator) -> tuple[Any, ...]:
    height, width = size(rng)
    planes = [some(rng, height, width, low=-2, high=2) for _ in range(3)]
    planes += [some(rng, width, low=-1), some(rng, height)]
    return SoftPlanes._make(planes), ToneNumbers._make(rng.normal(0, 0.1, 9).tolist())


def for_outlined(rng: np.random.Generator) -> tuple[Any, ...]:
    numbers = rng.uniform(0, 120, 14) * (rng.random(14) < 0.9)
    numbers[[2, 5]] = rng.choice([0, 0.5, 1, 2, rng.uniform(0, 6)], 2)
    return Outline._make(numbers.tolist()), grid(*size(rng))


def for_tented(rng: np.random.Generator) -> tuple[Any, ...]:
    """Above and under the jaw, loose and taut."""
    rows, columns = size(rng, 3)
    across, end, profile = rng.choice([0, 1, 2, rng.uniform(0, 6)], 3).tolist()
    tent = Tent(75.0, 60.0, 1.2, 1.3, int(rng.integers(0, 40)), 0.7, 20.0, across, end, 0.4, 0.55, profile)
    places = rng.normal(0, 60, (rows, columns)), rng.uniform(0, 130, (rows, columns))
    return some(rng, rows, columns, low=40, high=130), *places, tent, grid(rows, columns)


def for_evenly_spaced(rng: np.random.Generator) -> tuple[Any, ...]:
    """Among them sheets that are folded to nothing at a place."""
    rows, columns = rng.integers(1, 9, 2) * 2 + 1
    sheet = rng.normal(0, 50, (rows, columns, 3))
    if rng.random() < 0.3:
        sheet[1:] = sheet[:-1]
    return (sheet,)


def for_lit_texels(rng: np.random.Generator) -> tuple[Any, ...]:
    height, width = size(rng)
    planes = [some(rng, height, width, low=-2, high=2) for _ in range(7)]
    texels = Texels._make([*planes, some(rng, height, width, 3), some(rng, height, width)])
    numbers = rng.uniform((0.1, 0, -0.1, -0.3, 0.2), (1, 2, 0.1, 0.3, 1.2)).tolist()
    return texels, Tones._make([*numbers, 0.25, 0.94])


def for_sampled(rng: np.random.Generator) -> tuple[Any, ...]:
    """Matrices that turn, stretch and mirror: to within the repeated tile, of 128 texels, and beyond."""
    size = width, height = rng.integers(1, 400), rng.integers(1, rng.choice([4, 40, 100]))
    turn = rng.normal(size=(2, 2)) * rng.choice([0.001, 0.1, 0.9, 20])
    start = 32 * rng.random() - np.minimum(turn * size, 0).sum(axis=1)
    tile = RepeatingTile(rng.normal(size=(32, 32)).astype(np.float32))
    return tile, np.column_stack([turn, start]).ravel().tolist(), (int(width), int(height))


def for_with_under(rng: np.random.Generator) -> tuple[Any, ...]:
    height, width = size(rng)
    return some(rng, height, width, 4), some(rng, height, width), rng.random(4)


def for_grained(rng: np.random.Generator) -> tuple[Any, ...]:
    """The grain is a part of a larger field."""
    height, width = size(rng)
    grain = rng.normal(size=(height + 5, width + 7)).astype(np.float32)[2:-3, 3:-4]
    return some(rng, height, width, 4), grain, float(rng.choice([0, rng.random()]))


def for_rows_between(rng: np.random.Generator) -> tuple[Any, ...]:
    """The last row among them, which has none after it."""
    height, width = size(rng)
    above = np.append(rng.integers(0, height, 20), height - 1).astype(np.int32)
    return some(rng, height, width, low=-1), above, some(rng, len(above))


def for_round_cornered(rng: np.random.Generator) -> tuple[Any, ...]:
    height, width = size(rng)
    softness = float(rng.uniform(0.1, 2))
    return some(rng, 1, width, high=60), some(rng, height, 1, high=40), softness + float(rng.choice([0, 9])), softness


def for_cell_light(rng: np.random.Generator) -> tuple[Any, ...]:
    """Among the cells some of no size."""
    points = rng.normal(0, 50, (*rng.integers(2, 18, 2), 3))
    points[:2, :2] = rng.choice([0, 1]) * points[0, 0]
    return points, rng.normal(size=4)


def for_tiled(rng: np.random.Generator) -> tuple[Any, ...]:
    """A tile of any side, turned, over several of its kind."""
    size = width, height = int(rng.integers(1, 200)), int(rng.integers(1, 60))
    turn = rng.normal(size=(2, 2)) * rng.choice([0.1, 0.9])
    start = 40 * rng.random() - np.minimum(turn * size, 0).sum(axis=1)
    side = int(rng.integers(8, 50))
    columns, rows = np.ceil((start + np.maximum(turn * size, 0).sum(axis=1)) / side).astype(int).tolist()
    return some(rng, side, side, 3), np.column_stack([turn, start]), (width, height), (columns + 1, rows + 1)


def for_shrunk(rng: np.random.Generator) -> tuple[Any, ...]:
    """To every side but those of which a whole number goes to the picture's."""
    whole = int(rng.integers(20, 70))
    side = rng.choice([side for side in range(8, whole) if whole % side])
    return rng.integers(0, 4, (whole, whole), dtype=np.uint8), some(rng, 4, 3), int(side)


def for_seen_by_camera(rng: np.random.Generator) -> tuple[Any, ...]:
    """Grids that are wavy, torn or turned over, within the picture, beyond an edge of it and beside it."""
    height, width = size(rng, 2)
    rows, columns = rng.integers(2, 18, 2).tolist()
    v, u = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    grid = np.stack([u * width, v * height], axis=-1) * rng.uniform(0.3, 1.5) + rng.normal(0, 0.3 * width, 2)
    grid += rng.normal(0, rng.choice([0, 0.5, 4, 40]), grid.shape)
    depth = np.round(rng.normal(0, 10, (rows, columns)), int(rng.integers(0, 3)))
    texture = some(rng, *size(rng, 2), 4)
    return texture, np.asarray(grid, dtype=np.float32), np.asarray(depth, dtype=np.float32), width, height


def for_fitted(rng: np.random.Generator) -> tuple[Any, ...]:
    """Turned heads, among them some whose landmarks lie on a line."""
    camera = rng.normal(0, rng.choice([0.1, 1, 10]), (3, 2)) * (1, rng.choice([0, 1, 1]))
    points = canonical_head().landmarks @ camera + rng.normal(0, 2, (68, 2)) * (1, camera[0, 1] != 0)
    return points.astype(np.float32), canonical_head().model, rng.uniform(1, 9, 3), 1e-24


def for_projected(rng: np.random.Generator) -> tuple[Any, ...]:
    fit = fit_head(canonical_head().landmarks[:, :2] + rng.normal(0, 9, (68, 2)).astype(np.float32), canonical_head())
    count = int(rng.integers(0, 40))
    return rng.normal(0, 90, (count, 3)), some(rng, count, 68), FitNumbers(*fit)


def for_harmonics(rng: np.random.Generator) -> tuple[Any, ...]:
    """From one sample on."""
    normals = rng.normal(size=(int(rng.integers(1, 150)), 3))
    return normals, some(rng, len(normals), high=2), rng.normal(size=4), 12.0, 0.15


ARGUMENTS: dict[str, Arguments] = {
    "fitted": for_fitted,
    "projected": for_projected,
    "harmonics": for_harmonics,
    "scaled": for_scaled,
    "lay": for_lay,
    "blended": for_blended,
    "quantile32": for_quantile32,
    "seen_skin": for_seen_skin,
    "flattening": for_flattening,
    "inside_photo": for_inside_photo,
    "dark_lines": for_dark_lines,
    "zone_colours": for_zone_colours,
    "pleated": for_pleated,
    "toned": for_toned,
    "outlined": for_outlined,
    "tented": for_tented,
    "evenly_spaced": for_evenly_spaced,
    "with_under": for_with_under,
    "rows_between": for_rows_between,
    "grained": for_grained,
    "round_cornered": for_round_cornered,
    "cell_light": for_cell_light,
    "tiled": for_tiled,
    "shrunk": for_shrunk,
    "sampled": for_sampled,
    "lit_texels": for_lit_texels,
    "seen_by_camera": for_seen_by_camera,
}


def copied(value: Any) -> Any:
    """An array of its own with as many gaps between its rows; other things are not written to."""
    if not isinstance(value, np.ndarray) or value.flags.c_contiguous:
        return value.copy() if isinstance(value, np.ndarray) else value
    part = np.zeros((value.shape[0], value.shape[1] + 3, *value.shape[2:]), dtype=value.dtype)[:, :-3]
    part[...] = value
    return part


def test_every_kernel_is_compared() -> None:
    assert set(ARGUMENTS) == set(REPLACED)


@pytest.mark.skipif(LIBRARY is None, reason="no library was built")
@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_same_bytes(name: str) -> None:
    if name in FUSING and not FUSED_AT_ONCE:
        pytest.skip("OpenCV rounds products by themselves on this processor")
    assert differing(name) == []


@pytest.mark.slow
@pytest.mark.skipif(LIBRARY is None, reason="no library was built")
@pytest.mark.parametrize(("without", "at_once"), [("AVX512-SKX", 8), ("AVX512-SKX,AVX2", 0)])
def test_the_same_bytes_as_opencv_gives_on_older_processors(without: str, at_once: int) -> None:
    code = (
        "from tests.masks.compiled.test_kernels import ARGUMENTS, FUSED_AT_ONCE, FUSING, differing;"
        "able = [name for name in ARGUMENTS if FUSED_AT_ONCE or name not in FUSING];"
        "print(FUSED_AT_ONCE, [name for name in able if differing(name)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"OPENCV_CPU_DISABLE": without, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert done.stdout == f"{min(at_once, FUSED_AT_ONCE)} []\n"


def differing(name: str) -> list[int]:
    """The seeds of arguments from which kernel and reference make different bytes."""
    found = []
    for seed in range(ROUNDS):
        arguments = ARGUMENTS[name](np.random.default_rng(seed))
        reference, kernel = (run(function, arguments) for function in REPLACED[name])
        if reference != kernel:
            found.append(seed)
    return found


def run(function: Callable[..., object], arguments: tuple[Any, ...]) -> list[tuple[str, tuple[int, ...], bytes]]:
    """What it gives, and what became of its arguments."""
    own = [copied(value) for value in arguments]
    result = function(*own)
    results = result if isinstance(result, tuple) else [np.asarray(result)]
    arrays = [value for value in (*results, *own) if isinstance(value, np.ndarray)]
    return [(str(array.dtype), array.shape, array.tobytes()) for array in arrays]


@pytest.mark.skipif(LIBRARY is None, reason="no library was built")
@pytest.mark.parametrize(
    "image", [np.zeros((4, 6, 3)), np.zeros((4, 12, 3), dtype=np.float32)[:, ::2]], ids=["float64", "every other"]
)
def test_nothing_is_written_where_a_kernel_would_miss_the_pixels(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="float32 pixels side by side"):
        REPLACED["lay"][1](image, np.ones(3), np.ones((4, 6), dtype=np.float32))
    assert not image.any()


@pytest.mark.skipif(LIBRARY is None, reason="no library was built")
@pytest.mark.parametrize("name", ["scaled", "lay", "with_under", "grained", "blended", "lit_texels"])
def test_no_kernel_reads_beyond_the_end_of_a_smaller_image(name: str) -> None:
    """The last image among the arguments lacks a row."""
    arguments = list(ARGUMENTS[name](np.random.default_rng(1)))
    if name == "lit_texels":
        arguments[0] = arguments[0]._replace(alpha=arguments[0].alpha[:-1])
    else:
        last = max(at for at, value in enumerate(arguments) if isinstance(value, np.ndarray) and value.ndim > 1)
        arguments[last] = arguments[last][:-1]
    with pytest.raises(ValueError, match="different sizes"):
        REPLACED[name][1](*arguments)
