"""A picture of any kind comes back with the pixels that changed, and with all others as they were, to the bit."""

from typing import Any

import numpy as np
import pytest
import torch

from pipeline.core.arrays import Rgb
from pipeline.training.held_pictures import opened

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
