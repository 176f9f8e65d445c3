"""The one array convention, as type aliases.

An image is `uint8` RGB `(H, W, 3)`, an alpha `float32 (H, W, 1)` in [0, 1], points `float32 (K, 2)` as x, y in
pixels of the upright (EXIF-applied) image. Files are converted at the edge, nowhere else.
"""

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
Alpha = NDArray[np.float32]
Points = NDArray[np.float32]
Points3d = NDArray[np.float32]
FloatImage = NDArray[np.float32]
