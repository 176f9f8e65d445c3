"""Where `predict` leaves what it finds: on stdout, in a file, in a folder; and what it couldn't use, on stderr."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from stages.running.screen import hand_over, say

if TYPE_CHECKING:
    from pipeline.prediction.formats import FormatName, PhotoFormat, Row
    from pipeline.prediction.photos import PhotoAnswer
    from pipeline.prediction.usage import ModelUsage


class Output:
    """Text that goes to stdout as it comes, or to a file that is written whole at the end."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._parts: list[str] = []

    def add(self, text: str) -> None:
        """More text."""
        if self._path is not None:
            self._parts.append(text)
        elif text:
            hand_over(text)

    def close(self) -> None:
        """Write the file."""
        from pipeline.storage.whole_files import write_text

        if self._path is not None:
            write_text(self._path, "".join(self._parts))


class Sink(Protocol):
    """Takes the answers of one photo after another."""

    def add(self, answer: "PhotoAnswer", stem: str) -> None:
        """One photo's; `stem` is the name that no other photo's files have."""
        ...

    def close(self) -> None:
        """That was the last."""
        ...


class TextSink:
    """One text for all photos."""

    def __init__(self, form: "PhotoFormat", path: Path | None) -> None:
        self._form, self._output = form, Output(path)

    def add(self, answer: "PhotoAnswer", stem: str) -> None:  # noqa: ARG002 - of a file a photo
        """The photo's part of the text."""
        self._output.add(self._form.photo(answer))

    def close(self) -> None:
        """The rest of the text."""
        self._output.add(self._form.end())
        self._output.close()


class YoloSink:
    """A folder: `classes.txt`, and in `labels/` a file for each photo that could be read."""

    def __init__(self, folder: Path, usage: "ModelUsage") -> None:
        self._folder, self._usage = folder, usage

    def add(self, answer: "PhotoAnswer", stem: str) -> None:
        """The photo's file."""
        from pipeline.prediction.formats import yolo_label
        from pipeline.storage.whole_files import write_text

        if answer.was_read:
            write_text(self._folder / "labels" / f"{stem}.txt", yolo_label(answer, self._usage))

    def close(self) -> None:
        """The names of the classes, a line each, in the order of their numbers."""
        from pipeline.storage.whole_files import write_text

        classes = next(iter(self._usage.classes.values()))
        write_text(self._folder / "classes.txt", "".join(f"{name}\n" for name in classes))


def sink_of(form: "FormatName", out: Path | None, usage: "ModelUsage", names: Sequence[str]) -> Sink:
    """What takes the answers in that format."""
    from pipeline.prediction.formats import photo_format

    if form == "yolo" and out is not None:
        return YoloSink(out, usage)
    return TextSink(photo_format(form, usage, names), out)


def tell_refused(rows: "Sequence[Row]") -> None:
    """A line on stderr for each photo, film, or place in one, that has no answer."""
    for row in rows:
        place = f" at {row['left']:.0f}, {row['top']:.0f}" if "left" in row else ""
        name = row["image"] if "image" in row else row["video"]
        say(f"{name}{place}: {row['reason']}: {row['detail']}", err=True)


def write_refused(path: Path | None, rows: "Sequence[Row]") -> None:
    """The same as JSON lines, if a file is wanted."""
    from pipeline.storage.whole_files import write_text

    if path is not None:
        write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def tell_counts(taken: str, faces: str, rows: "Sequence[Row]", *, left_out: str = "") -> None:
    """What came in, what was found, what has no answer, on stderr: stdout has the answers alone."""
    reasons = Counter(str(row["reason"]) for row in rows)
    why = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
    without = f", {len(rows)} without an answer ({why})" if rows else ""
    say(f"predict: {taken}, {faces}{without}{left_out and f'; {left_out}'}", err=True)
