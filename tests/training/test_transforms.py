"""What is done to training crops keeps their size and does what its dial says."""

from typing import Any

import pytest
import torch
from torch import Tensor

from pipeline.core.params import AugmentationParams
from pipeline.training.transforms import train_transform

OFF: dict[str, Any] = {
    "flip": 0,
    "rotate_deg": 0,
    "translate": 0,
    "scale_range": (1, 1),
    "aspect_range": (1, 1),
    "brightness": 0,
    "contrast": 0,
    "saturation": 0,
    "colour_cast": 0,
    "grey": 0,
    "blur": 0,
    "jpeg": 0,
    "low_resolution": 0,
    "erase": 0,
}


def disc(side: int = 96) -> Tensor:
    """A white disc of half the side's width on grey."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    inside = (x - side / 2 + 0.5) ** 2 + (y - side / 2 + 0.5) ** 2 < (side / 4) ** 2
    return torch.where(inside, 255, 90).to(torch.uint8).expand(3, side, side).contiguous()


def extent(image: Tensor) -> tuple[int, int]:
    """Width and height of what is white."""
    white = image[0] > 170
    return int(white.any(dim=0).sum()), int(white.any(dim=1).sum())


def test_nothing_changes_where_every_dial_is_off() -> None:
    assert torch.equal(train_transform(AugmentationParams(**OFF), 96)(disc()), disc())


@pytest.mark.parametrize("factor", [0.7, 0.85, 1.2])
def test_aspect_makes_the_picture_narrower_or_wider(factor: float) -> None:
    params = AugmentationParams(**OFF | {"aspect_range": (factor, factor)})

    squeezed = train_transform(params, 96)(disc())

    width, height = extent(squeezed)
    assert squeezed.shape == (3, 96, 96)
    assert height == pytest.approx(48, abs=1)
    assert width == pytest.approx(48 * factor, abs=2)


def test_a_narrow_picture_leaves_no_black_corners() -> None:
    torch.manual_seed(0)
    params = AugmentationParams(**OFF | {"aspect_range": (0.7, 0.8), "rotate_deg": 12, "translate": 0.08})
    transform = train_transform(params, 96)

    darkest = min(int(transform(disc()).min()) for _ in range(40))

    assert darkest > 60


def changed(seed: int = 0, **dials: Any) -> Tensor:
    torch.manual_seed(seed)
    image: Tensor = train_transform(AugmentationParams(**OFF | dials), 96)(disc())
    assert image.shape == (3, 96, 96)
    assert image.dtype == torch.uint8
    return image


def test_noise_is_as_strong_as_its_dial_says_and_brightens_nothing() -> None:
    grey = changed(noise=1, noise_sigma_range=(0.05, 0.05))[:, :20].float() - 90
    assert float(grey.std()) == pytest.approx(0.05 * 255, rel=0.1)
    assert float(grey.mean()) == pytest.approx(0, abs=1)
    assert torch.equal(changed(noise=1, noise_sigma_range=(0, 0)), disc())


def test_perspective_makes_a_disc_no_disc_and_leaves_no_black_corners() -> None:
    images = [changed(seed, perspective=0.3) for seed in range(5)]
    assert len({extent(image) for image in images}) > 1
    assert all(bool((image[:, 48, 48] == 255).all()) for image in images)
    assert all(int(image[:, (0, 0, -1, -1), (0, -1, 0, -1)].min()) > 0 for image in images)


def test_rand_augment_changes_crops_and_more_with_its_magnitude() -> None:
    weak, strong = (
        sum(not torch.equal(changed(seed, rand_augment=2, rand_augment_magnitude=size), disc()) for seed in range(20))
        for size in (0, 20)
    )
    assert weak < strong


def test_trivial_augment_changes_its_share() -> None:
    same = [torch.equal(changed(seed, trivial_augment=0.5), disc()) for seed in range(40)]
    assert 12 <= sum(same) <= 36, "a few of its operations leave the disc as it is"


def test_dials_that_are_off_change_no_draw_of_the_others() -> None:
    usual, new = (
        {"rotate_deg": 20, "blur": 0.5},
        {"noise": 0, "perspective": 0, "trivial_augment": 0, "rand_augment": 0},
    )
    assert all(torch.equal(changed(seed, **usual), changed(seed, **usual, **new)) for seed in range(3))
