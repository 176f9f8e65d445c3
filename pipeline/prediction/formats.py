"""How answers are written down: a table, JSON lines, CSV, COCO, YOLO."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from pipeline.core.errors import SampleRejected
from pipeline.faces.detectors import Box
from pipeline.prediction.answers import Answer, FacePrediction
from pipeline.prediction.photos import PhotoAnswer
from pipeline.prediction.usage import ModelUsage
from pipeline.prediction.video import FollowedFace, FrameAnswer, TrackAnswer

FormatName = Literal["table", "json", "csv", "coco", "yolo"]
Row = dict[str, Any]

_SIDES = ("left", "top", "right", "bottom")


class PhotoFormat(Protocol):
    """Writes photos as they are answered: what `photo` gives follows one after another, then what `end` gives."""

    def photo(self, answer: PhotoAnswer) -> str:
        """The text of one photo."""
        ...

    def end(self) -> str:
        """What follows the last."""
        ...


class Lines:
    """One JSON object a face."""

    def photo(self, answer: PhotoAnswer) -> str:
        """A line a face."""
        return "".join(
            _line({"image": answer.name, "face": index} | _said(face, every_class=True))
            for index, face in enumerate(answer.faces)
        )

    def end(self) -> str:
        """Nothing."""
        return ""


class Table:
    """Columns for people, as wide as the names of the photos and the model's classes."""

    def __init__(self, usage: ModelUsage, names: Sequence[str]) -> None:
        self._name_width = max(map(len, names), default=0)
        self._usage = usage
        self._begun = False

    def photo(self, answer: PhotoAnswer) -> str:
        """A line a face; a headline before the first."""
        lines = [self._line(answer.name, str(index), face) for index, face in enumerate(answer.faces)]
        if lines and not self._begun:
            self._begun = True
            heads = (head.ljust(self._width(head)) for head in self._usage.classes)
            lines.insert(
                0, "  ".join(["photo".ljust(self._name_width), "face", "left, top".ljust(12), *heads]).rstrip()
            )
        return "".join(f"{line}\n" for line in lines)

    def end(self) -> str:
        """Nothing."""
        return ""

    def _line(self, name: str, index: str, face: FacePrediction) -> str:
        place = f"{face.box.left:.0f}, {face.box.top:.0f}"
        cells = [self._cell(head, face.answers.get(head)) for head in self._usage.classes]
        return "  ".join([name.ljust(self._name_width), index.rjust(4), place.ljust(12), *cells]).rstrip()

    def _cell(self, head: str, answer: Answer | None) -> str:
        return ("" if answer is None else told(answer)).ljust(self._width(head))

    def _width(self, head: str) -> int:
        """Of `unsure (class 100%)` where the head may be unsure."""
        longest = max(map(len, self._usage.classes[head]))
        return max(len(head), longest + (14 if head in self._usage.unsure_below else 5))


class Columns:
    """CSV with a header; its columns are those of the model's heads."""

    def __init__(self, usage: ModelUsage, first: Sequence[str] = ("image", "face")) -> None:
        self._buffer = io.StringIO()
        self._names = [*first, *_SIDES, "score"]
        for head in usage.classes:
            self._names += [head, f"{head}_probability", f"{head}_unsure"]
        self._writer = csv.DictWriter(self._buffer, self._names, lineterminator="\n")
        self._writer.writeheader()

    def photo(self, answer: PhotoAnswer) -> str:
        """A line a face."""
        for index, face in enumerate(answer.faces):
            self._writer.writerow({"image": answer.name, "face": index} | _said(face))
        return self._taken()

    def rows(self, rows: Sequence[Row]) -> str:
        """Lines of other first columns."""
        self._writer.writerows(rows)
        return self._taken()

    def end(self) -> str:
        """The header, where there was no face."""
        return self._taken()

    def _taken(self) -> str:
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text


class Coco:
    """One COCO document (https://cocodataset.org/#format-data): the first head's classes are the categories.

    A face's other heads stand under `attributes`, its probability under `score` as in COCO's result format. Boxes end
    at the photo's edges. Photos that can't be read have no entry.
    """

    def __init__(self, usage: ModelUsage) -> None:
        self._head, classes = next(iter(usage.classes.items()))
        self._numbers = {name: number for number, name in enumerate(classes, start=1)}
        self._images: list[Row] = []
        self._annotations: list[Row] = []

    def photo(self, answer: PhotoAnswer) -> str:
        """Nothing yet."""
        if answer.was_read:
            number = len(self._images) + 1
            size = {"width": answer.width_px, "height": answer.height_px}
            self._images.append({"id": number, "file_name": answer.name} | size)
            self._annotations += [self._face(number, answer, face) for face in answer.faces]
        return ""

    def _face(self, image: int, answer: PhotoAnswer, face: FacePrediction) -> Row:
        left, top, right, bottom = (round(side, 1) for side in inside(face.box, answer.width_px, answer.height_px))
        width, height = round(right - left, 1), round(bottom - top, 1)
        said = face.answers[self._head]
        attributes = {head: other.label for head, other in face.answers.items() if head != self._head}
        return {
            "image_id": image,
            "category_id": self._numbers[said.label],
            "bbox": [left, top, width, height],
            "area": round(width * height, 1),
            "iscrowd": 0,
            "score": round(said.probability, 4),
            "attributes": attributes | {"unsure": said.unsure, "face_score": round(face.box.score, 4)},
        }

    def end(self) -> str:
        """The document."""
        numbered = [{"id": number} | one for number, one in enumerate(self._annotations, start=1)]
        categories = [{"id": number, "name": name} for name, number in self._numbers.items()]
        return _line({"images": self._images, "annotations": numbered, "categories": categories})


def yolo_label(answer: PhotoAnswer, usage: ModelUsage) -> str:
    """A photo's label file as YOLO reads it: class, centre x, y, width, height as parts of the photo, probability.

    The classes are the first head's, from 0. A photo without a face has an empty file: it teaches background.
    """
    head, classes = next(iter(usage.classes.items()))
    lines = []
    for face in answer.faces:
        left, top, right, bottom = inside(face.box, answer.width_px, answer.height_px)
        across, down = answer.width_px, answer.height_px
        places = (
            (left + right) / 2 / across,
            (top + bottom) / 2 / down,
            (right - left) / across,
            (bottom - top) / down,
        )
        said = face.answers[head]
        numbers = " ".join(f"{place:.6f}" for place in (*places, said.probability))
        lines.append(f"{classes.index(said.label)} {numbers}\n")
    return "".join(lines)


def photo_format(name: FormatName, usage: ModelUsage, names: Sequence[str]) -> PhotoFormat:
    """The writer of that name; `yolo` is files, which `yolo_label` fills."""
    made: Mapping[str, Any] = {
        "table": lambda: Table(usage, names),
        "json": Lines,
        "csv": lambda: Columns(usage),
        "coco": lambda: Coco(usage),
    }
    writer: PhotoFormat = made[name]()
    return writer


def told(answer: Answer) -> str:
    """An answer for people: `ffp2 93%`, or `unsure (ffp2 41%)`."""
    said = f"{answer.label} {answer.probability:.0%}"
    return f"unsure ({said})" if answer.unsure else said


def inside(box: Box, width_px: int, height_px: int) -> tuple[float, float, float, float]:
    """The part of a box that lies in the photo: left, top, right, bottom."""
    return (
        min(max(box.left, 0.0), width_px),
        min(max(box.top, 0.0), height_px),
        min(max(box.right, 0.0), width_px),
        min(max(box.bottom, 0.0), height_px),
    )


def refusal_rows(answer: PhotoAnswer) -> list[Row]:
    """A row for a photo without any face, and for each place in one that looked like a face and has no answer."""
    rows = [{"image": answer.name, "face": None} | _sides(place.box) | _why(place.verdict) for place in answer.refused]
    if answer.verdict is not None and not answer.refused:
        rows.append({"image": answer.name, "face": None} | _why(answer.verdict))
    return rows


def frame_rows(video: str, answer: FrameAnswer, *, every_class: bool = True) -> list[Row]:
    """A row for each face of a film's frame."""
    return [_frame_row(video, answer, face, every_class) for face in answer.faces]


def _frame_row(video: str, answer: FrameAnswer, face: FollowedFace, every_class: bool) -> Row:
    place = {"video": video, "frame": answer.frame, "time_s": round(answer.time_s, 3), "track": face.track}
    return place | _said(face.prediction, every_class=every_class)


def track_row(video: str, track: TrackAnswer) -> Row:
    """A row for a person of a film."""
    times = {"first_s": round(track.first_s, 3), "last_s": round(track.last_s, 3), "looks": track.looks}
    return {"video": video, "track": track.track} | times | _answers(track.answers, every_class=True)


def json_lines(rows: Sequence[Row]) -> str:
    """A line each."""
    return "".join(map(_line, rows))


def track_line(video: str, track: TrackAnswer) -> str:
    """A person of a film, for people."""
    said = ", ".join(f"{head} {told(answer)}" for head, answer in track.answers.items())
    return f"{video}: person {track.track}, {track.first_s:.1f} to {track.last_s:.1f} s, {track.looks} looks: {said}\n"


def _said(face: FacePrediction, *, every_class: bool = False) -> Row:
    return _sides(face.box) | _answers(face.answers, every_class=every_class)


def _sides(box: Box) -> Row:
    return {side: round(getattr(box, side), 1) for side in _SIDES} | {"score": round(box.score, 4)}


def _answers(answers: Mapping[str, Answer], *, every_class: bool) -> Row:
    row: Row = {}
    for head, answer in answers.items():
        row |= {
            head: answer.label,
            f"{head}_probability": round(answer.probability, 4),
            f"{head}_unsure": answer.unsure,
        }
    if every_class:
        row["probabilities"] = {
            head: {name: round(share, 4) for name, share in answer.probabilities.items()}
            for head, answer in answers.items()
        }
    return row


def _why(verdict: SampleRejected) -> Row:
    return {"reason": verdict.reason, "detail": verdict.detail}


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"
