"""`maskwright export DATA --format …`: a data set in a format of other tools."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.core.paths import EXPORTS
from stages.running.commands import with_messages
from stages.running.screen import say
from stages.running.stopping import orderly_stop
from stages.running.utf8 import Utf8Command

if TYPE_CHECKING:
    from pipeline.exchange.exporting import Exported, ExportRequest

FORMATS = ("yolo", "coco", "voc", "csv", "imagefolder", "webdataset", "fiftyone")
CLASSES = ("type", "type+wear", "type+wear+valve", "worn", "one")
_TO_MODELS = "a trained model is written by `maskwright export-model`"


def _former(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None and not context.resilient_parsing:
        raise click.ClickException(f"`export` writes data sets; {_TO_MODELS}")


@click.command("export", cls=Utf8Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--model", hidden=True, is_eager=True, expose_value=False, callback=_former)
@click.argument("data", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), help="What to write.  [required]")
@click.option("--of", default="faces", show_default=True, type=click.Choice(["faces", "masks"]), help="What is boxed.")
@click.option("--out", type=click.Path(path_type=Path), help="Where it goes.  [exports/FORMAT-OF]")
@click.option(
    "--classes",
    default="type",
    show_default=True,
    type=click.Choice(CLASSES),
    help="Which labels make a class; all of them are attributes where the format has any.",
)
@click.option(
    "--files",
    default="copy",
    show_default=True,
    type=click.Choice(["copy", "link", "none"]),
    help="Copy image files, link them (one file, two names), or write annotations alone.",
)
@click.option("--outlines", is_flag=True, help="Masks as outlines instead of boxes (YOLO; others hold both).")
@click.option(
    "--incomplete",
    default="mark",
    show_default=True,
    type=click.Choice(["mark", "skip"]),
    help="Pictures with faces, or masks, that have no box.",
)
@click.option("--reencode", is_flag=True, help="Write photos anew, as masked pictures are: without their metadata.")
@click.option("--pixels", help="What paths in manifests begin at.  [storage.root of the project, else the project]")
@click.option("--overwrite", is_flag=True, help="Make an earlier export anew.")
def command(
    data: Path | None, form: str | None, out: Path | None, pixels: str | None, overwrite: bool, **options: Any
) -> None:
    """Write what is known of the pictures in DATA in a format that other tools read.

    DATA is the folder `data` of a project, or an output of augment-masks. The split's sides become train, val and test.
    """
    if data is None or form is None:
        raise click.UsageError(f"DATA and --format say what to write; {_TO_MODELS}")
    target = EXPORTS / f"{form}-{options['of']}" if out is None else out
    with_messages(lambda: _run(data, target, {"format": form, **options}, pixels, overwrite))


def _run(data: Path, out: Path, options: dict[str, Any], pixels: str | None, overwrite: bool) -> None:
    from pipeline.core.locations import parse_location
    from pipeline.exchange.exporting import ExportRequest, export, pictures_in

    request = ExportRequest(**options)
    pictures = pictures_in(data, None if pixels is None else parse_location(pixels))
    try:
        with orderly_stop():
            done = export(pictures, out, request, overwrite=overwrite)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(f"{out} is as it was") from error
    _tell(done, request, out)


def _tell(done: "Exported", request: "ExportRequest", out: Path) -> None:
    say(f"export: {out}: {done.pictures} pictures ({_listed(done.sides)}), {done.objects} {request.of}")
    say(f"export: {_listed(done.classes) or 'no object'}")
    if done.incomplete:
        say(
            f"export: {done.incomplete} pictures show {request.of} that have no box, and are marked so;"
            " --incomplete skip leaves them out"
        )
    if done.rejected:
        say(f"export: left out, as {out / 'rejected.jsonl'} says: {_listed(done.rejected)}")


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    command()
