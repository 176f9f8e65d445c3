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
