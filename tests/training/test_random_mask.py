from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage
from torchvision import tv_tensors

from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import ConfigError, ShapeError
from pipeline.core.params import FacesParams
from pipeline.core.records import Assignment, MaskType
from pipeline.faces.crops import crop_landmarks, crop_square
from pipeline.faces.finding import FaceFinder, FoundFace
from pipeline.masks import MaskSynthesizer, load_templates
from pipeline.storage.images import write_image
from pipeline.storage.manifests import read_manifest
from pipeline.training.data import CropDataset
from pipeline.training.face_mask_transform import RandomFaceMask
from pipeline.training.labels import UNKNOWN_LABEL, heads_of
from pipeline.training.random_mask import FaceMasking, RandomCovering, RandomPartialCovering, landmarks_in_crops
from tests.exchange import kit

MASKS: tuple[MaskType, ...] = ("cloth", "surgical", "ffp2")


@pytest.fixture(scope="module")
def synthesizer() -> MaskSynthesizer:
    return MaskSynthesizer(load_templates())


@pytest.fixture(scope="module")
def face(portrait: Rgb) -> FoundFace:
    return FaceFinder(FacesParams()).find(portrait)[0]


def target(landmarks: Points, mask_type: str = "none") -> dict[str, object]:
    points = tv_tensors.KeyPoints(landmarks, canvas_size=(300, 256))
    return {"landmarks": points, "mask_type": mask_type, "wear": "none"}


def tensor(rgb: Rgb) -> torch.Tensor:
    return torch.from_numpy(np.array(rgb)).permute(2, 0, 1)


def test_a_bare_face_gets_a_mask_and_its_label(synthesizer: MaskSynthesizer, portrait: Rgb, face: FoundFace) -> None:
    torch.manual_seed(0)
    image, changed = RandomFaceMask(synthesizer, MASKS, p=1.0)(tensor(portrait), target(face.landmarks))
    assert changed["mask_type"] in MASKS
    assert changed["wear"] != "none"
    difference = (image.int() - tensor(portrait).int()).abs().sum(0) > 30
    mouth = face.landmarks[48:68].mean(0).round().astype(int)
    assert difference[mouth[1] - 5 : mouth[1] + 5, mouth[0] - 5 : mouth[0] + 5].float().mean() > 0.8
    assert image.shape == tensor(portrait).shape


def test_the_same_seed_puts_on_the_same_mask(synthesizer: MaskSynthesizer, portrait: Rgb, face: FoundFace) -> None:
    def once(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        image: torch.Tensor = RandomFaceMask(synthesizer, MASKS, p=1.0)(tensor(portrait), target(face.landmarks))[0]
        return image

    assert torch.equal(once(1), once(1))
    assert not torch.equal(once(1), once(2))


@pytest.mark.parametrize(("p", "mask_type"), [(0.0, "none"), (1.0, "cloth")])
def test_others_stay_as_they_are(
    synthesizer: MaskSynthesizer, portrait: Rgb, face: FoundFace, p: float, mask_type: str
) -> None:
    image, changed = RandomFaceMask(synthesizer, MASKS, p)(tensor(portrait), target(face.landmarks, mask_type))
    assert torch.equal(image, tensor(portrait))
    assert changed["mask_type"] == mask_type


def test_a_face_that_takes_no_mask_stays_bare(synthesizer: MaskSynthesizer, portrait: Rgb, face: FoundFace) -> None:
    tiny = target(face.landmarks / np.float32(50))
    image, changed = RandomFaceMask(synthesizer, MASKS, 1.0)(tensor(portrait), tiny)
    assert torch.equal(image, tensor(portrait))
    assert changed["mask_type"] == "none"


def test_landmarks_follow_their_face_into_the_crop(portrait: Rgb, face: FoundFace) -> None:
    inside = crop_landmarks(face.landmarks, face.box, 1.35, 224)
    crop = crop_square(portrait, face.box, 1.35, 224)
    assert inside.min() > 0
    assert inside.max() < 224
    found = FaceFinder(FacesParams()).find(crop)[0]
    eye_px = np.linalg.norm(inside[36] - inside[45])
    assert np.abs(found.landmarks - inside).mean() < 0.05 * eye_px


def test_a_dataset_relabels_what_it_masks(
    project: Path, synthesizer: MaskSynthesizer, portrait: Rgb, face: FoundFace
) -> None:
    row = read_manifest(project / "data/split/split.parquet", Assignment)[0]
    write_image(project / "face.jpg", crop_square(portrait, face.box, 1.35, 224))
    rows = [replace(row, sample_id=f"{k}", crop_path="face.jpg") for k in range(8)]
    points = crop_landmarks(face.landmarks, face.box, 1.35, 224)
    masking = FaceMasking(synthesizer, {f"{k}": points for k in range(7)}, project, 0.75, MASKS)
    data = CropDataset(
        rows, project, heads_of("type_and_wear"), 64, transform=lambda image: image, masking=masking, cache_mb=9
    )
    labels = [data[k][1].tolist() for k in range(8)]
    assert labels[7] == [0, 0]  # no landmarks, no mask
    assert 2 <= sum(label[0] > 0 for label in labels) <= 7
    assert all((label[0] > 0) == (label[1] > 0) for label in labels)
    assert data[3][0].shape == (3, 64, 64)
    assert data.class_counts(0).tolist() == [2, 2, 2, 2]
    assert data.class_counts(1).tolist() == [2, 6, 0, 0, 0]


def test_a_covering_hides_the_mouth_and_is_no_mask(portrait: Rgb, face: FoundFace) -> None:
    torch.manual_seed(0)
    image, changed = RandomCovering(p=1.0)(tensor(portrait), target(face.landmarks))
    assert (changed["covered"], changed["mask_type"], changed["wear"]) == (True, "none", "none")
    assert image.shape == tensor(portrait).shape
    assert not torch.equal(image, tensor(portrait))
    worn, unchanged = RandomCovering(p=1.0)(tensor(portrait), target(face.landmarks, "cloth"))
    assert torch.equal(worn, tensor(portrait))
    assert not unchanged["covered"]


COVERINGS = [(RandomCovering, "none"), (RandomPartialCovering, "cloth")]


@pytest.mark.parametrize(("transform", "mask_type"), COVERINGS)
def test_a_covering_takes_and_gives_back_any_picture(transform: Any, mask_type: str, portrait: Rgb) -> None:
    pictures = [tensor(portrait), tv_tensors.Image(tensor(portrait)), tensor(portrait) / 255, tensor(portrait)[:1]]
    for picture in [*pictures, portrait, PillowImage.fromarray(portrait)]:
        torch.manual_seed(0)
        made, _ = transform(p=1.0)(picture, {"mask_type": mask_type})  # the face is found
        assert type(made) is type(picture)
        before, after = np.asarray(picture, dtype=np.float64), np.asarray(made, dtype=np.float64)
        assert before.shape == after.shape
        assert 0.01 < (before != after).mean() < 0.9
    blank, told = transform(p=1.0)(np.zeros_like(portrait), {"mask_type": mask_type})
    assert not blank.any()
    assert not told.get("covered")


@pytest.mark.parametrize(("transform", "mask_type"), COVERINGS)
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_a_covering_is_told_what_it_cannot_use_whatever_chance_says(
    transform: Any, mask_type: str, p: float, portrait: Rgb, face: FoundFace
) -> None:
    for wrong in ({"landmarks": face.landmarks[:5]}, {"landmarks": face.landmarks * np.nan}, {"mask_type": 0}):
        with pytest.raises(ShapeError):
            transform(p=p)(portrait, {"mask_type": mask_type, **wrong})
    with pytest.raises(ShapeError):
        transform(p=p)(tensor(portrait)[None], {"mask_type": mask_type})


@pytest.mark.parametrize("transform", [RandomCovering, RandomPartialCovering])
@pytest.mark.parametrize("p", [2, -0.1, float("nan")])
def test_a_chance_that_cannot_be_is_told(transform: Any, p: float) -> None:
    with pytest.raises(ConfigError, match="expected a chance"):
        transform(p=p)


def test_a_dataset_tells_covered_faces_from_bare_ones(
    project: Path, synthesizer: MaskSynthesizer, portrait: Rgb, face: FoundFace
) -> None:
    row = read_manifest(project / "data/split/split.parquet", Assignment)[0]
    write_image(project / "face.jpg", crop_square(portrait, face.box, 1.35, 224))
    rows = [replace(row, sample_id=f"{k}", crop_path="face.jpg") for k in range(10)]
    points = crop_landmarks(face.landmarks, face.box, 1.35, 224)
    masking = FaceMasking(synthesizer, {f"{k}": points for k in range(10)}, project, 0, MASKS, covering_share=0.5)
    data = CropDataset(rows, project, heads_of("all"), 64, transform=lambda image: image, masking=masking)
    labels = [data[k][1].tolist() for k in range(10)]
    assert {tuple(label) for label in labels} == {(0, 0, UNKNOWN_LABEL), (4, 0, UNKNOWN_LABEL)}
    assert data.class_counts(0).tolist() == [5, 0, 0, 0, 5]
    assert data.class_counts(1).tolist() == [10, 0, 0, 0, 0]


def test_something_held_beside_a_mask_leaves_the_labels(portrait: Rgb, face: FoundFace) -> None:
    torch.manual_seed(0)
    worn = target(face.landmarks, "cloth") | {"wear": "correct"}
    image, unchanged = RandomPartialCovering(p=1.0)(tensor(portrait), worn)
    assert unchanged == worn
    assert image.shape == tensor(portrait).shape
    assert not torch.equal(image, tensor(portrait))
    bare, _ = RandomPartialCovering(p=1.0)(tensor(portrait), target(face.landmarks))
    assert torch.equal(bare, tensor(portrait))


def test_a_dataset_covers_a_part_of_its_masked_faces(
    project: Path, synthesizer: MaskSynthesizer, portrait: Rgb, face: FoundFace
) -> None:
    row = read_manifest(project / "data/split/split.parquet", Assignment)[0]
    write_image(project / "face.jpg", crop_square(portrait, face.box, 1.35, 224))
    rows = [replace(row, sample_id=f"{k}", crop_path="face.jpg", mask_type="ffp2", wear="correct") for k in range(12)]
    points = crop_landmarks(face.landmarks, face.box, 1.35, 224)
    known = {f"{k}": points for k in range(11)}
    masking = FaceMasking(synthesizer, known, project, 0.9, MASKS, partial_share=0.5)
    plain = CropDataset(rows, project, heads_of("type_and_wear"), 64, transform=lambda image: image)
    data = CropDataset(rows, project, heads_of("type_and_wear"), 64, transform=lambda image: image, masking=masking)
    changed = [not torch.equal(data[k][0], plain[k][0]) for k in range(12)]
    assert 2 <= sum(changed) <= 9
    assert not changed[11]  # no landmarks
    assert all(torch.equal(data[k][1], plain[k][1]) for k in range(12))
    assert torch.equal(data.class_counts(0), plain.class_counts(0))


def test_faces_and_masked_pictures_have_landmarks_in_their_crops(face: FoundFace) -> None:
    left, top, right, bottom = face.box.left, face.box.top, face.box.right, face.box.bottom
    where: dict[str, Any] = {"left": left, "top": top, "right": right, "bottom": bottom}
    where |= {"landmarks": tuple(face.landmarks.flatten().tolist())}
    bare, masked = kit.face(f"{kit.PORTRAIT}-0", **where), kit.masked(f"{kit.PORTRAIT}-0", **where)
    inside = landmarks_in_crops([bare, masked], 1.35, 224)
    expected = crop_landmarks(face.landmarks, face.box, 1.35, 224)
    assert sorted(inside) == sorted((bare.id, masked.id))
    assert all(np.array_equal(points, expected) for points in inside.values())
