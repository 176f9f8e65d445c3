from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.core import paths
from pipeline.core.arrays import Rgb
from pipeline.core.records import Face, Image, LabelledBox, Rejection
from pipeline.storage.images import write_image
from pipeline.storage.manifests import read_manifest, write_manifest
from stages import faces

MakeImage = Callable[..., Image]


def run(*images: Image, params: str = "") -> str:
    Path("params.yaml").write_text(params)
    write_manifest(paths.KEPT, images, Image)
    result = CliRunner().invoke(faces.command, [], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait_jpeg: bytes) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(portrait_jpeg)
    (tmp_path / "broken.jpg").write_bytes(portrait_jpeg[:2000])
    return tmp_path


def test_every_image_is_kept_or_rejected(project: Path, make_image: MakeImage) -> None:
    output = run(make_image(mask_type="none"), make_image(id="c" * 32, path="broken.jpg", origin="broken.jpg"))
    (face,) = read_manifest(paths.FACES_TABLE, Face)
    (rejection,) = read_manifest(paths.FACES / "rejected.parquet", Rejection)
    assert output == "faces: 2 images in, 1 kept, 1 rejected (damaged_image 1)\n"
    assert (face.image_id, face.mask_type, face.detector, len(face.landmarks)) == ("a" * 32, "none", "yunet", 136)
    assert (rejection.id, rejection.stage, rejection.origin) == ("c" * 32, "faces", "broken.jpg")
    assert face.crop_path is not None
    assert (project / face.crop_path).stat().st_size > 1000


def test_crops_have_the_side_of_the_parameters(project: Path, make_image: MakeImage) -> None:
    from pipeline.storage.images import read_image

    run(make_image(), params="faces: {crop_px: 96}")
    (face,) = read_manifest(paths.FACES_TABLE, Face)
    assert read_image(Path(face.crop_path or "")).rgb.shape == (96, 96, 3)


def test_a_second_run_leaves_nothing_of_the_first(project: Path, make_image: MakeImage) -> None:
    run(make_image())
    run(make_image(id="d" * 32))
    assert [path.name for path in (paths.FACES / "crops").iterdir()] == ["d" * 32 + "-0.jpg"]


def test_workers_change_no_byte(project: Path, make_image: MakeImage) -> None:
    images = [make_image(id=letter * 32) for letter in "abcd"]
    manifests = []
    for jobs in (1, 2):
        run(*images, params=f"engine: {{jobs: {jobs}}}")
        manifests.append((paths.FACES_TABLE).read_bytes())
    assert manifests[0] == manifests[1]


def test_a_missing_manifest_is_one_message(project: Path) -> None:
    Path("params.yaml").write_text("")
    result = CliRunner().invoke(faces.command, [])
    assert result.exit_code == 1
    assert "data/dedup/kept.parquet does not exist; run `maskwright dedup` first" in result.stderr


@pytest.mark.parametrize(("setting", "kept"), [("reject", ["none"]), ("unknown", ["none", "unknown"])])
def test_a_face_that_no_label_speaks_of_is_a_row_unless_the_setting_keeps_it(
    project: Path, make_image: MakeImage, portrait: Rgb, setting: str, kept: list[str]
) -> None:
    pair = np.concatenate([portrait, portrait[:, ::-1]], axis=1)
    height, width = pair.shape[:2]
    write_image(project / "photo.jpg", pair)
    run(make_image(width_px=width, height_px=height), params="faces: {}")
    first = min(read_manifest(paths.FACES / "faces.parquet", Face), key=lambda face: face.left)
    sides: dict[str, Any] = {"left": first.left, "top": first.top, "right": first.right, "bottom": first.bottom}
    box = LabelledBox(**sides, original_label="bare", mask_type="none", wear="none", masked="no")
    run(make_image(width_px=width, height_px=height, boxes=(box,)), params=f"faces: {{unlabelled: {setting}}}")
    found = read_manifest(paths.FACES / "faces.parquet", Face)
    assert sorted(face.mask_type for face in found) == kept
    reasons = [row.reason for row in read_manifest(paths.FACES / "rejected.parquet", Rejection)]
    assert reasons == ["no_label"] * (2 - len(kept))
