"""Each layout is recognised as one, is taken by one adapter, and what is printed takes it in."""

import shutil
import tarfile
from pathlib import Path

import pytest
import yaml

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import SourceError
from pipeline.core.params import IngestParams
from pipeline.core.yaml_files import parse_yaml
from pipeline.sources.adapters import ADAPTERS
from pipeline.sources.recognition.recognise import described
from tests.sources.kit import Ingest
from tests.sources.layouts import LAYOUTS, PHOTOS

ANNOTATED = sorted(set(ADAPTERS) - {"sample", "urls", "folder", "imagefolder", "webdataset"})
"""Adapters that want files of annotations, or names that say all: they take nothing else."""


def look(path: Path, tmp_path: Path) -> list[str]:
    return list(described(path, path, IngestParams(), tmp_path / "store"))


def adapters_of(lines: list[str]) -> list[str]:
    return [line.rpartition("(adapter ")[2].removesuffix(")") for line in lines if "(adapter " in line]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_recognised_as_one(tmp_path: Path, layout: str) -> None:
    adapter, files = LAYOUTS[layout]
    assert adapters_of(look(write_tree(tmp_path / "in", files), tmp_path)) == [adapter]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("adapter", ANNOTATED)
def test_no_layout_is_taken_by_an_adapter_of_another(ingest: Ingest, tmp_path: Path, layout: str, adapter: str) -> None:
    own, files = LAYOUTS[layout]
    if adapter == own:
        return
    write_tree(tmp_path / "in", files)
    with pytest.raises(SourceError):
        ingest(adapter=adapter, path="in", labels={"with_mask": {}, "no_mask": {}, "WithMask": {}})


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "people"])
def test_what_is_printed_takes_the_source_in(ingest: Ingest, tmp_path: Path, layout: str) -> None:
    lines = look(write_tree(tmp_path / "in", LAYOUTS[layout][1]), tmp_path)
    start = lines.index("For params.yaml:") + 1
    block = parse_yaml("\n".join(lines[start:]).encode(), "printed")["ingest"]
    (name,) = block["sources"]
    taken = ingest(name, **block["settings"][name])
    assert taken.images
    if LAYOUTS[layout][0] not in {"wwmr", "mfr2"}:
        assert {image.masked for image in taken.images} <= {"yes", "no", "unknown"}
        assert any(image.masked != "unknown" for image in taken.images)


def test_what_a_name_does_not_tell_is_left_to_say(ingest: Ingest, tmp_path: Path) -> None:
    files = {
        "data.yaml": b"names: [no_mask, face, 'ma\"s: k']\n",
        **PHOTOS,
        "labels/a.txt": b"0 .5 .5 .5 .5\n1 .5 .5 .5 .5\n",
    }
    lines = look(write_tree(tmp_path / "in", {**files, "labels/b.txt": b"2 .5 .5 .5 .5\n9 .5 .5 .5 .5"}), tmp_path)
    assert lines[1] == "  2 images offered, 1 items refused (damaged_annotation 1)"
    assert lines[2:5] == ["  1 boxes: face", '  1 boxes: ma"s: k', "  1 boxes: no_mask"]
    assert any(line.strip().startswith("# face: {}  #") for line in lines)
    start = lines.index("For params.yaml:") + 1
    block = parse_yaml("\n".join(lines[start:]).encode(), "printed")["ingest"]["settings"]["in"]
    with pytest.raises(SourceError, match=r"no mapping for the label.*'face'"):
        ingest("in", **block)


def test_archives_are_looked_into_and_the_catalogues_names_are_not_taken(tmp_path: Path) -> None:
    write_tree(tmp_path / "sample", LAYOUTS["yolo"][1])
    archive = Path(shutil.make_archive(str(tmp_path / "Meine Masken"), "zip", tmp_path / "sample"))
    lines = look(archive, tmp_path)
    assert adapters_of(lines) == ["yolo"]
    assert "    sources: [meine-masken]" in lines
    assert "    sources: [my-sample]" in look(tmp_path / "sample", tmp_path)


def test_shards_of_samples_are_told_from_an_archive_of_another_layout(tmp_path: Path) -> None:
    members = write_tree(
        tmp_path / "in", {"1.jpg": picture(), "1.cls": b"0", "2.jpg": picture(1), "2.json": b'{"label": 1}'}
    )
    (tmp_path / "shards").mkdir()
    for name, folder in (("00000.tar", members), ("boxes.tar", write_tree(tmp_path / "yolo", LAYOUTS["yolo"][1]))):
        with tarfile.open(tmp_path / "shards" / name, "w") as shard:
            for file in sorted(folder.rglob("*.*")):
                shard.add(file, str(file.relative_to(folder)))
    assert adapters_of(look(tmp_path / "shards/00000.tar", tmp_path)) == ["webdataset"]
    assert adapters_of(look(tmp_path / "shards/boxes.tar", tmp_path)) == ["yolo"]


def test_attributes_that_label_nothing_yet_are_told(tmp_path: Path) -> None:
    shape = b'<box label="face" xtl="4" ytl="5" xbr="40" ybr="45"><attribute name="Valve">true</attribute></box>'
    files = {**PHOTOS, "a.xml": b'<annotations><image name="a.jpg">' + shape + b"</image></annotations>"}
    lines = look(write_tree(tmp_path / "in", files), tmp_path)
    assert "  attributes, which label a box where the setting names them: Valve" in lines


def test_annotations_of_two_kinds_side_by_side_are_both_told(tmp_path: Path) -> None:
    files = {**LAYOUTS["yolo"][1], **LAYOUTS["voc"][1]}
    first, *lines = look(write_tree(tmp_path / "in", files), tmp_path)
    assert sorted(adapters_of(lines)) == ["voc", "yolo"]
    assert "several kinds of annotations lie here, boxes of YOLO" in first
    assert "and Pascal VOC: annotations/a.xml (adapter voc)" in first


def test_a_layout_that_cannot_be_taken_as_it_is_says_why(tmp_path: Path) -> None:
    files = {**LAYOUTS["yolo"][1], "labels/classes.txt": b"with_mask\nno_mask\n"}
    path = write_tree(tmp_path / "in", files)
    lines: list[str] = []
    with pytest.raises(SourceError, match="not ready: "):
        lines.extend(described(path, path, IngestParams(), tmp_path / "store"))
    assert adapters_of(lines) == ["yolo"]
    assert any("name the classes of labels differently" in line for line in lines)


def test_one_refusal_of_each_reason_is_shown_before_others(tmp_path: Path) -> None:
    labels = {"labels/a.txt": b"0 .5 .5 .5 .5\n" + b"9\n" * 5, "labels/b.txt": b"", "labels/z.txt": b"0 .5 .5 .5 .5\n"}
    lines = look(write_tree(tmp_path / "in", {**PHOTOS, **labels}), tmp_path)
    shown = [line.split(": ")[2] for line in lines if "refused: " in line]
    assert sorted(shown) == ["damaged_annotation", "image_missing", "no_label"]


def test_a_list_of_addresses(tmp_path: Path) -> None:
    write_tree(tmp_path, {"list.csv": b"url,label\nhttp://example.org/a.jpg,cloth\n"})
    lines = look(tmp_path / "list.csv", tmp_path)
    assert adapters_of(lines) == ["urls"]
    assert "  1 images: cloth" in lines


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {**PHOTOS, "ann/a.json": b'{"version": "5", "shapes": [], "imagePath": "a.jpg"}'},
            "keys version, shapes, imagePath",
        ),
        ({**PHOTOS, "t.csv": b"Bild;l;o\na.jpg;1;2\n"}, "t.csv: a table with the columns Bild, l, o"),
        ({**PHOTOS, "t.xml": b"<dlib><images/></dlib>"}, "XML with the root <dlib>"),
        ({**PHOTOS, "t.xml": b"<annotations><track/></annotations>"}, "CVAT for video: export"),
        ({**PHOTOS, "t.json": b"{"}, "cannot be read"),
        (PHOTOS, "2 images, such as images/a.jpg\n  no annotation file"),
        ({"a.jpg": picture(), "README.txt": b"hello"}, "other files: .txt"),
        ({"labels/a.txt": b"0 .5 .5 .5 .5"}, "0 images"),
        ({"list.dat": b""}, "0 images"),
    ],
)
def test_what_is_not_known_is_described(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    with pytest.raises(SourceError, match="the layout is not one that is known") as error:
        look(write_tree(tmp_path / "in", files), tmp_path)
    assert said in str(error.value)


def test_every_printed_line_of_params_is_yaml(tmp_path: Path) -> None:
    files = {
        f"{name}/a.jpg": picture(seed) for seed, name in enumerate(["no mask: face", "yes", "#1", "- mask", "ä\u2028"])
    }
    lines = look(write_tree(tmp_path / "in: #1", files), tmp_path)
    block = yaml.safe_load("\n".join(lines[lines.index("For params.yaml:") + 1 :]))
    assert block["ingest"]["settings"]["in-1"]["path"] == str(tmp_path / "in: #1")
    assert set(block["ingest"]["settings"]["in-1"]["labels"]) == {"no mask: face", "- mask"}
