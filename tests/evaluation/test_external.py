from pathlib import Path

import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.core.params import FacesParams
from pipeline.core.records import Assignment
from pipeline.evaluation.attributes import FaceGeometry
from pipeline.evaluation.external import external_set, held_out_sets
from pipeline.faces.finding import FaceFinder, FoundFace
from pipeline.storage.images import read_image, write_image

PARAMS = FacesParams()


@pytest.fixture
def folder(tmp_path: Path, portrait: Rgb) -> Path:
    """A portrait, a picture without a face, a crop-shaped one, and a file that is no image."""
    write_image(tmp_path / "photos/none/portrait.jpg", portrait)
    write_image(tmp_path / "photos/N95/wall.png", np.full((90, 200, 3), 99, dtype=np.uint8))
    write_image(tmp_path / "photos/N95/square.png", np.full((90, 90, 3), 99, dtype=np.uint8))
    (tmp_path / "photos/N95/broken.jpg").write_bytes(b"no image")
    (tmp_path / "photos/N95/notes.txt").write_text("not an image at all")
    return tmp_path / "photos"


def test_faces_are_cut_out_and_what_is_left_has_a_reason(folder: Path, tmp_path: Path) -> None:
    found = external_set("real", folder, Path("crops"), root=tmp_path, find=FaceFinder(PARAMS).find, params=PARAMS)
    assert [(row.mask_type, row.synthetic, row.source) for row in found.rows] == [
        ("ffp2", False, "real"),
        ("none", False, "real"),
    ]
    assert sorted((r.origin, r.reason) for r in found.rejections) == [
        ("N95/broken.jpg", "not_an_image"),
        ("N95/wall.png", "no_face"),
    ]
    portrait = found.rows[1]
    assert read_image(tmp_path / portrait.crop_path).rgb.shape == (PARAMS.crop_px, PARAMS.crop_px, 3)
    yaw = found.geometry[portrait.sample_id].yaw_deg
    assert yaw is not None
    assert abs(yaw) < 25
    assert found.geometry[found.rows[0].sample_id] == FaceGeometry()  # taken whole


def test_what_a_photo_makes_the_program_raise_is_its_row(folder: Path, tmp_path: Path) -> None:
    def find(rgb: Rgb) -> list[FoundFace]:
        if rgb.shape == (90, 200, 3):
            raise RuntimeError("of a detector")
        return FaceFinder(PARAMS).find(rgb)

    found = external_set("real", folder, Path("crops"), root=tmp_path, find=find, params=PARAMS)
    assert len(found.rows) == 2
    assert {r.origin: r.reason for r in found.rejections}["N95/wall.png"] == "processing_failed"


def test_photos_in_no_class_folder_are_rows_and_names_do_not_tell_photos(tmp_path: Path, portrait_jpeg: bytes) -> None:
    for name in ("photos/No Mask/photo", "photos/loose.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(portrait_jpeg)
    found = external_set(
        "x", tmp_path / "photos", Path("crops"), root=tmp_path, find=FaceFinder(PARAMS).find, params=PARAMS
    )
    assert [row.mask_type for row in found.rows] == ["none"]
    assert [(r.origin, r.reason) for r in found.rejections] == [("loose.jpg", "no_label")]


def test_two_photos_of_one_content_stay_two_rows(tmp_path: Path, portrait: Rgb) -> None:
    for name in ("a", "b"):
        write_image(tmp_path / f"photos/none/{name}.jpg", portrait)
    found = external_set(
        "x", tmp_path / "photos", Path("crops"), root=tmp_path, find=FaceFinder(PARAMS).find, params=PARAMS
    )
    assert len({row.sample_id for row in found.rows}) == 2


def row(sample_id: str, mask_type: str, *, synthetic: bool, side: str = "test") -> Assignment:
    return Assignment(
        sample_id=sample_id,
        image_id=sample_id,
        group=sample_id,
        side=side,  # type: ignore[arg-type]
        mask_type=mask_type,  # type: ignore[arg-type]
        wear="unknown",
        valve="unknown",
        source="s",
        synthetic=synthetic,
        template=None,
        crop_path="x.jpg",
    )


def test_drawn_and_real_masks_are_never_in_one_set() -> None:
    rows = [
        row("bare", "none", synthetic=False),
        row("drawn", "cloth", synthetic=True),
        row("worn", "ffp2", synthetic=False),
        row("trained", "cloth", synthetic=True, side="train"),
    ]
    found = {s.name: [r.sample_id for r in s.rows] for s in held_out_sets(rows, {})}
    assert found == {"test_synthetic": ["bare", "drawn"], "test_real": ["bare", "worn"]}


def test_a_set_with_one_class_is_left_out() -> None:
    rows = [row("bare", "none", synthetic=False), row("drawn", "cloth", synthetic=True)]
    rows.append(row("other", "unknown", synthetic=False))
    assert [s.name for s in held_out_sets(rows, {})] == ["test_synthetic"]
