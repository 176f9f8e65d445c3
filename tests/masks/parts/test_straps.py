"""Straps are as wide as they are said to be."""

import numpy as np
import pytest

from pipeline.masks.parts.straps import paint_straps


@pytest.mark.parametrize("width_px", [0.2, 0.6, 1.0, 1.5, 2.2, 3.0, 4.4, 6.0])
def test_a_strap_covers_what_its_width_says(width_px: float) -> None:
    across = np.array([[4, 9.3], [30, 16.1], [56, 24.8]], np.float32)

    opacity = paint_straps(across, [3], width_px, 60, 40)

    slope = np.arctan2(16.1 - 9.3, 26)
    covered = opacity[:, 12:24].sum(axis=0).mean() * np.cos(slope)
    assert covered == pytest.approx(width_px, abs=max(0.55, 0.1 * width_px) if width_px > 0.6 else 0.1)
    assert opacity.max() <= 1


def test_thin_straps_grow_fainter_rather_than_wider() -> None:
    line = np.array([[4, 20], [56, 20]], np.float32)

    faint, clear = (paint_straps(line, [2], width, 60, 40) for width in (0.2, 0.6))

    assert faint.max() < clear.max()
    assert (faint > 0).sum() == (clear > 0).sum()
