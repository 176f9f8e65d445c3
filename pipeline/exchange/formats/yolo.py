"""YOLO: a text file a picture, a line an object, in shares of the picture's width and height.

https://docs.ultralytics.com/datasets/detect/ and, with outlines, https://docs.ultralytics.com/datasets/segment/
"""

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from pipeline.exchange.formats.base import Entry, FormatWriter
from pipeline.exchange.targets import Target


class YoloWriter(FormatWriter):
    """`images/<side>/`, `labels/<side>/` and `data.yaml`; a picture without objects has an empty text file."""

    def file_name(self, entry: Entry, suffix: str) -> str:
        """Under `images/`, which loaders replace by `labels/`."""
        return f"images/{entry.side}/{entry.stem}{suffix}"

    def write(self, entry: Entry, name: str) -> None:  # noqa: ARG002 - the interface of a format
        """Its text file."""
        size = (entry.picture.width_px, entry.picture.height_px)
        text = "".join(self._line(target, size) for target in entry.targets)
        self.place(f"labels/{entry.side}/{entry.stem}.txt").write_bytes(text.encode())

    def _line(self, target: Target, size: tuple[int, int]) -> str:
        numbers = _outline(target) if self.outlines else _centre_and_size(target)
        shares = (f"{number / size[place % 2]:.8f}" for place, number in enumerate(numbers))
        return f"{target.number} {' '.join(shares)}\n"

    def finish(self, names: Sequence[str]) -> None:
        """`data.yaml`; without a split it has no `val`, which nothing here may stand for."""
        document: dict[str, Any] = {side: f"images/{side}" for side in self.ordered_sides()}
        document |= {"nc": len(names), "names": dict(enumerate(names))}
        self.text_file("data.yaml").write(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


def _centre_and_size(target: Target) -> Iterator[float]:
    left, top, right, bottom = target.box
    yield from ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)


def _outline(target: Target) -> tuple[float, ...]:
    """The object's outline; its box where that isn't known."""
    left, top, right, bottom = target.box
    return target.polygon or (left, top, right, top, right, bottom, left, bottom)
