"""What a killed run finished is kept: for every output that a journal is kept of, and for builds out of sight.

`finished` tells which records of a journal can be trusted. A `Build` is put in its place whole: DVC removes a stage's
outputs before it runs the stage, so what is to survive a kill lies in `.cache/builds/`. Pixels that belong under a
storage root are written where they stay; the build then holds the manifests and the journal.
"""

import errno
import hashlib
import json
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter

from pipeline.core.locations import Address, Location
from pipeline.core.paths import BUILDS
from pipeline.storage.digests import code_digest, file_stamp
from pipeline.storage.journal import Journal
from pipeline.storage.shards import INDEX, WrittenFile
from pipeline.storage.stores import list_objects
from pipeline.storage.whole_files import (
    is_of_this_boot,
    note_boot,
    remove_parts,
    remove_unnamed,
    sha256_of,
    sync_file_system,
    sync_folder,
    unwritable,
)

Item = TypeVar("Item")
Result = TypeVar("Result")
Checksum = TypeVar("Checksum", str, int)


def finished(
    journal: Journal, boot: Path, is_whole: Callable[[Any, bool], bool], *, synced: bool = False
) -> Iterator[tuple[str, Any]]:
    """The records of a journal, by key, whose files are there as they were written; taken to its end.

    After a kill a file of the right size is whole, since files appear whole. After a power cut it may hold what was
    never written, so contents are compared, and the journal forgets the records of others for good.

    Args:
        journal: Its records name files.
        boot: The file that names the boot in which they were written. At the end it names this one.
        is_whole: Whether all files of a record are there; with True their contents too are compared.
        synced: Whether all files are known to be on the disk where `boot` is not there.

    Raises:
        OutputError: the disk is full or refuses.
    """
    uninterrupted = is_of_this_boot(boot)
    compare = not uninterrupted and (boot.is_file() or not synced)
    done = []
    for key in journal:
        record = journal[key]
        if is_whole(record, compare):
            done.append(key)
            yield key, record
    if compare:
        journal.rewrite(done)
    if not uninterrupted:
        note_boot(boot)


def is_as_written(file: Path, size: int, checksum: Checksum, checksum_of: Callable[[Path], Checksum] | None) -> bool:
    """Whether a file is there with this size and, where `checksum_of` is given, with this checksum of its content."""
    return file_stamp(file)[0] == size and (checksum_of is None or checksum_of(file) == checksum)


class Build:
    """An output in the making.

    Attributes:
        root: Stands for the project root: a file that will be at `data/x` is written to `root / "data/x"`.
        folder: What becomes the output.
        pixels: What the locators of pictures begin at while they are written: `root`, or a storage root.
        resumed: How many results an earlier run had finished.
    """

    def __init__(self, root: Path, place: Path, journal: Journal, pixels: Location | None = None) -> None:
        self.root, self.folder = root, root / place
        self.pixels = root if pixels is None else pixels
        self.resumed = 0
        self._place = place
        self._journal = journal
        self._before: set[str] = set()
        self._named: set[str] = set()
        self.folder.mkdir(parents=True, exist_ok=True)

    def through(
        self,
        items: Iterable[Item],
        run: Callable[[Iterator[Item]], Iterator[Result]],
        *,
        key: Callable[[Item], str],
        kind: Any,
        files_of: Callable[[Result], Sequence[WrittenFile]],
    ) -> Iterator[Result]:
        """The results of all items, in their order; `run` makes those that no earlier run has finished.

        Files of this project that no result names are removed: at first all that a killed run left, and when the output
        is complete what killed workers left. A manifest of the results may be written to `folder` itself meanwhile.

        Args:
            items: What to work on, taken as `run` asks for it; a kill loses what `run` has in flight.
            run: Gives one result an item, in order.
            key: Names an item, its content included; of another key it is another item.
            kind: The results' type, of plain frozen records.
            files_of: The files below `pixels` that a result names; one that is gone or another is made again.

        Raises:
            OutputError: the disk is full or refuses.
            StorageError: the storage root can't be used.
        """
        done, self._before = self._finished_before()
        self._clear(self.folder, self._before)
        return self._results(_Rest(items, key, done), run, TypeAdapter(kind), files_of)

    def _finished_before(self) -> tuple[set[str], set[str]]:
        """Keys of the results whose files are there as they were written, and the locators of those files."""
        sizes = self._sizes_in_store()
        done: set[str] = set()
        named: set[str] = set()

        def is_whole(record: Any, compare: bool) -> bool:
            return all(self._is_whole(WrittenFile(*facts), sizes, compare) for facts in record["files"])

        for name, record in finished(self._journal, self.root / "boot", is_whole):
            done.add(name)
            named.update(locator for locator, _, _ in record["files"])
        return done, named

    def _sizes_in_store(self) -> dict[str, int]:
        """Size by locator of the objects of this output; asked for where an earlier run noted any."""
        if not isinstance(self.pixels, Address) or not len(self._journal):
            return {}
        prefix = self._place.as_posix()
        return {f"{prefix}/{found.name}": found.size for found in list_objects(self.pixels / prefix)}

    def _is_whole(self, file: WrittenFile, sizes: dict[str, int], compare: bool) -> bool:
        if isinstance(self.pixels, Address):
            return sizes.get(file.locator) == file.size
        return is_as_written(self.pixels / file.locator, file.size, file.sha256, sha256_of if compare else None)

    def _results(
        self,
        rest: "_Rest[Item]",
        run: Callable[[Iterator[Item]], Iterator[Result]],
        adapter: TypeAdapter[Result],
        files_of: Callable[[Result], Sequence[WrittenFile]],
    ) -> Iterator[Result]:
        with closing(cast(Any, run(rest))) as new:
            for result in new:
                yield from self._known(rest.done_next(), adapter)
                files = files_of(result)
                facts = [[file.locator, file.size, file.sha256] for file in files]
                value = {"files": facts, "result": adapter.dump_python(result, mode="json")}
                self._journal.append(rest.keys.popleft(), value)
                self._named.update(file.locator for file in files)
                yield result
        yield from self._known(rest.done_next(), adapter)

    def _known(self, keys: Iterator[str], adapter: TypeAdapter[Result]) -> Iterator[Result]:
        for name in keys:
            value = self._journal[name]
            self._named.update(facts[0] for facts in value["files"])
            self.resumed += 1
            yield adapter.validate_python(value["result"])

    def finish(self) -> None:
        """Remove what killed workers left and what only an earlier run named, once every manifest is written.

        Pictures are then on the disk: they are too many to be synced one by one.
        """
        for locator in self._before - self._named:
            (self.root / locator).unlink(missing_ok=True)
        for folder in self.folder.iterdir():
            if folder.is_dir():
                self._clear(folder, self._named | {(self._place / folder.name / INDEX).as_posix()})
        sync_file_system(self.folder)
        if (shared := self._shared_folder()) is not None:
            sync_file_system(shared)

    def _clear(self, folder: Path, named: set[str]) -> None:
        """Remove files of this build that aren't named; under a storage root only what never was a whole file."""
        remove_unnamed(folder, {str(self.root / name) for name in named})
        if (shared := self._shared_folder()) is not None:
            remove_parts(shared)

    def _shared_folder(self) -> Path | None:
        """Where the pictures are under a storage root that is a folder, if there are any yet."""
        if isinstance(self.pixels, Address) or self.pixels == self.root:
            return None
        folder = self.pixels / self._place
        return folder if folder.is_dir() else None


class _Rest(Generic[Item]):
    """Iterates over the items that are still to be done, and remembers the keys of all that it has passed.

    Attributes:
        keys: Of the items passed whose results have not been given yet, in order.
    """

    def __init__(self, items: Iterable[Item], key: Callable[[Item], str], done: set[str]) -> None:
        self.keys: deque[str] = deque()
        self._count = max(0, len(items) - len(done)) if isinstance(items, Sequence) else 0
        self._items, self._key, self._done = iter(items), key, done

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        for item in self._items:
            name = self._key(item)
            self.keys.append(name)
            if name not in self._done:
                return item
        raise StopIteration

    def __length_hint__(self) -> int:
        return self._count

    def done_next(self) -> Iterator[str]:
        """Keys of the items that come next and were done before, which are given with that."""
        while self.keys and self.keys[0] in self._done:
            yield self.keys.popleft()


@contextmanager
def building(place: Path, key_parts: Any, root: Path = Path(), pixels: Location | None = None) -> Iterator[Build]:
    """An output that takes the place of `place` under `root` when the block ends well, and waits for a rerun otherwise.

    Args:
        place: The output, relative to the project root.
        key_parts: All that decides the results beside the items and the code, as JSON values. A build of other parts or
            other code is removed, so at most one unfinished build of an output stands on the disk.
        root: The project root.
        pixels: The storage root that pictures are written under; None writes them into the build.

    Raises:
        OutputError: the disk is full or refuses.
    """
    home = root / BUILDS / "-".join(place.parts)
    name = hashlib.sha256(json.dumps([key_parts, code_digest()], sort_keys=True).encode()).hexdigest()[:16]
    try:
        for other in home.iterdir() if home.is_dir() else ():
            if other.name != name:
                shutil.rmtree(other)
        with Journal(home / name / "journal") as journal:
            build = Build(home / name, place, journal, pixels)
            yield build
        build.finish()
        _publish(build.folder, root / place)
        shutil.rmtree(home)
    except OSError as error:
        raise unwritable(error.filename or root / place, error) from error


def _publish(folder: Path, place: Path) -> None:
    """Move the folder, which is on the disk, to its place."""
    if place.exists():
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.rename(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = place.with_name(f".{place.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(folder, part)
        sync_file_system(part)
        part.rename(place)
    sync_folder(place.parent)
