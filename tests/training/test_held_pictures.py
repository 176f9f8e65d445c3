"""A picture of any kind comes back with the pixels that changed, and with all others as they were, to the bit."""

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage
from PIL import ImageOps

from generators.srgb_profile import SRGB
from pipeline.core.arrays import Rgb
from pipeline.core.errors import ShapeError
from pipeline.training.held_pictures import opened, settled
from tests.storage.test_colour import icc

SIDE = 24
WINDOWS = {
    "nothing": np.s_[0:0, 0:0],
    "one pixel": np.s_[7:8, 9:10],
    "a corner": np.s_[20:24, 0:5],
    "all": np.s_[:, :],
}


def picture(kind: str) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(3)
    bytes_ = rng.integers(0, 256, (SIDE, SIDE, 4), dtype=np.uint8)
    finer = rng.random((SIDE, SIDE, 3))  # not of 256 steps
    kinds: dict[str, np.ndarray[Any, Any]] = {
        "rgb": bytes_[..., :3],
        "grey": bytes_[..., 0],
        "grey plane": bytes_[..., :1],
        "rgba": bytes_,
        "float32": finer.astype(np.float32),
        "float64": finer,
        "uint16": (finer * 65535).astype(np.uint16),
    }
    return kinds[kind]


def repainted(rgb: Rgb, window: tuple[slice, slice]) -> Rgb:
    new = rgb.copy()
    new[window] = 255 - new[window]
    return new


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
@pytest.mark.parametrize("kind", ["rgb", "grey", "grey plane", "rgba", "float32", "float64", "uint16"])
def test_only_what_was_painted_changes(kind: str, window: tuple[slice, slice]) -> None:
    before = picture(kind)
    held = before.copy()
    seen, put_back = opened(held)
    new = repainted(seen, window)
    after = put_back(new)
    assert (after.dtype, after.shape) == (before.dtype, before.shape)
    same = (new == seen).all(axis=2)
    assert np.array_equal(after[same], before[same])
    assert np.array_equal(held, before)
    painted = opened(np.ascontiguousarray(after[..., :3] if kind == "rgba" else after))[0]
    assert np.array_equal(painted[~same], new[~same])
    assert kind != "rgba" or np.array_equal(after[..., 3], before[..., 3])


@pytest.mark.parametrize("window", WINDOWS.values(), ids=WINDOWS)
def test_a_tensor_comes_back_as_a_tensor(window: tuple[slice, slice]) -> None:
    before = torch.from_numpy(picture("float32")).permute(2, 0, 1)
    seen, put_back = opened(before)
    new = repainted(seen, window)
    after = put_back(new)
    same = torch.from_numpy((new == seen).all(axis=2))
    assert after.dtype == before.dtype
    assert torch.equal(after[:, same], before[:, same])
    assert torch.allclose(after[:, ~same], torch.from_numpy(new).permute(2, 0, 1)[:, ~same] / 255, atol=1e-6)


def pillow(mode: str) -> PillowImage.Image:
    """An image of that mode, or with a profile or a transparent colour, that says that it is turned."""
    plain = PillowImage.fromarray(np.ascontiguousarray(picture("rgba")), "RGBA")
    image = plain if mode.startswith("RGBA") else plain.convert("RGB")
    if mode == "I;16":
        image = PillowImage.fromarray(picture("uint16")[..., 0])
    elif "profile" not in mode and mode not in {"RGB", "RGBA", "transparent colour"}:
        image = image.convert(mode)
    exif = PillowImage.Exif()
    exif[274] = 6
    said: dict[str | tuple[int, int], Any] = {"exif": exif.tobytes()}
    if "profile" in mode:
        said["icc_profile"] = icc(SRGB[::-1], None)
    if "transparent" in mode:
        said["transparency"] = (0, 0, 0)
    image.info = said
    return image


MODES = ["RGB", "RGBA", "L", "1", "P", "LA", "CMYK", "YCbCr", "HSV", "I", "I;16", "F", "RGBX"]
ODD = ["RGB profile", "RGBA profile", "transparent colour"]


@pytest.mark.parametrize("mode", [*MODES, *ODD])
def test_whether_something_is_painted_decides_on_nothing_else(mode: str) -> None:
    """Mode, colours and the way a picture is turned would tell, by chance, which ones have a mask."""
    before = pillow(mode)
    bare = settled(before)
    seen, put_back = opened(before)
    painted = put_back(repainted(seen, WINDOWS["one pixel"]))
    kept = mode.split(maxsplit=1)[0]
    assert bare.mode == painted.mode == (kept if kept in {"RGB", "RGBA", "L"} else "RGB")
    differ = (np.asarray(bare) != np.asarray(painted)).reshape(SIDE, SIDE, -1).any(axis=2)
    assert np.argwhere(differ).tolist() == [[7, 9]]
    assert bare.info == painted.info
    assert "profile" not in mode or "icc_profile" not in bare.info
    assert ImageOps.exif_transpose(painted).getpixel((0, 0)) == ImageOps.exif_transpose(bare).getpixel((0, 0))
    assert np.array_equal(opened(bare)[0], seen)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_plain_image_stays_itself(mode: str) -> None:
    before = pillow(mode)
    assert settled(before) is before


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        (None, "not NoneType"),
        ("a.jpg", "not str"),
        (np.zeros((4, 4, 3), np.int32), "not int32"),
        (np.zeros((3, 9, 5), np.uint8), "its channels stand first"),
        (np.zeros((0, 4, 3), np.uint8), "without pixels"),
        (torch.zeros(3, 4, 4, dtype=torch.int64), r"not torch\.int64"),
        (torch.zeros(3, 0, 4), "without pixels"),
        (torch.zeros(1, 3, 4, 4), "transform one at a time"),
        (torch.zeros(3, 4, 4).to_sparse(), "each of its pixels"),
        (torch.zeros(3, 4, 4, device="meta"), "each of its pixels"),
        (PillowImage.new("RGB", (0, 4)), "without pixels"),
    ],
)
def test_what_is_no_picture_is_told_before_anything_is_painted(odd: object, told: str) -> None:
    with pytest.raises(ShapeError, match=told):
        settled(odd)
