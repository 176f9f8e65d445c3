"""Straight cuts through a picture: where two pictures were laid side by side, or one above the other."""

import cv2
import numpy as np

from pipeline.dedup.fingerprints.hashes import Grey

_MEAN_STEP, _STEP = 12, 10
"""Grey levels between the two sides of a cut: in the mean of its length, and at one place of it."""
_STRETCHES, _FEWEST_STRETCHES = 10, 9
"""A cut shows in this many of the stretches that its length is divided into; the edge of a door or a shoulder ends.
Of 170 photos 2 have such an edge by nature; of those beside a street photo 121 show the cut, in fours 163."""
_SHARE_OF_STRETCH = 0.3
"""Of the places in a stretch: two photos beside each other have half of them in common at most."""
_ABOVE_BESIDE = 1.3
"""Times the mean step beside it: most columns are passed over by this."""
_PLAIN = 4.0
"""Standard deviation of grey up to which one side of a cut is a border and no picture."""
_APART_PX = 4
"""So far on both sides of a cut the steps are smaller: what is busy everywhere has no cut."""
_NARROWEST_SHARE = 0.15
"""Of the picture's side: in a narrower strip nothing is recognised."""


def has_seam(grey: Grey) -> bool:
    """Whether a straight cut from edge to edge parts the picture into two, neither of them a plain border."""
    return _cut_upright(grey) or _cut_upright(np.ascontiguousarray(grey.T))


def _cut_upright(grey: Grey) -> bool:
    height, width = grey.shape
    margin = max(round(_NARROWEST_SHARE * width), 2 * _APART_PX)
    if width <= 2 * margin or height < _STRETCHES:
        return False
    steps = cv2.absdiff(grey[:, 2:], grey[:, :-2])  # over two pixels: a cut that was resized lies between two
    mean = np.asarray(cv2.reduce(steps, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F))[0]
    beside = np.maximum(mean[margin - _APART_PX : -margin - _APART_PX], mean[margin + _APART_PX : _APART_PX - margin])
    columns = margin + np.flatnonzero(mean[margin:-margin] >= np.maximum(_MEAN_STEP, _ABOVE_BESIDE * beside))
    return any(_is_cut(steps, column) and _has_two_pictures(grey, column + 1) for column in columns.tolist())


def _is_cut(steps: Grey, column: int) -> bool:
    """Whether nearly all stretches of this column step, and more than the columns beside it."""
    here = steps[:, column]
    beside = np.maximum(steps[:, column - _APART_PX], steps[:, column + _APART_PX])
    stepping = (here >= _STEP) & (here // 2 >= beside)
    usable = len(stepping) // _STRETCHES * _STRETCHES
    shares = stepping[:usable].reshape(_STRETCHES, -1).mean(axis=1)
    return int((shares >= _SHARE_OF_STRETCH).sum()) >= _FEWEST_STRETCHES


def _has_two_pictures(grey: Grey, column: int) -> bool:
    sides = grey[:, : column - 2], grey[:, column + 3 :]
    return all(float(cv2.meanStdDev(side)[1][0, 0]) > _PLAIN for side in sides)
