"""What goes between drawing a mask and rendering it, and what comes out."""

import json
from dataclasses import dataclass
from typing import Any

from pipeline.core.arrays import Alpha, Points, Rgb
from pipeline.core.records import MaskType, Valve, Wear
from pipeline.faces.pose import HeadPose

__all__ = ["HeadPose", "MaskDraw", "MaskedFace"]


@dataclass(frozen=True, slots=True)
class MaskDraw:
    """Every random choice of one mask, made before a pixel is drawn; written to the manifest, enough to replay.

    Attributes:
        template: Name of the template's folder.
        mask_type: Label of the template.
        wear: How the mask is worn.
        valve: Whether it has an exhalation valve.
        seed: Seeds the patterns and noise that the values below parametrise.
        values: Every other drawn value by name; JSON types only.
    """

    template: str
    mask_type: MaskType
    wear: Wear
    valve: Valve
    seed: int
    values: dict[str, Any]

    def to_json(self) -> str:
        """One line of JSON with sorted keys, the same bytes for the same draw."""
        fields = {name: getattr(self, name) for name in self.__slots__}  # asdict would copy every value first
        return json.dumps(fields, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "MaskDraw":
        """The inverse of `to_json`."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class MaskedFace:
    """A photo with one mask more.

    Attributes:
        rgb: The whole photo, `uint8 (H, W, 3)`.
        alpha: Where the mask, straps included, covers it: `float32 (H, W, 1)` in [0, 1].
        polygon: Outline of the mask's body without straps, `float32 (N, 2)` in pixels.
        box: Left, top, right, bottom of the body in pixels.
        draw: What was drawn.
        pose: The head pose that the mask follows.
    """

    rgb: Rgb
    alpha: Alpha
    polygon: Points
    box: tuple[float, float, float, float]
    draw: MaskDraw
    pose: HeadPose
