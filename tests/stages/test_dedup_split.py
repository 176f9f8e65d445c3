import hashlib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.core.arrays import Rgb
from pipeline.core.records import Assignment, DuplicateLink, Face, Image, MaskedImage, Rejection
from pipeline.storage.images import write_image
from pipeline.storage.manifests import read_manifest, write_manifest
from stages.cli import main
from tests.dedup.examples import image_row, picture


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("ingest:\n  sources: [unit]\n", encoding="utf-8")
    return tmp_path


def photo(project: Path, name: str, rgb: Rgb, **changes: Any) -> Image:
    path = project / "data" / "raw" / "unit" / f"{name}.png"
    write_image(path, rgb)
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    return image_row(name, path=path.relative_to(project).as_posix(), sha256=content, mask_type="none", **changes)


def face_row(image: Image, name: str) -> Face:
    numbers: dict[str, Any] = dict.fromkeys(("left", "top", "yaw_deg", "pitch_deg", "roll_deg"), 0.0)
    numbers |= {"right": 9.0, "bottom": 9.0, "score": 0.9, "sharpness": 50.0}
    return Face(
        id=name, image_id=image.id, detector="yunet", landmarks=(), crop_path=f"{name}.jpg", mask_type="none", **numbers
    )


def masked_row(face: Face, image: Image, name: str) -> MaskedImage:
    numbers: dict[str, Any] = dict.fromkeys(
        (
            *("mask_left", "mask_top", "mask_right", "mask_bottom", "left", "top", "right", "bottom"),
            *("yaw_deg", "pitch_deg", "roll_deg"),
        ),
        0.0,
    )
    return MaskedImage(
        id=name,
        face_id=face.id,
        image_id=image.id,
        parent_sha256=image.sha256,
        path=f"{name}.jpg",
        alpha_path=None,
        crop_path=f"{name}.crop.jpg",
        template="t",
        mask_type="cloth",
        wear="correct",
        valve="no",
        seed=1,
        draw="{}",
        polygon=(),
        landmarks=(),
        licence="CC0-1.0",
        **numbers,
    )


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def test_from_photos_to_a_split_without_leaks(project: Path) -> None:
    photos = [photo(project, f"p{i}", picture(i), person_id=f"person {i // 2}") for i in range(24)]
    copy = photo(project, "copy", picture(0), url="elsewhere")
    broken = photo(project, "broken", picture(90))
    (project / broken.path).write_bytes(b"no image")
    write_manifest(project / "data/raw/unit/images.parquet", [*photos, copy, broken], Image)

    assert "dedup: 26 images in, 24 kept, 2 rejected (exact_duplicate 1, not_an_image 1)" in run("dedup")
    kept = read_manifest(project / "data/dedup/kept.parquet", Image)
    rejected = read_manifest(project / "data/dedup/rejected.parquet", Rejection)
    assert sorted([i.id for i in kept] + [r.id for r in rejected]) == sorted(i.id for i in [*photos, copy, broken])
    assert {link.kind for link in read_manifest(project / "data/dedup/links.parquet", DuplicateLink)} >= {"exact"}

    faces = [face_row(image, f"face {image.origin}") for image in kept]
    masked = [masked_row(face, image, f"masked {face.id}") for face, image in zip(faces, kept, strict=True)]
    write_manifest(project / "data/faces/faces.parquet", faces, Face)
    write_manifest(project / "data/masked/masked.parquet", masked, MaskedImage)

    assert "split: 48 samples in, 48 kept, 0 rejected" in run("split")
    assigned = read_manifest(project / "data/split/split.parquet", Assignment)
    person = {image.id: image.person_id for image in kept}
    sides_of: dict[str | None, set[str]] = {}
    for row in assigned:
        sides_of.setdefault(person[row.image_id], set()).add(row.side)
    assert all(len(sides) == 1 for sides in sides_of.values())
    assert {row.side for row in assigned} == {"train", "val", "test"}


def test_a_missing_manifest_is_named(project: Path) -> None:
    result = CliRunner().invoke(main, ["dedup"])
    assert result.exit_code == 1
    assert "data/raw/unit/images.parquet" in result.output


def test_samples_that_cannot_be_assigned_are_rows(project: Path) -> None:
    image = photo(project, "a", picture(1))
    faces = [face_row(image, "kept"), face_row(image_row("gone"), "orphan")]
    write_manifest(project / "data/dedup/kept.parquet", [image], Image)
    write_manifest(project / "data/dedup/links.parquet", [], DuplicateLink)
    write_manifest(project / "data/faces/faces.parquet", faces, Face)
    write_manifest(project / "data/masked/masked.parquet", [], MaskedImage)
    assert "(image_not_kept 1)" in run("split")
    assert [r.id for r in read_manifest(project / "data/split/rejected.parquet", Rejection)] == ["orphan"]


def test_no_image_at_all_stops_the_stage_and_names_the_one_before(project: Path) -> None:
    write_manifest(project / "data/raw/unit/images.parquet", [], Image)
    result = CliRunner().invoke(main, ["dedup"])
    assert result.exit_code == 1
    assert "data/raw holds no image of unit: look at what `maskwright ingest` said" in result.stderr
