"""Recall and precision on copies that are turned, cropped, framed, and laid beside other photos.

    python -m benchmarks.generated_copies PHOTOS --others FOLDER [--limit 100]

Each of PHOTOS stands in one folder, its copy in another; `--others` fill the collages and are in neither. A part of a
collage has to be tied and not to be dropped as a copy; everything else should be a copy.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
import cv2
import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import DedupParams
from pipeline.dedup.calibration.copies import Rate
from pipeline.review.leak_audit import audit_folders
from pipeline.storage.images import EXTENSIONS, read_image, write_image

TILE_PX = 256
Copy = Callable[[Rgb, Sequence[Rgb]], Rgb]
Kinds = dict[tuple[str, str], str | None]


def _quarters(turns: int) -> Copy:
    return lambda rgb, _: np.ascontiguousarray(np.rot90(rgb, turns))


def _tilted(degrees: float) -> Copy:
    """Turned about the middle, black where the photo ends."""

    def turn(rgb: Rgb, _: Sequence[Rgb]) -> Rgb:
        height, width = rgb.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        return np.asarray(cv2.warpAffine(rgb, matrix, (width, height)), dtype=np.uint8)

    return turn


def _cropped(left: float, top: float, right: float, bottom: float) -> Copy:
    """Without these shares of the width and height."""

    def crop(rgb: Rgb, _: Sequence[Rgb]) -> Rgb:
        height, width = rgb.shape[:2]
        rows = slice(round(top * height), height - round(bottom * height))
        return np.ascontiguousarray(rgb[rows, round(left * width) : width - round(right * width)])

    return crop


def _framed(share: float, grey: int) -> Copy:
    """With a plain border of this share of the longer side."""

    def frame(rgb: Rgb, _: Sequence[Rgb]) -> Rgb:
        wide = round(share * max(rgb.shape[:2]))
        return np.asarray(np.pad(rgb, ((wide, wide), (wide, wide), (0, 0)), constant_values=grey), dtype=np.uint8)

    return frame


def _collage(rows: int, columns: int) -> Copy:
    """The photo in the first place of a grid of squares, others in the rest."""

    def lay(rgb: Rgb, others: Sequence[Rgb]) -> Rgb:
        tiles = [_square(picture) for picture in (rgb, *others)][: rows * columns]
        return np.vstack([np.hstack(tiles[row * columns : (row + 1) * columns]) for row in range(rows)])

    return lay


def _square(rgb: Rgb) -> Rgb:
    """The middle square of a photo, brought to one size."""
    side = min(rgb.shape[:2])
    top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
    part = rgb[top : top + side, left : left + side]
    return np.asarray(cv2.resize(part, (TILE_PX, TILE_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)


COPIES: Mapping[str, Copy] = {
    "turned by 90 degrees": _quarters(3),
    "turned by 180 degrees": _quarters(2),
    "turned by 270 degrees": _quarters(1),
    "tilted by 3 degrees": _tilted(3),
    "tilted by 10 degrees": _tilted(10),
    "15 % cropped off the left": _cropped(0.15, 0, 0, 0),
    "15 % cropped off the bottom": _cropped(0, 0, 0, 0.15),
    "white border of 5 %": _framed(0.05, 255),
    "black border of 15 %": _framed(0.15, 0),
    "beside another": _collage(1, 2),
    "one of four": _collage(2, 2),
}


def _found(folder: Path) -> Kinds:
    """The training and test photos that are tied, and by which kind of link; None where a chain leads there."""
    audit = audit_folders(folder / "train", folder / "test", DedupParams(), cache_folder=None)
    return {
        (Path(photo.origin).stem, Path(leak.test.origin).stem): kind
        for leak in audit.leaks
        for photo, kind in zip(leak.train, leak.direct, strict=True)
    }


def _measure(title: str, photos: Mapping[str, Rgb], others: Sequence[Rgb], copy: Copy) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for place, (name, rgb) in enumerate(photos.items()):
            beside = [others[(3 * place + step) % len(others)] for step in range(3)]
            write_image(Path(folder) / "train" / f"{name}.jpg", rgb)
            write_image(Path(folder) / "test" / f"{name}.jpg", copy(rgb, beside))
        found = _found(Path(folder))
    right = [kind for (first, second), kind in found.items() if first == second]
    dropped = sum(kind in ("near", "exact") for kind in right)
    rates = f"recall {Rate(len(right), len(photos))}  precision {Rate(len(right), len(found))}"
    click.echo(f"{title:28}{rates}  as copies {Rate(dropped, len(photos))}")


def _read(folder: Path, limit: int) -> dict[str, Rgb]:
    files = [file for file in sorted(folder.rglob("*")) if file.suffix.lower() in EXTENSIONS]
    found: dict[str, Rgb] = {}
    for place, file in enumerate(files):
        try:
            found[f"{place:04}-{file.stem}"] = read_image(file).rgb
        except SampleRejected as why:
            click.echo(f"{file.name}: {why}")
        if len(found) == limit:
            break
    return found


@click.command()
@click.argument("photos", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--others", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
def main(photos: Path, others: Path, limit: int) -> None:
    """Print recall and precision for each kind of copy, and how many would be dropped as copies."""
    originals, beside = _read(photos, limit), list(_read(others, 60).values())
    for title, copy in COPIES.items():
        _measure(title, originals, beside, copy)


if __name__ == "__main__":
    main()
