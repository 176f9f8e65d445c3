import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from pipeline.core import paths
from pipeline.core.arrays import Rgb
from pipeline.core.locations import Stretch, located
from pipeline.core.params import FacesParams
from pipeline.core.records import Face, Image, MaskedImage, Rejection
from pipeline.faces.extraction import FaceExtractor
from pipeline.masks import MaskRecipe, load_templates
from pipeline.storage.images import decode_image, encode_image, read_image
from pipeline.storage.manifests import read_manifest, write_manifest
from pipeline.storage.shards import StoredFile
from pipeline.storage.stores import read_bytes
from stages import augment
from stages.cli import main
from tests.conftest import tree

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


@pytest.fixture
def couple(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait: Rgb, make_image: MakeImage) -> list[Face]:
    """A project with one photo of two unmasked faces, the larger first, and one of which nobody knows."""
    monkeypatch.chdir(tmp_path)
    canvas = np.full((320, 640, 3), 200, dtype=np.uint8)
    canvas[10:310, 5:261] = portrait
    canvas[100:250, 280:408] = portrait[::2, ::2]
    canvas[100:250, 450:578] = portrait[::2, ::2]
    data = encode_image(canvas)
    (tmp_path / "photo.jpg").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    image = make_image(mask_type="none", sha256=digest, width_px=640, height_px=320)
    write_manifest(paths.KEPT, [image], Image)
    extractor = FaceExtractor(FacesParams(unlabelled="unknown"), Path(), paths.FACE_CROPS)
    known = [replace(face, mask_type="none" if face.left < 440 else "unknown") for face in extractor(image).faces]
    write_manifest(paths.FACES_TABLE, known, Face)
    return [face for face in known if face.mask_type == "none"]


def test_all_faces_stand_in_one_picture_with_a_row_and_a_crop_each(couple: list[Face]) -> None:
    result = invoke("augment: {faces: all, per_face: 2, alpha: true}\nfaces: {crop_px: 64}")
    assert result.output == "augment: 4 masks on unmasked faces in, 4 kept, 0 rejected\n"
    rows = masked()
    assert [row.id for row in rows] == [f"{face.id}-all{number}" for number in range(2) for face in couple]
    assert [row.face_id for row in rows] == [face.id for face in couple] * 2
    assert {row.path for row in rows} == {f"data/masked/images/{'a' * 32}-all{number}.jpg" for number in range(2)}
    assert len({row.crop_path for row in rows}) == 4
    for row in rows:
        assert read_image(Path(row.crop_path or "")).rgb.shape == (64, 64, 3)
        assert read_image(Path(row.alpha_path or "")).rgb.shape == (320, 640, 3)
        assert row.left < (row.mask_left + row.mask_right) / 2 < row.right
    picture, photo = read_image(Path(rows[0].path)).rgb.astype(int), read_image(Path("photo.jpg")).rgb.astype(int)
    unknown = np.abs(picture - photo)[110:240, 455:570]
    assert unknown.max() < 40, "a face of which nobody knows whether it is bare gets no mask"


def test_a_share_of_all_faces_wears_masks_and_the_others_are_no_rows(couple: list[Face]) -> None:
    invoke("augment: {faces: all, per_face: 10, share: 0.5}")
    assert 4 <= len(masked()) <= 16


def test_a_face_that_cannot_be_masked_is_a_rejection_for_each_picture_of_all(couple: list[Face]) -> None:
    result = invoke("augment: {faces: all, per_face: 2, mask: {min_interocular_px: 35}}")
    assert "4 masks on unmasked faces in, 2 kept, 2 rejected (face_too_small 2)" in result.output
    rejected = read_manifest(paths.MASKED / "rejected.parquet", Rejection)
    assert [row.id for row in rejected] == [f"{couple[1].id}-all{number}" for number in range(2)]


def test_the_largest_bare_face_alone(couple: list[Face]) -> None:
    invoke("augment: {faces: largest, masks: [ffp2]}")
    assert [row.id for row in masked()] == [f"{couple[0].id}-ffp20"]


def test_a_row_of_all_faces_gives_the_whole_picture_again(couple: list[Face]) -> None:
    invoke("augment: {faces: all, per_face: 2}")
    for row in masked():
        said = CliRunner().invoke(main, ["replay", str(paths.MASKED_TABLE), "--id", row.id, "-o", "again.jpg"])
        assert said.exit_code == 0, said.output
        assert np.array_equal(read_image(Path("again.jpg")).rgb, read_image(Path(row.path)).rgb)


def test_shards_hold_a_picture_of_all_faces_once(couple: list[Face]) -> None:
    invoke("augment: {faces: all, per_face: 2}")
    before = {row.id: read_image(Path(row.path)).rgb for row in masked()}
    invoke("augment: {faces: all, per_face: 2, format: shards}")
    for row in masked():
        assert np.array_equal(read_image(located(Path(), row.path)).rgb, before[row.id])
    index = read_manifest(paths.MASKED / "images/index.parquet", StoredFile)
    assert [(file.key, file.member) for file in index] == [
        (f"{'a' * 32}-all{number}", member) for number in range(2) for member in ("jpg", "json")
    ]
    facts = json.loads(read_bytes(Stretch(Path(index[1].shard), index[1].offset, index[1].size)))
    assert [row["id"] for row in facts] == [f"{face.id}-all0" for face in couple]


def test_the_number_of_workers_changes_no_byte_of_pictures_of_all_faces(couple: list[Face]) -> None:
    found = []
    for jobs in (1, 2):
        invoke(f"engine: {{jobs: {jobs}}}\naugment: {{faces: all, share: 0.7, per_face: 3}}")
        found.append(tree(paths.MASKED))
    assert found[0] == found[1]


@pytest.mark.parametrize("faces", ["each", "all"])
def test_pictures_and_crops_say_that_they_are_synthetic_and_whose_photo_they_show(
    couple: list[Face], faces: str
) -> None:
    invoke(f"augment: {{faces: {faces}, masks: [ffp2]}}")
    marked = {row.id: [read_bytes(Path(row.path)), read_bytes(Path(row.crop_path or ""))] for row in masked()}
    invoke(f"augment: {{faces: {faces}, masks: [ffp2], mark_synthetic: false}}")
    for row in masked():
        for before, after in zip(marked[row.id], (row.path, row.crop_path or ""), strict=True):
            assert b"digitalsourcetype/compositeSynthetic" in before
            assert b"CC0-1.0" in before
            assert b"compositeSynthetic" not in read_bytes(Path(after))
            assert np.array_equal(decode_image(before).rgb, read_image(Path(after)).rgb)
        assert f"<dc:identifier>{row.id}<".encode() in marked[row.id][1]


def test_crops_of_pictures_that_are_synthetic_say_so(couple: list[Face], make_image: MakeImage) -> None:
    invoke("augment: {masks: [ffp2]}")
    path = masked()[0].path
    image = make_image(path=path, mask_type="ffp2", licence="CC-BY-4.0", author="Bo", width_px=640, height_px=320)
    faces = FaceExtractor(FacesParams(unlabelled="unknown"), Path(), Path("crops"))(image).faces
    data = read_bytes(Path(faces[0].crop_path or ""))
    for word in (b"compositeSynthetic", f">{faces[0].id}<".encode(), b"CC-BY-4.0", b">Bo<"):
        assert word in data
