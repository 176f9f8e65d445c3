"""Each format is read by a reader that isn't ours where there is a light one, and compared box by box."""

import csv
import gc
import io
import json
import tarfile
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image as PillowImage

from pipeline.core.records import Side
from pipeline.exchange.classes import ClassList
from pipeline.exchange.formats import WRITERS
from pipeline.exchange.records import Of
from pipeline.exchange.targets import targets_of
from tests.conftest import tree
from tests.exchange.kit import (
    GROUP_PHOTO,
    IMAGES,
    MASKED,
    OUTLINE,
    PORTRAIT,
    exported,
    image,
    labelled,
    lines,
    masked,
    pictures,
    rejection,
    write_project,
)

Objects = list[tuple[str, tuple[float, ...]]]
Sides = dict[str, dict[str, Objects]]
"""By side and file name without ending, the class and the corners of each object."""

SIDES: dict[str, Side] = {GROUP_PHOTO: "train", PORTRAIT: "test"}


def truth(data: Path, of: Of) -> Sides:
    found: Sides = defaultdict(dict)
    classes = ClassList("type", of)
    for picture in pictures(data):
        objects = targets_of(picture, classes).objects
        found[picture.side or "train"][picture.id] = [(classes.names[one.number], one.box) for one in objects]
    return found


def of_coco(out: Path) -> Sides:
    from pycocotools.coco import COCO

    found: Sides = {}
    for path in sorted((out / "annotations").iterdir()):
        with redirect_stdout(io.StringIO()):
            coco = COCO(str(path))
        names = {one["id"]: one["name"] for one in coco.loadCats(coco.getCatIds())}
        side = path.stem.removeprefix("instances_")
        found[side] = {
            Path(one["file_name"]).stem: [
                (names[note["category_id"]], _corners(note["bbox"]))
                for note in coco.loadAnns(coco.getAnnIds(imgIds=one["id"]))
            ]
            for one in coco.loadImgs(coco.getImgIds())
        }
        assert {path.name for path in (out / "images" / side).iterdir()} == {i["file_name"] for i in coco.imgs.values()}
    return found


def of_voc(out: Path) -> Sides:
    from torchvision.datasets import VOCDetection

    found: Sides = {}
    for path in (out / "VOCdevkit/VOC2007/ImageSets/Main").iterdir():
        read = [note["annotation"] for _, note in VOCDetection(str(out), year="2007", image_set=path.stem)]
        found[path.stem] = {
            Path(one["filename"]).stem: [
                (each["name"], tuple(float(each["bndbox"][key]) for key in ("xmin", "ymin", "xmax", "ymax")))
                for each in one.get("object", [])
            ]
            for one in read
        }
    return found


def of_yolo(out: Path) -> Sides:
    """As loaders do: the label's path is the image's, with `labels` in the stead of `images`."""
    document = yaml.safe_load((out / "data.yaml").read_text())
    found: Sides = {}
    for side in document.keys() - {"nc", "names"}:
        found[side] = {}
        for file in (out / document[side]).iterdir():
            with PillowImage.open(file) as opened:
                width, height = opened.size
            label = Path(str(file.with_suffix(".txt")).replace("/images/", "/labels/"))
            rows = [line.split() for line in label.read_text().splitlines()]
            assert all(0 <= float(number) <= 1 for row in rows for number in row[1:])
            found[side][file.stem] = [
                (document["names"][int(number)], _from_centre(*(float(one) for one in rest), size=(width, height)))
                for number, *rest in rows
            ]
    return found


def of_csv(out: Path) -> Sides:
    found: Sides = {}
    for path in out.glob("*.csv"):
        found[path.stem] = defaultdict(list)
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                assert (out / row["filename"]).is_file()
                objects = found[path.stem][Path(row["filename"]).stem]
                if row["class"]:
                    corners = tuple(float(row[key]) for key in ("xmin", "ymin", "xmax", "ymax"))
                    objects.append((row["class"], corners))
    return found


def of_imagefolder(out: Path) -> Sides:
    found: Sides = {}
    for path in out.glob("*/metadata.parquet"):
        rows = pq.read_table(path).to_pylist()
        assert {row["file_name"] for row in rows} == {one.name for one in path.parent.iterdir()} - {path.name}
        found[path.parent.name] = {Path(row["file_name"]).stem: _of_objects(row["objects"]) for row in rows}
    return found


def of_webdataset(out: Path) -> Sides:
    import webdataset

    found: Sides = defaultdict(dict)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves the shards to the garbage collector
        for path in sorted(out.glob("*.tar")):
            for sample in list(webdataset.WebDataset(str(path), shardshuffle=False).decode("pil")):
                row = sample["json"]
                assert sample["jpg"].size == (row["width"], row["height"])
                found[path.name.partition("-")[0]][sample["__key__"]] = _of_objects(row["objects"])
        gc.collect()
    return found


def of_fiftyone(out: Path) -> Sides:
    found: Sides = {}
    for path in out.glob("*/labels.json"):
        document = json.loads(path.read_text())
        files = {file.stem: file for file in (path.parent / "data").iterdir()}
        assert files.keys() == document["labels"].keys()
        found[path.parent.name] = {}
        for stem, objects in document["labels"].items():
            with PillowImage.open(files[stem]) as opened:
                size = opened.size
            boxes = [[number * size[k % 2] for k, number in enumerate(one["bounding_box"])] for one in objects]
            found[path.parent.name][stem] = [
                (one["label"], _corners(box)) for one, box in zip(objects, boxes, strict=True)
            ]
    return found


READERS: dict[str, Callable[[Path], Sides]] = {
    "yolo": of_yolo, "coco": of_coco, "voc": of_voc, "csv": of_csv, "imagefolder": of_imagefolder,
    "webdataset": of_webdataset, "fiftyone": of_fiftyone,
}  # fmt: skip


def _corners(sides: Iterable[float]) -> tuple[float, ...]:
    left, top, width, height = sides
    return (left, top, left + width, top + height)


def _from_centre(x: float, y: float, width: float, height: float, *, size: tuple[int, int]) -> tuple[float, ...]:
    shares = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return tuple(share * size[place % 2] for place, share in enumerate(shares))


def _of_objects(objects: dict[str, Any]) -> Objects:
    assert len({len(column) for column in objects.values()}) == 1
    return [(name, _corners(box)) for name, box in zip(objects["category"], objects["bbox"], strict=True)]


def assert_same(found: Sides, expected: Sides) -> None:
    assert found.keys() == expected.keys()
    for side, of_side in expected.items():
        assert found[side].keys() == of_side.keys()
        for name, objects in of_side.items():
            read = found[side][name]
            assert [label for label, _ in read] == [label for label, _ in objects]
            for (_, box), (_, corners) in zip(read, objects, strict=True):
                assert np.allclose(box, corners, atol=1e-3)


def test_every_format_has_a_reader() -> None:
    assert READERS.keys() == WRITERS.keys()


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("of", ["faces", "masks"])
def test_a_reader_finds_every_box(tmp_path: Path, form: str, of: Of) -> None:
    data = write_project(tmp_path, sides=SIDES)
    done = exported(data, tmp_path / "out", form, of=of)
    expected = truth(data, of)
    assert_same(READERS[form](tmp_path / "out"), expected)
    assert (done.pictures, done.objects) == (4, 8 if of == "faces" else 2)
    assert done.sides == {side: len(found) for side, found in expected.items()}


@pytest.mark.parametrize("form", READERS)
def test_without_a_split_all_pictures_are_in_train(tmp_path: Path, form: str) -> None:
    exported(write_project(tmp_path), tmp_path / "out", form)
    found = READERS[form](tmp_path / "out")
    assert {side: len(names) for side, names in found.items()} == {"train": 4}
    if form == "yolo":
        assert "val" not in yaml.safe_load((tmp_path / "out/data.yaml").read_text())


@pytest.mark.parametrize("form", READERS)
def test_the_same_manifests_give_the_same_bytes(tmp_path: Path, form: str) -> None:
    data = write_project(tmp_path, sides=SIDES)
    for name in ("first", "second"):
        exported(data, tmp_path / name, form, of="masks")
    assert tree(tmp_path / "first") == tree(tmp_path / "second")


@pytest.mark.parametrize("form", READERS)
def test_where_each_file_comes_from_is_told(tmp_path: Path, form: str) -> None:
    data = write_project(tmp_path, sides=SIDES)
    exported(data, tmp_path / "out", form)
    rows = lines(tmp_path / "out/pictures.jsonl")
    assert [row["id"] for row in rows] == [one.id for one in pictures(data)]
    assert [(row["licence"], row["author"]) for row in rows[1:3]] == [
        ("CC-BY-4.0", IMAGES[0].author),
        ("CC-BY-4.0" if rows[2]["id"] == MASKED[0].id else "CC0-1.0", None),
    ]
    assert all(Path(row["original"]).is_file() for row in rows)
    if form != "webdataset":
        assert all((tmp_path / "out" / row["file"]).is_file() for row in rows)


@pytest.mark.parametrize("form", [form for form in READERS if form != "webdataset"])
def test_annotations_alone_name_the_files_that_would_be_there(tmp_path: Path, form: str) -> None:
    data = write_project(tmp_path, sides=SIDES)
    exported(data, tmp_path / "with", form)
    exported(data, tmp_path / "without", form, files="none")
    whole, alone = tree(tmp_path / "with"), tree(tmp_path / "without")
    assert {name for name in whole if not name.endswith(".jpg")} == alone.keys()
    assert all(whole[name] == text for name, text in alone.items() if not name.startswith("."))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools
def test_coco_says_outlines_licences_and_authors(tmp_path: Path) -> None:
    from pycocotools.coco import COCO

    exported(write_project(tmp_path), tmp_path / "out", "coco", of="masks")
    path = tmp_path / "out/annotations/instances_train.json"
    with redirect_stdout(io.StringIO()):
        coco = COCO(str(path))
    first = coco.loadAnns([1])[0]
    assert first["segmentation"] == [list(OUTLINE)]
    assert coco.annToMask(first).sum() == pytest.approx(first["area"], rel=0.05)
    assert (first["attributes"]["wear"], first["attributes"]["valve"]) == ("nose_exposed", "yes")
    names = {one["id"]: one["name"] for one in coco.dataset["licenses"]}
    assert [names[one["license"]] for one in coco.dataset["images"]] == ["CC-BY-4.0"] * 2 + ["CC0-1.0", "CC-BY-4.0"]
    assert coco.dataset["images"][0]["author"] == IMAGES[0].author
    assert coco.dataset["images"][0]["coco_url"] == IMAGES[0].url


def test_torchvision_reads_coco(tmp_path: Path) -> None:
    from torchvision.datasets import CocoDetection

    exported(write_project(tmp_path), tmp_path / "out", "coco")
    with redirect_stdout(io.StringIO()):
        read = CocoDetection(str(tmp_path / "out/images/train"), str(tmp_path / "out/annotations/instances_train.json"))
    assert [(opened.size, len(notes)) for opened, notes in read] == [((200, 150), 3)] * 2 + [((200, 150), 1)] * 2


def test_voc_says_licences_authors_and_what_is_cut_off(tmp_path: Path) -> None:
    from xml.etree import ElementTree

    refused = [rejection(f"{GROUP_PHOTO}-box0", "face_too_small"), rejection(f"{GROUP_PHOTO}-5", "no_label")]
    boxed = image(GROUP_PHOTO, boxes=(labelled(5, 5, 15, 15),))
    exported(write_project(tmp_path, [boxed, IMAGES[1]], rejected=refused), tmp_path / "out", "voc")
    text = (tmp_path / f"out/VOCdevkit/VOC2007/Annotations/{GROUP_PHOTO}.xml").read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)  # noqa: S314 - our own
    assert root.findtext("source/license") == "CC-BY-4.0"
    assert root.findtext("owner/name") == "Ann O'Nym <ann@example.org> & \ufffdco"
    assert root.findtext("source/image") == "https://example.org/a.jpg"
    assert [one.text for one in root.iter("truncated")] == ["0", "0", "1", "0"]
    assert [one.text for one in root.iter("difficult")] == ["0", "0", "0", "1"]
    assert root.findtext("complete") == "0"


def test_yolo_has_outlines_where_asked(tmp_path: Path) -> None:
    without = masked(f"{PORTRAIT}-0", polygon=())
    data = write_project(tmp_path, masks=[MASKED[0], without])
    exported(data, tmp_path / "out", "yolo", of="masks", outlines=True)
    number, *shares = (tmp_path / f"out/labels/train/{MASKED[0].id}.txt").read_text().split()
    assert number == "2"
    assert [float(one) * (200, 150)[place % 2] for place, one in enumerate(shares)] == pytest.approx(OUTLINE, abs=1e-3)
    assert len((tmp_path / f"out/labels/train/{without.id}.txt").read_text().split()) == 9
    assert (tmp_path / f"out/labels/train/{PORTRAIT}.txt").read_text() == ""


def test_a_shard_of_webdataset_holds_a_thousand_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.exchange.formats.webdataset.PICTURES_A_SHARD", 2)
    data = write_project(tmp_path, masks=[*MASKED, masked(f"{PORTRAIT}-0")], sides=SIDES)
    exported(data, tmp_path / "out", "webdataset")
    assert sorted(path.name for path in (tmp_path / "out").glob("*.tar")) == [
        "test-000000.tar", "test-000001.tar", "train-000000.tar",
    ]  # fmt: skip
    assert_same(of_webdataset(tmp_path / "out"), truth(data, "faces"))


@pytest.mark.parametrize("of", ["faces", "masks"])
def test_columns_of_imagefolder_have_the_types_of_a_row_on_every_side(tmp_path: Path, of: Of) -> None:
    """A reader refuses sides of different types: here one side has no object, or no outline."""
    data = write_project(tmp_path, masks=MASKED[:1], sides=SIDES)
    exported(data, tmp_path / "out", "imagefolder", of=of)
    schemas = [pq.read_schema(path) for path in (tmp_path / "out").glob("*/metadata.parquet")]
    assert len(schemas) == 2
    assert schemas[0] == schemas[1]
    assert set(schemas[0].names) == {"file_name", *_rows_of_webdataset(data, tmp_path / "shards")}


def _rows_of_webdataset(data: Path, out: Path) -> set[str]:
    """The keys of a sample, which are those of a row."""
    exported(data, out, "webdataset")
    with tarfile.open(out / "test-000000.tar") as tar:
        return set(json.load(tar.extractfile(f"{PORTRAIT}.json") or io.BytesIO()))
