from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.core import paths
from pipeline.core.params import FacesParams
from pipeline.core.records import Face, Image, MaskedImage, Rejection
from pipeline.faces.extraction import FaceExtractor
from pipeline.masks import MaskRecipe, load_templates
from pipeline.storage.images import read_image
from pipeline.storage.manifests import read_manifest, write_manifest
from stages import augment

SURGICAL = [name for name, template in load_templates().items() if template.mask_type == "surgical"]
MakeImage = Callable[..., Image]


@pytest.fixture
def face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait_jpeg: bytes, make_image: MakeImage) -> Face:
    """A project with one photo of one unmasked face."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.jpg").write_bytes(portrait_jpeg)
    image = make_image(mask_type="none", licence="CC-BY-4.0")
    write_manifest(paths.KEPT, [image], Image)
    (found,) = FaceExtractor(FacesParams(), Path(), paths.FACE_CROPS)(image).faces
    write_manifest(paths.FACES_TABLE, [found], Face)
    return found


def invoke(params: str = "") -> Result:
    Path("params.yaml").write_text(params)
    return CliRunner().invoke(augment.command, [])


def masked() -> list[MaskedImage]:
    return read_manifest(paths.MASKED_TABLE, MaskedImage)


def test_every_type_goes_on_every_unmasked_face(face: Face) -> None:
    result = invoke("augment: {per_face: 2}")
    assert result.output == "augment: 6 masks on unmasked faces in, 6 kept, 0 rejected\n"
    rows = masked()
    assert [row.mask_type for row in rows] == ["cloth", "cloth", "surgical", "surgical", "ffp2", "ffp2"]
    assert len({row.id for row in rows}) == len({row.path for row in rows}) == 6


def test_a_row_carries_its_parent_and_enough_to_draw_again(face: Face) -> None:
    invoke("augment: {masks: [ffp2], alpha: true}\nfaces: {crop_px: 64}")
    (row,) = masked()
    assert (row.face_id, row.image_id, row.parent_sha256) == (face.id, "a" * 32, "b" * 64)
    assert (row.licence, row.landmarks) == ("CC-BY-4.0", face.landmarks)
    assert MaskRecipe.from_json(row.draw).seed == row.seed
    assert read_image(Path(row.path)).rgb.shape == (300, 256, 3)
    assert read_image(Path(row.crop_path or "")).rgb.shape == (64, 64, 3)
    assert read_image(Path(row.alpha_path or "")).mode == "L"
    assert row.mask_left < (face.left + face.right) / 2 < row.mask_right


def test_faces_that_are_masked_or_unknown_are_let_be(face: Face) -> None:
    others = [replace(face, id=f"{mask}-0", mask_type=mask) for mask in ("cloth", "unknown")]
    write_manifest(paths.FACES_TABLE, others, Face)
    assert "0 masks on unmasked faces in, 0 kept, 0 rejected" in invoke().output


def test_a_turned_face_is_rejected_under_the_ids_of_its_pictures(face: Face) -> None:
    squeezed = [value * 0.02 if place % 2 == 0 else value for place, value in enumerate(face.landmarks)]
    write_manifest(paths.FACES_TABLE, [replace(face, landmarks=tuple(squeezed))], Face)
    invoke("augment: {masks: [cloth, ffp2]}")
    rejections = read_manifest(paths.MASKED / "rejected.parquet", Rejection)
    assert [row.id for row in rejections] == [f"{face.id}-cloth0", f"{face.id}-ffp20"]
    assert {row.reason for row in rejections} <= {"extreme_pose", "face_too_small"}
    assert masked() == []


def test_a_face_that_looks_masked_is_not_trusted(face: Face) -> None:
    invoke("augment: {masks: [ffp2]}")
    Path(masked()[0].path).replace("photo.jpg")
    assert "3 rejected (already_masked 3)" in invoke().output
    assert "3 kept, 0 rejected" in invoke("augment: {already_masked_threshold: 1}").output


def test_masks_of_held_out_templates_are_marked(face: Face) -> None:
    held_out = SURGICAL[1:]
    invoke(f"augment: {{masks: [surgical, ffp2], per_face: 8, holdout_templates: [{', '.join(held_out)}]}}")
    assert {row.template in held_out for row in masked()} == {True, False}
    assert all(row.held_out == (row.template in held_out) for row in masked())


def test_a_vanished_photo_rejects_its_pictures(face: Face) -> None:
    Path("photo.jpg").unlink()
    assert "3 rejected (unreadable_file 3)" in invoke().output


def test_same_seed_same_bytes_with_any_number_of_workers(face: Face) -> None:
    outputs = []
    for params in ("seed: 1", "seed: 1\nengine: {jobs: 2}", "seed: 2"):
        invoke(params)
        outputs.append([Path(row.path).read_bytes() for row in masked()])
    assert outputs[0] == outputs[1]
    assert set(outputs[0]).isdisjoint(outputs[2])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ("augment: {mask: {shift_degs: 3}}", "params.yaml: augment.mask.shift_degs: unknown key (value 3)"),
        ("augment: {mask: {shift_deg: [5, -5]}}", "params.yaml: augment.mask.shift_deg: [5, -5]: "),
        ("augment: {mask: {look: {blur: [0, .nan]}}}", "params.yaml: augment.mask.look.blur.1: nan: "),
        ("augment: {mask: {wear: {correct: 0}}}", "params.yaml: augment.mask.wear: {'correct': 0}: "),
        ("augment: {mask: {wear: {}}}", "params.yaml: augment.mask.wear: {}: "),
        ("augment: {masks: []}", "params.yaml: augment.masks: []"),
        ("augment: {masks: [gas]}", "params.yaml: augment.masks.0: 'gas'"),
        ("augment: {templates: [photo.jpg]}", "no template in it"),
        ("augment: {holdout_templates: [scarf]}", "augment.holdout_templates: 'scarf' is not one of cloth_bandana"),
        (f"augment: {{holdout_templates: [{', '.join(SURGICAL)}]}}", "nothing is left to train surgical masks on"),
    ],
)
def test_what_cannot_be_done_is_one_message(face: Face, params: str, message: str) -> None:
    result = invoke(params)
    assert result.exit_code == 1
    assert message in result.stderr
