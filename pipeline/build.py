"""Build an output out of sight, keep what a killed run finished of it, and put it in its place whole.

DVC removes a stage's outputs before it runs the stage, so what is to survive a kill lies in `.cache/builds/`.
"""

import errno
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

from pipeline.digests import code_digest
from pipeline.errors import OutputError
from pipeline.files import remove_unnamed
from pipeline.journal import Journal

Item = TypeVar("Item")
Result = TypeVar("Result")

BUILDS = Path(".cache/builds")


class Build:
    """An output in the making.

    Attributes:
        root: Stands for the project root: a file that will be at `data/x` is written to `root / "data/x"`.
        folder: What becomes the output.
        resumed: How many results an earlier run had finished.
    """

    def __init__(self, root: Path, place: Path, journal: Journal) -> None:
        self.root, self.folder = root, root / place
        self.resumed = 0
        self._journal = journal
        self.folder.mkdir(parents=True, exist_ok=True)

    def through(
        self,
        items: Sequence[Item],
        run: Callable[[list[Item]], Iterator[Result]],
        *,
        key: Callable[[Item], str],
        kind: Any,
        files_of: Callable[[Result], list[str]],
    ) -> Iterator[Result]:
        """The results of all items, in their order; `run` makes those that no earlier run has finished.

        Files that no result names are removed: at first all that a killed run left, at last what killed workers left in
        the folders of `folder`. A manifest of the results may be written to `folder` itself meanwhile.

        Args:
            items: What to work on; each is worked on in `run`'s own time, so a kill loses what it has in flight.
            run: Gives one result an item, in order.
            key: Names an item, its content included; of another key it is another item.
            kind: The results' type, of plain frozen records.
            files_of: The files below `root` that a result names; one that is gone or cut short is made again.

        Raises:
            OutputError: the disk is full or refuses.
        """
        keys = [key(item) for item in items]
        done = {name for name in keys if self._is_whole(name)}
        self.resumed = sum(name in done for name in keys)
        named = {self.root / file for name in done for file in self._journal[name]["files"]}
        remove_unnamed(self.folder, named)
        rest = [item for item, name in zip(items, keys, strict=True) if name not in done]
        return self._results(keys, done, run(rest), adapter=TypeAdapter(kind), files_of=files_of, named=named)

    def _results(
        self,
        keys: list[str],
        done: set[str],
        run: Iterator[Result],
        *,
        adapter: TypeAdapter[Result],
        files_of: Callable[[Result], list[str]],
        named: set[Path],
    ) -> Iterator[Result]:
        with closing(cast(Any, run)) as new:
            for name in keys:
                result: Result = adapter.validate_python(self._journal[name]["result"]) if name in done else next(new)
                sizes = {file: (self.root / file).stat().st_size for file in files_of(result)}
                if name not in done:
                    self._journal.append(name, {"files": sizes, "result": adapter.dump_python(result, mode="json")})
                named.update(self.root / file for file in sizes)
                yield result
        for folder in self.folder.iterdir():
            if folder.is_dir():
                remove_unnamed(folder, named)

    def _is_whole(self, key: str) -> bool:
        if key not in self._journal:
            return False
        return all(_size(self.root / file) == size for file, size in self._journal[key]["files"].items())


@contextmanager
def building(place: Path, facts: Any, root: Path = Path()) -> Iterator[Build]:
    """An output that takes the place of `place` under `root` when the block ends well, and waits for a rerun otherwise.

    Args:
        place: The output, relative to the project root.
        facts: All that decides the results beside the items and the code, as JSON values. A build of other facts or
            other code is removed, so at most one unfinished build of an output stands on the disk.
        root: The project root.

    Raises:
        OutputError: the disk is full or refuses.
    """
    home = root / BUILDS / "-".join(place.parts)
    name = hashlib.sha256(json.dumps([facts, code_digest()], sort_keys=True).encode()).hexdigest()[:16]
    try:
        for other in home.iterdir() if home.is_dir() else ():
            if other.name != name:
                shutil.rmtree(other)
        with Journal(home / name / "journal") as journal:
            build = Build(home / name, place, journal)
            yield build
        _publish(build.folder, root / place)
        shutil.rmtree(home)
    except OSError as error:
        where = error.filename or root / place
        raise OutputError(f"{where}: cannot be written: {error.strerror or error}") from error


def _publish(folder: Path, place: Path) -> None:
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
        part.rename(place)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return -1
