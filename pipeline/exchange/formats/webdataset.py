"""WebDataset: tar files of a thousand pictures, each with a JSON of the same key.

https://github.com/webdataset/webdataset
"""

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

from pipeline.exchange.classes import ClassList
from pipeline.exchange.formats.base import Entry, FormatWriter, as_json
from pipeline.exchange.formats.rows import row_of
from pipeline.exchange.pixels import Pixels
from pipeline.storage.shards import Shard, new_shard

PICTURES_A_SHARD = 1000


class WebDatasetWriter(FormatWriter):
    """`<side>-000000.tar`, `<side>-000001.tar`, …; the JSON is the row of `imagefolder`."""

    needs_pixels: ClassVar[bool] = True

    def __init__(self, folder: Path, classes: ClassList, *, outlines: bool = False) -> None:
        """As every format."""
        super().__init__(folder, classes, outlines=outlines)
        self._pictures: Counter[str] = Counter()
        self._shards: dict[str, Shard] = {}
        self._ends: dict[str, ExitStack] = {}

    def add(self, entry: Entry, pixels: Pixels, *, put: bool, link: bool) -> str:  # noqa: ARG002 - as every format
        """Append a sample to its side's shard, both members or none."""
        data, row = pixels.read(), as_json(row_of(entry)).encode()
        self.sides[entry.side] = None
        shard = self._shard(entry.side)
        shard.add(entry.stem, {pixels.suffix.removeprefix("."): data, "json": row})
        return f"{shard.name}/{self.file_name(entry, pixels.suffix)}"

    def _shard(self, side: str) -> Shard:
        number, place = divmod(self._pictures[side], PICTURES_A_SHARD)
        self._pictures[side] += 1
        if place == 0:
            ends = self._ends.setdefault(side, self._files.enter_context(ExitStack()))
            ends.close()
            name = f"{side}-{number:06d}.tar"
            self._shards[side] = ends.enter_context(new_shard(self.folder, name, indexed=False))
        return self._shards[side]

    def file_name(self, entry: Entry, suffix: str) -> str:
        """The picture's member."""
        return f"{entry.stem}{suffix}"

    def write(self, entry: Entry, name: str) -> None:
        """Nothing: `add` writes both members."""
