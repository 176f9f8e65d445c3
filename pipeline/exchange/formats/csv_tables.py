"""CSV: a table a side, a row an object, the columns of TensorFlow's object detection first."""

import csv
from typing import Any

from pipeline.exchange.formats.base import Entry, FormatWriter, as_json, points_of
from pipeline.exchange.targets import Target

_OBJECT = ("class", "xmin", "ymin", "xmax", "ymax")
_LABELS = ("mask_type", "wear", "valve", "template", "truncated", "difficult", "mask_polygon")
COLUMNS = (
    "filename", "width", "height", *_OBJECT, *_LABELS,
    "source", "licence", "author", "url", "group", "parent_sha256", "synthetic", "complete",
)  # fmt: skip


class CsvWriter(FormatWriter):
    """`<side>.csv` beside `images/<side>/`; a picture without objects has a row without class and box."""

    def file_name(self, entry: Entry, suffix: str) -> str:
        """Relative to the table, as `filename` says it."""
        return f"images/{entry.side}/{entry.stem}{suffix}"

    def write(self, entry: Entry, name: str) -> None:
        """A row an object."""
        picture = entry.picture
        first = [name, picture.width_px, picture.height_px]
        last = [picture.source, picture.licence, picture.author, picture.url, picture.group, picture.parent_sha256]
        marks = [int(picture.synthetic), int(entry.complete)]
        objects = [_columns(*pair) for pair in zip(entry.targets, entry.names, strict=True)]
        for values in objects or [[None] * len((*_OBJECT, *_LABELS))]:
            self._table(entry.side).writerow([*first, *values, *last, *marks])

    def _table(self, side: str) -> Any:
        name = f"{side}.csv"
        begun = name in self._open
        table = csv.writer(self.text_file(name), lineterminator="\n")
        if not begun:
            table.writerow(COLUMNS)
        return table


def _columns(target: Target, label: str) -> list[Any]:
    face = target.face
    outline = as_json(points_of(target.polygon)) if target.polygon else None
    labels = [face.mask_type, face.wear, face.valve, face.template]
    return [label, *target.box, *labels, int(target.truncated), int(face.difficult), outline]
