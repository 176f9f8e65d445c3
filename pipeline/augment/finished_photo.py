"""What is written of a photo that was worked on, ready to be written: by the process that did the work."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.augment.photo_masker import PhotoMasker, PhotoResult
from pipeline.augment.photos import Photo
from pipeline.augment.rows import Row, shows_mask
from pipeline.core.errors import SampleRejected
from pipeline.storage.journal import journal_line


@dataclass(frozen=True, slots=True)
class Entry:
    """What the journal knows of one photo: enough to skip it, and to write the tables again.

    Attributes:
        files: Size in bytes and CRC-32 of each file by its path below the output folder.
    """

    photo: str
    stamp: tuple[int, int]
    faces: int
    files: dict[str, tuple[int, int]]
    rows: list[Row]
    rejected: list[Row]

    @classmethod
    def of(cls, record: Row) -> "Entry":
        """The entry that a record of the journal holds."""
        files = {name: tuple(facts) for name, facts in record["files"].items()}
        return cls(**(record | {"stamp": tuple(record["stamp"]), "files": files}))

    def as_record(self) -> dict[str, Any]:
        """As the journal holds it."""
        return {name: getattr(self, name) for name in Entry.__slots__}

    def tally(self) -> "Tally":
        """What a summary counts of it."""
        written = sum(map(shows_mask, self.rows))
        return Tally(self.faces, written, tuple(row["reason"] for row in self.rejected))


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one photo: how many faces it has, how many pictures with a mask came of it, and why others didn't."""

    faces: int
    written: int
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class FinishedPhoto:
    """One photo's pictures, and what is noted of them, as bytes.

    Attributes:
        photo: The photo.
        stamp: As of `PhotoResult`.
        files: Contents by path below the output folder.
        line: The journal's, which tells of all rows.
        rows: How many there are.
        tally: What a summary counts.
    """

    photo: Photo
    stamp: tuple[int, int]
    files: dict[str, bytes]
    line: bytes
    rows: int
    tally: Tally

    @classmethod
    def of(cls, result: PhotoResult) -> "FinishedPhoto":
        """What is to be written of a result."""
        facts = {name: (len(data), zlib.crc32(data)) for name, data in result.files.items()}
        entry = Entry(result.photo.name, result.stamp, result.faces, facts, result.rows, result.rejected)
        line = journal_line(entry.photo, entry.as_record())
        return cls(result.photo, result.stamp, result.files, line, len(entry.rows), entry.tally())


@dataclass(frozen=True, slots=True)
class PhotoFinisher:
    """Works on a photo as its masker does, and makes of its rows the journal's line.

    Rows as objects take a third of a millisecond to unpickle and as long to write as JSON; there are many workers, and
    one process takes the results of all.
    """

    masker: PhotoMasker

    def __call__(self, photo: Photo) -> FinishedPhoto:
        """The photo's pictures; a photo that can't be used gives one rejected row."""
        return FinishedPhoto.of(self.masker(photo))

    def rejected(self, photo: Photo, verdict: SampleRejected) -> FinishedPhoto:
        """What is written of a photo that cannot be used."""
        return FinishedPhoto.of(self.masker.rejected(photo, verdict))
