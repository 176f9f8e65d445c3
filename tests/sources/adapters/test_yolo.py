"""YOLO in every layout that people have, and what is wrong in it."""

from pathlib import Path
from typing import Any

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import SourceError
from tests.sources.adapters.test_annotated import turned
from tests.sources.kit import Ingest, by_origin, reasons

LABELS = {"no_mask": {"mask_type": "none"}, "with_mask": {"masked": "yes"}}
NAMES = b"names: [no_mask, with_mask]\nnc: 2\n"
FACE = b"1 0.5 0.5 0.5 0.5\n"


def sides(image: Any) -> list[tuple[float, ...]]:
    return [tuple(round(side, 6) for side in (box.left, box.top, box.right, box.bottom)) for box in image.boxes]


LAYOUTS: dict[str, dict[str, bytes]] = {
    "roboflow": {
        "data.yaml": b"train: ../train/images\nval: ../valid/images\n" + NAMES,
        "README.roboflow.txt": b"exported by somebody\n",
        "train/images/a.jpg": picture(),
        "train/labels/a.txt": FACE,
        "valid/images/a.jpg": picture(1),
        "valid/labels/a.txt": b"0 0.5 0.5 0.5 0.5\n",
    },
    "ultralytics": {
        "data.yaml": b"path: ../masks\ntrain: images/train\nval: [images/val]\nnames: {0: no_mask, 1: with_mask}\n",
        "images/train/a.jpg": picture(),
        "labels/train/a.txt": FACE,
        "images/val/b.JPG": picture(1),
        "labels/val/b.TXT": b"0 0.5 0.5 0.5 0.5\n",
        "labels/train.cache": b"\0\1",
    },
    "darknet": {
        "obj.data": b"classes = 2\nnames = data/obj.names\n",
        "obj.names": b"no_mask\r\nwith_mask\r\n",
        "train.txt": b"data/obj_train_data/a.jpg\n",
        "obj_train_data/a.jpg": picture(),
        "obj_train_data/a.txt": FACE,
        "obj_train_data/b.png": picture(1, kind="PNG"),
        "obj_train_data/b.txt": b"0 0.5 0.5 0.5 0.5\n",
    },
    "labelimg": {
        "classes.txt": b"\xef\xbb\xbfno_mask\nwith_mask\n\n",
        "mein foto é.jpg": picture(),
        "mein foto é.txt": b"\xef\xbb\xbf1\t0.5 0.5  0.5 0.5\r\n\r\n",
        "b.jpg": picture(1),
        "b.jpg.txt": b"0 0.5 0.5 0.5 0.5",
    },
    "labels_with_their_classes": {
        "images/a.jpg": picture(),
        "labels/a.txt": FACE,
        "labels/classes.txt": b"no_mask\nwith_mask\n",
        "images/b.jpg": picture(1),
        "labels/b.txt": b"0.0 0.5 0.5 0.5 0.5",
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout(ingest: Ingest, tmp_path: Path, layout: str) -> None:
    write_tree(tmp_path / "yolo", LAYOUTS[layout])
    taken = ingest(adapter="yolo", path="yolo", labels=LABELS)
    assert [image.masked for image in taken.images] in (["yes", "no"], ["no", "yes"])
    assert [sides(image) for image in taken.images] == [[(16, 12, 48, 36)], [(16, 12, 48, 36)]]
    assert set(reasons(taken.rejections).values()) <= {"not_an_image"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"1 0.25 0.25 0.75 0.25 0.5 0.75", (16, 12, 48, 36)),
        (b"1 0.5 0.25 0.75 0.5 0.5 0.75 0.25 0.5", (16, 12, 48, 36)),
        (b"1 0.05 0.5 0.2 0.5", (0, 12, 9.6, 36)),
        (b"1 1e-1 .5 1e-1 .5", (3.2, 12, 9.6, 36)),
        (b"1 0.5 0.5 1.0000001 1", (0, 0, 64, 48)),
        (b"1 0.5 0.5 0.5 0.5 0.1 0.1 2 0.2 0.2 1", (16, 12, 48, 36)),
    ],
)
def test_what_a_line_outlines(ingest: Ingest, tmp_path: Path, line: bytes, expected: tuple[float, ...]) -> None:
    files = {"data.yaml": NAMES + b"kpt_shape: [2, 3]\n", "a.jpg": picture(), "a.txt": line}
    (image,) = ingest(adapter="yolo", path=str(write_tree(tmp_path / "yolo", files)), labels=LABELS).images
    assert sides(image) == [expected]


@pytest.mark.parametrize(
    "line",
    [
        b"2 0.5 0.5 0.5 0.5",
        b"-1 0.5 0.5 0.5 0.5",
        b"0.5 0.5 0.5 0.5 0.5",
        b"with_mask 0.5 0.5 0.5 0.5",
        b"1 0.5 0.5 0.5",
        b"1",
        b"1 0.5 0.5 0.5 0.5 0.9",
        b"1 0.1 0.1 0.2 0.1 0.2 0.2 0.3",
        b"1 nan 0.5 0.5 0.5",
        b"1 0.5 inf 0.5 0.5",
        b"1 1.5 0.5 0.5 0.5",
        b"1 0.5 -0.5 0.5 0.5",
        b"1 32 24 32 24",
        b"1 0.5 0.5 0 0.5",
        b"1 0.5 0.5 0.5 -0.5",
        b"1 0,5 0,5 0,5 0,5",
        b"1,0.5,0.5,0.5,0.5",
        b"1 0_5 0.5 0.5 0.5",
        b"1 0.1 0.1 0.1 0.1 0.1 0.1",
        b"9" * 5000 + b" 0.5 0.5 0.5 0.5",
        "1 0.5 0.5 0.5 é".encode("latin-1"),
    ],
)
def test_a_bad_line_is_one_row_that_names_it(ingest: Ingest, tmp_path: Path, line: bytes) -> None:
    lines = b"\n".join([FACE, line, b"1 0.75 0.5 0.25 0.25"])
    files = {"data.yaml": NAMES, "images/a.jpg": picture(), "labels/a.txt": lines}
    taken = ingest(adapter="yolo", path=str(write_tree(tmp_path / "yolo", files)), labels=LABELS)
    assert [len(image.boxes) for image in taken.images] == [2]
    assert reasons(taken.rejections) == {"labels/a.txt#line3": "damaged_annotation"}


def test_an_empty_file_says_that_there_is_no_face_and_a_missing_one_says_nothing(
    ingest: Ingest, tmp_path: Path
) -> None:
    names = {f"images/{name}.jpg": picture(seed) for seed, name in enumerate("abc")}
    files = {**names, "labels/a.txt": FACE, "labels/b.txt": b" \r\n", "labels/d.txt": FACE, "data.yaml": NAMES}
    write_tree(tmp_path / "yolo", files)
    taken = ingest(adapter="yolo", path="yolo", labels=LABELS)
    assert list(by_origin(taken)) == ["images/a.jpg"]
    details = {row.origin: (row.reason, row.detail) for row in taken.rejections}
    assert details == {
        "images/b.jpg": ("no_label", "labels/b.txt: no face"),
        "images/c.jpg": ("no_label", "no annotation is of it"),
        "labels/d.txt": ("image_missing", "of 'd', but there is no such image"),
    }
    kept = ingest(adapter="yolo", path="yolo", labels=LABELS, unannotated="unknown")
    assert {image.origin: image.masked for image in kept.images}["images/b.jpg"] == "unknown"


def test_one_file_for_two_images_is_refused(ingest: Ingest, tmp_path: Path) -> None:
    files = {"a.jpg": picture(), "a.png": picture(1, kind="PNG"), "a.txt": FACE, "b.jpg": picture(2), "b.txt": FACE}
    write_tree(tmp_path / "yolo", {**files, "data.yaml": NAMES})
    taken = ingest(adapter="yolo", path="yolo", labels=LABELS)
    assert reasons(taken.rejections) == {"a.jpg": "ambiguous_annotation", "a.png": "ambiguous_annotation"}


class TestClassNames:
    def test_without_any_the_numbers_are_the_words(self, ingest: Ingest, tmp_path: Path) -> None:
        write_tree(tmp_path / "yolo", {"a.jpg": picture(), "a.txt": FACE})
        (image,) = ingest(adapter="yolo", path="yolo", labels={"1": {"masked": "yes"}}).images
        assert (image.boxes[0].original_label, image.masked) == ("1", "yes")
        with pytest.raises(SourceError, match=r"no mapping for the label.*'1'"):
            ingest(adapter="yolo", path="yolo", labels=LABELS)

    def test_the_settings_come_before_the_files(self, ingest: Ingest, tmp_path: Path) -> None:
        write_tree(tmp_path / "yolo", {"a.jpg": picture(), "a.txt": FACE, "data.yaml": NAMES})
        (image,) = ingest(adapter="yolo", path="yolo", labels=LABELS, class_names=["with_mask", "no_mask"]).images
        assert image.masked == "no"

    @pytest.mark.parametrize(
        ("names", "word"),
        [
            (b"names: [no, yes]", "yes"),
            (b"names: {'0': zero, '1': ' eins '}", "eins"),
            (b"names:\n  1: only\n", "only"),
            (b"nc: 2\n", "1"),
            (b"names: [0, 1]\n", "1"),
            (b"\xef\xbb\xbfnames:\r\n- a\r\n- b c\r\n", "b c"),
        ],
    )
    def test_as_people_write_them(self, ingest: Ingest, tmp_path: Path, names: bytes, word: str) -> None:
        write_tree(tmp_path / "yolo", {"a.jpg": picture(), "a.txt": FACE, "data.yml": names})
        (image,) = ingest(adapter="yolo", path="yolo", labels={word: {"masked": "yes"}}).images
        assert image.boxes[0].original_label == word

    def test_files_that_name_them_differently_stop(self, ingest: Ingest, tmp_path: Path) -> None:
        files = {"data.yaml": NAMES, "labels/classes.txt": b"with_mask\nno_mask\n", "labels/a.txt": FACE}
        write_tree(tmp_path / "yolo", {**files, "images/a.jpg": picture()})
        with pytest.raises(SourceError, match=r"data\.yaml and labels/classes\.txt name the classes of labels differ"):
            ingest(adapter="yolo", path="yolo", labels=LABELS)

    def test_two_sets_have_their_own(self, ingest: Ingest, tmp_path: Path) -> None:
        files = {"one/a.jpg": picture(), "one/a.txt": FACE, "one/data.yaml": NAMES}
        files |= {"two/a.jpg": picture(1), "two/a.txt": FACE, "two/data.yaml": b"names: [with_mask, no_mask]"}
        taken = ingest(adapter="yolo", path=str(write_tree(tmp_path / "yolo", files)), labels=LABELS)
        assert {image.origin: image.masked for image in taken.images} == {"one/a.jpg": "yes", "two/a.jpg": "no"}

    @pytest.mark.parametrize(
        "names", [b"names: [", b"names: obj.names", b"names: [{a: b}]", b"nc: many", b"names: {-1: a}", b"\xff\xfen"]
    )
    def test_one_that_cannot_be_read_stops_where_there_is_no_other(
        self, ingest: Ingest, tmp_path: Path, names: bytes
    ) -> None:
        write_tree(tmp_path / "yolo", {"a.jpg": picture(), "a.txt": FACE, "data.yaml": names})
        with pytest.raises(SourceError, match=r"(?s)data\.yaml: .*class_names"):
            ingest(adapter="yolo", path="yolo", labels=LABELS)
        (tmp_path / "yolo/classes.txt").write_text("no_mask\nwith_mask\n")
        taken = ingest(adapter="yolo", path="yolo", labels=LABELS)
        assert reasons(taken.rejections) == {"data.yaml": "damaged_annotation"}

    def test_a_comment_that_would_shift_the_numbers_stops(self, ingest: Ingest, tmp_path: Path) -> None:
        names = b"# the classes\nno_mask\nwith_mask\n"
        write_tree(tmp_path / "yolo", {"a.jpg": picture(), "a.txt": FACE, "classes.txt": names})
        with pytest.raises(SourceError, match=r"classes\.txt: line 1 begins with #"):
            ingest(adapter="yolo", path="yolo", labels=LABELS)

    def test_what_a_data_yaml_says_wrongly_is_a_row(self, ingest: Ingest, tmp_path: Path) -> None:
        yaml = b"train: ../train/images\nval: ../valid/images\nnc: 3\nnames: [no_mask, with_mask]\n"
        files = {"data.yaml": yaml, "train/images/a.jpg": picture(), "train/labels/a.txt": FACE}
        taken = ingest(adapter="yolo", path=str(write_tree(tmp_path / "yolo", files)), labels=LABELS)
        assert len(taken.images) == 1
        assert reasons(taken.rejections) == {"data.yaml#nc": "damaged_annotation", "data.yaml#val": "image_missing"}


POINTS = b"1 0.5 0.5 0.5 0.5 0.4 0.4 0.6 0.4 0.5 0.5 0.42 0.6 0.58 0.6\n"


class TestKeyPointsThatNobodySpeaksOf:
    """YOLO-face's lines: a box and five points, which can be read as an outline of seven corners too."""

    def test_the_source_stops_and_the_setting_tells(self, ingest: Ingest, tmp_path: Path) -> None:
        write_tree(tmp_path / "yolo", {"a.jpg": picture(), "a.txt": POINTS * 2 + FACE, "classes.txt": b"no\nwith_mask"})
        with pytest.raises(SourceError, match=r"every outline has 14 numbers.*key points, or corners"):
            ingest(adapter="yolo", path="yolo", labels=LABELS)
        (image,) = ingest(adapter="yolo", path="yolo", labels=LABELS, key_points=10).images
        assert sides(image) == [(16, 12, 48, 36)]
        (image,) = ingest(adapter="yolo", path="yolo", labels=LABELS, key_points=0).images
        assert (25.6, 19.2, 38.4, 28.8) in sides(image)

    @pytest.mark.parametrize(
        "others",
        [
            b"1 .1 .1 .5 .1 .5 .5 .4 .6 .3 .6\n",
            POINTS.replace(b"0.58 0.6", b"0.9 0.6"),
            POINTS.replace(b"1 0.5", b"1 0.2"),
        ],
        ids=["of another length", "of a corner outside the box", "of a box outside the picture"],
    )
    def test_what_no_box_with_points_can_be_is_an_outline(self, ingest: Ingest, tmp_path: Path, others: bytes) -> None:
        files = {"a.jpg": picture(), "a.txt": POINTS + others, "classes.txt": b"no\nwith_mask"}
        assert len(ingest(adapter="yolo", path=str(write_tree(tmp_path / "y", files)), labels=LABELS).images) == 1


def test_a_turned_photo_needs_a_word(ingest: Ingest, tmp_path: Path) -> None:
    files = {"a.jpg": turned(6), "a.txt": b"1 0.25 0.25 0.5 0.5\n", "b.jpg": picture(1), "b.txt": FACE}
    write_tree(tmp_path / "yolo", {**files, "data.yaml": NAMES})
    taken = ingest(adapter="yolo", path="yolo", labels=LABELS)
    assert reasons(taken.rejections) == {"a.jpg": "uncertain_frame"}
    upright = by_origin(ingest(adapter="yolo", path="yolo", labels=LABELS, boxes_frame="upright"))
    assert sides(upright["a.jpg"]) == [(0, 0, 24, 32)]
    stored = by_origin(ingest(adapter="yolo", path="yolo", labels=LABELS, boxes_frame="stored"))
    assert sides(stored["a.jpg"]) == [(24, 0, 48, 32)]


@pytest.mark.parametrize("files", [{"a.jpg": picture()}, {"a.jpg": picture(), "README.txt": b"hello"}, {"a.txt": FACE}])
def test_what_is_none_is_described(ingest: Ingest, tmp_path: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(SourceError, match="the layout is not one that is known"):
        ingest(adapter="yolo", path=str(write_tree(tmp_path / "yolo", files)), labels=LABELS)
