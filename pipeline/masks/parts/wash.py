"""White that shows through in soft patches, as thin material does where it lies loose."""

import numpy as np

from pipeline.masks.imaging.image_arithmetic import lay
from pipeline.masks.imaging.noise import NoiseTurn
from pipeline.masks.limits import Share
from pipeline.masks.parts.chance import uniform
from pipeline.masks.parts.part import Canvas, Ground, Part


def draw_wash(strength: tuple[float, float], _: Ground, rng: np.random.Generator) -> float:
    """How strong it is; 0 is none."""
    return uniform(strength, rng)


def lay_wash(canvas: Canvas, strength: float) -> None:
    """Lay white over the colours, more in the patches."""
    if not strength:
        return
    patches = canvas.space.noise("smooth", NoiseTurn(210, 170, 0, canvas.offset * 3 % 1))
    share = np.clip(0.5 + 0.35 * patches, 0, 1) * np.float32(strength)
    lay(canvas.albedo, np.full(3, 0.95), share)


WASH = Part(Share, draw_wash, lay_wash, always=True)
