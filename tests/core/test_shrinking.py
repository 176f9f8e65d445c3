"""The kernel gives OpenCV's bytes, whatever the sizes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.core.compiled.calls import KERNELS
from pipeline.core.shrinking import shrunk_by_area

pytestmark = pytest.mark.skipif(not KERNELS.library, reason="no library was built")

SIZES = [
    *((1, 1, 1, 1), (9, 7, 1, 1), (400, 3, 7, 1), (3, 400, 3, 399), (64, 64, 64, 63)),  # width, height; as brought to
    *((65, 64, 32, 32), (64, 64, 32, 16), (63, 49, 9, 8), (640, 480, 320, 240), (50, 50, 80, 20), (20, 30, 40, 60)),
]


def both(photo: Rgb, size: tuple[int, int]) -> list[bytes]:
    """What OpenCV and the kernel give."""
    return [np.asarray(shrink(photo, size)).tobytes() for shrink in KERNELS.replaced[shrunk_by_area.__name__]]


def differing(rounds: int = 150) -> list[tuple[int, ...]]:
    """Sizes at which kernel and OpenCV give other bytes: those above, and many by chance."""
    rng = np.random.default_rng(3)
    wide = rng.integers(1, 500, (rounds, 2))
    by_chance = np.concatenate([wide, rng.integers(1, wide + 1)], axis=1).tolist()
    found = []
    for width, height, *size in [*SIZES, *by_chance]:
        photo = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        opencv, kernel = both(photo, (size[0], size[1]))
        if opencv != kernel:
            found.append((width, height, *size))
    return found


def test_the_same_bytes() -> None:
    assert differing() == []


@pytest.mark.parametrize("without", ["AVX512-SKX", "AVX512-SKX,AVX2,FMA3"])
def test_the_same_bytes_as_opencv_gives_on_older_processors(without: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from tests.core.test_shrinking import differing; print(differing(40))"],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"OPENCV_CPU_DISABLE": without, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("view", ["part", "mirrored", "read-only"])
def test_a_view_into_another_picture_is_as_good(view: str) -> None:
    photo = np.random.default_rng(1).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    views: dict[str, Rgb] = {"part": photo[5:, 3:-7], "mirrored": photo[:, ::-1], "read-only": photo.copy()}
    views["read-only"].flags.writeable = False
    opencv, kernel = both(views[view], (31, 40))
    assert opencv == kernel
