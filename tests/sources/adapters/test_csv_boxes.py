"""Tables of boxes as TensorFlow, RetinaNet, spreadsheets and everybody else write them."""

from pathlib import Path
from typing import Any

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import ConfigError, SourceError
from tests.sources.adapters.test_yolo import sides
from tests.sources.kit import Ingest, by_origin, reasons

LABELS = {"no_mask": {"mask_type": "none"}, "with_mask": {"masked": "yes"}}
TENSORFLOW = "filename,width,height,class,xmin,ymin,xmax,ymax\n"
SIDES = (16, 12, 48, 36)

TABLES: dict[str, bytes] = {
    "tensorflow": f"{TENSORFLOW}a.jpg,64,48,with_mask,16,12,48,36\n".encode(),
    "tensorflow, of a copy twice as large": f"{TENSORFLOW}a.jpg,128,96,with_mask,32,24,96,72\n".encode(),
    "retinanet": b"a.jpg,16,12,48,36,with_mask\nb.jpg,,,,,\n",
    "retinanet, beginning with an image without a face": b"b.jpg,,,,,\r\n/content/x/a.jpg,16,12,48,36,with_mask\r\n",
    "retinanet with a header": b"image_path,x1,y1,x2,y2,class_name\n.\\a.jpg,16,12,48,36,with_mask\n",
    "corner and size": b"image_id,x,y,w,h,label\na,16,12,32,24,with_mask\n",
    "corner and size, and the picture's": (
        b"label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height\n"
        b"with_mask,16,12,32,24,a.jpg,64,48\n"
    ),
    "width and height of the box": b"name,x,y,width,height,class\na.jpg,16,12,32,24,with_mask\n",
    "from x0 to x1": b"file,x0,y0,x1,y1,category\na.jpg,16,12,48,36,with_mask\n",
    "middle and size": b"filename,class,x_center,y_center,width,height\na.jpg,with_mask,32,24,32,24\n",
    "middle and size in shares": b"image,bbox_cx,bbox_cy,bbox_w,bbox_h,label\na.jpg,.5,.5,.5,.5,with_mask\n",
    "of faces": b"image,face_x,face_y,face_w,face_h,label\na.jpg,16,12,32,24,with_mask\n",
    "numbers and names of classes": (b"filename,class,label,xmin,ymin,xmax,ymax\na.jpg,1,with_mask,16,12,48,36\n"),
    "shares": b"ImageID,LabelName,XMin,YMin,XMax,YMax\na,with_mask,0.25,0.25,0.75,0.75\n",
    "shares of a stated size": f"{TENSORFLOW}a.jpg,64,48,with_mask,0.25,0.25,0.75,0.75\n".encode(),
    "semicolons, decimal commas": b"sep=;\r\nFilename;XMin;YMin;XMax;YMax;Class\r\na.jpg;16,0;12;48;36;with_mask\r\n",
    "headerless with semicolons": b"a.jpg;16,0;12,0;48,0;36,0;with_mask\n",
    "tabs": b"filename\txmin\tymin\txmax\tymax\tclass\na.jpg\t16\t12\t48\t36\twith_mask\n",
    "utf-8 with a mark, quotes": (
        '\ufefffilename,class,xmin,ymin,xmax,ymax\n"a.jpg","with_mask"," 16","12","48","36"'.encode()
    ),
    "utf-16": "filename,class,xmin,ymin,xmax,ymax\na.jpg,With Mask,16,12,48,36\n".encode("utf-16"),
    "empty columns behind": b"filename,class,xmin,ymin,xmax,ymax\na.jpg,with_mask,16,12,48,36,,\n",
}


@pytest.mark.parametrize("kind", TABLES)
def test_each_kind_of_table(ingest: Ingest, tmp_path: Path, kind: str) -> None:
    files = {"train/a.jpg": picture(), "train/b.jpg": picture(1), "train/_annotations.csv": TABLES[kind]}
    taken = ingest(adapter="csv", path=str(write_tree(tmp_path / "csv", files)), labels=LABELS)
    assert {image.origin: (sides(image), image.masked) for image in taken.images} == {"train/a.jpg": ([SIDES], "yes")}
    assert reasons(taken.rejections) == {"train/b.jpg": "no_label"}


@pytest.mark.parametrize(
    "line",
    [
        b"a.jpg,64,48,with_mask,16,12,48",
        b"a.jpg,64,48,with_mask,16,12,48,36,7",
        b"a.jpg,64,48,with_mask,16,12,,36",
        b"a.jpg,64,48,with_mask,48,12,16,36",
        b"a.jpg,64,48,with_mask,16,12,16,36",
        b"a.jpg,64,48,with_mask,16,nan,48,36",
        b"a.jpg,64,48,with_mask,16,12,inf,36",
        b"a.jpg,64,48,with_mask,16,twelve,48,36",
        b"a.jpg,64,48,with_mask,1_6,12,48,36",
        b"a.jpg,64,48,,16,12,48,36",
        b"a.jpg,64,48,with_mask,,,,",
        b"a.jpg,640,48,with_mask,16,12,48,36",
        b",64,48,with_mask,16,12,48,36",
        b"a.jpg,64,48,with_mask\0,16,12,48,36",
        b"a.jpg,64,48," + b"x" * 200_000 + b",16,12,48,36",
        "é.jpg,64,48,with_mask,16,12,48,36".encode("latin-1"),
        b'"a.jpg\n",64,48,with_mask,16,12,48,36',
    ],
)
def test_a_bad_line_is_one_row_that_names_it(ingest: Ingest, tmp_path: Path, line: bytes) -> None:
    good = b"a.jpg,64,48,with_mask,16,12,48,36\n"
    table = TENSORFLOW.encode() + good + b"\n" + line + b"\n" + good.replace(b"16", b"17")
    write_tree(tmp_path / "csv", {"a.jpg": picture(), "labels.csv": table})
    taken = ingest(adapter="csv", path="csv", labels=LABELS)
    assert [len(image.boxes) for image in taken.images] == [2]
    assert reasons(taken.rejections) == {"labels.csv#line4": "damaged_annotation"}


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (b'width,height,bbox,label\na.jpg,64,48,"[4, 5, 36, 40]",with_mask', "'bbox': a box in a form"),
        (b'label,points\na.jpg,with_mask,"1 2 3 4"', "'points': a box in a form"),
        (b"label,mouth_x,mouth_y,mouth_w,mouth_h\na.jpg,with_mask,4,5,6,7", "'mouth_x': a box in a form"),
        (b"label,x_center,y_center\na.jpg,with_mask,4,5", "'x_center'"),
        (b"label,label\na.jpg,with_mask,no_mask", "two columns are called 'label'"),
        (b"label,Label\na.jpg,with_mask,1", "two columns are 'label' and 'Label'"),
        (b"class,label\na.jpg,face,with_mask", "'class' and 'label' both may be the label"),
    ],
)
def test_a_table_of_which_a_part_is_not_understood_is_not_read_without_it(
    ingest: Ingest, tmp_path: Path, columns: bytes, told: str
) -> None:
    write_tree(tmp_path / "csv", {"a.jpg": picture(), "t.csv": b"filename," + columns + b"\n"})
    with pytest.raises(SourceError) as error:
        ingest(adapter="csv", path="csv", labels=LABELS)
    assert f"t.csv: {told}" in str(error.value)


def test_told_columns_of_middles_and_of_a_name_that_stands_there_twice(ingest: Ingest, tmp_path: Path) -> None:
    columns = {"image": "i", "label": "l", "middle_x": "x", "middle_y": "y", "width": "w", "height": "h"}
    write_tree(tmp_path / "csv", {"a.jpg": picture(), "t.csv": b"i,l,x,y,w,h\na.jpg,with_mask,32,24,32,24\n"})
    assert [sides(image) for image in ingest(adapter="csv", path="csv", labels=LABELS, columns=columns).images] == [
        [SIDES]
    ]
    write_tree(tmp_path / "csv", {"t.csv": b"i,l,l,x,y,w,h\na.jpg,with_mask,no_mask,32,24,32,24\n"})
    with pytest.raises(SourceError, match="two columns are called 'l'"):
        ingest(adapter="csv", path="csv", labels=LABELS, columns=columns)
    by_number = {"image": 1, "label": 3}
    (image,) = ingest(adapter="csv", path="csv", labels=LABELS, columns=by_number, header="yes").images
    assert image.original_label == "no_mask"


def test_rows_of_open_images_that_are_no_face_of_their_class(ingest: Ingest, tmp_path: Path) -> None:
    header = b"ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsGroupOf\n"
    rows = b"a,x,with_mask,1,.25,.75,.25,.75,0\na,x,with_mask,1,.1,.9,.1,.9,1\na,x,no_mask,0,.1,.2,.1,.2,0\n"
    write_tree(tmp_path / "csv", {"a.jpg": picture(), "t.csv": header + rows})
    taken = ingest(adapter="csv", path="csv", labels=LABELS)
    assert [sides(image) for image in taken.images] == [[SIDES]]
    assert reasons(taken.rejections) == dict.fromkeys(("t.csv#line3", "t.csv#line4"), "damaged_annotation")


def test_a_number_beyond_one_among_shares_is_a_row(ingest: Ingest, tmp_path: Path) -> None:
    rows = b"filename,xmin,ymin,xmax,ymax,class\na.jpg,.25,.25,.75,.75,with_mask\na.jpg,.5,.5,1.5,1,with_mask\n"
    write_tree(tmp_path / "csv", {"a.jpg": picture(), "t.csv": rows})
    taken = ingest(adapter="csv", path="csv", labels=LABELS, units="shares")
    assert [sides(image) for image in taken.images] == [[SIDES]]
    assert reasons(taken.rejections) == {"t.csv#line3": "damaged_annotation"}


def test_each_side_has_its_own_table(ingest: Ingest, tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for seed, side in enumerate(("train", "test")):
        word = ("with_mask", "no_mask")[seed]
        files |= {
            f"images/{side}/a.jpg": picture(seed),
            f"{side}_labels.csv": f"{TENSORFLOW}a.jpg,64,48,{word},1,2,30,40".encode(),
        }
    taken = ingest(adapter="csv", path=str(write_tree(tmp_path / "csv", files)), labels=LABELS)
    assert {image.origin: image.masked for image in taken.images} == {
        "images/train/a.jpg": "yes",
        "images/test/a.jpg": "no",
    }


@pytest.mark.parametrize("column", ["folder", "split"])
def test_images_of_one_name_are_told_apart_by_their_folders(ingest: Ingest, tmp_path: Path, column: str) -> None:
    rows = f"{column},filename,class\ntrain,a.jpg,with_mask\ntest,a.jpg,no_mask\ntest,b.jpg,no_mask\n".encode()
    files = {"train/a.jpg": picture(), "test/a.jpg": picture(1), "b.jpg": picture(2), "t.csv": rows}
    path = write_tree(tmp_path / "csv", files)
    taken = ingest(adapter="csv", path=str(path), labels=LABELS)
    assert {image.origin: image.masked for image in taken.images} == {
        "train/a.jpg": "yes", "test/a.jpg": "no", "b.jpg": "no",
    }  # fmt: skip
    (path / "test/a.jpg").unlink()
    taken = ingest(adapter="csv", path=str(path), labels=LABELS)
    assert by_origin(taken)["train/a.jpg"].masked == "yes"
    assert reasons(taken.rejections) == {"t.csv#test/a.jpg": "image_missing"}


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [
        ("split", "train", "test"),
        ("subset", "a", "b"),
        ("folder", "images", "images/"),
        ("dir", "C:\\x\\images", "/y/images"),
    ],
)
def test_rows_are_of_the_only_image_of_their_name_whatever_stands_beside_it(
    ingest: Ingest, tmp_path: Path, column: str, first: str, second: str
) -> None:
    header = f"{column},filename,class,xmin,ymin,xmax,ymax\n"
    rows = f"{first},a.jpg,with_mask,4,5,20,30\n{second},a.jpg,no_mask,30,5,50,30\n"
    path = write_tree(tmp_path / "csv", {"images/a.jpg": picture(), "t.csv": (header + rows).encode()})
    taken = ingest(adapter="csv", path=str(path), labels=LABELS)
    assert [len(image.boxes) for image in taken.images] == [2]
    assert not taken.rejections


def test_tables_that_differ_about_an_image_and_rows_without_one(ingest: Ingest, tmp_path: Path) -> None:
    one, other = b"a.jpg,16,12,48,36,with_mask\n", b"a.jpg,16,12,48,36,no_mask\nc.jpg,1,2,30,40,no_mask\n"
    files = {"a.jpg": picture(), "b.jpg": picture(1), "one.csv": one + b"b.jpg,1,2,30,40,no_mask", "two.csv": other}
    taken = ingest(adapter="csv", path=str(write_tree(tmp_path / "csv", files)), labels=LABELS)
    assert list(by_origin(taken)) == ["b.jpg"]
    assert reasons(taken.rejections) == {"a.jpg": "ambiguous_annotation", "two.csv#c.jpg": "image_missing"}


COLUMNS = {"image": "Bild", "label": ["Art", "Sitz"], "left": "l", "top": "o", "width": "b", "height": "h"}


class TestToldColumns:
    def test_by_their_names(self, ingest: Ingest, tmp_path: Path) -> None:
        table = "l;o;b;h;Bild;Art;Sitz;Länge\n16;12;32;24;ä.jpg;OP;unter der Nase;1\n".encode("cp1252")
        write_tree(tmp_path / "csv", {"ä.jpg": picture(), "t.csv": table})
        labels = {"OP": {"mask_type": "surgical"}, "unter der Nase": {"wear": "nose_exposed"}}
        settings = {"columns": COLUMNS, "delimiter": "semicolon", "encoding": "cp1252"}
        (image,) = ingest(adapter="csv", path="csv", labels=labels, **settings).images
        assert (sides(image), image.mask_type, image.wear) == ([SIDES], "surgical", "nose_exposed")

    def test_by_number_without_a_header(self, ingest: Ingest, tmp_path: Path) -> None:
        write_tree(tmp_path / "csv", {"a.jpg": picture(), "t.csv": b"1|a.jpg|16|12|48|36\n0|a.jpg|1|2|30|40\n"})
        columns = {"image": 2, "label": 1, "left": 3, "top": 4, "right": 5, "bottom": 6}
        settings = {"columns": columns, "class_names": ["no_mask", "with_mask"]}
        (image,) = ingest(adapter="csv", path="csv", labels=LABELS, **settings).images
        assert [box.original_label for box in image.boxes] == ["with_mask", "no_mask"]

    def test_without_a_box_the_image_is_labelled(self, ingest: Ingest, tmp_path: Path) -> None:
        table = b"photo,state,by\na.jpg,with_mask,Ann\nb.jpg,,Ann\na.jpg,no_mask,Bob\n"
        write_tree(
            tmp_path / "csv", {"a.jpg": picture(), "b.jpg": picture(1), "c.jpg": picture(2), "t.csv": table[:44]}
        )
        settings = {"columns": {"image": "photo", "label": "state"}}
        taken = ingest(adapter="csv", path="csv", labels=LABELS, **settings)
        assert {image.origin: image.masked for image in taken.images} == {"a.jpg": "yes"}
        assert reasons(taken.rejections) == {"b.jpg": "no_label", "c.jpg": "no_label"}
        write_tree(tmp_path / "csv", {"t.csv": table + b"c.jpg,no_mask,Bob\n"})
        taken = ingest(adapter="csv", path="csv", labels=LABELS, **settings)
        assert reasons(taken.rejections) == {"a.jpg": "label_conflict", "b.jpg": "no_label"}

    def test_a_column_that_no_table_has_stops_with_those_there_are(self, ingest: Ingest, tmp_path: Path) -> None:
        write_tree(tmp_path / "csv", {"a.jpg": picture(), "t.csv": b"Bild,Art,l,o\na.jpg,OP,1,2\n"})
        with pytest.raises(SourceError, match=r"(?s)the column\(s\) 'Sitz', 'b', 'h'.*t\.csv: 'Bild', 'Art', 'l', 'o'"):
            ingest(adapter="csv", path="csv", labels=LABELS, columns=COLUMNS)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"columns": {"image": "a"}},
            {"columns": {"image": "a", "label": "b", "left": "c"}},
            {"columns": {"image": "a", "label": "b", "left": 0, "top": 1, "right": 2, "bottom": 3}},
            {"columns": {"image": "a", "label": "b", "image_width": "c"}},
            {"delimiter": ",,"},
            {"encoding": "klingon"},
            {"units": "inches"},
            {"header": "maybe"},
        ],
    )
    def test_what_cannot_be_meant_stops(self, ingest: Ingest, wrong: dict[str, Any]) -> None:
        with pytest.raises(ConfigError, match=rf"ingest\.settings\.mine\.{next(iter(wrong))}"):
            ingest(adapter="csv", path="csv", labels=LABELS, **wrong)


def test_what_speaks_of_no_image_is_a_document(ingest: Ingest, tmp_path: Path) -> None:
    files = {"classes.csv": b"no_mask,0\nwith_mask,1\n", "authors.csv": b"who,when\nAnn,2020\n", "empty.csv": b""}
    files |= {"a.jpg": picture(), "t.tsv": b"a.jpg\t16\t12\t48\t36\twith_mask\n", "odd.csv": b"\xff\xfeodd"}
    taken = ingest(adapter="csv", path=str(write_tree(tmp_path / "csv", files)), labels=LABELS)
    assert list(by_origin(taken)) == ["a.jpg"]
    others = dict.fromkeys(("classes.csv", "authors.csv", "empty.csv"), "not_an_image")
    assert reasons(taken.rejections) == {**others, "odd.csv": "damaged_annotation"}


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("metadata.csv", b"file_name,label\na.jpg,with_mask\n"),
        ("train.csv", b"name,x1,x2,y1,y2,classname\na.jpg,1,2,30,40,with_mask\n"),
        ("t.csv", b"filename,class,xmin,ymin\na.jpg,with_mask,1,2\n"),
        ("t.csv", b"a.jpg,1,2,30,40\n"),
        ("t.csv", b"url,label\nhttp://example.org/a.jpg,with_mask\n"),
    ],
)
def test_tables_of_others_are_not_taken(ingest: Ingest, tmp_path: Path, name: str, table: bytes) -> None:
    write_tree(tmp_path / "csv", {"a.jpg": picture(), name: table})
    with pytest.raises(SourceError, match="the layout is not one that is known"):
        ingest(adapter="csv", path="csv", labels=LABELS)
