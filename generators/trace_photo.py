"""Which files of this project one photo's way leads through: `python -m generators.trace_photo PHOTO`.

Prints the files in the order in which the stage `augment` and then `augment-masks` enter them first, with the function
that is entered. Each has done the photo once before, so that what a process loads once (models, templates) is left out.
"""

import hashlib
import inspect
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import chdir, redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType

import click

from generators.stage_deps import PACKAGES, ROOT
from pipeline.core import paths
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.records import Face, Image
from pipeline.faces.extraction import FaceExtractor
from pipeline.storage.images import read_image
from pipeline.storage.manifests import write_manifest
from stages import augment, augment_masks

DOORS = {"augment": (augment.command, []), "augment-masks": (augment_masks.command, ["photos", "out", "--overwrite"])}
_FOLDERS = tuple(f"{ROOT / package}{os.sep}" for package in PACKAGES)


def files_entered(run: Callable[[], object]) -> dict[Path, str]:
    """The files whose functions `run` enters, in the order of first entry, each with the first function's name."""
    entered: dict[Path, str] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        is_function = code.co_flags & inspect.CO_OPTIMIZED  # not the body of a module or class, which an import runs
        if event == "call" and is_function and code.co_filename.startswith(_FOLDERS):
            entered.setdefault(Path(code.co_filename).relative_to(ROOT), code.co_qualname)

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return entered


def prepare(photo: Path) -> None:
    """Make the working folder a project whose one kept image is the photo, all its faces bare."""
    copy = Path("photos") / photo.name
    copy.parent.mkdir()
    shutil.copy(photo, copy)
    height, width = read_image(copy).rgb.shape[:2]
    sha256 = hashlib.sha256(copy.read_bytes()).hexdigest()
    image = Image(
        id=sha256[:32], sha256=sha256, path=copy.as_posix(), source="traced", origin=copy.name,
        width_px=width, height_px=height, licence="unknown", mask_type="none",
    )  # fmt: skip
    write_manifest(paths.KEPT, [image], Image)
    faces = FaceExtractor(FacesParams(), Path(), paths.FACE_CROPS)(image).faces
    write_manifest(paths.FACES_TABLE, [replace(face, mask_type="none") for face in faces], Face)
    Path("params.yaml").write_text("engine: {jobs: 1}\n", encoding="utf-8")


@click.command()
@click.argument("photo", type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path))
def main(photo: Path) -> None:
    """Trace PHOTO through both doors."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        try:
            prepare(photo)
        except SampleRejected as verdict:
            raise click.ClickException(f"{photo}: {verdict}") from verdict
        for name, (command, words) in DOORS.items():
            with redirect_stdout(sys.stderr):
                command.main(words, standalone_mode=False)
                entered = files_entered(partial(command.main, words, standalone_mode=False))
            lines = [f"  {file.as_posix():42} {function}" for file, function in entered.items()]
            click.echo("\n".join([f"{name}: {len(lines)} files", *lines]))


if __name__ == "__main__":
    main()
