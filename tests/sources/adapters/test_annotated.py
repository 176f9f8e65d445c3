"""Annotations as they come: one that is bad is one row, an image without any is one, and the rest is taken."""

import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PillowImage

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import SourceError
from pipeline.sources.catalogue import make_adapter
from pipeline.sources.offers import Refusal
from tests.sources.kit import Ingest, by_origin, ingest_params, reasons

LABELS = {"with_mask": {"wear": "correct"}, "without_mask": {"mask_type": "none"}}
BOX = "<bndbox><xmin>4</xmin><ymin>5</ymin><xmax>40</xmax><ymax>45</ymax></bndbox>"
GOOD = f"<object><name>with_mask</name>{BOX}</object>"


def xml(*objects: str, name: str = "", size: tuple[int, int] = (64, 48)) -> bytes:
    said = f"<filename>{name}</filename><size><width>{size[0]}</width><height>{size[1]}</height></size>"
    return f"<annotation>{said}{''.join(objects)}</annotation>".encode()


def turned(orientation: int, size: tuple[int, int] = (64, 48)) -> bytes:
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    with PillowImage.open(io.BytesIO(picture(0, size))) as image:
        image.save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "bad",
    [
        f"<object>{BOX}</object>",
        f"<object><name> </name>{BOX}</object>",
        "<object><name>with_mask</name></object>",
        f"<object><name>with_mask</name>{BOX.replace('<xmin>4</xmin>', '')}</object>",
        f"<object><name>with_mask</name>{BOX.replace('4<', '50<')}</object>",
        f"<object><name>with_mask</name>{BOX.replace('45', '5')}</object>",
        f"<object><name>with_mask</name>{BOX.replace('45', 'nan')}</object>",
        f"<object><name>with_mask</name>{BOX.replace('45', 'inf')}</object>",
        f"<object><name>with_mask</name>{BOX.replace('45', 'much')}</object>",
        f"<object><name>with_mask</name><name>without_mask</name>{BOX}</object>",
        f"<object><name>with_mask</name>{BOX}{BOX.replace('4<', '9<')}</object>",
        f"<object><name>with_mask</name>{BOX.replace('<ymin>', '<xmin>9</xmin><ymin>')}</object>",
        f"<object><name>with_mask</name><deleted>1</deleted>{BOX}</object>",
    ],
)
def test_a_bad_object_of_an_xml_is_one_row_that_names_it(ingest: Ingest, tmp_path: Path, bad: str) -> None:
    files = {"a.jpg": picture(), "a.xml": xml(GOOD, bad), "b.jpg": picture(1), "b.xml": xml(bad)}
    taken = ingest(adapter="voc", path=str(write_tree(tmp_path / "voc", files)), labels=LABELS)
    assert [len(image.boxes) for image in taken.images] == [1]
    expected = {"a.xml#object1": "damaged_annotation", "b.xml#object0": "damaged_annotation", "b.jpg": "no_label"}
    assert reasons(taken.rejections) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<annotation>", "damaged_annotation"),
        (b"\xff\xfe\x00", "damaged_annotation"),
        ("<annotation>\u53e3</annotation>".encode("gbk"), "damaged_annotation"),
        (b'<?xml version="1.0" encoding="klingon"?><annotation/>', "damaged_annotation"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', "unsafe_xml"),
    ],
)
def test_a_bad_xml_is_one_row(ingest: Ingest, tmp_path: Path, data: bytes, reason: str) -> None:
    files = {"a.jpg": picture(), "a.xml": data, "b.jpg": picture(1), "b.xml": xml(GOOD)}
    taken = ingest(adapter="voc", path=str(write_tree(tmp_path / "voc", files)), labels=LABELS)
    assert [image.origin for image in taken.images] == ["b.jpg"]
    assert reasons(taken.rejections) == {"a.xml": reason, "a.jpg": "no_label"}


def test_a_declared_encoding_counts(ingest: Ingest, tmp_path: Path) -> None:
    text = '<?xml version="1.0" encoding="gbk"?>' + xml(GOOD.replace("with_mask", "\u53e3\u7f69")).decode()
    write_tree(tmp_path / "voc", {"a.jpg": picture(), "a.xml": text.encode("gbk")})
    (image,) = ingest(adapter="voc", path="voc", labels={"\u53e3\u7f69": {"wear": "correct"}}).images
    assert image.boxes[0].original_label == "\u53e3\u7f69"


COCO: dict[str, Any] = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
    "categories": [{"id": 1, "name": "with_mask"}],
    "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [2, 3, 20, 30]}],
}


@pytest.mark.parametrize(
    "change",
    [
        {"image_id": 4711},
        {"image_id": None},
        {"image_id": [1]},
        {"category_id": 9},
        {"category_id": None},
        {"bbox": None},
        {"bbox": [1, 2, 3]},
        {"bbox": [1, 2, -3, 4]},
        {"bbox": [1, 2, 0, 4]},
        {"bbox": [1, 2, float("nan"), 4]},
        {"bbox": [1, 2, float("inf"), 4]},
        {"bbox": [1, 2, "wide", 4]},
        {"bbox": {"x": 1}},
        {"ignore": 1},
        {"iscrowd": 1, "segmentation": {"counts": [1], "size": [1, 1]}},
    ],
)
def test_a_bad_annotation_of_a_coco_file_is_one_row_that_names_it(
    ingest: Ingest, tmp_path: Path, change: dict[str, Any]
) -> None:
    document = {**COCO, "annotations": [*COCO["annotations"], {**COCO["annotations"][0], "id": 7, **change}]}
    files = {"train/a.jpg": picture(), "train/_annotations.coco.json": json.dumps(document).encode()}
    write_tree(tmp_path / "coco", files)
    taken = ingest(adapter="coco", path="coco", labels=LABELS)
    assert [len(image.boxes) for image in taken.images] == [1]
    assert reasons(taken.rejections) == {"train/_annotations.coco.json#annotation-7": "damaged_annotation"}


def test_what_is_bad_beside_the_annotations_is_a_row_too(ingest: Ingest, tmp_path: Path) -> None:
    document = {
        "images": [
            *COCO["images"],
            "b.jpg",
            {"id": 2},
            {"id": 1, "file_name": "c.jpg"},
            {"id": 3, "file_name": "d.jpg"},
        ],
        "categories": [*COCO["categories"], {"id": 2}],
        "annotations": [*COCO["annotations"], {"id": 6, "image_id": "3", "category_id": 1.0, "bbox": [2, 3, 20, 30]}],
    }
    files = {"a.jpg": picture(), "d.jpg": picture(1), "c.json": json.dumps(document).encode(), "e.json": b"{"}
    taken = ingest(adapter="coco", path=str(write_tree(tmp_path / "coco", files)), labels=LABELS)
    assert [image.origin for image in taken.images] == ["d.jpg"]
    assert reasons(taken.rejections) == {
        "a.jpg": "no_label",
        "c.json#annotation-5": "damaged_annotation",
        "c.json#categories-2": "damaged_annotation",
        "c.json#images-1": "damaged_annotation",
        "c.json#images-2": "damaged_annotation",
        "c.json#images-at-1": "damaged_annotation",
        "e.json": "damaged_annotation",
    }


def test_two_files_about_one_image(ingest: Ingest, tmp_path: Path) -> None:
    other = {**COCO, "annotations": [{**COCO["annotations"][0], "bbox": [9, 3, 20, 30]}]}
    files = {"a.jpg": picture(), "one.json": json.dumps(COCO).encode(), "two.json": json.dumps(COCO).encode()}
    write_tree(tmp_path / "coco", files)
    assert len(ingest(adapter="coco", path="coco", labels=LABELS).images) == 1
    write_tree(tmp_path / "coco", {"two.json": json.dumps(other).encode(), "b.jpg": picture(1)})
    with pytest.raises(SourceError, match="ambiguous_annotation"):
        ingest(adapter="coco", path="coco", labels=LABELS)


def test_an_image_without_annotation_is_a_row_unless_the_setting_keeps_it(ingest: Ingest, tmp_path: Path) -> None:
    files = {"a.jpg": picture(), "a.xml": xml(GOOD), "b.jpg": picture(1), "c.jpg": picture(2), "c.xml": xml()}
    write_tree(tmp_path / "voc", files)
    taken = ingest(adapter="voc", path="voc", labels=LABELS)
    assert reasons(taken.rejections) == {"b.jpg": "no_label", "c.jpg": "no_label"}
    kept = by_origin(ingest(adapter="voc", path="voc", labels=LABELS, unannotated="unknown"))
    assert {origin: image.masked for origin, image in kept.items()} == {
        "a.jpg": "yes",
        "b.jpg": "unknown",
        "c.jpg": "unknown",
    }


@pytest.mark.parametrize(
    ("orientation", "size", "expected"),
    [
        (1, (64, 48), (4, 5, 40, 45)),
        (1, (128, 96), (2, 2.5, 20, 22.5)),
        (1, (0, 0), (4, 5, 40, 45)),
        (6, (64, 48), (3, 4, 43, 40)),
        (8, (64, 48), (5, 24, 45, 60)),
        (6, (48, 64), (4, 5, 40, 45)),
        (1, (64, 64), None),
        (3, (64, 48), None),
        (6, (0, 0), None),
    ],
)
def test_boxes_come_right_in_the_upright_picture_or_not_at_all(
    ingest: Ingest, tmp_path: Path, orientation: int, size: tuple[int, int], expected: tuple[float, ...] | None
) -> None:
    files = {"a.jpg": turned(orientation), "a.xml": xml(GOOD, size=size), "b.jpg": picture(1), "b.xml": xml(GOOD)}
    write_tree(tmp_path / "voc", files)
    taken = ingest(adapter="voc", path="voc", labels=LABELS)
    images = by_origin(taken)
    if expected is None:
        assert reasons(taken.rejections) == {"a.jpg": "uncertain_frame"}
    else:
        (box,) = images["a.jpg"].boxes
        assert (box.left, box.top, box.right, box.bottom) == expected


def test_the_frame_can_be_stated(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "voc", {"a.jpg": turned(3), "a.xml": xml(GOOD)})
    (image,) = ingest(adapter="voc", path="voc", labels=LABELS, boxes_frame="stored").images
    assert (image.boxes[0].left, image.boxes[0].top) == (24, 3)
    (image,) = ingest(adapter="voc", path="voc", labels=LABELS, boxes_frame="upright").images
    assert (image.boxes[0].left, image.boxes[0].top) == (4, 5)


def test_a_box_that_is_no_box_in_the_picture_leaves_no_image_without_label(ingest: Ingest, tmp_path: Path) -> None:
    outside = GOOD.replace(">4<", ">140<").replace(">40<", ">180<")
    files = {"a.jpg": picture(), "a.xml": xml(outside), "b.jpg": picture(1), "b.xml": xml(GOOD, outside)}
    taken = ingest(adapter="voc", path=str(write_tree(tmp_path / "voc", files)), labels=LABELS)
    assert reasons(taken.rejections) == {"a.jpg#box0": "bad_box", "a.jpg": "no_label", "b.jpg#box1": "bad_box"}


def test_what_contradicts_itself_is_a_row(ingest: Ingest, tmp_path: Path) -> None:
    """One face by two annotators, and an image whose own label its box denies."""
    bare = GOOD.replace("with_mask", "without_mask").replace(">40<", ">41<")
    far = GOOD.replace(">4<", ">45<").replace(">40<", ">60<")
    write_tree(tmp_path / "voc", {"a.jpg": picture(), "a.xml": xml(GOOD, bare, far)})
    taken = ingest(adapter="voc", path="voc", labels=LABELS)
    assert [[box.left for box in image.boxes] for image in taken.images] == [[45]]
    assert reasons(taken.rejections) == {"a.jpg#box0": "label_conflict", "a.jpg#box1": "label_conflict"}
    rows = [
        {"file_name": name, "label": "without_mask", "objects": {"bbox": [[4, 5, 36, 40]], "categories": [word]}}
        for name, word in (("a.jpg", "without_mask"), ("b.jpg", "with_mask"))
    ]
    metadata = "\n".join(map(json.dumps, rows)).encode()
    files = {"a.jpg": picture(), "b.jpg": picture(1), "metadata.jsonl": metadata}
    taken = ingest(adapter="imagefolder", path=str(write_tree(tmp_path / "set", files)), labels=LABELS)
    assert reasons(taken.rejections) == {"b.jpg": "label_conflict"}


@pytest.mark.parametrize("adapter", ["voc", "coco", "imagefolder", "csv"])
def test_shares_that_were_taken_for_pixels_are_no_box(ingest: Ingest, tmp_path: Path, adapter: str) -> None:
    coco = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
        "categories": [{"id": 1, "name": "with_mask"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0.1, 0.1, 0.5, 0.5]}],
    }
    row = {"file_name": "a.jpg", "objects": {"bbox": [[0.1, 0.1, 0.5, 0.5]], "categories": ["with_mask"]}}
    share = GOOD.replace("40<", ".6<").replace("45<", ".6<").replace("4<", ".1<").replace("5<", ".1<", 1)
    papers = {
        "voc": {"a.xml": xml(share)},
        "coco": {"a.json": json.dumps(coco).encode()},
        "imagefolder": {"metadata.jsonl": json.dumps(row).encode()},
        "csv": {"t.csv": b"filename,class,xmin,ymin,xmax,ymax\na.jpg,with_mask,0,0,1,1\n"},
    }
    path = write_tree(tmp_path / "set", {"a.jpg": picture(), **papers[adapter]})
    taken = ingest(adapter=adapter, path=str(path), labels=LABELS, unannotated="unknown")
    assert [image.boxes for image in taken.images] == [()]
    assert reasons(taken.rejections) == {"a.jpg#box0": "bad_box"}


def test_boxes_in_one_place_are_one_face(ingest: Ingest, tmp_path: Path) -> None:
    """Merged sets say a box twice; where the two differ neither may win."""
    bare, more = GOOD.replace("with_mask", "without_mask"), GOOD.replace(">40<", ">44<")
    papers = {"a.xml": xml(GOOD, GOOD, more), "b.xml": xml(GOOD, bare, more), "c.xml": xml(bare, GOOD)}
    images = {f"{name}.jpg": picture(seed) for seed, name in enumerate("abc")}
    write_tree(tmp_path / "set", {**papers, **images})
    taken = ingest(adapter="voc", path="set", labels=LABELS)
    found = {origin: [(box.right, box.masked) for box in image.boxes] for origin, image in by_origin(taken).items()}
    assert found == {"a.jpg": [(40, "yes"), (44, "yes")], "b.jpg": [(44, "yes")]}
    assert reasons(taken.rejections) == {
        "b.jpg#box0": "label_conflict",
        "c.jpg#box0": "label_conflict",
        "c.jpg": "no_label",
    }


class TestMetadata:
    def test_two_rows_that_differ_are_a_conflict_and_two_equal_ones_are_one(
        self, ingest: Ingest, tmp_path: Path
    ) -> None:
        rows = "file_name,label\na.jpg,with_mask\nb.jpg,with_mask\na.jpg,without_mask\nb.jpg,with_mask\n"
        write_tree(tmp_path / "hf", {"a.jpg": picture(), "b.jpg": picture(1), "metadata.csv": rows.encode()})
        taken = ingest(adapter="imagefolder", path="hf", labels=LABELS)
        assert list(by_origin(taken)) == ["b.jpg"]
        assert reasons(taken.rejections) == {"a.jpg": "label_conflict"}

    def test_rows_disagree_by_what_they_say_of_the_image_alone(self, ingest: Ingest, tmp_path: Path) -> None:
        rows = "index,file_name,label\n0,a.jpg,with_mask\n1,./a.jpg,with_mask\n2,A.JPG,with_mask\n3,b.jpg,with_mask\n"
        files = {"a.jpg": picture(), "b.jpg": picture(1)}
        write_tree(tmp_path / "hf", {**files, "metadata.csv": (rows + "4,B.jpg,without_mask\n").encode()})
        taken = ingest(adapter="imagefolder", path="hf", labels=LABELS)
        assert {origin: image.masked for origin, image in by_origin(taken).items()} == {"a.jpg": "yes"}
        assert reasons(taken.rejections) == {"b.jpg": "label_conflict"}

    def test_the_box_of_the_one_face_that_a_row_labels(self, ingest: Ingest, tmp_path: Path) -> None:
        boxes = {"a": [4, 5, 40, 45], "b": [40, 5, 4, 45], "c": None}
        said = [{"file_name": f"{name}.jpg", "label": "with_mask", "face": box} for name, box in boxes.items()]
        files = {f"{name}.jpg": picture(number) for number, name in enumerate(boxes)}
        write_tree(tmp_path / "hf", {**files, "metadata.jsonl": "\n".join(map(json.dumps, said)).encode()})
        taken = ingest(adapter="imagefolder", path="hf", labels=LABELS, box_column="face")
        found = {image.origin: [(box.right, box.wear) for box in image.boxes] for image in taken.images}
        assert found == {"a.jpg": [(40, "correct")], "c.jpg": []}
        assert by_origin(taken)["c.jpg"].wear == "correct"
        assert reasons(taken.rejections) == {"b.jpg": "no_label", "metadata.jsonl#row2#object0": "damaged_annotation"}

    @pytest.mark.parametrize("type_said", ["surgical", "masked"])
    @pytest.mark.parametrize("other", ["none", "worn: no"])
    def test_two_columns_of_one_row_that_disagree_are_a_conflict(
        self, ingest: Ingest, tmp_path: Path, type_said: str, other: str
    ) -> None:
        rows = f"file_name,type,worn\na.jpg,{type_said},{other}\nb.jpg,{type_said},\nc.jpg,{other},none\n"
        files = {f"{name}.jpg": picture(seed) for seed, name in enumerate("abc")}
        write_tree(tmp_path / "hf", {**files, "metadata.csv": rows.encode()})
        labels = {"surgical": {"mask_type": "surgical"}, "masked": {"masked": True}, "none": {"mask_type": "none"}}
        labels["worn: no"] = {"masked": False}
        taken = ingest(adapter="imagefolder", path="hf", labels=labels, label_columns=["type", "worn"])
        assert {origin: image.masked for origin, image in by_origin(taken).items()} == {"b.jpg": "yes", "c.jpg": "no"}
        assert reasons(taken.rejections) == {"a.jpg": "label_conflict"}

    @pytest.mark.parametrize(
        ("settings", "named"),
        [
            ({}, "'label'"),
            ({"label_columns": ["class", "kind"]}, "'kind'"),
            ({"person_column": "who"}, "'label', 'who'"),
        ],
    )
    def test_a_column_that_no_row_has_stops_with_the_list(
        self, ingest: Ingest, tmp_path: Path, settings: dict[str, Any], named: str
    ) -> None:
        write_tree(tmp_path / "hf", {"a.jpg": picture(), "metadata.csv": b"file_name,class\na.jpg,with_mask\n"})
        with pytest.raises(SourceError, match=rf"column\(s\) {named}\.\nColumns found: 'class', 'file_name'"):
            ingest(adapter="imagefolder", path="hf", labels=LABELS, **settings)

    def test_a_bad_row_is_one_row(self, ingest: Ingest, tmp_path: Path) -> None:
        lines = [
            b'{"file_name": "a.jpg", "label": "with_mask"}',
            b'{"file_name": "b.jpg", ',
            b'{"label": "with_mask"}',
            b'{"file_name": "c.jpg", "label": "\xff"}',
            b'{"file_name": "d.jpg", "label": ""}',
            b"7",
        ]
        files = {name: picture(seed) for seed, name in enumerate(["a.jpg", "d.jpg"])}
        write_tree(tmp_path / "hf", {**files, "metadata.jsonl": b"\n".join(lines)})
        taken = ingest(adapter="imagefolder", path="hf", labels=LABELS)
        assert list(by_origin(taken)) == ["a.jpg"]
        bad = {f"metadata.jsonl#row{number}": "damaged_annotation" for number in (2, 3, 4, 6)}
        assert reasons(taken.rejections) == {**bad, "d.jpg": "no_label"}

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("metadata.csv", b"name,label\nb.jpg,with_mask\n"),
            ("metadata.csv", b"\xff\xfefile_name,label"),
            ("metadata.parquet", b"PAR1 and no more"),
        ],
    )
    def test_a_bad_file_of_metadata_is_one_row(self, ingest: Ingest, tmp_path: Path, name: str, content: bytes) -> None:
        good = {"a/1.jpg": picture(), "a/metadata.csv": b"file_name,label\n1.jpg,with_mask\n"}
        write_tree(tmp_path / "hf", {**good, "b/2.jpg": picture(1), f"b/{name}": content})
        taken = ingest(adapter="imagefolder", path="hf", labels=LABELS)
        assert list(by_origin(taken)) == ["a/1.jpg"]
        assert reasons(taken.rejections) == {"b/2.jpg": "no_label", f"b/{name}": "damaged_annotation"}

    @pytest.mark.parametrize("content", [b"", b"file_name,label\n", b"name,label\na.jpg,with_mask\n"])
    def test_where_no_row_can_be_read_the_source_stops(self, ingest: Ingest, tmp_path: Path, content: bytes) -> None:
        write_tree(tmp_path / "hf", {"a.jpg": picture(), "metadata.csv": content})
        with pytest.raises(SourceError, match=r"(?s)the layout is not one that is known.*metadata\.csv"):
            ingest(adapter="imagefolder", path="hf", labels=LABELS)

    def test_csv_as_spreadsheets_write_it(self, ingest: Ingest, tmp_path: Path) -> None:
        rows = f"file_name,label\r\n{unicodedata.normalize('NFD', 'é.jpg')},with_mask\r\nb.jpg,without_mask\r\n"
        files = {"é.jpg": picture(), "b.jpg": picture(1)}
        for encoding in ("utf-8-sig", "utf-16"):
            write_tree(tmp_path / encoding, {**files, "metadata.csv": rows.encode(encoding)})
            taken = ingest(adapter="imagefolder", path=encoding, labels=LABELS)
            assert {i.origin: i.masked for i in taken.images} == {"b.jpg": "no", "é.jpg": "yes"}

    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            (b'a.jpg,with_mask, no valve,"x"', {"metadata.csv#line2": "damaged_annotation", "a.jpg": "no_label"}),
            (b'a.jpg,"with_mask"x,y', {"metadata.csv#line2": "damaged_annotation", "a.jpg": "no_label"}),
            (b"a.jpg,  ,y", {"a.jpg": "no_label"}),
            (b"a.jpg,with_mask,y,,", {}),
        ],
    )
    def test_cells_that_no_column_is_left_for_make_a_row_unreadable(
        self, ingest: Ingest, tmp_path: Path, row: bytes, expected: dict[str, str]
    ) -> None:
        table = b"file_name,label,note\n" + row + b"\nb.jpg,without_mask,x\n"
        write_tree(tmp_path / "set", {"a.jpg": picture(), "b.jpg": picture(1), "metadata.csv": table})
        taken = ingest(adapter="imagefolder", path="set", labels=LABELS)
        assert by_origin(taken)["b.jpg"].mask_type == "none"
        assert reasons(taken.rejections) == expected

    @pytest.mark.parametrize(
        ("table", "told"),
        [
            (b"file_name,label,label\na.jpg,with_mask,without_mask\n", "two columns are called 'label'"),
            (b'file_name,label,note\na.jpg,with_mask,"open\nb.jpg,without_mask,\n', "a quote that isn't closed"),
            (b'"file_name" ,"label"\na.jpg,with_mask\n', "lacks the column.s. file_name, has 'file_name ', label; its"),
        ],
    )
    def test_a_table_that_swallows_labels_is_not_read(
        self, ingest: Ingest, tmp_path: Path, table: bytes, told: str
    ) -> None:
        write_tree(tmp_path / "set", {"a.jpg": picture(), "b.jpg": picture(1), "metadata.csv": table})
        with pytest.raises(SourceError, match=told):
            ingest(adapter="imagefolder", path="set", labels=LABELS)

    @pytest.mark.parametrize(
        "table",
        [
            b'file_name,label,note\na.jpg,with_mask,"the "best" one"\n',
            b'file_name,label,note\r\na.jpg,with_mask,"say \\"hi\\" now"\r\n',
            b"file_name,label,note,note\na.jpg,with_mask,x,y\n",
            b"\nfile_name,label,,\n\na.jpg,with_mask\n",
        ],
    )
    def test_what_is_odd_in_a_remark_costs_no_label(self, ingest: Ingest, tmp_path: Path, table: bytes) -> None:
        write_tree(tmp_path / "set", {"a.jpg": picture(), "metadata.csv": table})
        taken = ingest(adapter="imagefolder", path="set", labels=LABELS)
        assert [(image.original_label, taken.rejections) for image in taken.images] == [("with_mask", ())]

    def test_a_quote_that_moves_cells_costs_its_row(self, ingest: Ingest, tmp_path: Path) -> None:
        rows = b'file_name,note,label\na.jpg,"the "best", one",with_mask\nb.jpg,x,with_mask\n'
        write_tree(tmp_path / "set", {"a.jpg": picture(), "b.jpg": picture(1), "metadata.csv": rows})
        taken = ingest(adapter="imagefolder", path="set", labels=LABELS)
        assert reasons(taken.rejections) == {"a.jpg": "no_label", "metadata.csv#line2": "damaged_annotation"}

    def test_an_object_a_face(self, ingest: Ingest, tmp_path: Path) -> None:
        faces = [
            {"bbox": [4, 5, 36, 40], "category": "with_mask"},
            {"bbox": [44, 5, 16, 20], "category": None},
            {"bbox": None, "category": "with_mask"},
        ]
        row = json.dumps({"file_name": "a.jpg", "objects": faces}).encode()
        write_tree(tmp_path / "set", {"a.jpg": picture(), "metadata.jsonl": row})
        taken = ingest(adapter="imagefolder", path="set", labels=LABELS)
        assert [[(box.left, box.right) for box in image.boxes] for image in taken.images] == [[(4, 40)]]
        bad = ("metadata.jsonl#row1#object1", "metadata.jsonl#row1#object2")
        assert reasons(taken.rejections) == dict.fromkeys(bad, "damaged_annotation")

    @pytest.mark.parametrize(
        ("objects", "told"),
        [
            ({"bbox": [[1, 2, 10, 20]]}, "bbox has 1 and categories has 0"),
            ({"bbox": [], "category": ["mask"]}, "bbox has 0 and category has 1"),
        ],
    )
    def test_lists_of_different_lengths_are_named(self, tmp_path: Path, objects: object, told: str) -> None:
        row = json.dumps({"file_name": "a.jpg", "objects": objects}).encode()
        write_tree(tmp_path / "set", {"a.jpg": picture(), "metadata.jsonl": row})
        offers = make_adapter("mine", ingest_params(adapter="imagefolder", path="set").ingest, tmp_path).offers()
        assert any(isinstance(one, Refusal) and told in one.detail for one in offers)

    def test_people_who_are_nobody(self, ingest: Ingest, tmp_path: Path) -> None:
        rows = b"file_name,label,who\na.jpg,with_mask,Unknown \nb.jpg,with_mask,Ann\n"
        write_tree(tmp_path / "set", {"a.jpg": picture(), "b.jpg": picture(1), "metadata.csv": rows})
        settings = {"person_column": "who", "exclude_people": ["unknown"]}
        taken = ingest(adapter="imagefolder", path="set", labels=LABELS, **settings)
        assert {one.origin: one.person_id for one in taken.images} == {"a.jpg": None, "b.jpg": "mine:Ann"}

    def test_what_pandas_writes_for_a_missing_label_is_none(self, ingest: Ingest, tmp_path: Path) -> None:
        rows = b'{"file_name": "a.jpg", "label": NaN}\n{"file_name": "b.jpg", "label": "with_mask"}\n'
        write_tree(tmp_path / "set", {"a.jpg": picture(), "b.jpg": picture(1), "metadata.jsonl": rows})
        assert reasons(ingest(adapter="imagefolder", path="set", labels=LABELS).rejections) == {"a.jpg": "no_label"}

    def test_a_bad_box_of_a_row_is_one_row(self, ingest: Ingest, tmp_path: Path) -> None:
        objects = {"bbox": [[1, 2, 10, 20], [5, 5, -1, 3]], "categories": ["without_mask", "with_mask"]}
        row = json.dumps({"file_name": "a.jpg", "width": 128, "height": 96, "objects": objects}).encode()
        write_tree(tmp_path / "hf", {"a.jpg": picture(), "metadata.jsonl": row})
        taken = ingest(adapter="imagefolder", path="hf", labels=LABELS)
        assert [(box.left, box.bottom) for box in taken.images[0].boxes] == [(0.5, 11)]
        assert reasons(taken.rejections) == {"metadata.jsonl#row1#object1": "damaged_annotation"}


TABLE = "name,x1,x2,y1,y2,classname\n"


@pytest.mark.parametrize(
    "line",
    [
        "é.jpg,10,10,60,70,face_no_mask".encode("latin-1"),
        b"b.jpg,10,10,60,70," + b"x" * 200_000,
        b"b.jpg,10,ten,60,70,face_no_mask",
        b"b.jpg,10,10,60,70,face\0no_mask",
        b"b.jpg,10",
    ],
)
def test_a_bad_line_of_train_csv_is_one_row(ingest: Ingest, tmp_path: Path, line: bytes) -> None:
    table = TABLE.encode() + b"a.jpg,10,10,60,70,face_no_mask\n" + line + b"\nc.jpg,10,10,60,70,face_with_mask\n"
    files = {f"images/{name}.jpg": picture(seed) for seed, name in enumerate("abc")}
    write_tree(tmp_path / "hitl", {**files, "train.csv": table})
    taken = ingest("humans-in-the-loop", path="hitl")
    assert {i.origin: i.masked for i in taken.images} == {"images/a.jpg": "no", "images/c.jpg": "yes"}
    assert reasons(taken.rejections) == {"images/b.jpg": "no_label", "train.csv#line3": "damaged_annotation"}


@pytest.mark.parametrize("table", [b"name,x1\na.jpg,3\n", b"\xff\xfeodd", b""])
def test_a_bad_table_beside_annotations_is_one_row(ingest: Ingest, tmp_path: Path, table: bytes) -> None:
    face = {"FileName": "a.jpg", "Annotations": [{"BoundingBox": [10, 10, 60, 70], "classname": "face_no_mask"}]}
    files = {"images/a.jpg": picture(), "annotations/a.jpg.json": json.dumps(face).encode()}
    write_tree(tmp_path / "hitl", {**files, "train.csv": table})
    taken = ingest("humans-in-the-loop", path="hitl")
    assert list(by_origin(taken)) == ["images/a.jpg"]
    assert reasons(taken.rejections) == {"train.csv": "damaged_annotation"}


def test_tables_that_are_all_damaged_stop_and_say_how(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "hitl", {"images/a.jpg": picture(), "train.csv": b"name,x1\na.jpg,3\n"})
    with pytest.raises(SourceError, match=r"(?s)Damaged:\n  train\.csv: lacks the column\(s\) x2, y1.*has name, x1"):
        ingest("humans-in-the-loop", path="hitl")


def test_a_line_of_mfr2_in_another_encoding_is_one_row(ingest: Ingest, tmp_path: Path) -> None:
    lines = "Ann, 1, surgical\nJosé, 1, no-mask\n".encode("latin-1")
    files = {"Ann/Ann_0001.png": picture(kind="PNG"), "José/José_0001.png": picture(1, kind="PNG")}
    write_tree(tmp_path / "mfr2", {**files, "mfr2_labels.txt": lines})
    taken = ingest("mfr2", path="mfr2")
    assert list(by_origin(taken)) == ["Ann/Ann_0001.png"]
    assert reasons(taken.rejections) == {
        "José/José_0001.png": "no_label", "mfr2_labels.txt#line2": "damaged_annotation",
    }  # fmt: skip


def test_a_key_that_no_sample_has_stops_with_the_list(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "wds", {"1.jpg": picture(), "1.json": b'{"class": "with_mask"}'})
    with pytest.raises(SourceError, match=r"key\(s\) 'label'\.\nKeys found: 'class'"):
        ingest(adapter="webdataset", path="wds", labels=LABELS)


def test_a_damaged_sample_is_a_row(ingest: Ingest, tmp_path: Path) -> None:
    files = {"1.jpg": picture(), "1.json": b"{", "2.jpg": picture(1), "2.json": b'{"label": "with_mask"}'}
    taken = ingest(adapter="webdataset", path=str(write_tree(tmp_path / "wds", files)), labels=LABELS)
    assert reasons(taken.rejections) == {"1.json": "damaged_annotation", "1.jpg": "no_label"}


def test_no_paper_and_no_image_of_a_sample_hides_another(ingest: Ingest, tmp_path: Path) -> None:
    files = {"a.jpg": picture(), "a.JPG": picture(1), "a.cls": b"with_mask", "a.CLS": b"without_mask"}
    files |= {"b.jpg": picture(2), "b.json": b'{"label": "with_mask"}', "b.cls": b"without_mask"}
    files |= {"c.jpg": picture(3), "c.json": b'{"label": "with_mask"}', "c.cls": b"1", "c.txt": b"somebody"}
    taken = ingest(adapter="webdataset", path=str(write_tree(tmp_path / "set", files)), labels=LABELS)
    assert {image.origin for image in taken.images} == {"a.jpg", "a.JPG", "c.jpg"}
    assert sorted(reasons(taken.rejections).values()) == ["damaged_annotation", "label_conflict"]


def test_a_sample_without_a_label_is_a_row(ingest: Ingest, tmp_path: Path) -> None:
    files = {f"{name}.jpg": picture(seed) for seed, name in enumerate("abc")}
    files |= {"a.json": b'{"label": NaN}', "b.json": b'{"label": " "}', "c.json": b'{"label": "with_mask"}'}
    taken = ingest(adapter="webdataset", path=str(write_tree(tmp_path / "set", files)), labels=LABELS)
    assert reasons(taken.rejections) == {"a.jpg": "no_label", "b.jpg": "no_label"}


def test_a_picture_that_marks_pixels_is_no_photo_of_its_sample(ingest: Ingest, tmp_path: Path) -> None:
    files = {"a.jpg": picture(), "a.mask.png": picture(1, kind="PNG"), "a.cls": b"with_mask"}
    files |= {"b.left.jpg": picture(2), "b.right.jpg": picture(3), "b.cls": b"with_mask"}
    taken = ingest(adapter="webdataset", path=str(write_tree(tmp_path / "set", files)), labels=LABELS)
    assert {image.origin for image in taken.images} == {"a.jpg", "b.left.jpg", "b.right.jpg"}
    assert reasons(taken.rejections) == {"a.mask.png": "not_an_image"}


def test_lines_of_mfr2_that_disagree_are_a_conflict(ingest: Ingest, tmp_path: Path) -> None:
    lines = b"Ann, 1, surgical\nAnn, 1, no-mask\nAnn, 2, cloth\nAnn, 2, cloth\nAnn two cloth\n"
    files = {"Ann/Ann_0001.png": picture(kind="PNG"), "Ann/Ann_0002.png": picture(1, kind="PNG")}
    write_tree(tmp_path / "mfr2", {**files, "mfr2_labels.txt": lines})
    taken = ingest("mfr2", path="mfr2")
    assert [image.mask_type for image in taken.images] == ["cloth"]
    expected = {"Ann/Ann_0001.png": "label_conflict", "mfr2_labels.txt#line5": "damaged_annotation"}
    assert reasons(taken.rejections) == expected


@pytest.mark.parametrize(
    ("adapter", "paper", "text"),
    [
        ("yolo", "a.txt", "0 112 137 90 120\n"),
        ("voc", "a.xml", "<annotation><object><name>mask</name></object></annotation>"),
        (
            "coco",
            "c.json",
            '{"images": [{"id": 1, "file_name": "a.jpg"}], "categories": [{"id": 1, "name": "mask"}], '
            '"annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[1, 2, 3, 4, 5, 6]]}]}',
        ),
        ("cvat", "c.xml", '<annotations><image id="1" name="a.jpg"><box label="mask" xtl="1"/></image></annotations>'),
        (
            "label-studio",
            "l.json",
            '[{"data": {"image": "a.jpg"}, "annotations": [{"result": [{"type": "rectanglelabels", '
            '"value": {"x": 1, "y": 1, "width": "wide", "height": 9, "rectanglelabels": ["mask"]}}]}]}]',
        ),
    ],
)
def test_a_photo_whose_annotation_is_damaged_is_not_said_to_have_no_face(
    tmp_path: Path, adapter: str, paper: str, text: str
) -> None:
    write_tree(tmp_path / "set", {"a.jpg": picture(), paper: text.encode()})
    offers = make_adapter("mine", ingest_params(adapter=adapter, path="set").ingest, tmp_path).offers()
    details = {one.reason: one.detail for one in offers if isinstance(one, Refusal)}
    assert details.keys() == {"no_label", "damaged_annotation"}
    assert details["no_label"].endswith("what it says of a face is damaged")
