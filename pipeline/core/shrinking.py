"""Pictures made smaller."""

import cv2
import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.core.compiled import calls


@calls.KERNELS.or_compiled(calls.shrunk_by_area)
def shrunk_by_area(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    """The picture brought to `size`, width and height: each pixel is the mean over its area, as in OpenCV."""
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
