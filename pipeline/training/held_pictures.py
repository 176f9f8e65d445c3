"""A picture in whatever a transform is handed, as RGB and back: tensors, torchvision's images, Pillow's, arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PillowImage
from torch import Tensor
from torchvision import tv_tensors

from pipeline.core.arrays import Rgb
from pipeline.core.errors import ShapeError
from pipeline.storage.pictures import VALUES, require_picture, rgb_of_array, rgb_of_pillow
from pipeline.storage.pixels import means_other_colours

PutBack = Callable[[Rgb], Any]

_KEPT = frozenset({"RGB", "RGBA", "L"})
_SETTLED = frozenset({"icc_profile", "transparency"})
"""What Pillow says of an image that is no longer so once it is RGB in sRGB."""
_GREY = np.array([0.299, 0.587, 0.114])


def opened(picture: Any) -> tuple[Rgb, PutBack]:
    """The pixels of a picture, and what makes a picture of the same kind, channels and values from others.

    Pixels that didn't change come back as they were, to the bit: whatever their precision, and what colour lies under
    a transparent one.

    Raises:
        ShapeError: as `settled`, or floats lie outside of [0, 1].
    """
    picture = settled(picture)
    if isinstance(picture, PillowImage.Image):
        return _opened_pillow(picture)
    if isinstance(picture, Tensor):
        return _opened_tensor(picture)
    seen = rgb_of_array(picture)
    return seen, lambda rgb: _changed(picture, seen, rgb)


def settled(picture: Any) -> Any:
    """The picture as it comes back where nothing is put on it: itself, or of the kind that it would have with a mask.

    Otherwise chance would decide on the mode of a Pillow image, and colours would tell which ones have a mask.

    Raises:
        ShapeError: it is no single picture; the message says what was found. Values aren't looked at.
    """
    if isinstance(picture, PillowImage.Image):
        return _settled_pillow(picture)
    if isinstance(picture, Tensor):
        _require_tensor(picture)
    elif isinstance(picture, np.ndarray):
        require_picture(picture)
    else:
        kind = type(picture).__name__
        raise ShapeError(f"a picture is a tensor (3, H, W), a Pillow image or an array (H, W, 3), not {kind}")
    return picture


def _settled_pillow(picture: PillowImage.Image) -> PillowImage.Image:
    """In sRGB; grey and RGBA stay what they are, every other mode is RGB."""
    transparent = picture.mode != "RGBA" and picture.has_transparency_data
    if 0 not in picture.size and picture.mode in _KEPT and not transparent and not means_other_colours(picture):
        return picture
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    opaque = picture if alpha is None else picture.convert("RGB")  # what lies under transparency stays
    made = PillowImage.fromarray(rgb_of_pillow(opaque, turned=False))
    if alpha is not None:
        made.putalpha(alpha)
    made.info = {key: value for key, value in picture.info.items() if key not in _SETTLED}
    return made


def _opened_pillow(picture: PillowImage.Image) -> tuple[Rgb, PutBack]:
    seen, array = rgb_of_pillow(picture, turned=False), np.asarray(picture)

    def put_back(rgb: Rgb) -> PillowImage.Image:
        grey = picture.mode == "L"
        made = PillowImage.fromarray(rgb).convert("L") if grey else PillowImage.fromarray(_changed(array, seen, rgb))
        made.info = dict(picture.info)  # how it is turned, above all
        return made

    return seen, put_back


def _require_tensor(picture: Tensor) -> None:
    shape = tuple(picture.shape)
    if picture.ndim != 3 or shape[0] not in {1, 3, 4}:
        raise ShapeError(f"a picture is a tensor (3, H, W), not {shape}: transform one at a time")
    if not picture.numel():
        raise ShapeError(f"a photo without pixels: {shape}")
    if picture.is_meta or picture.layout != torch.strided:
        raise ShapeError(f"a picture is a tensor that holds each of its pixels, not one of {picture.layout}")
    if picture.dtype not in {torch.uint8, torch.uint16} and not picture.is_floating_point():
        raise ShapeError(f"{VALUES}, not {picture.dtype} {shape}")


def _opened_tensor(picture: Tensor) -> tuple[Rgb, PutBack]:
    values = picture.detach().to("cpu")
    values = values.float() if values.dtype == torch.bfloat16 else values
    array = values.permute(1, 2, 0).numpy()

    seen = rgb_of_array(array)

    def put_back(rgb: Rgb) -> Tensor:
        changed = torch.from_numpy(_changed(array, seen, rgb)).permute(2, 0, 1).contiguous()
        changed = changed.to(picture.device, picture.dtype)
        return tv_tensors.wrap(changed, like=picture) if isinstance(picture, tv_tensors.TVTensor) else changed

    return seen, put_back


def _changed(before: np.ndarray[Any, Any], seen: Rgb, rgb: Rgb) -> np.ndarray[Any, Any]:
    """The picture `before`, looked at as `seen`, with the pixels of `rgb` where these differ from that."""
    if before.dtype == np.uint8 and before.shape == rgb.shape:
        return rgb  # nothing is converted, so what didn't change is what it was
    red, green, blue = np.moveaxis(rgb != seen, 2, 0)
    touched = red | green | blue
    window = _around(touched)
    inside = touched[window].reshape(*touched[window].shape, *[1] * (before.ndim - 2))
    after = before.copy()
    after[window] = np.where(inside, _like(rgb[window], before[window]), before[window])
    return after


def _around(touched: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns of the smallest window that holds all that is true."""
    rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _like(rgb: Rgb, like: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`rgb` with the channels and the kind of values of another picture; an alpha channel is that one's own."""
    channels = like.shape[2] if like.ndim == 3 else 1
    values = (rgb @ _GREY)[..., None] if channels == 1 else rgb.astype(np.float64)
    scaled = values / 255 if like.dtype.kind == "f" else np.round(values * (257 if like.dtype == np.uint16 else 1))
    made = scaled.astype(like.dtype)
    if channels == 4:
        made = np.concatenate([made, like[..., 3:]], axis=2)
    return made.reshape(like.shape)
