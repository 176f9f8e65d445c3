"""`augment-masks` and the stage `augment` over the same photos: the same pictures are made, the same ones fail."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.core import paths
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.records import Face, Image, MaskedImage, MaskType, Rejection
from pipeline.faces.extraction import FaceExtractor
from pipeline.masks import MaskRecipe, MaskSynthesizer, PaintedMask
from pipeline.masks.seen_face import SeenFace
from pipeline.storage.images import encode_image
from pipeline.storage.manifests import read_manifest, write_manifest
from stages import augment
from stages.augment_masks import command as augment_masks

Key = tuple[str | None, int | None]
"""Mask type and number of a picture."""


@dataclass(frozen=True)
class Door:
    """What came out of one door: labels of the pictures, and why the others are missing."""

    made: dict[Key, str]
    rejected: dict[Key, tuple[str, str]]
    bare: int


@pytest.fixture
def one_failing_render(monkeypatch: pytest.MonkeyPatch) -> None:
    """Surgical masks can't be rendered."""
    whole = MaskSynthesizer.paint

    def paint(
        self: MaskSynthesizer, rgb: Rgb, landmarks: Points, draw: MaskRecipe, face: SeenFace | None = None
    ) -> PaintedMask:
        if draw.mask_type == "surgical":
            raise SampleRejected("mask_outside_photo", "the test says so")
        return whole(self, rgb, landmarks, draw, face)

    monkeypatch.setattr(MaskSynthesizer, "paint", paint)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait_jpeg: bytes) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "anna.jpg").write_bytes(portrait_jpeg)
    return tmp_path


def folder_door(project: Path) -> Door:
    args = ["photos", "out", "--jobs", "1", "--per-face", "2", "--include-unmasked"]
    result = CliRunner().invoke(augment_masks, args)
    assert result.exit_code == 0, result.output
    rows = list(_lines(project / "out" / "metadata.jsonl"))
    return Door(
        made={_place(row["file_name"]): row["wear"] for row in rows if row["mask_type"] != "none"},
        rejected={
            (row["mask_type"], row["number"]): (row["reason"], row["detail"])
            for row in _lines(project / "out" / "rejected.jsonl")
        },
        bare=sum(row["mask_type"] == "none" for row in rows),
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    return map(json.loads, path.read_text().splitlines())


def _place(file_name: str) -> Key:
    """As in `images/cloth/anna-0-cloth1.jpg`."""
    path = Path(file_name)
    return path.parent.name, int(path.stem.rpartition("-")[2].removeprefix(path.parent.name))


def stage_door(image: Image) -> Door:
    write_manifest(paths.KEPT, [image], Image)
    faces = FaceExtractor(FacesParams(), Path(), paths.FACE_CROPS)(image).faces
    write_manifest(paths.FACES_TABLE, faces, Face)
    Path("params.yaml").write_text("augment: {per_face: 2}\nengine: {jobs: 1}\n")
    result = CliRunner().invoke(augment.command, [])
    assert result.exit_code == 0, result.output
    rejections = read_manifest(paths.MASKED / "rejected.parquet", Rejection)
    return Door(
        made={_named(row.id): row.wear for row in read_manifest(paths.MASKED_TABLE, MaskedImage)},
        rejected={_named(row.id): (row.reason, row.detail) for row in rejections},
        bare=len(faces),
    )


def _named(row_id: str) -> Key:
    """As in `...-0-cloth1`."""
    picture = row_id.rpartition("-")[2]
    return picture[:-1], int(picture[-1])


def test_one_failing_render_costs_that_picture_alone_at_both_doors(
    project: Path, one_failing_render: None, make_image: Any
) -> None:
    from_folder = folder_door(project)
    from_manifest = stage_door(make_image(mask_type="none", path="photos/anna.jpg"))
    assert set(from_folder.made) == {("cloth", 0), ("cloth", 1), ("ffp2", 0), ("ffp2", 1)}
    why = ("mask_outside_photo", "the test says so")
    assert from_folder.rejected == {("surgical", 0): why, ("surgical", 1): why}
    assert from_folder.bare == 1, "the bare picture does not depend on the masked ones"
    assert set(from_folder.made) == set(from_manifest.made)
    assert from_folder.rejected == from_manifest.rejected


PHOTOS = ("anna.jpg", "bert.jpg", "couple.jpg")
Picture = tuple[str, int, str, int]
"""Photo, face, mask type and number of a picture."""


@dataclass(frozen=True)
class Told:
    """What one door says of many photos: the template of each picture made, and the reason of each that is missing."""

    templates: dict[Picture, str]
    rejected: dict[Picture, str]


@pytest.fixture
def album(project: Path, portrait: Rgb, make_image: Callable[..., Image]) -> list[Image]:
    """Three photos, the last with two faces."""
    couple = np.full((300, 420, 3), 200, dtype=np.uint8)
    couple[:, :256] = portrait
    couple[90:240, 280:408] = portrait[::2, ::2]
    images = []
    for number, (name, rgb) in enumerate(zip(PHOTOS, (portrait, portrait[:, ::-1], couple), strict=True)):
        data = encode_image(np.ascontiguousarray(rgb))
        (project / "photos" / name).write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        size = {"width_px": rgb.shape[1], "height_px": rgb.shape[0]}
        images.append(make_image(id=f"{number}" * 32, sha256=sha256, path=f"photos/{name}", mask_type="none", **size))
    return images


def told_by_folder(project: Path, *options: str) -> Told:
    args = ["photos", "out", "--jobs", "1", "--per-face", "2", *options]
    result = CliRunner().invoke(augment_masks, args)
    assert result.exit_code == 0, result.output
    templates: dict[Picture, str] = {}
    for row in _lines(project / "out" / "metadata.jsonl"):
        mask_type, number = _place(row["file_name"])
        templates[row["parent"], row["face_index"], str(mask_type), int(number or 0)] = row["template"]
    rejected: dict[Picture, str] = {}
    for row in _lines(project / "out" / "rejected.jsonl"):
        for mask_type, number in _concerned(row):
            rejected[row["photo"], row["face_index"], mask_type, number] = row["reason"]
    return Told(templates, rejected)


def _concerned(row: dict[str, Any]) -> list[tuple[MaskType, int]]:
    """A row about a face as a whole stands for all its pictures, which the stage names one by one."""
    if row["mask_type"] is not None:
        return [(row["mask_type"], row["number"])]
    return [(mask, number) for mask in ("cloth", "surgical", "ffp2") for number in range(2)]


def told_by_stage(images: list[Image], seed: int = 0) -> Told:
    write_manifest(paths.KEPT, images, Image)
    extractor = FaceExtractor(FacesParams(min_face_visible=0, unlabelled="unknown"), Path(), paths.FACE_CROPS)
    faces = [replace(face, mask_type="none") for image in images for face in extractor(image).faces]
    write_manifest(paths.FACES_TABLE, faces, Face)
    Path("params.yaml").write_text(f"seed: {seed}\naugment: {{per_face: 2}}\nengine: {{jobs: 1}}\n")
    result = CliRunner().invoke(augment.command, [])
    assert result.exit_code == 0, result.output
    made = read_manifest(paths.MASKED_TABLE, MaskedImage)
    rejections = read_manifest(paths.MASKED / "rejected.parquet", Rejection)
    return Told({_picture(row.id): row.template for row in made}, {_picture(row.id): row.reason for row in rejections})


def _picture(row_id: str) -> Picture:
    """As in `222...-1-cloth0`, of the second face of the third photo."""
    image, face, _ = row_id.split("-")
    mask_type, number = _named(row_id)
    return PHOTOS[int(image[0])], int(face), str(mask_type), int(number or 0)


ALL = {(*face, mask, number) for face in (("anna.jpg", 0), ("bert.jpg", 0), ("couple.jpg", 0), ("couple.jpg", 1))
       for mask in ("cloth", "surgical", "ffp2") for number in range(2)}  # fmt: skip


@pytest.mark.parametrize("seed", [0, 7])
def test_with_one_seed_both_doors_draw_the_same_templates(project: Path, album: list[Image], seed: int) -> None:
    """Wear is drawn by weight at one door, by name at the other; the template is drawn before it, from one key."""
    from_folder, from_stage = told_by_folder(project, "--seed", str(seed)), told_by_stage(album, seed)
    assert from_folder == from_stage
    assert set(from_folder.templates) == ALL
    assert len(set(from_folder.templates.values())) > 6, "they are drawn, not one a type"


def test_several_failing_renders_cost_the_same_pictures_at_both_doors(
    project: Path, album: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of some templates: some faces lose none of a type, others one or all."""
    bad = {name for name in set(told_by_folder(project).templates.values()) if hash_of(name) % 2}
    fail_where(monkeypatch, "paint", lambda draw: draw.template in bad)
    from_folder, from_stage = told_by_folder(project, "--overwrite"), told_by_stage(album)
    assert from_folder == from_stage
    assert set(from_folder.templates) | set(from_folder.rejected) == ALL
    assert set(from_folder.templates) & set(from_folder.rejected) == set()
    assert len(from_folder.templates) > 3
    assert len(from_folder.rejected) > 3
    assert set(from_folder.rejected.values()) == {"mask_outside_photo"}


def test_a_face_that_is_refused_loses_all_its_pictures_at_both_doors_and_the_others_none(
    project: Path, album: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smaller face of the couple can't be fitted."""
    fail_where(monkeypatch, "fit", lambda landmarks: bool(np.ptp(landmarks[:, 0]) < 60))
    from_folder, from_stage = told_by_folder(project), told_by_stage(album)
    assert from_folder == from_stage
    lost = {picture for picture in ALL if picture[:2] == ("couple.jpg", 1)}
    assert from_folder.rejected == dict.fromkeys(lost, "mask_outside_photo")
    assert set(from_folder.templates) == ALL - lost


def fail_where(monkeypatch: pytest.MonkeyPatch, step: str, is_hit: Callable[[Any], bool]) -> None:
    """A step of the synthesizer rejects what `is_hit` says: `fit` by the landmarks, `paint` by what was drawn."""
    whole, place = getattr(MaskSynthesizer, step), {"fit": 1, "paint": 3}[step]

    def maybe(*args: Any) -> Any:
        if is_hit(args[place]):
            raise SampleRejected("mask_outside_photo", "the test says so")
        return whole(*args)

    monkeypatch.setattr(MaskSynthesizer, step, maybe)


def hash_of(name: str) -> int:
    return hashlib.sha256(name.encode()).digest()[0]
