"""What is finished, on disk: a record for each result, so that a run that was killed goes on where it stopped."""

import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from pipeline.storage.whole_files import atomic_path, unwritable

_SYNC_EVERY = 256
"""A sync takes some milliseconds, as do the fastest results that are noted."""


class Journal:
    """An append-only file of JSON values by key; of several values with one key the last counts.

    Each line carries the CRC-32 of its record. Lines that are torn or damaged are left out and what they stood for is
    done again. Values stay on the disk: memory holds where they stand. A power cut loses `_SYNC_EVERY` records at most.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`, making it where there is none.

        Raises:
            OutputError: the disk is full or refuses.
        """
        self._path = path
        self._places: dict[str, tuple[int, int]] = {}
        self._unsynced = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._end = self._index()
            os.ftruncate(self._file, self._end)
        except OSError as error:
            raise unwritable(self._path, error) from error

    def _index(self) -> int:
        """Note where the good records stand and return where the last line ends."""
        end = 0
        with self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                if (key := _key_of(line)) is not None:
                    self._places[key] = (end, len(line))
                end += len(line)
        return end

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what it holds stays."""
        os.close(self._file)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __getitem__(self, key: str) -> Any:
        place, size = self._places[key]
        return json.loads(_body_of(os.pread(self._file, size, place)))[1]

    @property
    def size(self) -> int:
        """Bytes of the file, records that were taken for missing or given anew among them."""
        return self._end

    def append(self, key: str, value: Any) -> None:
        """Add a record.

        Raises:
            OutputError: the disk is full or refuses; the file ends with the record before.
        """
        self.append_line(key, journal_line(key, value))

    def append_line(self, key: str, line: bytes) -> None:
        """Add a record that was encoded before, to know its size.

        Raises:
            OutputError: as `append`.
        """
        try:
            if os.pwrite(self._file, line, self._end) < len(line):
                raise OSError(None, "the record fits only in part; the disk is full")
            self._sync_sometimes()
        except OSError as error:
            os.ftruncate(self._file, self._end)
            raise unwritable(self._path, error) from error
        self._places[key] = (self._end, len(line))
        self._end += len(line)

    def _sync_sometimes(self) -> None:
        self._unsynced += 1
        if self._unsynced == _SYNC_EVERY:
            os.fsync(self._file)
            self._unsynced = 0

    def forget(self, key: str) -> None:
        """Take the record for missing; the file keeps it until it is rewritten."""
        self._places.pop(key, None)

    def rewrite(self, keys: list[str]) -> None:
        """Keep these records alone, in this order; the new file takes the old one's place whole.

        Raises:
            OutputError: the disk is full or refuses.
        """
        places = {}
        end = 0
        try:
            with atomic_path(self._path) as part, part.open("wb") as file:
                for key in keys:
                    place, size = self._places[key]
                    file.write(os.pread(self._file, size, place))
                    places[key] = (end, size)
                    end += size
            self.close()
            self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise unwritable(self._path, error) from error
        self._places, self._end = places, end


def journal_line(key: str, value: Any) -> bytes:
    """The record as it stands in the file."""
    body = json.dumps([key, value], ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return b"%08x %b\n" % (zlib.crc32(body), body)


def _body_of(line: bytes) -> bytes:
    return line[9:-1]


def _key_of(line: bytes) -> str | None:
    """The key of a record; None where its checksum is another."""
    body = _body_of(line)
    if not body or line[:9] != b"%08x " % zlib.crc32(body):
        return None
    return str(json.loads(body)[0])
