"""Each layout in its real form, and what fits none."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import SourceError
from pipeline.sources.adapters.ffhq import object_entries
from pipeline.sources.adapters.humans_in_the_loop import swapped_order
from tests.sources.kit import Ingest, by_origin, reasons

MASKED_NAMES = {
    "CMFD/41000/41192_Mask.jpg": ("surgical", "correct"),
    "IMFD/41000/41192_Mask_Mouth_Chin.jpg": ("surgical", "nose_exposed"),
    "IMFD/37000/37461_Mask_Chin.jpg": ("surgical", "nose_mouth_exposed"),
    "IMFD/37000/37460_Mask_Nose_Mouth.jpg": ("surgical", "chin_exposed"),
}


def maskedface_net(root: Path) -> Path:
    files = {name: picture(seed) for seed, name in enumerate(MASKED_NAMES)}
    listed = {"CMFD/02000/02231_Mask.jpg": picture(9), "CMFD/41000/readme.jpg": picture(8)}
    return write_tree(root, {**files, **listed})


def zipped(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as out:
        for file in sorted(folder.rglob("*")):
            out.write(file, file.relative_to(folder))
    return archive


class TestMaskedFaceNet:
    def test_suffix_says_what_is_covered(self, ingest: Ingest, tmp_path: Path) -> None:
        maskedface_net(tmp_path / "mfn")
        taken = ingest("maskedface-net", path="mfn")
        found = {origin: (image.mask_type, image.wear) for origin, image in by_origin(taken).items()}
        assert found == MASKED_NAMES
        assert all(image.synthetic for image in taken.images)
        assert reasons(taken.rejections) == {
            "CMFD/02000/02231_Mask.jpg": "known_unmasked",
            "CMFD/41000/readme.jpg": "unknown_name",
        }

    def test_same_number_is_the_same_person_in_both_halves(self, ingest: Ingest, tmp_path: Path) -> None:
        maskedface_net(tmp_path / "mfn")
        images = by_origin(ingest("maskedface-net", path="mfn"))
        correct, wrong = images["CMFD/41000/41192_Mask.jpg"], images["IMFD/41000/41192_Mask_Mouth_Chin.jpg"]
        assert correct.person_id == wrong.person_id == correct.photo_id == wrong.photo_id == "ffhq:41192"

    def test_zips_are_taken_and_unpacked_once(self, ingest: Ingest, tmp_path: Path) -> None:
        maskedface_net(tmp_path / "mfn")
        (tmp_path / "halves").mkdir()
        for half in ("CMFD", "IMFD"):
            zipped(tmp_path / "mfn", tmp_path / f"halves/{half}.zip")
        first = ingest("maskedface-net", path="halves")
        assert {"CMFD.zip/CMFD/41000/41192_Mask.jpg", "IMFD.zip/CMFD/41000/41192_Mask.jpg"} <= by_origin(first).keys()
        unpacked = {file: file.stat().st_ino for file in (tmp_path / ".cache").rglob("*.jpg")}
        assert ingest("maskedface-net", path="halves") == first
        assert {file: file.stat().st_ino for file in (tmp_path / ".cache").rglob("*.jpg")} == unpacked

    def test_photos_own_licence_is_joined(self, ingest: Ingest, tmp_path: Path) -> None:
        maskedface_net(tmp_path / "mfn")
        metadata = {
            "photo_url": "http://example.org/p/1",
            "author": "Ann",
            "license": "Attribution License",
            "license_url": "https://creativecommons.org/licenses/by/2.0/",
        }
        (tmp_path / "ffhq.json").write_text(json.dumps({"41192": {"metadata": metadata, "landmarks": [1.5] * 500}}))
        images = by_origin(ingest("maskedface-net", path="mfn", ffhq_json="ffhq.json"))
        image = images["CMFD/41000/41192_Mask.jpg"]
        assert (image.licence, image.author) == ("CC-BY-NC-SA-4.0 AND CC-BY-2.0", "Ann")
        assert images["IMFD/37000/37461_Mask_Chin.jpg"].licence == "CC-BY-NC-SA-4.0"

    def test_denylist_is_the_users_to_extend(self, ingest: Ingest, tmp_path: Path) -> None:
        maskedface_net(tmp_path / "mfn")
        (tmp_path / "unmasked.txt").write_text("# mine\nIMFD/37000/37461_Mask_Chin.jpg\n")
        taken = ingest("maskedface-net", path="mfn", denylist="unmasked.txt")
        assert reasons(taken.rejections)["IMFD/37000/37461_Mask_Chin.jpg"] == "known_unmasked"

    def test_other_layout_is_described(self, ingest: Ingest, tmp_path: Path) -> None:
        write_tree(tmp_path / "mfn", {"photos/a.jpg": picture()})
        with pytest.raises(SourceError, match=r"Expected: <FFHQ id>_Mask.*\nFound:\n  photos/a\.jpg"):
            ingest("maskedface-net", path="mfn")


def test_ffhq_entries_are_read_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.sources.adapters.ffhq._CHUNK_CHARACTERS", 7)
    document = {str(number): {"metadata": {"a": "x" * number}, "list": [1, 2.5]} for number in range(20)}
    assert dict(object_entries(io.StringIO(json.dumps(document, indent=1)))) == document
    with pytest.raises(ValueError, match="ends inside an entry"):
        list(object_entries(io.StringIO(json.dumps(document)[:50])))


def annotation(name: str, *boxes: tuple[list[int], str]) -> bytes:
    found = [{"BoundingBox": box, "classname": label, "Confidence": 1} for box, label in boxes]
    return json.dumps({"FileName": name, "NumOfAnno": len(found), "Annotations": found}).encode()


class TestHumansInTheLoop:
    FOLDER = "Medical mask/Medical mask/Medical Mask/"

    def test_type_is_joined_to_wear_by_overlap(self, ingest: Ingest, tmp_path: Path) -> None:
        boxes = annotation(
            "0001.jpg",
            ([0, 0, 30, 40], "face_with_mask"),
            ([34, 0, 60, 40], "face_no_mask"),
            ([5, 20, 25, 38], "mask_surgical"),
            ([38, 0, 55, 8], "hat"),
        )
        folder = self.FOLDER
        files = {f"{folder}images/0001.jpg": picture(), f"{folder}annotations/0001.jpg.json": boxes}
        write_tree(tmp_path / "hitl", files)
        (image,) = ingest("humans-in-the-loop", path="hitl").images
        found = {(box.original_label, box.mask_type, box.wear) for box in image.boxes}
        assert found == {
            ("face_with_mask mask_surgical", "surgical", "correct"),
            ("face_no_mask hat", "none", "none"),
        }
        assert (image.mask_type, image.wear) == ("unknown", "unknown"), "two faces that differ have nothing in common"

    def test_mask_on_no_masked_face_is_a_row(self, ingest: Ingest, tmp_path: Path) -> None:
        boxes = annotation("1.jpg", ([0, 0, 30, 40], "face_no_mask"), ([5, 20, 25, 38], "mask_colorful"))
        write_tree(tmp_path / "hitl", {"images/1.jpg": picture(), "annotations/1.jpg.json": boxes})
        taken = ingest("humans-in-the-loop", path="hitl")
        assert reasons(taken.rejections) == {"images/1.jpg#box": "box_without_face"}
        assert (taken.images[0].mask_type, taken.images[0].wear) == ("none", "none")

    def test_columns_of_kaggles_csv_are_read_by_the_data(self, ingest: Ingest, tmp_path: Path) -> None:
        table = "name,x1,x2,y1,y2,classname\n1.jpg,20,3,55,44,face_with_mask\n1.jpg,25,20,50,40,mask_surgical\n"
        table += "1.jpg,50,3,20,44,face_no_mask\n"
        write_tree(tmp_path / "hitl", {"images/1.jpg": picture(), "train.csv": table.encode()})
        taken = ingest("humans-in-the-loop", path="hitl")
        (box,) = taken.images[0].boxes
        assert (box.left, box.top, box.right, box.bottom) == (20, 3, 55, 44)
        assert (box.mask_type, box.wear) == ("surgical", "correct")
        assert reasons(taken.rejections) == {"train.csv#line4": "damaged_annotation"}

    @pytest.mark.parametrize(
        ("boxes", "order"),
        [
            ([(10.0, 60.0, 20.0, 80.0), (50.0, 90.0, 0.0, 10.0)], (0, 2, 1, 3)),
            ([(10.0, 20.0, 60.0, 80.0), (50.0, 0.0, 90.0, 10.0)], (0, 1, 2, 3)),
        ],
    )
    def test_order_is_decided_by_the_data(
        self, boxes: list[tuple[float, float, float, float]], order: tuple[int, ...]
    ) -> None:
        assert swapped_order(boxes) == order

    def test_new_class_stops_with_the_list(self, ingest: Ingest, tmp_path: Path) -> None:
        boxes = annotation("1.jpg", ([0, 0, 30, 40], "face_with_snorkel"))
        write_tree(tmp_path / "hitl", {"images/1.jpg": picture(), "annotations/1.jpg.json": boxes})
        with pytest.raises(SourceError, match=r"no mapping for the label.*'face_with_snorkel'"):
            ingest("humans-in-the-loop", path="hitl")

    def test_other_layout_is_described(self, ingest: Ingest, tmp_path: Path) -> None:
        write_tree(tmp_path / "hitl", {"images/1.jpg": picture()})
        with pytest.raises(SourceError, match="layout is not one that is known"):
            ingest("humans-in-the-loop", path="hitl")


VOC = """<annotation><filename>{name}</filename><size><width>64</width><height>48</height></size>
<object><name>{label}</name><bndbox><xmin>4</xmin><ymin>5</ymin><xmax>40</xmax><ymax>45</ymax></bndbox></object>
</annotation>"""
LABELS = {"with_mask": {"wear": "correct"}, "without_mask": {"mask_type": "none"}}


def test_voc(ingest: Ingest, tmp_path: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "c">]><annotation/>'
    files = {
        "images/m0.png": picture(0, kind="PNG"),
        "images/m1.png": picture(1, kind="PNG"),
        "annotations/m0.xml": VOC.format(name="m0.png", label="without_mask").encode(),
        "annotations/m1.xml": bomb.encode(),
        "annotations/m2.xml": VOC.format(name="m2.png", label="with_mask").encode(),
        "annotations/m3.xml": b"<annotation>",
    }
    write_tree(tmp_path / "voc", files)
    taken = ingest(adapter="voc", path="voc", labels=LABELS)
    image = by_origin(taken)["images/m0.png"]
    assert (image.mask_type, image.boxes[0].original_label, image.boxes[0].bottom) == ("none", "without_mask", 45)
    assert reasons(taken.rejections) == {
        "images/m1.png": "no_label",
        "annotations/m1.xml": "unsafe_xml",
        "annotations/m2.xml": "image_missing",
        "annotations/m3.xml": "damaged_annotation",
    }


def test_coco(ingest: Ingest, tmp_path: Path) -> None:
    document = {
        "images": [{"id": 7, "file_name": "train/a.jpg", "width": 64, "height": 48}],
        "categories": [{"id": 1, "name": "with_mask"}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "bbox": [2, 3, 20, 30]},
            {"image_id": 7, "category_id": 1, "bbox": [200, 3, 20, 30]},
        ],
    }
    write_tree(tmp_path / "coco", {"a.jpg": picture(), "_annotations.coco.json": json.dumps(document).encode()})
    taken = ingest(adapter="coco", path="coco", labels=LABELS)
    (box,) = taken.images[0].boxes
    assert (box.left, box.top, box.right, box.bottom, box.wear) == (2, 3, 22, 33, "correct")
    assert reasons(taken.rejections) == {"a.jpg#box1": "bad_box"}


def test_one_annotation_for_two_images_of_one_name_is_refused(ingest: Ingest, tmp_path: Path) -> None:
    xml = VOC.format(name="m.jpg", label="with_mask").encode()
    other = {"d/o.jpg": picture(3), "d/o.xml": VOC.format(name="o.jpg", label="with_mask").encode()}
    write_tree(
        tmp_path / "voc", {"a/m.jpg": picture(0), "b/m.jpg": picture(1), "c/n.jpg": picture(2), "m.xml": xml, **other}
    )
    taken = ingest(adapter="voc", path="voc", labels=LABELS)
    expected = {"a/m.jpg": "ambiguous_annotation", "b/m.jpg": "ambiguous_annotation", "c/n.jpg": "no_label"}
    assert reasons(taken.rejections) == expected


def test_masktheface_output(ingest: Ingest, tmp_path: Path) -> None:
    names = ["an_0014_surgical_blue.jpg", "an_0014_N95.jpg", "an_0014.jpg", "other_0015.jpg"]
    write_tree(tmp_path / "mtf", {name: picture(seed) for seed, name in enumerate(names)})
    taken = ingest("masktheface", path="mtf")
    images = by_origin(taken)
    assert {name: (image.mask_type, image.synthetic) for name, image in images.items()} == {
        "an_0014_surgical_blue.jpg": ("surgical", True),
        "an_0014_N95.jpg": ("ffp2", True),
        "an_0014.jpg": ("unknown", False),
    }
    assert len({image.photo_id for image in taken.images}) == 1
    assert reasons(taken.rejections) == {"other_0015.jpg": "unknown_name"}


def test_wwmr(ingest: Ingest, tmp_path: Path) -> None:
    expected = {
        "001_MRCW_SRGM_0.jpg": ("surgical", "correct", "unknown"),
        "001_MRNN_DRWV_45_F.jpg": ("ffp2", "nose_exposed", "yes"),
        "001_MRNC_NMDM_90.jpg": ("cloth", "nose_mouth_exposed", "unknown"),
        "002_MRNW_0.jpg": ("none", "none", "unknown"),
        "002_MRNW_SRGM_0.jpg": ("none", "none", "unknown"),
    }
    files = {name: picture(seed) for seed, name in enumerate(expected)}
    write_tree(tmp_path / "wwmr", {**files, "cover.jpg": picture(9)})
    taken = ingest("wwmr-db", path="wwmr")
    images = by_origin(taken)
    assert {name: (image.mask_type, image.wear, image.valve) for name, image in images.items()} == expected
    assert images["001_MRCW_SRGM_0.jpg"].person_id == "wwmr-db:001" != images["002_MRNW_0.jpg"].person_id
    assert reasons(taken.rejections) == {"cover.jpg": "unknown_name"}


def test_mfr2(ingest: Ingest, tmp_path: Path) -> None:
    files = {
        "mfr2/Ann_Lee/Ann_Lee_0001.png": picture(0, kind="PNG"),
        "mfr2/Ann_Lee/Ann_Lee_0002.png": picture(1, kind="PNG"),
        "mfr2/Ann_Lee/Ann_Lee_0009.png": picture(2, kind="PNG"),
        "mfr2/mfr2_labels.txt": b"Ann_Lee, 1, surgical\nAnn_Lee, 2, no-mask\nBob_Ray, 1, cloth\n",
    }
    write_tree(tmp_path / "mfr2", files)
    taken = ingest("mfr2", path="mfr2")
    assert [(image.mask_type, image.person_id) for image in taken.images] == [
        ("surgical", "mfr2:Ann_Lee"),
        ("none", "mfr2:Ann_Lee"),
    ]
    assert reasons(taken.rejections) == {
        "mfr2/Ann_Lee/Ann_Lee_0009.png": "no_label",
        "Bob_Ray_0001#label": "image_missing",
    }


def test_mfr2_line_that_cannot_be_read_is_shown(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "mfr2", {"Ann/Ann_0001.png": picture(), "mfr2_labels.txt": b"Ann one surgical\n"})
    with pytest.raises(SourceError, match="line1: damaged_annotation: 'Ann one surgical': expected"):
        ingest("mfr2", path="mfr2")


def test_portraits(ingest: Ingest, tmp_path: Path) -> None:
    names = ["repo/female/512/1.jpg", "repo/male/512/1.jpg", "repo/female/256/1.jpg", "repo/logo.png"]
    write_tree(tmp_path / "portraits", {name: picture(seed) for seed, name in enumerate(names)})
    taken = ingest("faker-portraits", path="portraits")
    assert {image.person_id for image in taken.images} == {"faker-portraits:female/1", "faker-portraits:male/1"}
    assert {image.mask_type for image in taken.images} == {"none"}
    assert reasons(taken.rejections) == {"repo/female/256/1.jpg": "other_size", "repo/logo.png": "unknown_name"}


METADATA = {
    "metadata.jsonl": b'{"file_name": "a.jpg", "label": 1, "who": "p7", "rights": "CC0-1.0"}\n',
    "metadata.csv": b"file_name,label,who,rights\na.jpg,with_mask,p7,CC0-1.0\n",
}


@pytest.mark.parametrize("name", METADATA)
def test_imagefolder(ingest: Ingest, tmp_path: Path, name: str) -> None:
    write_tree(tmp_path / "hf", {"train/a.jpg": picture(), "train/b.jpg": picture(1), f"train/{name}": METADATA[name]})
    settings = {"person_column": "who", "licence_column": "rights", "class_names": ["without_mask", "with_mask"]}
    taken = ingest(adapter="imagefolder", path="hf", labels=LABELS, **settings)
    (image,) = taken.images
    assert (image.wear, image.original_label, image.person_id) == ("correct", "with_mask", "mine:p7")
    assert image.licence == "CC0-1.0"
    assert reasons(taken.rejections) == {"train/b.jpg": "no_label"}


def test_imagefolder_with_boxes_or_class_folders(ingest: Ingest, tmp_path: Path) -> None:
    objects = {"bbox": [[1, 2, 10, 20]], "categories": ["without_mask"]}
    row = json.dumps({"file_name": "a.jpg", "objects": objects}).encode()
    write_tree(tmp_path / "hf", {"a.jpg": picture(), "metadata.jsonl": row})
    (box,) = ingest(adapter="imagefolder", path="hf", labels=LABELS).images[0].boxes
    assert (box.left, box.top, box.right, box.bottom, box.mask_type) == (1, 2, 11, 22, "none")
    write_tree(tmp_path / "plain", {"test/with_mask/a.jpg": picture()})
    assert ingest(adapter="imagefolder", path="plain", labels=LABELS).images[0].wear == "correct"


def write_shard(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as shard:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            shard.addfile(member, io.BytesIO(data))


def test_boxes_in_webdataset_shards(ingest: Ingest, tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    sound = {"bbox": [[1, 2, 10, 20], [1, 2, "wide", 20]], "category": ["without_mask", "with_mask"]}
    uneven = {"bbox": [[1, 2, 10, 20]], "category": []}
    members = {
        "a.jpg": picture(0), "a.json": json.dumps({"objects": sound}).encode(),
        "b.jpg": picture(1), "b.json": json.dumps({"objects": uneven}).encode(),
    }  # fmt: skip
    write_shard(tmp_path / "shards/0.tar", members)
    taken = ingest(adapter="webdataset", path="shards", labels=LABELS)
    (box,) = by_origin(taken)["0.tar/a.jpg"].boxes
    assert (box.left, box.top, box.right, box.bottom, box.mask_type) == (1, 2, 11, 22, "none")
    assert reasons(taken.rejections) == {
        "0.tar/a#object1": "damaged_annotation", "0.tar/b#object0": "damaged_annotation", "0.tar/b.jpg": "no_label",
    }  # fmt: skip


def test_webdataset_shards(ingest: Ingest, tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    members = {
        "000001.jpg": picture(0),
        "000001.json": b'{"label": "with_mask", "by": "Ann"}',
        "000002.jpg": picture(1),
        "000002.cls": b"without_mask",
        "000003.cls": b"without_mask",
    }
    write_shard(tmp_path / "shards/00000.tar", members)
    taken = ingest(adapter="webdataset", path="shards", labels=LABELS, author_key="by")
    images = by_origin(taken)
    assert (images["00000.tar/000001.jpg"].wear, images["00000.tar/000001.jpg"].author) == ("correct", "Ann")
    assert images["00000.tar/000002.jpg"].mask_type == "none"
    assert reasons(taken.rejections) == {"00000.tar/000003": "not_an_image"}


def test_pasted_masks_of_known_origin_are_synthetic(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "set", {"with_mask/a.jpg": picture(0), "with_mask/b.jpg": picture(1)})
    settings = {"adapter": "folder", "path": "set", "labels": LABELS}
    assert all(image.synthetic for image in ingest(**settings, synthetic_labels=["with_mask"]).images)
    write_tree(tmp_path / "observations", {"0-with-mask.jpg": picture(0)})
    taken = ingest(**settings, synthetic_labels=["with_mask"], pasted_reference="observations")
    assert {image.origin: image.synthetic for image in taken.images} == {
        "with_mask/a.jpg": True,
        "with_mask/b.jpg": False,
    }
