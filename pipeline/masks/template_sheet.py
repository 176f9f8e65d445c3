"""One template on several heads, as a sheet to look at."""

from collections.abc import Sequence

import numpy as np

from pipeline.core.arrays import Points, Rgb
from pipeline.core.randomness import sample_rng
from pipeline.core.records import Wear
from pipeline.masks.head.mannequin import mannequin
from pipeline.masks.params import MaskParams
from pipeline.masks.synthesizer import MaskSynthesizer
from pipeline.masks.template import Template

_POSES_DEG = ((0, 0), (28, 4), (-28, 4), (0, -14))
_WEARS: tuple[Wear, ...] = ("correct", "correct", "correct", "nose_exposed")


def head_poses() -> list[tuple[Rgb, Points]]:
    """A plain head, turned four ways, with its landmarks."""
    return [mannequin(yaw, pitch) for yaw, pitch in _POSES_DEG]


def template_sheet(template: Template, heads: Sequence[tuple[Rgb, Points]], rows: int = 4, seed: int = 0) -> Rgb:
    """`rows` draws of the template one below the other, each on all heads; the last row is worn under the nose."""
    synthesizer = MaskSynthesizer({template.name: template}, MaskParams())
    strips = []
    for row in range(rows):
        wear = _WEARS[min(row, len(_WEARS) - 1)]
        draw = synthesizer.draw(template.mask_type, sample_rng(seed, f"{template.name}:{row}"), wear=wear)
        strips.append(np.hstack([synthesizer.render(rgb, landmarks, draw).rgb for rgb, landmarks in heads]))
    return np.vstack(strips)
