"""What speaks of photos in whatever way, and what only lies beside them."""

import gzip
import lzma
from pathlib import Path

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.sources.adapters.layout import ParsedTree
from pipeline.sources.adapters.tree import TreeFile
from pipeline.sources.recognition.mentions import Mentions, outlines, telling_name

# fmt: off
SPEAKING = {
    "labels of LabelMe": ("1.json", b'{"shapes": [{"label": "with_mask"}], "imagePath": "1.jpg"}'),
    "of Supervisely": ("1.jpg.json", b'{"objects": [{"classTitle": "Mask"}]}'),
    "of WIDER FACE": ("gt.txt", b"0--Parade/parade 1.jpg\n1\n4 5 20 20 0 0 0\nx/b.jpg\n0\n"),
    "of Keras' YOLO": ("_annotations.txt", b"b.jpg 4,5,40,45,1\n"),
    "of CelebA": ("list_attr.txt", b"2\nMale Wearing_Mask\nb.jpg -1 1\n"),
    "of ImageNet": ("train.txt", b"img/b.jpg 0\n"),
    "of KITTI": ("b.txt", b"face 0.00 0 0.0 4.0 5.0 40.0 45.0\n"),
    "a class a file": ("b.txt", b"no mask\r\n"),
    "a mapping": ("labels.yaml", b"b.jpg: with_mask\n"),
    "JSON in UTF-16": ("l.json", '{"b.jpg": "with_mask"}'.encode("utf-16")),
    "what NumPy writes": ("b.txt", b"0.000e+00 5.0e-01 5.0e-01 4.0e-01 5.0e-01\n"),
    "a number a file": ("b.txt", b"1"),
    "a number of another kind": ("1.txt", b"0.000000e+00\r\n"),
    "photos by numbers": ("train.csv", b"id,label\n001,mask\n002,no_mask\n"),
    "by other numbers": ("train.csv", b"id;y\n1.0;1\n2.0;0\n"),
    "labels in order": ("labels.txt", b"1\n0\n"),
    "a column in order": ("t.csv", b"target\n1\n0\n"),
    "a list in order": ("y.json", b"[true, false]"),
    "as many values as photos": ("t.txt", b"1\n1\n"),
    "as many rows": ("t.dat", b"0.5 1\n0.1 0\n"),
    "packed by gzip": ("t.csv.gz", gzip.compress(b"id,label\n1,mask\n")),
    "packed by xz": ("t.csv.xz", lzma.compress(b"b.jpg,1\n")),
    "in no known way": ("labels.csv.zst", b"(\xb5/\xfd\x04"),
    "a table of numbers": ("labels.csv", b"id,mask\n1,0\n"),
}
SILENT = {
    "an example": ("README.md", b"b.jpg is labelled 1"),
    "a list of the photos": ("train.txt", b"img/b.jpg\nimg/1.jpg\n"),
    "who took them": ("credits.csv", b"file,author\nb.jpg,Ann\n"),
    "what a phone notes": ("b.jpg.json", b'{"title": "b.jpg", "photoTakenTime": {"timestamp": "160"}}'),
    "what is to be seen": ("b.txt", b"a woman who smiles"),
    "about the set": ("dataset.json", b'{"title": "masks", "version": 1, "labels": 2}'),
    "other words": ("notes.txt", b"taken in May\nat home"),
    "photos by number": ("train.txt", b"1\n2\n"),
    "cameras": ("cameras.csv", b"id,camera\n1,Leica\n2,Leica\n"),
    "a sentence about labels": ("notes.txt", b"The label, and the mask, are missing.\nAnn\n"),
    "what a class is called": ("labels.txt", b"mask\nno_mask\nunknown\n"),
    "what classes are called": ("obj.names", b"mask\nno mask\n"),
    "of which one is commented": ("classes.txt", b"# classes\nface\n"),
    "what Darknet is told": ("obj.data", b"classes = 2\nnames = obj.names\n"),
    "nothing": ("labels.txt", b"\n"),
    "packed": ("notes.txt.gz", gzip.compress(b"hello you there")),
    "of other photos": ("labels.json", b'{"z.jpg": "with_mask"}'),
}
# fmt: on


def tree(root: Path, files: dict[str, bytes]) -> ParsedTree:
    write_tree(root, files)
    return ParsedTree(TreeFile(name, root / name, False) for name in files)


@pytest.mark.parametrize(("name", "data", "expected"), [
    *((*paper, True) for paper in SPEAKING.values()), *((*paper, False) for paper in SILENT.values()),
], ids=[*SPEAKING, *SILENT])  # fmt: skip
def test_a_document_speaks_of_photos_where_it_says_more_than_their_names(
    tmp_path: Path, name: str, data: bytes, expected: bool
) -> None:
    found = tree(tmp_path, {"img/1.jpg": picture(), "img/b.jpg": picture(1), name: data})
    assert Mentions(found.images).in_file(found.others[0]) is expected


def test_a_document_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    found = tree(tmp_path, {"a.jpg": picture()})
    assert not Mentions(found.images).in_file(TreeFile("a.txt", tmp_path / "gone.txt", False))


def test_pictures_that_mark_pixels_are_no_masks_that_somebody_wears(tmp_path: Path) -> None:
    marked = tree(tmp_path, {f"{folder}/{name}.png": b"" for folder in ("images", "masks") for name in "ab"})
    assert [file.origin for file in outlines(marked.images)] == ["masks/a.png", "masks/b.png"]
    worn = tree(tmp_path / "2", {"train/mask/a.png": b"", "train/no_mask/a.png": b"", "images/b.png": b""})
    assert outlines(worn.images) == []


@pytest.mark.parametrize(
    ("folder", "names", "told"),
    [
        ("with_mask", ["1.jpg"], "with_mask"),
        ("photos", ["001_with_mask (2).jpg", "no_mask1.jpg"], "001_with_mask (2).jpg"),
        ("photos", ["surgical12.jpg"], "surgical12.jpg"),
        ("no_mask", ["unmasked 1.jpg", "Ann.jpg"], ""),
        ("photos", ["masked.jpg", *(f"{number}.jpg" for number in range(40))], ""),
    ],
)
def test_names_of_photos_tell(tmp_path: Path, folder: str, names: list[str], told: str) -> None:
    assert telling_name(folder, tree(tmp_path, dict.fromkeys(names, b""))) == told
