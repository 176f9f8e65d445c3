"""What speaks of photos in whatever way, and what only lies beside them."""

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
    "a table of numbers": ("labels.csv", b"id,mask\n1,0\n"),
}
SILENT = {
    "an example": ("README.md", b"b.jpg is labelled 1"),
    "a list of the photos": ("train.txt", b"img/b.jpg\nimg/1.jpg\n"),
    "who took them": ("credits.csv", b"file,author\nb.jpg,Ann\n"),
    "what a phone notes": ("b.jpg.json", b'{"title": "b.jpg", "photoTakenTime": {"timestamp": "160"}}'),
    "what is to be seen": ("b.txt", b"a woman who smiles"),
    "about the set": ("dataset.json", b'{"title": "masks", "version": 1, "labels": 2}'),
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
