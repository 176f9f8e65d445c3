"""Read and write what locations name: files of this machine, objects of a store; fsspec waits for the first address."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.errors import StorageError
from pipeline.core.locations import Address, Place, Stretch


def read_bytes(place: Place, limit: int | None = None) -> bytes:
    """The bytes of a place, the first `limit` of them at most.

    Raises:
        OSError: there is no such file, or this machine can't read it.
        StorageError: the store can't be used at all.
    """
    file, start, size = (place.file, place.offset, place.size) if isinstance(place, Stretch) else (place, 0, limit)
    if isinstance(file, Address):
        return _fetch(file, start, None if size is None else start + size)
    with file.open("rb") as opened:
        opened.seek(start)
        return opened.read(-1 if size is None else size)


def _fetch(address: Address, start: int, end: int | None) -> bytes:
    with _store(address) as store:
        try:
            return bytes(store.cat_file(address.url, start=start, end=end))
        except OSError:
            if store.info(address.url)["size"]:  # S3 refuses any range of an empty object
                raise
            return b""


def send_bytes(address: Address, data: bytes) -> None:
    """Write an object. A store shows it when it is complete, and never a part of it.

    Raises:
        StorageError: the store refuses.
    """
    with _store(address) as store:
        store.pipe_file(address.url, data)


def send_file(address: Address, file: Path) -> None:
    """As `send_bytes`, with the content of a file.

    Raises:
        StorageError: the store refuses.
    """
    with _store(address) as store:
        store.put_file(str(file), address.url)


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a store lists it: its path below the folder, its size in bytes and its version."""

    name: str
    size: int
    version: str


def list_objects(folder: Address) -> list[Listed]:
    """All objects below `folder`, sorted by name. S3 lists a thousand a request.

    Raises:
        StorageError: the store can't be used.
    """
    with _store(folder) as store:
        top = store._strip_protocol(folder.url).rstrip("/") + "/"
        store.invalidate_cache()  # what other processes wrote since is to be seen
        found = store.find(top, detail=True)
        paths = sorted(path for path in found if path.startswith(top))
        return [Listed(path.removeprefix(top), found[path]["size"], _version(found[path])) for path in paths]


def _version(facts: dict[str, Any]) -> str:
    """A digest of all that the store tells: its entity tag and time of change are named differently by each."""
    return hashlib.sha256(repr(sorted(facts.items())).encode()).hexdigest()[:32]


@contextmanager
def _store(address: Address) -> Iterator[Any]:
    """The client of the address's store; what goes wrong with the store itself, not with one file, stops the run."""
    try:
        import fsspec  # noqa: PLC0415 - an extra that plain paths don't need

        yield fsspec.url_to_fs(address.url)[0]
    except FileNotFoundError:
        raise
    except ImportError as error:
        raise StorageError(f"{address}: {error}: pip install 'maskwright[cloud]'") from error
    except Exception as error:  # each store's client has exceptions of its own
        raise StorageError(f"{address}: {type(error).__name__}: {error}") from error
