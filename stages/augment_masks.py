"""`augment-masks FACES OUT`: a folder of face photos in, a labelled masked dataset out.

Only click is imported before the work begins, so that `--help` answers at once.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.core.version import VERSION
from stages.running.commands import address_option, engine_of, observing_options, with_messages
from stages.running.logs import Log
from stages.running.numbers import NumberRange
from stages.running.record import Run, digest, recorded
from stages.running.starting import start_lean, uncollected
from stages.running.stopping import orderly_stop
from stages.running.utf8 import Utf8Command, Utf8Text

if TYPE_CHECKING:
    from pipeline.augment.folder_run import Summary
    from pipeline.augment.imagefolder import Mode
    from pipeline.augment.photos import Listing
    from pipeline.augment.request import FolderRequest
    from pipeline.augment.sides import Shares
    from pipeline.core.records import MaskType
    from pipeline.storage.content_credentials import Credentials

MASKS: "tuple[MaskType, ...]" = ("cloth", "surgical", "ffp2")
WEARS = ("correct", "nose_exposed", "chin_exposed", "nose_mouth_exposed")
DETECTORS = ("yunet", "dlib_hog", "dlib_cnn")
LANDMARKS = ("dlib", "mesh")
FACES = ("each", "all", "largest")

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

EPILOG = """\b
Exit code 0: masked pictures were written, or all were there already; with a
             --share below 1 bare ones may be all there are.
          1: nothing could be done, or the work could not be finished.
          2: wrong use.   130: stopped by Ctrl-C; the same command goes on.

`augment-masks templates --help` tells about the mask templates."""


class MaskCommand(Utf8Command):
    """`templates` as the first word leads to the commands about templates; anything else is FACES."""

    def main(self, args: Any = None, *rest: Any, **settings: Any) -> Any:
        """Run the command line; called from Python with its words the process stays as it is."""
        if args is None:
            start_lean()
        return super().main(args, *rest, **settings)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse for one or the other."""
        if args[:1] != ["templates"]:
            return super().make_context(info_name, args, parent, **extra)
        from stages.tools.templates import command as templates

        return templates.make_context(f"{info_name} templates", args[1:], parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run what the words were parsed for."""
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)


@click.command(
    "augment-masks", cls=MaskCommand, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.argument("faces", type=click.Path(exists=True, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--mask", "masks", multiple=True, type=click.Choice(MASKS), help="Mask type; repeat for more. [all three]"
)
@click.option(
    "--per-face",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Pictures per face and type; per photo with --faces all.",
)
@click.option("--wear", "wears", multiple=True, type=click.Choice(WEARS), help="Way of wearing; repeatable. [correct]")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Same seed, same pictures.")
@click.option("--jobs", default=0, show_default="one per core", type=click.IntRange(0), help="Worker processes.")
@address_option
@click.option("--detector", default="yunet", show_default=True, type=click.Choice(DETECTORS), help="What finds faces.")
@click.option(
    "--landmarks",
    default="dlib",
    show_default=True,
    type=click.Choice(LANDMARKS),
    help="Which model gives their 68 points; mesh may be used in commerce and follows heads turned further.",
)
@click.option(
    "--long-side-px",
    type=click.IntRange(64),
    help="One look for faces at this size, px. [as many looks as the photo needs]",
)
@click.option("--min-face-px", default=24, show_default=True, type=click.IntRange(8), help="Ignore smaller faces.")
@click.option(
    "--already-masked-threshold",
    default=0.9,
    show_default=True,
    type=NumberRange(0, 1),
    help="Reject faces that look masked already with a higher probability; 1 takes all.",
)
@click.option(
    "--faces",
    "which",
    default="each",
    show_default=True,
    type=click.Choice(FACES),
    help="Mask each face in a picture of its own, all in one picture, or the photo's largest alone.",
)
@click.option(
    "--share",
    type=NumberRange(0, 1),
    help="With --faces all: the share of the faces that wear a mask; the others stay bare. [1]",
)
@click.option("--largest", is_flag=True, help="Deprecated: the same as --faces largest.")
@click.option(
    "--templates",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Use the mask templates of this folder, not the shipped ones; repeatable.",
)
@click.option("--follow-links", is_flag=True, help="Take photos that links in FACES have elsewhere. [a row each]")
@click.option("--limit", type=click.IntRange(1), help="Stop after that many photos.")
@click.option("--alpha", is_flag=True, help="Write alpha masks (PNG) too.")
@click.option("--crops", is_flag=True, help="Write square face crops too.")
@click.option("--crop-px", default=224, show_default=True, type=click.IntRange(32), help="Side of the crops.")
@click.option("--include-unmasked", is_flag=True, help="Write every face without a mask too, labelled none.")
@click.option(
    "--split",
    metavar="TRAIN,VAL,TEST",
    callback=lambda _, __, text: _shares(text),
    help="Name a side for each photo, as 0.8,0.1,0.1: all its pictures have it in the column split.",
)
@click.option(
    "--licence",
    type=Utf8Text(),
    default="unknown",
    show_default=True,
    help="Of the photos; rows and pictures say it.",
)
@click.option("--author", type=Utf8Text(), help="Of the photos, likewise.")
@click.option("--no-mark", is_flag=True, help="Don't say in masked pictures' metadata that they are synthetic.")
@click.option("--c2pa-cert", type=_FILE, help="Sign masked pictures (C2PA): certificates in PEM, yours first.")
@click.option("--c2pa-key", type=_FILE, help="The certificate's private key, PEM without a password.")
@click.option("--dry-run", is_flag=True, help="Do everything but write.")
@click.option("--resume", is_flag=True, help="Go on with what is in OUT, finished or not.")
@click.option("--overwrite", is_flag=True, help="Make an earlier output anew.")
@click.option(
    "--record", type=click.Path(dir_okay=False, path_type=Path), help="Write what the run did to this JSON file."
)
@observing_options
@click.version_option(VERSION, package_name="maskwright")
def command(faces: Path, out: Path, **options: Any) -> None:
    """Put masks on the faces in FACES (a folder tree, or one file) and write a labelled dataset to OUT.

    OUT gets images/, metadata.jsonl with every label (the Hugging Face imagefolder layout), rejected.jsonl with the
    reason for each photo or face that could not be used, and contact_sheet.jpg with pairs before and after. Where no
    photo can be used there is no OUT, and the reasons are in OUT.rejected.jsonl.
    """
    _check_use(faces, out, options)
    log = Log("augment-masks", options["log_format"])
    with_messages(lambda: _run(faces, out, options, log), log, _how_to_go_on(options))


main = command


def _shares(text: str | None) -> "Shares | None":
    if text is None:
        return None
    from pipeline.augment.sides import shares_of

    try:
        return shares_of(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _check_use(faces: Path, out: Path, options: dict[str, Any]) -> None:
    if options["resume"] and options["overwrite"]:
        raise click.UsageError("--resume keeps what is there and --overwrite removes it: choose one")
    if options["largest"] and options["which"] == "all":
        raise click.UsageError("--largest is --faces largest: it can't be --faces all as well")
    if options["share"] is not None and options["which"] != "all":
        raise click.UsageError("--share is for --faces all: elsewhere each picture has one masked face")
    if (options["c2pa_cert"] is None) != (options["c2pa_key"] is None):
        raise click.UsageError("--c2pa-cert and --c2pa-key go together: a certificate and its key")
    source, target = faces.resolve(), out.resolve()
    if source == target or target in source.parents:
        raise click.UsageError(f"OUT ({out}) must not be FACES or hold it: photos would be mistaken for output")
    if target.is_file():
        raise click.UsageError(f"OUT ({out}) is a file; name a folder")


def _run(faces: Path, out: Path, options: dict[str, Any], log: Log) -> None:
    with uncollected():
        from pipeline.augment.folder_run import find_photos
        from pipeline.augment.photo_masker import try_signing
        from pipeline.augment.templates_in_use import templates_for
        from pipeline.core.errors import OutputError

        request = _request(options)
        templates_for(request.templates, request.masks)
        if request.credentials is not None:
            try_signing(request.credentials)
    run = Run(log, options["record"], options["profile"], digest(request.as_row()))
    listing = find_photos(faces, out, options["limit"], follow_links=options["follow_links"])
    with orderly_stop(), recorded(run):
        if not listing.photos and not any(listing.refused()):  # before anything is written
            raise OutputError(_no_images(faces, listing))
        rejections = _augment(listing, out, request, options, run)
        if rejections is None and run.resumed and run.resumed == len(listing.photos):
            log.event("done_already", f"{out}: all done already")
        elif not run.counts["photos"]["kept"] and not _bare_by_choice(request, rejections):
            raise OutputError(_why_nothing(faces, listing, rejections))


def _augment(listing: "Listing", out: Path, request: "FolderRequest", options: dict[str, Any], run: Run) -> Path | None:
    """Do the work, tell the counts, return the file of the rejections where there is nothing else.

    Raises:
        OutputError: it could not begin, or ended before everything was done.
        KeyboardInterrupt: it was stopped, and what is done is whole.
    """
    from pipeline.augment.folder_run import augment_folder, dry_run
    from pipeline.core.errors import OutputError
    from stages.running.mapping import timed_records
    from stages.running.masks_summary import print_summary
    from stages.running.progress import Progress

    mapper = partial(timed_records, run)
    engine = engine_of(_jobs(options["jobs"], len(listing.photos)), options["address"])
    mode: Mode = "resume" if options["resume"] else "overwrite" if options["overwrite"] else "new"
    with Progress(len(listing.photos), "photos", run.log) as progress:

        def report(so_far: "Summary") -> None:
            before, done = so_far.done_before, so_far.processed
            progress.update(before + done, before, faces=so_far.faces, written=so_far.written)

        if options["dry_run"]:
            summary = dry_run(listing, request, engine=engine, report=report, mapper=mapper)
        else:
            summary = augment_folder(listing, out, request, engine=engine, mode=mode, report=report, mapper=mapper)
    run.count("photos", summary.photos, summary.written, summary.rejected)
    run.resumed = summary.done_before
    print_summary(summary, progress.seconds, None if options["dry_run"] else out)
    going_on = f"{out} is as it was" if summary.former_kept else f"{_how_to_go_on(options)} from here"
    if summary.ending == "failed":
        raise OutputError(f"{summary.problem}; {going_on}")
    if summary.ending == "interrupted":
        raise KeyboardInterrupt(going_on)
    return summary.rejections


def _how_to_go_on(options: dict[str, Any]) -> str:
    return "--resume instead of --overwrite goes on" if options["overwrite"] else "the same command goes on"


def _request(options: dict[str, Any]) -> "FolderRequest":
    from pipeline.augment.request import FolderRequest

    return FolderRequest(
        masks=tuple(dict.fromkeys(options["masks"])) or MASKS,
        per_face=options["per_face"],
        wear=tuple(dict.fromkeys(options["wears"])) or ("correct",),
        seed=options["seed"],
        faces="largest" if options["largest"] else options["which"],
        share=1.0 if options["share"] is None else options["share"],
        detector=options["detector"],
        landmarks=options["landmarks"],
        long_side_px=options["long_side_px"],
        min_face_px=options["min_face_px"],
        already_masked_threshold=options["already_masked_threshold"],
        crop_px=options["crop_px"],
        templates=tuple(path.resolve() for path in options["templates"]),
        alpha=options["alpha"],
        crops=options["crops"],
        include_unmasked=options["include_unmasked"],
        mark_synthetic=not options["no_mark"],
        credentials=_credentials(options),
        split=options["split"],
        licence=options["licence"],
        author=options["author"],
    )


def _credentials(options: dict[str, Any]) -> "Credentials | None":
    from pipeline.storage.content_credentials import Credentials

    certificate, key = options["c2pa_cert"], options["c2pa_key"]
    return None if certificate is None else Credentials(certificate.resolve(), key.resolve())


def _jobs(asked: int, photos: int) -> int:
    """Starting a worker takes a second: a few photos are done sooner without."""
    import os

    return min(asked or os.cpu_count() or 1, max(1, photos // 16))


def _bare_by_choice(request: "FolderRequest", rejections: Path | None) -> bool:
    """Whether there are pictures, and none shows a mask because the share asked for left every face bare."""
    return rejections is None and request.faces == "all" and request.share < 1


def _no_images(faces: Path, listing: "Listing") -> str:
    from stages.running.left_out import left_out_told

    left_out = left_out_told(listing.other_files, len(listing.skipped_folders))
    return f"{faces}: no image files here{left_out and f'; {left_out}'}"


def _why_nothing(faces: Path, listing: "Listing", rejections: Path | None) -> str:
    """Why there is no picture; `rejections` is the file that says it photo by photo."""
    told = "" if rejections is None else f"; {rejections} says why, a line each"
    if not listing.photos:
        return f"{_no_images(faces, listing)}{told}"
    return f"no picture was written: no photo had a face that could be masked (the reasons are above){told}"


if __name__ == "__main__":
    command()
