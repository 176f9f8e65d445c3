"""YuNet in onnxruntime: images in, what the network says of each cell out, brought to scored rows.

YuNet is a CNN of 232 KB (Wu et al., 2023, doi 10.1007/s11633-023-1423-y). Its heads are decoded as OpenCV's
FaceDetectorYN does; onnxruntime takes half the time of OpenCV's own network code (640 px: 17 ms against 30).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb
from pipeline.faces.models import YUNET_FILE
from pipeline.faces.onnx_session import one_thread_session

STRIDES = (8, 16, 32)
_HEADS = ("cls", "obj", "bbox", "kps")
_OUTPUTS = [f"{head}_{stride}" for stride in STRIDES for head in _HEADS]
_SAME_FACE = 0.3
"""Intersection over union from which the lower scored of two boxes is dropped."""


class YunetNetwork:
    """The network, run on one thread."""

    def __init__(self) -> None:
        self._session = one_thread_session(YUNET_FILE)

    def rows(self, rgb: Rgb, min_score: float) -> NDArray[np.float32]:
        """Faces `(F, 15)` of an image.

        A row is left, top, width and height, then x and y of right eye, left eye, nose tip and both mouth corners, in
        pixels, then the score, which is `min_score` or more.
        """
        blob = _blob(rgb)
        heads = iter(self._session.run(_OUTPUTS, {"input": blob}))
        cells = [
            _cells([next(heads)[0] for _ in _HEADS], stride, blob.shape[3] // stride, min_score) for stride in STRIDES
        ]
        return _apart(np.concatenate(cells))


def _blob(rgb: Rgb) -> NDArray[np.float32]:
    """`(1, 3, H, W)` as the network was taught: blue first, filled up with black to multiples of the widest stride."""
    height, width = rgb.shape[:2]
    blob = np.zeros((1, 3, *(-(-side // STRIDES[-1]) * STRIDES[-1] for side in (height, width))), dtype=np.float32)
    blob[0, :, :height, :width] = rgb[..., ::-1].transpose(2, 0, 1)
    return blob


def _cells(heads: list[NDArray[np.float32]], stride: int, columns: int, min_score: float) -> NDArray[np.float32]:
    """Rows of those cells of one stride that score enough: boxes lie about their cell, sizes are logarithms."""
    cls, obj, box, five = heads
    scores = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
    sure = np.flatnonzero(scores >= min_score)
    cells = np.stack([sure % columns, sure // columns], axis=1).astype(np.float32)
    sizes = np.exp(box[sure, 2:]) * stride
    corners = (cells + box[sure, :2]) * stride - sizes / 2
    points = (five[sure].reshape(-1, 5, 2) + cells[:, None]) * stride
    return np.concatenate([corners, sizes, points.reshape(-1, 10), scores[sure, None]], axis=1).astype(np.float32)


def _apart(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """One row of those that overlap, highest score first; boxes are compared in whole pixels, as OpenCV does."""
    if len(rows) < 2:
        return rows
    boxes = np.trunc(rows[:, :4]).astype(np.int32).tolist()
    return rows[np.asarray(cv2.dnn.NMSBoxes(boxes, rows[:, 14].tolist(), 0.0, _SAME_FACE), dtype=np.intp)]
