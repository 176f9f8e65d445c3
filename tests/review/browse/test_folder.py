import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.review.browse.folder import Output, is_output
from pipeline.review.browse.records import Record
from pipeline.storage.images import write_image
from tests.dedup.examples import picture
from tests.review.browse.examples import ROW, make_output

BARE = ROW | {"file_name": "images/none/a b.png", "mask_type": "none", "wear": "none", "polygon": [], "template": None}
REJECTED = {
    "photo": "c.png",
    "face_index": None,
    "mask_type": None,
    "number": None,
    "reason": "no_face",
    "detail": "why",
}


def records(out: Path, faces: Path | None = None) -> list[Record]:
    output = Output(out, faces)
    found = list(output.records())
    assert [one.key for one in found] == list(output.keys())
    return found


def test_side_source_and_sharpness_are_filters_where_the_rows_say_them(tmp_path: Path) -> None:
    rows = [
        ROW | {"file_name": f"images/cloth/{number}.png", "parent": parent, "split": "val", "sharpness": 60.5}
        for number, parent in enumerate(("web/a.jpg", "studio/b/c.jpg", "d.jpg"))
    ]
    found = records(make_output(tmp_path / "out", *rows, ROW))
    assert [one.facets.source for one in found] == ["web", "studio", "", ""]
    assert [one.facets.side for one in found] == ["val", "val", "val", ""]
    assert [one.facets.quality for one in found] == ["soft, 50 to 200"] * 3 + [""]
    assert [one.scores.sharpness for one in found] == [60.5, 60.5, 60.5, None]


@pytest.mark.parametrize("folders", [1, 60])
def test_one_folder_tells_nothing_apart_and_many_are_people(tmp_path: Path, folders: int) -> None:
    rows = [ROW | {"file_name": f"{number}.png", "parent": f"{number}/a.jpg"} for number in range(folders)]
    assert {one.facets.source for one in records(make_output(tmp_path / "out", *rows))} == {""}


def test_a_picture_its_bare_face_and_what_was_rejected(tmp_path: Path) -> None:
    write_image(tmp_path / "faces/c.png", picture(3))
    masked, bare, rejected = records(make_output(tmp_path / "out", ROW, BARE, rejected=(REJECTED,)), tmp_path / "faces")
    assert (masked.key.id, masked.key.parent) == ("images/cloth/a b.png", "images/none/a b.png")
    assert (masked.facets.kind, bare.facets.kind, rejected.facets.kind) == ("masked", "face", "rejected")
    assert (masked.facets.pose, masked.facets.size) == ("left, 45° and more", "32 to 64 px")
    assert masked.outline.polygon == (1, 2, 3, 4, 5, 6)
    assert masked.outline.cut == (0.0, -10.0, 100.0)
    assert (rejected.facets.reason, rejected.detail, rejected.tile) == ("no_face", "why", tmp_path / "faces/c.png")
    assert masked.parent_picture is None  # `a b.png` isn't there any more
    assert "polygon" not in masked.row["picture"]


def test_a_crop_is_where_the_run_cut_it(tmp_path: Path) -> None:
    out = make_output(tmp_path / "out", ROW | {"crop_file_name": "crops/a.png"})
    assert records(out)[0].outline.cut is None  # the run doesn't say how wide
    (out / ".maskwright").mkdir()
    (out / ".maskwright/run.json").write_text(json.dumps({"crop_scale": 2}), encoding="utf-8")
    found = records(out)[0]
    assert found.outline.cut == (-20.0, -15.0, 100.0)
    assert found.tile == out / "crops/a.png"


@pytest.mark.parametrize(
    "settings", ["", "[]", "{", '{"crop_scale": "x"}', '{"crop_scale": -1}', "null", "[" * 100_000]
)
def test_settings_that_say_nothing_leave_the_cut_open(tmp_path: Path, settings: str) -> None:
    out = make_output(tmp_path / "out", ROW | {"crop_file_name": "crops/a.png"})
    (out / ".maskwright").mkdir()
    (out / ".maskwright/run.json").write_text(settings, encoding="utf-8")
    assert records(out)[0].outline.cut is None


def test_several_faces_in_one_picture_are_a_record_each(tmp_path: Path) -> None:
    objects = {
        "bbox": [[1, 2, 30, 40], [50, 2, 30, 40]],
        "category": ["cloth", "no_mask"],
        "wear": ["correct", "none"],
        "polygon": [[[1, 2], [3, 4], [5, 6]], None],
        "template": ["t", None],
        "mask_bbox": [[1, 2, 3, 4], None],
        "face_index": [0, 1],
    }
    scene = {"file_name": "images/a.png", "width_px": 100, "height_px": 80, "parent": "a.png", "objects": objects}
    one, two = records(make_output(tmp_path / "out", scene))
    assert (one.key.id, one.facets.mask_type, one.outline.box) == ("images/a.png#0", "cloth", (1, 2, 31, 42))
    assert (two.key.id, two.facets.mask_type, two.outline.polygon) == ("images/a.png#1", "none", ())
    assert [(kin.id, kin.why) for kin in two.relatives] == [("images/a.png#0", "another face of this picture")]
    assert one.picture == two.picture == tmp_path / "out/images/a.png"
    empty: dict[str, list[Any]] = {name: [] for name in objects}
    assert len(records(make_output(tmp_path / "none", scene | {"objects": empty}))) == 1


DAMAGED: list[Any] = [
    b"no json",
    b"[]",
    b"{}",
    b'{"file_name": "../up.png"}',
    b'{"file_name": "/etc/passwd"}',
    b'{"file_name": ""}',
    b'{"file_name": "a\\u0000.png"}',
    b'{"file_name": "\\ud800.png"}',
    b'{"file_name": "a.png", "crop_file_name": "../../a.png"}',
    b'{"file_name": "a.png", "polygon": [[1]]}',
    b'{"file_name": "a.png", "face_box": [0, 0, NaN, 1]}',
    b'{"file_name": "a.png", "face_box": [0, 0, 1e999, 1]}',
    b'{"file_name": "a.png", "width_px": -1}',
    b'{"file_name": "a.png", "objects": {"bbox": 3}}',
    b'{"file_name": "a.png", "objects": {"bbox": [[1, 2]], "category": ["x"]}}',
    b'{"file_name": "a.png", "objects": {"bbox": [], "category": ["x"]}}',
    b"[" * 200_000,
    b"\xff\xfe",
]


@pytest.mark.parametrize("line", DAMAGED, ids=range(len(DAMAGED)))
def test_a_line_that_is_no_row_is_a_row_that_says_so(tmp_path: Path, line: bytes) -> None:
    out = make_output(tmp_path / "out", ROW)
    with (out / "metadata.jsonl").open("ab") as file:
        file.write(line + b"\n")
    good, bad = records(out)
    assert good.facets.kind == "masked"
    assert (bad.facets.reason, bad.key.id) == ("damaged_annotation", "metadata.jsonl#line2")
    assert bad.detail
    assert (bad.tile, bad.picture) == (None, None)


def test_line_ends_marks_and_blank_lines_of_other_systems(tmp_path: Path) -> None:
    out = make_output(tmp_path / "out", ROW, BARE)
    text = (out / "metadata.jsonl").read_bytes().replace(b"\n", b"\r\n\r\n")
    (out / "metadata.jsonl").write_bytes(b"\xef\xbb\xbf" + text)
    assert [one.facets.kind for one in records(out)] == ["masked", "face"]


def test_unknown_columns_are_shown_as_they_are(tmp_path: Path) -> None:
    row = ROW | {"mine": {"deep": [[[["x"]]]]}, "draw": {"values": 1}, "licence": "CC0"}
    found = records(make_output(tmp_path / "out", row))[0]
    assert found.row["picture"]["mine"] == {"deep": [[[["x"]]]]}
    assert found.row["picture"]["draw"] == {"values": 1}
    assert found.facets.licence == "CC0"


def test_rejected_photos_never_lead_out_of_their_folder(tmp_path: Path) -> None:
    write_image(tmp_path / "secret.png", picture(0))
    (tmp_path / "faces").mkdir()
    rows = tuple(REJECTED | {"photo": name} for name in ("../secret.png", str(tmp_path / "secret.png"), "\ud800", ""))
    out = make_output(tmp_path / "out", rejected=rows)
    assert [one.tile for one in records(out, tmp_path / "faces")] == [None] * 4


def test_a_run_without_any_picture_left_its_rejections_beside(tmp_path: Path) -> None:
    (tmp_path / "out.rejected.jsonl").write_text(json.dumps(REJECTED) + "\n", encoding="utf-8")
    assert is_output(tmp_path / "out")
    assert [one.facets.reason for one in records(tmp_path / "out")] == ["no_face"]
    assert not is_output(tmp_path / "other")
