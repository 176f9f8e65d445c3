"""What may make a face harder: measured on its crop or taken from its row, and put into bins."""

from collections.abc import Set
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.core.records import Assignment

UNKNOWN = "unknown"

ITA_BINS = ((55, "very light"), (41, "light"), (28, "intermediate"), (10, "tan"), (-30, "brown"), (-91, "dark"))
"""Lower bounds in degrees and names, after Chardon et al. (1991) and Del Bino & Bernerd (2013)."""

SKIN_TONE_LIMITS = (
    "The individual typology angle is measured on the nose bridge and the lower forehead of a photo whose light and "
    "white balance are unknown. It describes the picture more than the person: the same face moves by a bin or two "
    "between photos, and glasses, hair and make-up shift it. It is no statement about ethnicity."
)

_SKIN_ROWS, _SKIN_COLUMNS = (0.27, 0.47), (0.40, 0.60)
"""Where in a crop around a detector's box the lower forehead and the nose bridge are: above every mask."""


@dataclass(frozen=True, slots=True)
class FaceGeometry:
    """What is known of a face beside its crop; None where it isn't."""

    yaw_deg: float | None = None
    face_px: float | None = None


def attributes_of(row: Assignment, crop: Rgb, geometry: FaceGeometry, seen_templates: Set[str]) -> dict[str, str]:
    """The slices that a sample belongs to, by attribute."""
    return {
        "mask_type": row.mask_type,
        "wear": row.wear,
        "source": row.source,
        "template": row.template or "no template",
        "template_seen": _seen(row.template, seen_templates),
        "yaw": _yaw_bin(geometry.yaw_deg),
        "face_size": _binned(geometry.face_px, (64, 128, 256), "px"),
        "brightness": _binned(brightness(crop), (70, 110, 150), ""),
        "sharpness": _binned(laplacian_variance(crop), (50, 200, 800), ""),
        "skin_tone": skin_tone_bin(crop),
    }


def _seen(template: str | None, seen: Set[str]) -> str:
    if template is None:
        return "no template"
    return "seen in training" if template in seen else "held out"


def _yaw_bin(yaw_deg: float | None) -> str:
    """Turned left and right count alike."""
    return _binned(None if yaw_deg is None else abs(yaw_deg), (15, 30, 45), "deg")


def _binned(value: float | None, edges: tuple[int, ...], unit: str) -> str:
    """The range that a value lies in.

    >>> _binned(80.0, (64, 128), "px"), _binned(9.0, (64, 128), "px"), _binned(None, (64,), "px")
    ('64-128 px', 'below 64 px', 'unknown')
    """
    if value is None:
        return UNKNOWN
    place = int(np.searchsorted(edges, value, side="right"))
    if place == 0:
        text = f"below {edges[0]}"
    elif place == len(edges):
        text = f"{edges[-1]} and more"
    else:
        text = f"{edges[place - 1]}-{edges[place]}"
    return f"{text} {unit}".strip()


def brightness(crop: Rgb) -> float:
    """Mean grey value in [0, 255]."""
    return float(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).mean())


def laplacian_variance(crop: Rgb) -> float:
    """Variance of the Laplacian of the grey crop; compare crops of one size only."""
    return float(cv2.Laplacian(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


def typology_angle_deg(crop: Rgb) -> float:
    """The individual typology angle, `atan((L* - 50) / b*)`, of the median skin colour above the mask."""
    height, width = crop.shape[:2]
    rows = slice(round(_SKIN_ROWS[0] * height), round(_SKIN_ROWS[1] * height))
    columns = slice(round(_SKIN_COLUMNS[0] * width), round(_SKIN_COLUMNS[1] * width))
    patch = np.ascontiguousarray(crop[rows, columns], dtype=np.float32) / 255
    lightness, _, b = np.median(cv2.cvtColor(patch, cv2.COLOR_RGB2LAB).reshape(-1, 3), axis=0)
    return float(np.degrees(np.arctan2(lightness - 50, max(b, 1e-3))))


def skin_tone_bin(crop: Rgb) -> str:
    """The bin of the typology angle; see `SKIN_TONE_LIMITS`."""
    angle = typology_angle_deg(crop)
    return next(name for low, name in ITA_BINS if angle > low)
