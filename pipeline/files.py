"""Whole files or none: writing that never leaves half a file where a reader could take it for whole."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.places import Address, Location, send_bytes, send_file
from pipeline.timing import timed


@contextmanager
def atomic_path(place: Location) -> Iterator[Path]:
    """A temporary path that takes the place of `place` when the block ends well, and vanishes otherwise.

    It lies beside a path. For an address it is a file of this machine, sent when it is complete.
    """
    if isinstance(place, Path):
        with _beside(place) as part:
            yield part
        return
    with TemporaryDirectory() as folder:
        part = Path(folder) / place.name
        yield part
        send_file(place, part)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".{secrets.token_hex(8)}.part"  # named here, made in the block: Ctrl-C finds nothing to leave
    try:
        yield part
        part.chmod(0o644)
        part.replace(path)
    except OSError as error:
        if error.errno and error.filename in {None, str(part)}:  # the message is to name the file that was meant
            error.filename = str(path)
        raise
    finally:
        part.unlink(missing_ok=True)


@timed("write")
def write_bytes(place: Location, data: bytes) -> None:
    """Write `data` to `place`, whole or not at all."""
    if isinstance(place, Address):
        send_bytes(place, data)
        return
    with atomic_path(place) as part:
        part.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, whole or not at all."""
    write_bytes(path, text.encode())


def remove_unnamed(folder: Path, named: Iterable[Path]) -> None:
    """Remove every file below `folder` that is not named: what a killed worker left, half written or of a lost row."""
    keep = set(named)
    for file in folder.rglob("*"):
        if file.is_file() and file not in keep:
            file.unlink()
