"""`maskwright browse [DATA|OUT]`: one page to look through every picture, opened from the disk."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.core.paths import BROWSE_PAGE, DATA, LABEL_DOUBTS, RAW
from stages.running.commands import address_option, engine_of, with_messages
from stages.running.screen import say
from stages.running.utf8 import Utf8Command

if TYPE_CHECKING:
    from pipeline.core.params import Params
    from pipeline.review.browse.records import Collection

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("browse", cls=Utf8Command)
@click.argument("pictures", metavar="[DATA|OUT]", default=DATA, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "-o",
    "--page",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The page; its data lies beside it.  [default: reports/browse.html of the project, OUT.browse.html]",
)
@click.option("--faces", type=_FOLDER, help="The folder that OUT was made from: shows parents and rejected photos.")
@click.option(
    "--params", "params_path", type=click.Path(dir_okay=False, path_type=Path), help="Of the project.  [params.yaml]"
)
@click.option("--jobs", default=0, show_default=True, type=click.IntRange(0), help="Workers; 0 means one a core.")
@address_option
def command(**options: Any) -> None:
    """Write a page with all faces, drawn masks and rejected pictures, to filter, sort and open them.

    DATA is the folder of a project's manifests, or the project's own; OUT is what augment-masks wrote. The page opens
    from the disk, without a network.
    """
    with_messages(lambda: _browse(**options))


def _browse(*, pictures: Path, page: Path | None, faces: Path | None, params_path: Path | None, **engine: Any) -> None:
    from pipeline.review.browse.writing import write_browser

    collection, usual = _collection(pictures, faces, params_path)
    written = write_browser(collection, page or usual, engine_of(**engine))
    unread = f", {written.unread} without a picture" if written.unread else ""
    say(f"browse: {written.page}: {written.pictures} pictures{unread}, {written.size_bytes / 1e6:.1f} MB beside it")


def _collection(pictures: Path, faces: Path | None, params_path: Path | None) -> "tuple[Collection, Path]":
    """What is to be looked through, and where its page usually is.

    Raises:
        OutputError: it is neither a project nor an output of augment-masks.
    """
    from pipeline.augment.imagefolder import beside
    from pipeline.core.errors import OutputError
    from pipeline.review.browse.folder import Output, is_output

    if (root := _project_of(pictures)) is not None:
        from pipeline.review.browse.project import Project
        from pipeline.review.browse.tables import ProjectFiles, ProjectTables

        data = root / DATA if (root / RAW).is_dir() and pictures.resolve() == root.resolve() else pictures
        tables = ProjectTables(ProjectFiles(root, data, root / LABEL_DOUBTS), _params(root, params_path))
        return Project(tables), root / BROWSE_PAGE
    if is_output(pictures):
        return Output(pictures, faces), beside(pictures, "browse.html")
    raise OutputError(
        f"{pictures}: neither the data of a project ({RAW.relative_to(DATA)}/ is not in it) nor an output of "
        "augment-masks (it has no metadata.jsonl)"
    )


def _project_of(pictures: Path) -> Path | None:
    """The root of the project whose folder of data, or itself, is given."""
    if (pictures / RAW.relative_to(DATA)).is_dir():
        return pictures.parent if pictures.name else pictures.resolve().parent
    return pictures if (pictures / RAW).is_dir() else None


def _params(root: Path, path: Path | None) -> "Params":
    """The project's parameters; the defaults where it has no file of them."""
    from pipeline.core.params import Params, load_params

    usual = root / "params.yaml"
    return load_params(path or usual) if path is not None or usual.is_file() else Params()


if __name__ == "__main__":
    command()
