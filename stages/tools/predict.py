"""`maskwright predict`: faces of photos and films with what each wears, and how sure that is."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.core.errors import MaskwrightError
from stages.running.commands import with_messages
from stages.running.numbers import NumberRange
from stages.running.screen import counted
from stages.running.utf8 import Utf8Command

if TYPE_CHECKING:
    from pipeline.prediction.formats import FormatName
    from pipeline.prediction.photos import Named, PhotoAnswer
    from pipeline.prediction.predictor import FacePredictor


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the options ask for beside the answers' place of origin."""

    form: "FormatName"
    out: Path | None
    draw: Path | None
    rejected: Path | None
    every: int | None
    seconds: float | None


@click.command("predict", cls=Utf8Command)
@click.argument("images", nargs=-1)
@click.option(
    "--model",
    help="An .onnx file, a trained model.pt, or `ready`.  [default: models/model.pt if there is one, else ready]",
)
@click.option("--camera", type=click.IntRange(0), help="Look at what the camera with this number shows.")
@click.option(
    "--format", "form", default="table", show_default=True, type=click.Choice(["table", "json", "csv", "coco", "yolo"])
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--csv", "form", flag_value="csv", help="The same as --format csv.")
@click.option("--out", type=click.Path(path_type=Path), help="File for the answers; the folder for those of yolo.")
@click.option(
    "--draw", type=click.Path(path_type=Path), help="Folder for the photos with boxes drawn; for a film, an .mp4 file."
)
@click.option(
    "--rejected",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for a JSON line with the reason for each photo, or place in one, that has no answer.",
)
@click.option("--every", type=click.IntRange(1), help="Look at every so many frames of a film.  [default: 6 a second]")
@click.option("--seconds", type=NumberRange(0, min_open=True), help="End a film, or the camera's, after so long.")
@click.option("--follow-links", is_flag=True, help="Take photos that links in folders have elsewhere. [a row each]")
@click.option("--one-way", is_flag=True, help="Don't ask of each face's mirror image too: faster, a little less right.")
@click.option("--device", default="cpu", show_default=True, type=click.Choice(["cpu", "cuda", "auto"]))
def command(  # noqa: PLR0917 - the options
    images: tuple[str, ...],
    model: str | None,
    camera: int | None,
    form: "FormatName",
    out: Path | None,
    draw: Path | None,
    rejected: Path | None,
    every: int | None,
    seconds: float | None,
    follow_links: bool,
    one_way: bool,
    device: str,
) -> None:
    """Find the faces of IMAGES and tell each one's mask.

    IMAGES are files, folders, patterns such as 'photos/**/*.jpg', or - for a list on stdin; films are known by their
    endings. What has no answer is told on stderr with the reason; the exit code is 1 where nothing could be read.
    """
    if not images and camera is None:
        raise click.UsageError("name photos or films, or a --camera")
    if form == "yolo" and out is None:
        raise click.UsageError("--format yolo writes a file for each photo: name their folder with --out")
    wanted = Wanted(form=form, out=out, draw=draw, rejected=rejected, every=every, seconds=seconds)
    with_messages(lambda: _run(images, camera, wanted, model, device, both_ways=not one_way, follow_links=follow_links))


def _run(
    words: Sequence[str],
    camera: int | None,
    wanted: Wanted,
    model: str | None,
    device: str,
    *,
    both_ways: bool,
    follow_links: bool,
) -> None:
    from pipeline.prediction.photos import named
    from pipeline.storage.whole_files import require_writable
    from pipeline.training.loading import load_model, usual_model
    from stages.running.films import Films, run_films

    found = named(words, sys.stdin, follow_links=follow_links)
    films: Films = [*found.videos, *([] if camera is None else [camera])]
    if films and (found.photos or found.refused):
        raise MaskwrightError("photos and films have different rows: ask for the ones, then for the others")
    if films and wanted.form in {"coco", "yolo"}:
        raise MaskwrightError(f"--format {wanted.form} is for photos: films have table, json and csv")
    answers = wanted.out if wanted.form != "yolo" else None  # a folder, in which each photo's file shows it at once
    require_writable(*(file for file in (answers, wanted.rejected) if file is not None))
    predictor = load_model(usual_model() if model is None else model, device, both_ways=both_ways)
    if films:
        run_films(films, predictor, wanted)
    else:
        _run_photos(found, predictor, wanted)


def _run_photos(found: "Named", predictor: "FacePredictor", wanted: Wanted) -> None:
    from pipeline.core.file_names import printable
    from pipeline.prediction.formats import refusal_rows
    from pipeline.prediction.photos import PhotoAnswer, answer_photos, names_apart
    from stages.running.answers import sink_of, tell_counts, tell_refused, write_refused
    from stages.running.left_out import left_out_told

    names = [printable(str(path)) for path in found.photos]
    sink = sink_of(wanted.form, wanted.out, predictor.usage, names)
    refused = [row for path, why in found.refused for row in refusal_rows(PhotoAnswer(Path(path), verdict=why))]
    tell_refused(refused)
    read = faces = 0
    for answer, stem in zip(answer_photos(found.photos, predictor), names_apart(found.photos, ""), strict=True):
        sink.add(answer, stem)
        rows = refusal_rows(_drawn(answer, wanted.draw, stem))
        tell_refused(rows)
        refused += rows
        read, faces = read + answer.was_read, faces + len(answer.faces)
    sink.close()
    write_refused(wanted.rejected, refused)
    tell_counts(
        counted(len(names), "photo"),
        counted(faces, "face"),
        refused,
        left_out=left_out_told(found.other_files, found.skipped_folders),
    )
    if not read:
        raise MaskwrightError("no image could be read")


def _drawn(answer: "PhotoAnswer", folder: Path | None, stem: str) -> "PhotoAnswer":
    """Draw the photo where that is wanted; a photo that can't be drawn gets that as its verdict."""
    from pipeline.core.errors import SampleRejected
    from pipeline.engine.containment import Contained, Failed
    from pipeline.prediction.drawing import draw_predictions
    from pipeline.storage.images import read_image, write_image

    if folder is None or not answer.was_read:
        return answer

    def draw(path: Path) -> None:
        decoded = read_image(path)
        write_image(folder / f"{stem}.jpg", draw_predictions(decoded.rgb, answer.faces), mark=decoded.mark())

    done = Contained(draw)(answer.path)
    return replace(answer, verdict=SampleRejected(done.reason, done.detail)) if isinstance(done, Failed) else answer


if __name__ == "__main__":
    command()
