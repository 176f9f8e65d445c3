"""The kernel as a function on arrays, with the arguments and the result of the function that it stands for.

It may only be called where there is a library.
"""

from pathlib import Path

import cv2
import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.core.handing import AT, INT, LONG, address, declared, pixels
from pipeline.core.kernels import Kernels

KERNELS = Kernels.of(Path(__file__).parent)
_KERNELS = declared(KERNELS.library, {"shrunk_by_area": [AT, LONG, *[INT] * 4, AT]})


def shrunk_by_area(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    """See the function in NumPy; where OpenCV enlarges, or shrinks by whole numbers in a faster way, it is OpenCV."""
    (height, width), (out_width, out_height) = rgb.shape[:2], size
    by_whole_numbers = width % out_width == 0 and height % out_height == 0
    if by_whole_numbers or out_width > width or out_height > height:
        return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    rgb = pixels(rgb)
    out = np.empty((out_height, out_width, 3), np.uint8)
    if not _KERNELS.shrunk_by_area(address(rgb), rgb.strides[0], width, height, *size, address(out)):
        raise MemoryError(f"no room to bring {width} x {height} px to {out_width} x {out_height}")
    return out
