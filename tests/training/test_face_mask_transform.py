"""`RandomFaceMask` on every kind of picture that pipelines hand it."""

import pickle
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage
from torchvision import tv_tensors
from torchvision.transforms import v2

from pipeline.core.arrays import Rgb
from pipeline.core.errors import ConfigError, ShapeError
from pipeline.toolkit.masking import find_faces
from pipeline.training.face_mask_transform import MASKS, RandomFaceMask

BOX = tv_tensors.BoundingBoxes([[9, 9, 90, 90]], format="XYXY", canvas_size=(300, 256))


def tensor(rgb: Rgb) -> torch.Tensor:
    return torch.from_numpy(np.array(rgb)).permute(2, 0, 1)


def forms(rgb: Rgb) -> dict[str, Any]:
    pixels = tensor(rgb)
    alpha = torch.full_like(pixels[:1], 255)
    return {
        "uint8": pixels,
        "float": pixels / 255,
        "half": (pixels / 255).half(),
        "bfloat": (pixels / 255).bfloat16(),
        "grey": v2.functional.rgb_to_grayscale(pixels),
        "alpha": torch.cat([pixels, alpha]),
        "image": tv_tensors.Image(pixels),
        "pillow": PillowImage.fromarray(rgb),
        "grey pillow": PillowImage.fromarray(rgb).convert("L"),
        "array": rgb,
        "float array": (rgb / 255).astype(np.float32),
        "grey array": rgb[:, :, 1],
        "16 bit": rgb.astype(np.uint16) * 257,
        "read only strided": tensor(rgb).flip(2),
    }


@pytest.mark.parametrize("form", ["tensor", "array", "pillow"])
def test_transparency_and_what_lies_under_it_stay(portrait: Rgb, form: str) -> None:
    """A cut-out: the face is opaque, around it lies some colour that nobody sees."""
    alpha = np.zeros(portrait.shape[:2], np.uint8)
    alpha[20:-20, 30:-30] = 255
    alpha[:20] = 100
    pixels = np.dstack([np.where(alpha[..., None] == 255, portrait, (7, 90, 200)).astype(np.uint8), alpha])
    kinds = {"tensor": tensor(pixels), "array": pixels, "pillow": PillowImage.fromarray(pixels)}
    torch.manual_seed(0)
    masked = RandomFaceMask(p=1.0)(kinds[form])
    after = masked.permute(1, 2, 0).numpy() if form == "tensor" else np.asarray(masked)
    assert type(masked) is type(kinds[form])
    assert (after[..., 3] == alpha).all()
    assert (after[:20] == pixels[:20]).all()
    assert 0.03 < (after != pixels).any(axis=2).mean() < 0.5


@pytest.mark.parametrize("form", list(forms(np.zeros((4, 4, 3), np.uint8))))
def test_a_picture_comes_back_as_its_kind_with_a_mask(portrait: Rgb, form: str) -> None:
    before = forms(portrait)[form]
    torch.manual_seed(0)
    after = RandomFaceMask(p=1.0)(before)
    assert type(after) is type(before)
    if isinstance(before, PillowImage.Image):
        assert (after.size, after.mode) == (before.size, before.mode)
        one, other = np.asarray(before, float), np.asarray(after, float)
    else:
        assert (after.shape, after.dtype) == (before.shape, before.dtype)
        one, other = (
            np.asarray(part if isinstance(part, np.ndarray) else part.float().numpy(), float)
            for part in (before, after)
        )
    assert np.abs(one - other).max() > 0.3 * one.max()
    assert (one == other).mean() > 0.4, "the rest of the picture is as it was, to the bit"


def test_albumentations_style_gives_a_dictionary(portrait: Rgb) -> None:
    torch.manual_seed(0)
    made = RandomFaceMask(p=1.0)(image=portrait, name="a", bboxes=[(1, 2, 3, 4)])
    assert made["image"].shape == portrait.shape
    assert (made["name"], made["bboxes"]) == ("a", [(1, 2, 3, 4)])
    assert made["mask_type"] in MASKS
    cover = np.asarray(made["mask_pixels"])[0]
    changed = np.abs(made["image"].astype(int) - portrait).max(axis=2) > 40
    assert changed[cover].mean() > 0.5


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_a_target_has_the_same_keys_whatever_happens(portrait: Rgb, p: float) -> None:
    nothing = np.full_like(portrait, 128)
    for picture in (portrait, nothing):
        made = RandomFaceMask(p=p)(image=tensor(picture))
        assert sorted(made) == ["image", "mask_pixels", "mask_type", "valve", "wear"]
        assert made["mask_pixels"].shape == (1, 300, 256)
        assert (made["mask_type"] == "none") == (not made["mask_pixels"].any())


def test_boxes_masks_and_points_stand_still_in_a_composition(portrait: Rgb) -> None:
    (face,) = find_faces(portrait)
    box = [face.box.left, face.box.top, face.box.right, face.box.bottom]
    boxes = tv_tensors.BoundingBoxes([box, [0, 0, 20, 20]], format="XYXY", canvas_size=portrait.shape[:2])
    regions = tv_tensors.Mask(torch.ones(2, 300, 256, dtype=torch.bool))
    target = {"boxes": boxes, "masks": regions, "labels": torch.tensor([1, 2])}
    transform = v2.Compose([RandomFaceMask(p=1.0), v2.RandomHorizontalFlip(1.0), v2.ToDtype(torch.float32, scale=True)])
    torch.manual_seed(0)
    image, made = transform(tv_tensors.Image(tensor(portrait)), target)
    assert made["mask_types"][0] in MASKS
    assert made["mask_types"][1] == made["wears"][1] == "none"
    assert made["masks"].shape == regions.shape
    assert torch.equal(made["labels"], target["labels"])
    assert made["boxes"][0, 0] == pytest.approx(256 - box[2], abs=1)
    middle = int(256 - (box[0] + box[2]) / 2)
    assert made["mask_pixels"][0, int(box[3]) - 15, middle], "the mask's pixels are mirrored with the picture"
    assert image.dtype == torch.float32
    assert "mask_types" not in target


@pytest.mark.parametrize("kind", ["XYXY", "XYWH", "CXCYWH"])
def test_boxes_in_any_format(portrait: Rgb, kind: str) -> None:
    (face,) = find_faces(portrait)
    corners = [[face.box.left, face.box.top, face.box.right, face.box.bottom]]
    boxes = tv_tensors.BoundingBoxes(corners, format="XYXY", canvas_size=(300, 256))
    converted = v2.functional.convert_bounding_box_format(boxes, new_format=kind)
    _, made = RandomFaceMask(p=1.0)(tensor(portrait), {"boxes": converted})
    assert made["mask_types"][0] in MASKS
    _, kept = RandomFaceMask(p=1.0)(tensor(portrait), {"boxes": converted, "mask_types": ["cloth"]})
    assert kept["mask_types"] == ["cloth"]
    assert not kept["mask_pixels"].any()


def test_a_picture_without_boxes_has_no_labels(portrait: Rgb) -> None:
    boxes = tv_tensors.BoundingBoxes(torch.zeros(0, 4), format="XYXY", canvas_size=(300, 256))
    image, made = RandomFaceMask(p=1.0)(tensor(portrait), {"boxes": boxes})
    assert made["mask_types"] == []
    assert torch.equal(image, tensor(portrait))


def test_the_seed_decides(portrait: Rgb) -> None:
    def once(seed: int) -> bytes:
        torch.manual_seed(seed)
        return bytes(RandomFaceMask(p=1.0)(portrait).tobytes())

    assert once(1) == once(1) != once(2)


def test_it_travels_to_a_loader_s_workers(portrait: Rgb) -> None:
    transform = pickle.loads(pickle.dumps(RandomFaceMask(p=1.0)))
    assert transform(portrait).shape == portrait.shape


@pytest.mark.parametrize("p", [0.0, 1.0])
@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"landmarks": np.zeros((2, 68))}, r"\(68, 2\), not float64 \(2, 68\)"),
        ({"landmarks": np.full((68, 2), np.nan)}, "no numbers up to 1,000,000"),
        ({"landmarks": torch.full((68, 2), 1e30)}, "no numbers up to 1,000,000"),
        ({"landmarks": "left eye"}, "given by 68 landmarks"),
        ({"mask_type": 0}, "mask_type: 0 is no word"),
        ({"boxes": BOX, "mask_types": torch.tensor([0])}, r"mask_types: tensor\(0\) is no word"),
        ({"boxes": BOX, "mask_types": ["none", "none"]}, "2 labels for 1 boxes"),
    ],
)
def test_a_wrong_target_is_told_whatever_chance_says(portrait: Rgb, p: float, named: dict[str, Any], told: str) -> None:
    with pytest.raises(ShapeError, match=told):
        RandomFaceMask(p=p)(image=portrait, **named)


@pytest.mark.parametrize("wrong", [{"p": 2}, {"p": -0.1}, {"p": float("nan")}, {"masks": ()}, {"masks": "cloth"}])
def test_a_transform_that_cannot_be_is_told_when_it_is_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"^(p|masks): .*: expected"):
        RandomFaceMask(**wrong)


def test_no_landmarks_are_looked_for(portrait: Rgb) -> None:
    assert RandomFaceMask(p=1.0)(image=portrait, landmarks=None)["mask_type"] in MASKS


@pytest.mark.parametrize(
    ("words", "named", "told"),
    [
        ((), {}, "give a picture"),
        ((1,), {}, "not int"),
        ((torch.zeros(2, 3, 9, 9),), {}, "transform one at a time"),
        ((torch.zeros(9, 9),), {}, r"not \(9, 9\)"),
        ((torch.full((3, 9, 9), 7.0),), {}, r"lie in \[0, 1\]"),
        ((), {"img": 1}, "image=picture"),
        ((1,), {"image": 1}, "image=picture"),
    ],
)
def test_what_is_no_picture_is_told(words: tuple[Any, ...], named: dict[str, Any], told: str) -> None:
    with pytest.raises(ShapeError, match=told):
        RandomFaceMask(p=1.0)(*words, **named)
