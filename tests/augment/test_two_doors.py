"""`augment-masks` and the stage `augment` over the same photo: where a render fails, both drop that picture alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.core import paths
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.records import Face, Image, MaskedImage, Rejection
from pipeline.faces.extraction import FaceExtractor
from pipeline.masks import MaskedFace, MaskRecipe, MaskSynthesizer
from pipeline.masks.head.canonical import HeadFit
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
    whole = MaskSynthesizer.render

    def render(
        self: MaskSynthesizer, rgb: Rgb, landmarks: Points, draw: MaskRecipe, fit: HeadFit | None = None
    ) -> MaskedFace:
        if draw.mask_type == "surgical":
            raise SampleRejected("mask_outside_photo", "the test says so")
        return whole(self, rgb, landmarks, draw, fit)

    monkeypatch.setattr(MaskSynthesizer, "render", render)


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
    """As in `images/cloth/anna-0-1.jpg`."""
    path = Path(file_name)
    return path.parent.name, int(path.stem.rpartition("-")[2])


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
