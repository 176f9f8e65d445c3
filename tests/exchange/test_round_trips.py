"""What is exported and taken in again is the same: boxes, type, wear, valve, and the side by the folder."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.records import Image, MaskedImage, MaskType, Side, Valve, Wear
from pipeline.exchange.classes import ClassList
from pipeline.exchange.targets import targets_of
from tests.exchange.kit import GROUP_PHOTO, PORTRAIT, exported, lines, masked, pictures, write_folder, write_project
from tests.exchange.test_folder import of_all
from tests.sources.kit import ingest_params

TYPES: tuple[MaskType, ...] = ("cloth", "surgical", "ffp2")
WAYS: tuple[Wear, ...] = ("correct", "nose_exposed", "chin_exposed", "nose_mouth_exposed", "incorrect", "unknown")
VALVES: tuple[Valve, ...] = ("yes", "no", "unknown")
CLASSES = ClassList("type+wear+valve", "faces")
LABELS: dict[str, dict[str, str]] = {"no_mask": {"mask_type": "none"}} | {
    CLASSES.name(mask_type, wear, valve): {"mask_type": mask_type, "wear": wear, "valve": valve}
    for mask_type, wear, valve in product(TYPES, WAYS, VALVES)
}
SIDES: dict[str, Side] = {GROUP_PHOTO: "train", PORTRAIT: "test"}
FORMATS = ("yolo", "coco", "voc", "csv", "imagefolder", "webdataset")
"""Those of which we read boxes."""

Told = list[tuple[Any, ...]]


def every_label() -> list[MaskedImage]:
    """A masked picture of every type, way and valve."""
    return [
        masked(f"{PORTRAIT}-0", f"{mask_type}{wear}{valve}", mask_type=mask_type, wear=wear, valve=valve)
        for mask_type, wear, valve in product(TYPES, WAYS, VALVES)
    ]


def told(data: Path) -> dict[str, Told]:
    """By id, the side and each face's box and labels; of a bare face a valve says nothing."""
    return {
        one.id: [
            (
                one.side,
                target.box,
                target.face.mask_type,
                target.face.wear,
                _valve(target.face.mask_type, target.face.valve),
            )
            for target in targets_of(one, CLASSES).objects
        ]
        for one in pictures(data)
    }


def _valve(mask_type: str, valve: str) -> str:
    return "unknown" if mask_type == "none" else valve


def taken_in(out: Path, form: str) -> dict[str, Told]:
    """The same, of what was exported to `out` and ingested."""
    from pipeline.sources.ingest import ingest_source

    params = ingest_params("mine", adapter=form, path=str(out), labels=LABELS, unannotated="unknown")
    found = ingest_source("mine", params, out.parent)
    assert not [row for row in found.rejections if row.reason not in {"not_an_image", "system_file"}]
    names = {Path(row["file"]).stem: row for row in lines(out / "pictures.jsonl")}
    return {
        names[Path(image.origin).stem]["id"]: [
            (_side(image, out), (box.left, box.top, box.right, box.bottom), box.mask_type, box.wear, box.valve)
            for box in image.boxes
        ]
        for image in found.images
    }


def _side(image: Image, out: Path) -> str | None:
    """By the list that names it (VOC), else by its folder."""
    for path in (out / "VOCdevkit/VOC2007/ImageSets/Main").glob("*.txt"):
        if Path(image.origin).stem in path.read_text().split():
            return path.stem
    folders = {part.partition("-")[0] for part in Path(image.origin).parts}  # a shard is train-000000.tar
    return next((side for side in ("train", "val", "test") if side in folders), None)


def assert_same(found: dict[str, Told], expected: dict[str, Told]) -> None:
    assert found.keys() == expected.keys()
    for name, faces in expected.items():
        assert len(found[name]) == len(faces)
        for (side, box, *labels), (other_side, corners, *others) in zip(found[name], faces, strict=True):
            assert (side, labels) == (other_side, others), name
            assert box == pytest.approx(corners, abs=2e-3)


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_of_a_project_is_lost(tmp_path: Path, form: str) -> None:
    data = write_project(tmp_path, masks=[masked(f"{GROUP_PHOTO}-1"), *every_label()], sides=SIDES)
    done = exported(data, tmp_path / "out", form, classes="type+wear+valve")
    assert done.pictures == 2 + 1 + 54
    assert_same(taken_in(tmp_path / "out", form), told(data))


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_of_an_output_of_augment_masks_is_lost(tmp_path: Path, form: str) -> None:
    folder = write_folder(tmp_path / "OUT", [of_all()])
    exported(folder, tmp_path / "out", form, classes="type+wear+valve")
    expected = {name: [("train", *rest) for _, *rest in faces] for name, faces in told(folder).items()}
    assert_same(taken_in(tmp_path / "out", form), expected)
