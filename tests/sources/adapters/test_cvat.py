"""CVAT for images: shapes, attributes, tags; and the attributes that COCO and VOC have as well."""

import json
from pathlib import Path
from typing import Any

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import SourceError
from tests.sources.adapters.test_annotated import COCO, turned, xml
from tests.sources.adapters.test_yolo import sides
from tests.sources.kit import Ingest, by_origin, reasons

LABELS = {"face": {}, "no_mask": {"mask_type": "none"}, "with_mask": {"masked": "yes"}}
GOOD = '<box label="with_mask" source="manual" occluded="0" xtl="16" ytl="12" xbr="48" ybr="36" z_order="0"></box>'


def cvat(*images: str) -> bytes:
    head = '<?xml version="1.0" encoding="utf-8"?>\r\n<annotations>\n<version>1.1</version><meta><job/></meta>'
    return f"{head}{''.join(images)}</annotations>".encode("utf-8-sig")


def image(name: str, *shapes: str, size: tuple[int, int] = (64, 48), number: int = 0) -> str:
    return f'<image id="{number}" name="{name}" width="{size[0]}" height="{size[1]}">{"".join(shapes)}</image>'


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (GOOD, (16, 12, 48, 36)),
        (GOOD.replace("z_order", 'rotation="90.0" z_order'), (20, 8, 44, 40)),
        (GOOD.replace("z_order", 'rotation="360" z_order'), (16, 12, 48, 36)),
        ('<polygon label="with_mask" points="16.0,12.5;48,20;30,36"/>', (16, 12.5, 48, 36)),
        ('<ellipse label="with_mask" cx="32" cy="24" rx="16" ry="12"/>', (16, 12, 48, 36)),
        ('<mask label="with_mask" rle="1, 2" left="16" top="12" width="32" height="24"/>', (16, 12, 48, 36)),
    ],
)
def test_shapes_become_upright_boxes(ingest: Ingest, tmp_path: Path, shape: str, expected: tuple[float, ...]) -> None:
    write_tree(tmp_path / "cvat", {"images/a.jpg": picture(), "annotations.xml": cvat(image("a.jpg", shape))})
    taken = ingest(adapter="cvat", path="cvat", labels=LABELS)
    assert [sides(one) for one in taken.images] == [[expected]]
    assert taken.rejections == ()


@pytest.mark.parametrize(
    "bad",
    [
        GOOD.replace("with_mask", " "),
        GOOD.replace('xtl="16"', ""),
        GOOD.replace('xtl="16"', 'xtl="60"'),
        GOOD.replace('ybr="36"', 'ybr="nan"'),
        GOOD.replace('ybr="36"', 'ybr="12"'),
        GOOD.replace("z_order", 'rotation="much" z_order'),
        '<polygon label="with_mask" points=""/>',
        '<polygon label="with_mask" points="1,2;3"/>',
        '<ellipse label="with_mask" cx="32" cy="24" rx="0" ry="12"/>',
        '<polyline label="with_mask" points="1,2;3,4"/>',
        '<points label="with_mask" points="1,2"/>',
        '<cuboid label="with_mask" xtl1="1"/>',
        '<skeleton label="with_mask"/>',
    ],
)
def test_a_bad_shape_is_one_row_that_names_it(ingest: Ingest, tmp_path: Path, bad: str) -> None:
    write_tree(tmp_path / "cvat", {"a.jpg": picture(), "t.xml": cvat(image("a.jpg", GOOD, bad, number=3))})
    taken = ingest(adapter="cvat", path="cvat", labels=LABELS)
    assert [len(one.boxes) for one in taken.images] == [1]
    (row,) = taken.rejections
    assert (row.reason, row.origin.startswith("t.xml#image-3-")) == ("damaged_annotation", True)


def test_tracks_beside_images_are_rows(ingest: Ingest, tmp_path: Path) -> None:
    track = '<track id="2" label="with_mask"><box frame="0" xtl="1" ytl="1" xbr="20" ybr="20"/></track>'
    write_tree(tmp_path / "cvat", {"a.jpg": picture(), "t.xml": cvat(image("a.jpg", GOOD, number=3), track)})
    assert reasons(ingest(adapter="cvat", path="cvat", labels=LABELS).rejections) == {
        "t.xml#track-2": "damaged_annotation"
    }


def test_images_by_their_paths_tags_and_what_is_missing(ingest: Ingest, tmp_path: Path) -> None:
    names = ["train/a.jpg", "val/a.jpg", "c.jpg", "d é.jpg", "e.jpg"]
    files = {f"images/{name}": picture(seed) for seed, name in enumerate(names)}
    tag = '<tag label="no_mask" source="manual"></tag>'
    images = [
        image("train/a.jpg", GOOD), image("val\\a.jpg", GOOD.replace("with_mask", "no_mask"), number=1),
        image("c.jpg", number=2), image("d e\u0301.JPG", tag, number=3), image("f.jpg", GOOD, number=4),
        image("", GOOD, number=5),
    ]  # fmt: skip
    write_tree(tmp_path / "cvat", {**files, "annotations.xml": cvat(*images)})
    taken = ingest(adapter="cvat", path="cvat", labels=LABELS)
    assert {origin: one.masked for origin, one in by_origin(taken).items()} == {
        "images/train/a.jpg": "yes", "images/val/a.jpg": "no", "images/d é.jpg": "no",
    }  # fmt: skip
    assert reasons(taken.rejections) == {
        "images/c.jpg": "no_label",
        "images/e.jpg": "no_label",
        "annotations.xml#image-4": "image_missing",
        "annotations.xml#image-5": "damaged_annotation",
    }


def test_the_stated_size_tells_the_frame(ingest: Ingest, tmp_path: Path) -> None:
    shape = '<box label="with_mask" xtl="0" ytl="0" xbr="24" ybr="32"/>'
    write_tree(tmp_path / "cvat", {"a.jpg": turned(6), "t.xml": cvat(image("a.jpg", shape, size=(48, 64)))})
    (one,) = ingest(adapter="cvat", path="cvat", labels=LABELS).images
    assert sides(one) == [(0, 0, 24, 32)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<annotations><image>", "damaged_annotation"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><annotations><image name="b.jpg"/></annotations>', "unsafe_xml"),
        (b"<annotations><track/></annotations>", "not_an_image"),
        (b"<annotation/>", "not_an_image"),
    ],
)
def test_another_xml_is_one_row(ingest: Ingest, tmp_path: Path, data: bytes, reason: str) -> None:
    write_tree(tmp_path / "cvat", {"a.jpg": picture(), "t.xml": cvat(image("a.jpg", GOOD)), "u.xml": data})
    taken = ingest(adapter="cvat", path="cvat", labels=LABELS)
    assert reasons(taken.rejections) == {"u.xml": reason}
    (tmp_path / "cvat/t.xml").unlink()
    with pytest.raises(SourceError, match="the layout is not one that is known"):
        ingest(adapter="cvat", path="cvat", labels=LABELS)


FACE = '<box label="face" xtl="16" ytl="12" xbr="48" ybr="36">{}</box>'
VOC_FACE = (
    "<object><name>face</name><bndbox><xmin>4</xmin><ymin>5</ymin><xmax>40</xmax><ymax>45</ymax></bndbox>{}</object>"
)
MAPPED = {"face": {}, "mask=surgical": {"mask_type": "surgical"}, "valve=true": {"valve": "yes"}}


def with_attributes(adapter: str) -> dict[str, bytes]:
    """One face of the class `face` that wears a surgical mask with a valve, by attributes alone."""
    said = {"mask": "surgical", "valve": True, "age": 34, "empty": " "}
    words = {name: str(value).lower() for name, value in said.items()}
    if adapter == "cvat":
        inside = "".join(f'<attribute name="{name}">{value}</attribute>' for name, value in words.items())
        return {"t.xml": cvat(image("a.jpg", FACE.format(inside)))}
    if adapter == "voc":
        each = (f"<attribute><name>{name}</name><value>{value}</value></attribute>" for name, value in words.items())
        return {"a.xml": xml(VOC_FACE.format(f"<attributes>{''.join(each)}</attributes>"))}
    document: dict[str, Any] = {**COCO, "categories": [{"id": 1, "name": "face"}]}
    document["annotations"] = [{**COCO["annotations"][0], "attributes": {**said, "list": [1]}}]
    return {"t.json": json.dumps(document).encode()}


@pytest.mark.parametrize("adapter", ["cvat", "voc", "coco"])
def test_attributes_label_where_the_settings_name_them(ingest: Ingest, tmp_path: Path, adapter: str) -> None:
    write_tree(tmp_path / "in", {"a.jpg": picture(), **with_attributes(adapter)})
    (one,) = ingest(adapter=adapter, path="in", labels=MAPPED, attributes=["mask", "valve", "empty"]).images
    assert (one.mask_type, one.valve, one.boxes[0].original_label) == (
        "surgical",
        "yes",
        "face mask=surgical valve=true",
    )
    (one,) = ingest(adapter=adapter, path="in", labels=MAPPED).images
    assert (one.mask_type, one.boxes[0].original_label) == ("unknown", "face")
    with pytest.raises(SourceError, match=r"(?s)nothing has 'Mask'.*'age'.*'mask'"):
        ingest(adapter=adapter, path="in", labels=MAPPED, attributes=["Mask"])
    with pytest.raises(SourceError, match=r"no mapping for the label\(s\) 'age=34'"):
        ingest(adapter=adapter, path="in", labels=MAPPED, attributes=["age"])


def test_coco_as_roboflow_exports_it(ingest: Ingest, tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for seed, side in enumerate(("train", "valid", "test")):
        document = {
            "info": {"year": "2024"},
            "licenses": [{"id": 1, "url": "", "name": "CC BY 4.0"}],
            "categories": [
                {"id": 0, "name": "masks", "supercategory": "none"},
                {"id": 1, "name": "with_mask", "supercategory": "masks"},
                {"id": 2, "name": "no_mask", "supercategory": "masks"},
            ],
            "images": [{"id": 0, "license": 1, "file_name": "a_jpg.rf.0123.jpg", "height": 48, "width": 64}],
            "annotations": [
                {
                    "id": 0,
                    "image_id": 0,
                    "category_id": 1 + seed % 2,
                    "bbox": [16, 12, 32, 24],
                    "segmentation": [],
                    "iscrowd": 0,
                }
            ],
        }
        files |= {
            f"{side}/a_jpg.rf.0123.jpg": picture(seed),
            f"{side}/_annotations.coco.json": json.dumps(document).encode(),
        }
    write_tree(tmp_path / "coco", {**files, "README.roboflow.txt": b"masks\n"})
    taken = ingest(adapter="coco", path="coco", labels=LABELS)
    assert {one.origin.partition("/")[0]: one.masked for one in taken.images} == {
        "train": "yes",
        "valid": "no",
        "test": "yes",
    }
    assert reasons(taken.rejections) == {"README.roboflow.txt": "not_an_image"}
