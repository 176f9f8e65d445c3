"""`maskwright predict`: faces of photos with their mask type, wear and probability."""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.core.errors import MaskwrightError, SampleRejected
from pipeline.core.file_names import printable
from pipeline.core.paths import MODEL
from stages.running.commands import with_messages

if TYPE_CHECKING:
    from pipeline.training.predicting import FacePredictor, PhotoPrediction

Row = dict[str, Any]


@click.command("predict")
@click.argument("images", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--model", default=MODEL, show_default=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "form", flag_value="json", help="One JSON object a face and line.")
@click.option("--csv", "form", flag_value="csv", help="CSV with a header.")
@click.option(
    "--draw", type=click.Path(file_okay=False, path_type=Path), help="Folder for the photos with boxes drawn."
)
@click.option(
    "--rejected",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for a JSON line with the reason for each photo, or place in one, that has no answer.",
)
@click.option("--one-way", is_flag=True, help="Don't ask of each face's mirror image too: faster, a little less right.")
@click.option("--device", default="cpu", show_default=True, type=click.Choice(["cpu", "cuda", "auto"]))
def command(  # noqa: PLR0917 - the options
    images: Sequence[Path],
    model: Path,
    form: str | None,
    draw: Path | None,
    rejected: Path | None,
    one_way: bool,
    device: str,
) -> None:
    """Find the faces of IMAGES (files or folders) and tell each one's mask.

    Photos and places that have no answer are told on stderr with the reason; the exit code is 1 where no photo could be
    read.
    """
    with_messages(lambda: _run(images, _predictor(model, device, both_ways=not one_way), form, draw, rejected))


def _run(
    images: Sequence[Path], predictor: "FacePredictor", form: str | None, draw: Path | None, rejected: Path | None
) -> None:
    from pipeline.storage.whole_files import write_text

    files = list(_files(images))
    drawn = {} if draw is None else {path: draw / name for path, name in zip(files, drawn_names(files), strict=True)}
    rows: list[Row] = []
    refused: list[Row] = []
    usable = 0
    for path, seen in zip(files, _seen(files, predictor, drawn), strict=True):
        usable += not isinstance(seen, SampleRejected)
        found, left = _rows(path, seen)
        rows += found
        refused += left
        _print([] if form == "csv" else found, left, form)
    if form == "csv":
        click.echo(_csv(rows), nl=False)
    if rejected is not None:
        write_text(rejected, "".join(json.dumps(row) + "\n" for row in refused))
    if not usable:
        raise MaskwrightError("no image could be read")


def _predictor(path: Path, device: str, *, both_ways: bool) -> "FacePredictor":
    from pipeline.training.predicting import load_predictor

    return load_predictor(path, device, both_ways=both_ways)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    from pipeline.storage.signatures import is_photo

    for path in paths:
        yield from sorted(filter(is_photo, path.rglob("*"))) if path.is_dir() else [path]


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


def _seen(
    files: Sequence[Path], predictor: "FacePredictor", drawn: Mapping[Path, Path]
) -> "Iterator[PhotoPrediction | SampleRejected]":
    """What each photo shows; the verdict where it can't be used, whatever it makes the program raise."""
    from pipeline.engine.containment import each_contained

    def look(path: Path) -> "PhotoPrediction | SampleRejected":
        return _look(path, predictor, drawn.get(path))

    return each_contained(look, files, lambda _, verdict: verdict)


def _look(path: Path, predictor: "FacePredictor", drawn: Path | None) -> "PhotoPrediction":
    from pipeline.storage.images import read_image, write_image
    from pipeline.training.predicting import draw_predictions

    rgb = read_image(path).rgb
    seen = predictor.look(rgb)
    if drawn:
        write_image(drawn, draw_predictions(rgb, seen.faces))
    return seen


def _rows(path: Path, seen: "PhotoPrediction | SampleRejected") -> tuple[list[Row], list[Row]]:
    """A row a face; and one for a photo without any, and for each place that is no face after all."""
    from pipeline.training.predicting import prediction_row, refusal_row

    name = printable(str(path))
    if isinstance(seen, SampleRejected):
        return [], [refusal_row(name, seen)]
    refused = [refusal_row(name, place.verdict, place.index, place.box) for place in seen.refused]
    if seen.verdict and not refused:
        refused = [refusal_row(name, seen.verdict)]
    return [prediction_row(name, index, face) for index, face in enumerate(seen.faces)], refused


def _print(rows: Sequence[Row], refused: Sequence[Row], form: str | None) -> None:
    for row in refused:
        place = "" if row["face"] is None else f" at {row['left']:.0f}, {row['top']:.0f}"
        click.echo(f"{row['image']}{place}: {row['reason']}: {row['detail']}", err=True)
    for row in rows:
        if form == "json":
            click.echo(json.dumps(row))
        else:
            heads = [key for key in row if f"{key}_probability" in row]
            answers = ", ".join(f"{head} {row[head]} {row[f'{head}_probability']:.1%}" for head in heads)
            click.echo(f"{row['image']}: face {row['face']} at {row['left']:.0f}, {row['top']:.0f}: {answers}")


def _csv(rows: Sequence[Row]) -> str:
    buffer = io.StringIO()
    if rows:
        writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return buffer.getvalue()


if __name__ == "__main__":
    command()
