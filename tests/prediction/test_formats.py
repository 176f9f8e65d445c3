import json
from pathlib import Path

import pytest

from pipeline.core.errors import SampleRejected
from pipeline.faces.detectors import Box
from pipeline.prediction.answers import Answer, FacePrediction
from pipeline.prediction.formats import FormatName, photo_format, refusal_rows, yolo_label
from pipeline.prediction.photos import PhotoAnswer
from pipeline.prediction.predictor import RefusedBox
from pipeline.prediction.usage import parse_usage
from tests.prediction.kit import usage_document

CLASSES = {"mask_type": ("none", "ffp2"), "valve": ("no", "yes")}
USAGE = parse_usage(usage_document(CLASSES, unsure_below={"mask_type": 0.6}), "x")


def face(box: Box, label: str = "ffp2", *, unsure: bool = False) -> FacePrediction:
    said = Answer(label, 0.75, {"none": 0.25, "ffp2": 0.75}, unsure)
    valve = {"valve": Answer("yes", 0.5, {"no": 0.5, "yes": 0.5})} if label == "ffp2" else {}
    return FacePrediction(box, {"mask_type": said} | valve)


PHOTO = PhotoAnswer(
    Path("a.jpg"), 100, 50, (face(Box(-10, 5, 30, 45, 0.9)), face(Box(60, 0, 120, 60, 0.8), "none", unsure=True))
)
EMPTY = PhotoAnswer(Path("b.jpg"), 100, 50, verdict=SampleRejected("no_face", "none"))
BROKEN = PhotoAnswer(Path("c.jpg"), verdict=SampleRejected("empty_file", "0 bytes"))


def text(name: FormatName) -> str:
    writer = photo_format(name, USAGE, ["a.jpg", "b.jpg", "c.jpg"])
    return "".join(map(writer.photo, (EMPTY, PHOTO, BROKEN))) + writer.end()


def test_json_lines_hold_every_class_and_whether_it_is_unsure() -> None:
    first, second = map(json.loads, text("json").splitlines())
    assert (first["image"], first["face"], first["left"], first["valve"]) == ("a.jpg", 0, -10, "yes")
    assert first["probabilities"] == {"mask_type": {"none": 0.25, "ffp2": 0.75}, "valve": {"no": 0.5, "yes": 0.5}}
    assert (second["mask_type"], second["mask_type_unsure"], "valve" in second) == ("none", True, False)


def test_csv_leaves_empty_what_has_no_answer() -> None:
    lines = text("csv").splitlines()
    assert lines[0] == (
        "image,face,left,top,right,bottom,score,mask_type,mask_type_probability,mask_type_unsure,"
        "valve,valve_probability,valve_unsure"
    )
    assert lines[2] == "a.jpg,1,60,0,120,60,0.8,none,0.75,True,,,"


def test_the_table_is_aligned_whatever_is_answered() -> None:
    assert text("table").splitlines() == [
        "photo  face  left, top     mask_type           valve",
        "a.jpg     0  -10, 5        ffp2 75%            yes 50%",
        "a.jpg     1  60, 0         unsure (none 75%)",
    ]


def test_coco_boxes_end_at_the_edges_and_unread_photos_have_no_entry() -> None:
    document = json.loads(text("coco"))
    assert [image["file_name"] for image in document["images"]] == ["b.jpg", "a.jpg"]
    assert document["categories"] == [{"id": 1, "name": "none"}, {"id": 2, "name": "ffp2"}]
    first, second = document["annotations"]
    assert (first["image_id"], first["category_id"], first["bbox"], first["area"]) == (2, 2, [0, 5, 30, 40], 1200)
    assert (second["bbox"], second["attributes"]["unsure"]) == ([60, 0, 40, 50], True)
    assert (first["attributes"]["valve"], first["score"], second["id"]) == ("yes", 0.75, 2)


def test_yolo_counts_in_parts_of_the_photo() -> None:
    first, second = yolo_label(PHOTO, USAGE).splitlines()
    assert first == "1 0.150000 0.500000 0.300000 0.800000 0.750000"
    assert second.startswith("0 0.800000 0.500000 0.400000 1.000000")
    assert yolo_label(EMPTY, USAGE) == ""


def test_refusals_are_rows_of_places_or_of_the_photo() -> None:
    place = RefusedBox(Box(1, 2, 3, 4, 0.5), SampleRejected("doubtful_face", "a hand"))
    (row,) = refusal_rows(PhotoAnswer(Path("a.jpg"), 9, 9, refused=(place,), verdict=place.verdict))
    assert (row["left"], row["reason"], row["detail"]) == (1, "doubtful_face", "a hand")
    assert refusal_rows(BROKEN) == [{"image": "c.jpg", "face": None, "reason": "empty_file", "detail": "0 bytes"}]
    assert refusal_rows(PHOTO) == []


@pytest.mark.parametrize("name", ["json", "csv", "table", "coco"])
def test_names_in_other_alphabets_stay_readable(name: FormatName) -> None:
    answer = PhotoAnswer(Path("лицо.jpg"), 9, 9, (face(Box(1, 1, 5, 5, 0.9)),))
    writer = photo_format(name, USAGE, [answer.name])
    assert "лицо.jpg" in writer.photo(answer) + writer.end()
