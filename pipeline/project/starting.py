"""Write a new project into an empty folder, or a Git repository that holds nothing yet."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.core.errors import OutputError
from pipeline.project import shipped
from pipeline.project.derived import project_dvc, project_dvc_config, project_ignores, project_params
from pipeline.project.faces_source import FacesSource
from pipeline.project.readme import readme
from pipeline.storage.whole_files import unwritable


def start_project(folder: Path, faces: Path | None) -> FacesSource | None:
    """Make `folder` a project that takes in the sample, or the photos in `faces`; what was recognised of them.

    The files appear together, when all are written.

    Raises:
        OutputError: `folder` holds something already, is a file, or can't be written.
        SourceError: `faces` can't be taken in.
    """
    refuse_used(folder)
    source = None if faces is None else FacesSource.of(faces, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".unfinished-") as unfinished:
            _write(Path(unfinished), source, git=_in_git(folder))
            for part in sorted(Path(unfinished).iterdir()):
                part.rename(folder / part.name)
    except OSError as error:
        raise unwritable(folder, error) from error
    return source


def refuse_used(folder: Path) -> None:
    """Refuse a place where anything is but what `git init` leaves.

    Raises:
        OutputError: names what is there.
    """
    if folder.is_dir():
        found = min((path.name for path in folder.iterdir() if not _is_repository(path)), default=None)
        if found is not None:
            raise OutputError(f"{folder}: is not empty, it holds {found}; a project starts in an empty folder")
    elif os.path.lexists(folder):
        raise OutputError(f"{folder}: is a file; a project starts in an empty folder")


def _is_repository(path: Path) -> bool:
    return path.name == ".git" and path.is_dir() and not path.is_symlink()


def _in_git(folder: Path) -> bool:
    """Whether the folder lies in a working tree of Git, which DVC then works with."""
    place = folder.resolve()
    return any((parent / ".git").exists() for parent in (place, *place.parents))


def _write(folder: Path, source: FacesSource | None, *, git: bool) -> None:
    params = shipped.shipped_text(shipped.PARAMS)
    texts = {name: shipped.shipped_text(name) for name in shipped.AS_THEY_ARE} | {
        shipped.PARAMS: params if source is None else project_params(params, source.name, source.lines),
        shipped.DVC: project_dvc(shipped.shipped_text(shipped.DVC), sample=source is None),
        shipped.DVC_CONFIG: project_dvc_config(shipped.shipped_text(shipped.DVC_CONFIG), git=git),
        shipped.DVC_IGNORE: project_ignores(shipped.shipped_text(shipped.DVC_IGNORE)),
        "README.md": readme(source, git=git),
    }
    for name, text in texts.items():
        _place(folder / name).write_text(text, encoding="utf-8")
    for name in shipped.SAMPLE if source is None else ():
        _copy(shipped.shipped_folder() / name, _place(folder / name))


def _place(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a folder with the content alone: an installed package may be read-only."""
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copyfile)
        target.chmod(0o755)
    else:
        shutil.copyfile(source, target)
