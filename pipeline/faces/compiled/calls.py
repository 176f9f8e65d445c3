"""The kernel as a function on arrays, with the arguments and the result of the function that it stands for.

It may only be called where there is a library.
"""

from pathlib import Path

import numpy as np

from pipeline.core.arrays import Points, Rgb
from pipeline.core.handing import AT, INT, LONG, address, declared, pixels
from pipeline.core.kernels import Kernels
from pipeline.faces.ensemble import POINTS, Ensemble, Rect, place_of

KERNELS = Kernels.of(Path(__file__).parent)
_KERNELS = declared(KERNELS.library, {"predicted": [AT, INT, AT, AT, *[LONG] * 3, *[AT] * 3]})


def predicted(ensemble: Ensemble, rgb: Rgb, rect: Rect) -> Points:
    """See the function in NumPy."""
    rgb = pixels(rgb)
    corner, sides = place_of(rect)
    points = np.empty((POINTS, 2), np.float32)
    trees = address(ensemble.cascades), len(ensemble.cascades), address(ensemble.turn)
    photo = address(rgb), rgb.strides[0], rgb.shape[1], rgb.shape[0]
    _KERNELS.predicted(*trees, *photo, address(corner), address(sides), address(points))
    return points
