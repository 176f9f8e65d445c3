"""What is done to a training crop, made from torchvision's v2 transforms; every dial is a parameter."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own convention
from torch import Tensor
from torchvision.transforms import v2

from pipeline.core.params import AugmentationParams
from pipeline.storage.images import decode_image, encode_image

_PAD_SHARE = 0.25
"""Part of the side that is mirrored around a crop, so that turning and shifting brings in skin, not black corners."""


class _ByFactor(v2.Transform):  # type: ignore[misc]
    """A change of size by a random factor."""

    def __init__(self, factor_range: tuple[float, float]) -> None:
        super().__init__()
        self._factor_range = factor_range

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:  # noqa: ARG002 - torchvision's signature
        """Draw the factor."""
        return {"factor": torch.empty(()).uniform_(*self._factor_range).item()}


class LowResolution(_ByFactor):
    """Shrink by a random factor and enlarge again: a face that was small in its photo."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Images `uint8 (C, H, W)` keep their size."""
        height, width = inpt.shape[-2:]
        small = (max(1, round(height * params["factor"])), max(1, round(width * params["factor"])))
        shrunk = F.interpolate(inpt[None].float(), small, mode="area")
        back = F.interpolate(shrunk, (height, width), mode="bilinear", align_corners=False)
        return back[0].round().clamp(0, 255).to(torch.uint8)


class Squeeze(_ByFactor):
    """Make the picture wider or narrower by a random factor: photos are stretched here and there, and faces differ."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """From `uint8 (C, H, W)` to another width."""
        height, width = inpt.shape[-2:]
        size = [height, max(1, round(width * params["factor"]))]
        return v2.functional.resize(inpt, size, v2.InterpolationMode.BILINEAR, antialias=True)


class Noise(v2.Transform):  # type: ignore[misc]
    """Add Gaussian noise of a random strength, each pixel and channel by itself: a photo in little light."""

    def __init__(self, sigma_range: tuple[float, float]) -> None:
        super().__init__()
        self._sigma_range = sigma_range

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw strength and noise."""
        sigma = torch.empty(()).uniform_(*self._sigma_range)
        return {"noise": torch.randn(flat_inputs[0].shape) * sigma * 255}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Images `uint8 (C, H, W)`."""
        return (inpt + params["noise"]).round().clamp(0, 255).to(torch.uint8)


class ColourCast(v2.Transform):  # type: ignore[misc]
    """Multiply each channel by its own factor: light of another colour, or a camera's wrong white balance."""

    def __init__(self, strength: float) -> None:
        super().__init__()
        self._strength = strength

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:  # noqa: ARG002 - torchvision's signature
        """Draw the factors."""
        return {"factors": torch.empty(3, 1, 1).uniform_(1 - self._strength, 1 + self._strength)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Images `uint8 (3, H, W)`."""
        return (inpt * params["factors"]).round().clamp(0, 255).to(torch.uint8)


class JpegArtefacts(v2.Transform):  # type: ignore[misc]
    """Compress as JPEG and decode again; torchvision's own transform is deprecated with its codecs."""

    def __init__(self, quality_range: tuple[int, int]) -> None:
        super().__init__()
        self._quality_range = quality_range

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:  # noqa: ARG002 - torchvision's signature
        """Draw the quality."""
        low, high = self._quality_range
        return {"quality": int(torch.randint(low, high + 1, ()))}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """Images `uint8 (3, H, W)`, at least 32 px high and wide."""
        data = encode_image(inpt.permute(1, 2, 0).numpy(), quality=params["quality"])
        return torch.from_numpy(np.array(decode_image(data).rgb)).permute(2, 0, 1).contiguous()


def train_transform(params: AugmentationParams, image_px: int) -> v2.Compose:
    """From a crop `uint8 (3, image_px, image_px)` to a varied one of the same shape and dtype.

    Draws from PyTorch's global generator: seed it for each sample.
    """
    steps = [_geometry(params, image_px), _colour(params), _quality(params)]
    return v2.Compose([step for part in steps for step in part])


def _geometry(params: AugmentationParams, image_px: int) -> list[Any]:
    affine = v2.RandomAffine(
        params.rotate_deg,
        translate=(params.translate, params.translate),
        scale=params.scale_range,
        interpolation=v2.InterpolationMode.BILINEAR,
    )
    down, low = _PAD_SHARE, params.aspect_range[0]
    across = max(down, ((1 + 2 * down) / low - 1) / 2)  # as wide as before once it is squeezed
    padding = v2.Pad([round(image_px * across), round(image_px * down)], padding_mode="reflect")
    squeeze = [] if params.aspect_range == (1, 1) else [Squeeze(params.aspect_range)]
    flip = v2.RandomHorizontalFlip(params.flip)
    return [flip, padding, *squeeze, affine, *_perspective(params), v2.CenterCrop(image_px)]


def _perspective(params: AugmentationParams) -> list[Any]:
    """Nothing where it is off: a step that does nothing would draw, and change what the others draw."""
    return [v2.RandomPerspective(params.perspective, p=1)] if params.perspective else []


def _colour(params: AugmentationParams) -> list[Any]:
    jitter = v2.ColorJitter(params.brightness, params.contrast, params.saturation, params.hue)
    share = params.trivial_augment
    trivial = [v2.RandomApply([v2.TrivialAugmentWide()], share)] if share else []
    operations = params.rand_augment
    drawn = [v2.RandAugment(operations, params.rand_augment_magnitude)] if operations else []
    return [*trivial, *drawn, jitter, ColourCast(params.colour_cast), v2.RandomGrayscale(params.grey)]


def _quality(params: AugmentationParams) -> list[Any]:
    blur = v2.GaussianBlur(5, params.blur_sigma_px_range)
    return [
        v2.RandomApply([LowResolution(params.low_resolution_range)], params.low_resolution),
        v2.RandomApply([blur], params.blur),
        *([v2.RandomApply([Noise(params.noise_sigma_range)], params.noise)] if params.noise else []),
        v2.RandomApply([JpegArtefacts(params.jpeg_quality_range)], params.jpeg),
        v2.RandomErasing(params.erase, scale=params.erase_area_range),
    ]


def to_unit(images: Tensor) -> Tensor:
    """`uint8` in [0, 255] to `float32` in [0, 1]."""
    return images.float() / 255
