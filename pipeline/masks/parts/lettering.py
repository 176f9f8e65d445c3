"""Small printed lines, as on respirators."""

import math
from dataclasses import dataclass
from typing import Annotated

import cv2
import numpy as np
from pydantic import Field

from pipeline.masks.imaging.image_arithmetic import dim
from pipeline.masks.limits import Factor, FactorRange, Positive, PositiveRange, Probability
from pipeline.masks.parts.chance import uniform
from pipeline.masks.parts.part import Canvas, Ground, Part, Ranges

_ZOOM = 4
"""How many times larger letters are painted, to be shrunk."""

Text = Annotated[str, Field(max_length=200)]
"""Lines are parted by `/`."""


class LetteringRanges(Ranges):
    """The texts that may be printed, their height, place and tone."""

    probability: Probability = 0
    texts: tuple[Text, ...] = ()
    height_mm: PositiveRange = (3, 5)
    u: FactorRange = (-0.6, 0.6)
    v: FactorRange = (0.3, 0.7)
    tone: FactorRange = (0.2, 0.6)


@dataclass(frozen=True, slots=True)
class Lettering:
    """A drawn text; `u` in [-1, 1] and `v` in [0, 1] are its middle, `tone` what its ink leaves of the light."""

    text: Text
    height_mm: Positive
    u: Factor
    v: Factor
    tone: Factor


def draw_lettering(ranges: LetteringRanges, _: Ground, rng: np.random.Generator) -> Lettering | None:
    """One of the texts, or none."""
    if rng.random() >= ranges.probability or not ranges.texts:
        return None
    return Lettering(
        text=ranges.texts[int(rng.integers(len(ranges.texts)))],
        height_mm=uniform(ranges.height_mm, rng),
        u=uniform(ranges.u, rng),
        v=uniform(ranges.v, rng),
        tone=uniform(ranges.tone, rng),
    )


def lay_lettering(canvas: Canvas, lettering: Lettering) -> None:
    """Text painted larger and shrunk, so that small print turns to grey as it does in photos."""
    space, lines = canvas.space, lettering.text.split("/")
    letter_px = lettering.height_mm / space.height_mm * space.height
    middle, base = (0.5 + lettering.u / 2) * space.width, lettering.v * space.height
    reach = max(len(line) for line in lines) * letter_px
    columns = _within(middle - 0.5 * reach - 2, middle + 0.7 * reach + 2, space.width)
    rows = _within(base - 1.3 * letter_px - 2, base + (1.6 * len(lines) - 1) * letter_px + 2, space.height)
    part = canvas.albedo[rows, columns]
    if not part.size:
        return
    page = np.zeros((part.shape[0] * _ZOOM, part.shape[1] * _ZOOM), dtype=np.uint8)
    for k, line in enumerate(lines):
        x, y = middle - 0.4 * len(line) * letter_px - columns.start, base + 1.6 * k * letter_px - rows.start
        scale, thickness = letter_px * _ZOOM / 22, max(1, round(letter_px * _ZOOM / 9))
        cv2.putText(page, line, (int(x * _ZOOM), int(y * _ZOOM)), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thickness)
    ink = cv2.resize(page, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_AREA)
    dim(part, 1 - np.float32((1 - lettering.tone) / 255) * ink.astype(np.float32))


def _within(first: float, last: float, size: int) -> slice:
    """The texels from first to last that there are."""
    return slice(max(0, min(int(first), size)), max(0, min(math.ceil(last) + 1, size)))


LETTERING = Part(Lettering | None, draw_lettering, lay_lettering, always=True)
