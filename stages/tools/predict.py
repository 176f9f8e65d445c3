"""`maskwright predict`: faces of photos with their mask type, wear and probability."""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.core.paths import MODEL
from stages.running.commands import with_messages

if TYPE_CHECKING:
    from pipeline.training.predicting import FacePrediction, FacePredictor


@click.command("predict")
@click.argument("images", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--model", default=MODEL, show_default=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "form", flag_value="json", help="One JSON object a face and line.")
@click.option("--csv", "form", flag_value="csv", help="CSV with a header.")
@click.option(
    "--draw", type=click.Path(file_okay=False, path_type=Path), help="Folder for the photos with boxes drawn."
)
@click.option("--one-way", is_flag=True, help="Don't ask of each face's mirror image too: faster, a little less right.")
@click.option("--device", default="cpu", show_default=True, type=click.Choice(["cpu", "cuda", "auto"]))
def command(  # noqa: PLR0917 - the options
    images: Sequence[Path],
    model: Path,
    form: str | None,
    draw: Path | None,
    one_way: bool,
    device: str,
) -> None:
    """Find the faces of IMAGES (files or folders) and tell each one's mask.

    Photos that can't be used are told on stderr; the exit code is 1 where none could be.
    """
    with_messages(lambda: _run(images, _predictor(model, device, both_ways=not one_way), form, draw))


def _run(images: Sequence[Path], predictor: "FacePredictor", form: str | None, draw: Path | None) -> None:
    from pipeline.core.errors import MaskwrightError, SampleRejected

    rows, usable = [], 0
    files = list(_files(images))
    drawn = dict(zip(files, drawn_names(files), strict=True))
    for path in files:
        try:
            faces = _predict(path, predictor, None if draw is None else draw / drawn[path])
        except SampleRejected as rejected:
            click.echo(f"{path}: {rejected}", err=True)
            continue
        usable += 1
        if not faces:
            click.echo(f"{path}: no_face", err=True)
        found = _rows(path, faces)
        rows += found
        if form != "csv":
            _print(found, form)
    if form == "csv":
        click.echo(_csv(rows), nl=False)
    if not usable:
        raise MaskwrightError("no image could be read")


def _predictor(path: Path, device: str, *, both_ways: bool) -> "FacePredictor":
    from pipeline.training.predicting import load_predictor

    return load_predictor(path, device, both_ways=both_ways)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    from pipeline.storage.images import EXTENSIONS

    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in EXTENSIONS) if path.is_dir() else [path]
        yield from inside


def drawn_names(paths: Sequence[Path]) -> list[str]:
    """A name for the drawn copy of each photo: its path below the folder that holds them all, ending in .jpg.

    Photos that differ in their ending alone keep it as well.

    >>> drawn_names([Path("a/x.jpg"), Path("b/x.jpg"), Path("b/x.png")])
    ['a/x.jpg', 'b/x.jpg.jpg', 'b/x.png.jpg']
    """
    whole = [path.absolute() for path in paths]
    top = os.path.commonpath([path.parent for path in whole]) if whole else ""
    below = [path.relative_to(top) for path in whole]
    stems = Counter(path.with_suffix("") for path in set(below))
    return [f"{path.with_suffix('') if stems[path.with_suffix('')] == 1 else path}.jpg" for path in below]


def _predict(path: Path, predictor: "FacePredictor", drawn: Path | None) -> "list[FacePrediction]":
    from pipeline.storage.images import read_image, write_image
    from pipeline.training.predicting import draw_predictions

    rgb = read_image(path).rgb
    faces = predictor(rgb)
    if drawn:
        write_image(drawn, draw_predictions(rgb, faces))
    return faces


def _rows(path: Path, faces: "Sequence[FacePrediction]") -> list[dict[str, Any]]:
    from pipeline.training.predicting import prediction_row

    return [prediction_row(str(path), index, face) for index, face in enumerate(faces)]


def _print(rows: Sequence[dict[str, Any]], form: str | None) -> None:
    for row in rows:
        if form == "json":
            click.echo(json.dumps(row))
        else:
            heads = [key for key in row if f"{key}_probability" in row]
            answers = ", ".join(f"{head} {row[head]} {row[f'{head}_probability']:.1%}" for head in heads)
            click.echo(f"{row['image']}: face {row['face']} at {row['left']:.0f}, {row['top']:.0f}: {answers}")


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    buffer = io.StringIO()
    if rows:
        writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return buffer.getvalue()


if __name__ == "__main__":
    command()
