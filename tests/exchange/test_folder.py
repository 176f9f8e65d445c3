import json
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.kit import BARE_COLUMNS, folder_row, jpeg, pictures, unusable, write_folder

OBJECTS: dict[str, Any] = {
    "bbox": [[10, 20, 50, 70], [80, 30, 40, 50]],
    "category": ["surgical", "no_mask"],
    "wear": ["nose_exposed", "none"],
    "valve": ["no", "no"],
    "polygon": [[[15, 50], [55, 50], [50, 85]], None],
    "template": ["surgical_flat", None],
}


def of_all(**fields: Any) -> dict[str, Any]:
    row = {key: value for key, value in folder_row("images/all/a.jpg").items() if not key.startswith(("face_", "mask"))}
    return row | {"objects": OBJECTS, "faces_in_photo": 2} | fields


def test_a_row_is_a_picture(tmp_path: Path) -> None:
    (one,) = pictures(write_folder(tmp_path, [folder_row("images/cloth/photo-0-cloth0.jpg")]))
    (face,) = one.faces
    assert (face.box, face.mask_box) == ((10.25, 20.5, 60.75, 90.0), (15.0, 50.0, 56.5, 86.25))
    assert (face.mask_type, face.wear, face.valve, face.masked) == ("cloth", "correct", "no", "yes")
    assert face.polygon == (15.0, 50.0, 55.5, 50.0, 50.0, 85.25)
    assert (one.width_px, one.group, one.side, one.complete, one.synthetic) == (200, "c" * 64, None, True, True)


def test_the_other_faces_of_a_photo_are_bare(tmp_path: Path) -> None:
    rows = [folder_row(f"images/cloth/photo-{place}-cloth0.jpg", place, faces_in_photo=2) for place in (0, 1)]
    found = pictures(write_folder(tmp_path, rows))
    assert [[face.mask_type for face in one.faces] for one in found] == [["cloth", "none"], ["none", "cloth"]]
    assert [[face.box[2] for face in one.faces] for one in found] == [[60.75, 61.75]] * 2
    assert all(one.complete for one in found)
    assert found[0].faces[1].mask_box is None


def test_the_bare_pictures_of_a_photo_are_one(tmp_path: Path) -> None:
    rows = [
        row
        for place in (0, 1)
        for row in (
            folder_row(f"images/cloth/photo-{place}-cloth0.jpg", place, faces_in_photo=2),
            folder_row(f"images/none/photo-{place}-none0.jpg", place, faces_in_photo=2, **BARE_COLUMNS),
        )
    ]
    found = pictures(write_folder(tmp_path, rows))
    assert [one.id for one in found] == [
        "images/cloth/photo-0-cloth0.jpg", "images/none/photo-0-none0.jpg", "images/cloth/photo-1-cloth0.jpg",
    ]  # fmt: skip
    assert [face.mask_type for face in found[1].faces] == ["none", "none"]
    assert not found[1].synthetic


def test_the_side_is_as_the_row_says(tmp_path: Path) -> None:
    (one,) = pictures(write_folder(tmp_path, [folder_row("images/cloth/photo-0-cloth0.jpg", split="val")]))
    assert one.side == "val"


def test_faces_that_have_no_row_are_missed(tmp_path: Path) -> None:
    (one,) = pictures(write_folder(tmp_path, [folder_row("images/cloth/photo-0-cloth0.jpg", faces_in_photo=3)]))
    assert not one.complete


@pytest.mark.parametrize(
    ("fields", "complete"),
    [
        ({"face_index": 4, "reason": "face_too_small"}, False),
        ({"face_index": 4, "reason": "doubtful_face"}, True),
        ({"face_index": 0, "mask_type": "ffp2", "reason": "mask_too_small"}, True),
        ({"face_index": None, "reason": "unreadable_file"}, True),
        ({"face_index": 4, "reason": "face_too_small", "photo": "another.jpg"}, True),
    ],
)
def test_rejected_faces_are_missed_too(tmp_path: Path, fields: dict[str, Any], complete: bool) -> None:
    row = {"photo": "photo.jpg", "face_index": None, "mask_type": None, "number": None, "detail": ""} | fields
    (one,) = pictures(write_folder(tmp_path, [folder_row("images/cloth/photo-0-cloth0.jpg")], [row]))
    assert one.complete == complete


def test_objects_are_all_faces_of_a_picture(tmp_path: Path) -> None:
    (one,) = pictures(write_folder(tmp_path, [of_all()]))
    first, second = one.faces
    assert (first.box, first.mask_type, first.wear) == ((10, 20, 60, 90), "surgical", "nose_exposed")
    assert (first.mask_box, first.template) == ((15, 50, 55, 85), "surgical_flat")
    assert (second.box, second.mask_type, second.masked, second.mask_box) == ((80, 30, 120, 80), "none", "no", None)
    assert (one.complete, one.synthetic) == (True, True)


def test_boxes_of_masks_are_taken_where_objects_have_them(tmp_path: Path) -> None:
    (one,) = pictures(write_folder(tmp_path, [of_all(objects=OBJECTS | {"mask_bbox": [[1, 2, 3, 4], None]})]))
    assert one.faces[0].mask_box == (1, 2, 4, 6)


@pytest.mark.parametrize(("reason", "complete"), [("already_masked", False), ("doubtful_face", True)])
def test_faces_without_a_label_beside_the_objects(tmp_path: Path, reason: str, complete: bool) -> None:
    ignored = {"bbox": [[1, 1, 5, 5]], "reason": [reason], "landmarks": [None]}
    (one,) = pictures(write_folder(tmp_path, [of_all(ignored=ignored)]))
    assert one.complete == complete


BROKEN = {
    "no JSON": "{",
    "no object": "[1]",
    "no name": json.dumps({key: value for key, value in folder_row("x").items() if key != "file_name"}),
    "leads out": json.dumps(folder_row("../x.jpg")),
    "absolute": json.dumps(folder_row("/etc/passwd")),
    "NaN": json.dumps(folder_row("x.jpg", face_box=[0, 0, float("nan"), 5])),
    "infinite": json.dumps(folder_row("x.jpg", face_box=[0, 0, 5, 5])).replace("[0, 0, 5, 5]", "[0, 0, 1e999, 5]"),
    "three sides": json.dumps(folder_row("x.jpg", face_box=[0, 0, 5])),
    "no size": json.dumps(folder_row("x.jpg", width_px=0)),
    "unknown type": json.dumps(folder_row("x.jpg", mask_type="scarf")),
    "contradiction": json.dumps(folder_row("x.jpg", wear="none")),
    "contradicting objects": json.dumps(of_all(objects=OBJECTS | {"wear": ["none", "none"]})),
    "unknown side": json.dumps(folder_row("x.jpg", split="left")),
    "no box": json.dumps(folder_row("x.jpg", face_box=None)),
    "uneven lists": json.dumps(of_all(objects=OBJECTS | {"category": ["surgical"]})),
    "uneven polygons": json.dumps(of_all(objects=OBJECTS | {"polygon": [None]})),
    "not text": '{"file_name": "\\ud800.jpg"}',
}


@pytest.mark.parametrize("line", BROKEN.values(), ids=BROKEN.keys())
def test_a_line_that_is_no_row_is_told_and_the_others_are_taken(tmp_path: Path, line: str) -> None:
    folder = write_folder(tmp_path, [folder_row("images/cloth/photo-0-cloth0.jpg")])
    with (folder / "metadata.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    assert len(pictures(folder)) == 1
    assert unusable(folder) == {"metadata.jsonl#row1": "damaged_annotation"}


def test_windows_lines_a_mark_at_the_beginning_and_blank_lines_are_read(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, [])
    rows = [folder_row(f"images/cloth/photo-{place}-cloth0.jpg", place) for place in (0, 1)]
    text = "\r\n\r\n".join(json.dumps(row) for row in rows)
    (folder / "metadata.jsonl").write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n")
    assert (len(pictures(folder)), unusable(folder)) == (2, {})


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("line", [BROKEN["no JSON"], BROKEN["NaN"], BROKEN["not text"]])
def test_a_damaged_line_anywhere_leaves_the_photo_s_others_together(tmp_path: Path, place: int, line: str) -> None:
    rows = [folder_row(f"{number}.jpg", number, faces_in_photo=2) for number in (0, 1)]
    folder = write_folder(tmp_path, [*rows, folder_row("x.jpg", parent="x")])
    said = (folder / "metadata.jsonl").read_text().splitlines()
    (folder / "metadata.jsonl").write_text("\n".join([*said[:place], line, *said[place:]]) + "\n")
    assert [len(one.faces) for one in pictures(folder)] == [2, 2, 1]
    assert unusable(folder) == {f"metadata.jsonl#row{place}": "damaged_annotation"}


def test_rows_in_any_order_give_the_same_pictures(tmp_path: Path) -> None:
    rows = [
        folder_row(f"{kind}/{parent}-{place}.jpg", place, parent=parent, faces_in_photo=2, **fields)
        for parent in ('"a', "b")
        for place in (0, 1)
        for kind, fields in (("cloth", {}), ("none", BARE_COLUMNS))
    ]
    by_name = sorted(rows, key=lambda row: row["file_name"])
    ordered, mixed = (pictures(write_folder(tmp_path / "OUT", some)) for some in (rows, by_name))
    assert {one.id: one for one in mixed} == {one.id: one for one in ordered}


def test_a_row_whose_photo_is_spelt_another_way_and_stands_apart_is_told(tmp_path: Path) -> None:
    rows = [folder_row(f"{place}.jpg", place, parent=parent) for place, parent in enumerate(("a", "b", "a"))]
    folder = write_folder(tmp_path, rows)
    head, _, last = (folder / "metadata.jsonl").read_text().rpartition('"parent": "a"')
    (folder / "metadata.jsonl").write_text(f'{head}"parent": "\\u0061"{last}')
    assert [one.id for one in pictures(folder)] == ["0.jpg", "1.jpg"]
    assert unusable(folder) == {"2.jpg": "damaged_annotation"}


def test_names_are_utf_8_on_the_disk(tmp_path: Path) -> None:
    (one,) = pictures(write_folder(tmp_path, [folder_row("images/cloth/Zoë façade.jpg")]))
    assert isinstance(one.file, Path)
    assert one.file.read_bytes() == jpeg(20)
