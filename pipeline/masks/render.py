"""Putting a posed mask into the photo: lit, with its straps and shadow, as sharp and noisy as the photo is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.core.arrays import FloatImage, Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.faces.pose import HeadPose
from pipeline.masks.imaging.compositing import (
    Layer,
    blend,
    blur_layer,
    contact_shadow,
    grained,
    with_under,
)
from pipeline.masks.imaging.enlarging import Enlarging
from pipeline.masks.imaging.image_arithmetic import scaled
from pipeline.masks.imaging.light import LUMA, Light
from pipeline.masks.imaging.noise import grain_field
from pipeline.masks.look import Look
from pipeline.masks.occluders.occluders import matte
from pipeline.masks.parts.colours import linear_colour
from pipeline.masks.parts.flat_picture import FlatPicture
from pipeline.masks.parts.material import build_material
from pipeline.masks.parts.straps import Straps, paint_straps
from pipeline.masks.posed_mask import PosedMask, Window
from pipeline.masks.recipe import MaskedFace, MaskRecipe
from pipeline.masks.seen_face import Fineness, SeenFace
from pipeline.masks.shading import seen_by_camera, shade

_OUTLINE_ALPHA = 0.5
_STRIP_ROWS, _ENLARGED_ROWS = 256, 64
_LEAST_NOISE = 0.3


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a mask is composed in."""

    posed: PosedMask
    window: Window
    light: Light
    look: Look
    fine: Fineness
    seed: int

    @property
    def px_per_mm(self) -> float:
        """Pixels of the painting that go to a millimetre of the face."""
        return self.posed.fit.scale / self.window.factor


@dataclass(frozen=True, slots=True)
class PaintedMask:
    """A mask and as much of its photo as it reaches: of a large photo a whole copy would be 100 MB.

    Attributes:
        part: The part of the photo with the mask on it, `uint8 (h, w, 3)`.
        window: Where that part is.
        opacity: The mask's alpha at the size in which it was painted, or at the part's.
        polygon, box, draw, pose: As of `MaskedFace`.
    """

    part: Rgb
    window: Window
    opacity: FloatImage
    polygon: Points
    box: tuple[float, float, float, float]
    draw: MaskRecipe
    pose: HeadPose

    def covered(self) -> Iterator[tuple[slice, FloatImage]]:
        """Where the mask covers the part, some rows after the others: alpha `float32 (rows, w)` in [0, 1]."""
        height, width = self.part.shape[:2]
        if self.opacity.shape == (height, width):
            yield slice(0, height), self.opacity
            return
        enlarging = Enlarging.to(width, height, len(self.opacity))
        for rows in _strips(height, _ENLARGED_ROWS):
            yield rows, enlarging.rows(self.opacity, rows)

    def on(self, rgb: Rgb) -> MaskedFace:
        """A copy of the photo with the mask on it."""
        result, alpha = rgb.copy(), np.zeros((*rgb.shape[:2], 1), dtype=np.float32)
        result[self.window.part] = self.part
        there = alpha[(*self.window.part, 0)]
        for rows, cover in self.covered():
            there[rows] = cover
        return MaskedFace(result, alpha, self.polygon, self.box, self.draw, self.pose)

    @contextmanager
    def worn_in(self, rgb: Rgb) -> Iterator[None]:
        """Let the photo itself, which can be written to, wear the mask during the block; `part` is bare meanwhile."""
        self._exchange(rgb)
        try:
            yield
        finally:
            self._exchange(rgb)

    def _exchange(self, rgb: Rgb) -> None:
        """The part changes places with that of the photo, some rows at a time."""
        there = rgb[self.window.part]
        for rows in _strips(len(there), _STRIP_ROWS):
            there[rows], self.part[rows] = self.part[rows], there[rows].copy()


def paint(face: SeenFace, recipe: MaskRecipe, posed: PosedMask, picture: FlatPicture | None) -> PaintedMask:
    """The mask on its part of the photo; `picture` is what its template is made of, if it is one of a picture.

    Raises:
        SampleRejected: `mask_outside_photo`.
    """
    window, values = posed.window(face.rgb), recipe.values
    space = posed.texture_space(window.factor)
    shaded = shade(build_material(values, space, picture), space, posed, face.light, values.look)
    body = seen_by_camera(shaded, window.inside(posed.xy), posed.depth, *window.size)
    scene = _Scene(posed, window, face.light, values.look, face.fineness(window.factor), recipe.seed)
    layer = _compose(body, values.straps, scene)
    if values.occluders:
        layer = _behind_occluders(layer, face, window)
    polygon = _outline(body[:, :, 3], window)
    box = (*polygon.min(axis=0).tolist(), *polygon.max(axis=0).tolist())
    part = _blended(layer, face.rgb[window.part], window.factor)
    return PaintedMask(part, window, layer.alpha, polygon, box, recipe, posed.fit.pose)


def _blended(layer: Layer, part: Rgb, factor: float) -> Rgb:
    """The part with the layer on it, which is enlarged some rows at a time where it was painted small."""
    if factor == 1:
        return blend(part, layer)
    result, planes = np.empty_like(part), (layer.light, layer.alpha, layer.shade)
    enlarging = Enlarging.to(part.shape[1], part.shape[0], len(layer.alpha))
    for rows in _strips(len(part), _ENLARGED_ROWS):
        result[rows] = blend(part[rows], Layer(*(enlarging.rows(plane, rows) for plane in planes)))
    return result


def _strips(height: int, rows: int) -> Iterator[slice]:
    return (slice(top, top + rows) for top in range(0, height, rows))


def _compose(body: FloatImage, straps: Straps | None, scene: _Scene) -> Layer:
    """The seen body `(H, W, 4)` with straps under it, blur, noise and a shadow."""
    layer, look, light = body, scene.look, scene.light
    if straps and scene.posed.straps:
        layer = _over_straps(body, straps, scene)
    layer = _as_grey_as(blur_layer(layer, scene.fine.blur_px * look.blur), light)
    rgb, alpha = _with_noise(layer, scene.fine.noise * look.noise, scene.seed)
    reach = look.shadow_mm * scene.px_per_mm
    fall = (-light.coefficients[1] * reach * 0.8, reach * 0.45)
    shade = contact_shadow(alpha, look.shadow, reach, fall)
    return Layer(rgb, np.minimum(alpha, 1, out=alpha), shade)


def _over_straps(body: FloatImage, straps: Straps, scene: _Scene) -> FloatImage:
    """The body with the straps under it, lit by the mean of what falls on them."""
    window, light = scene.window, scene.light
    lines = scene.posed.straps
    xy = window.inside(np.concatenate([line.xy for line in lines]))
    opacity = paint_straps(xy, [len(line.xy) for line in lines], straps.width_mm * scene.px_per_mm, *window.size)
    normals = np.concatenate([line.normals for line in lines])
    lit = float((light.coefficients[0] + normals @ light.coefficients[1:]).mean())
    colour = linear_colour(straps.colour) * max(lit, 0.3) * light.white * scene.look.white_gain
    return with_under(body, opacity, np.array([*colour.tolist(), 1]))


def _as_grey_as(layer: FloatImage, light: Light) -> FloatImage:
    """The layer `(H, W, 4)` with colours as strong as the photo's own: none in a grey photo."""
    if light.saturation == 1:
        return layer
    colour = np.ascontiguousarray(layer[:, :, :3])
    grey = (colour @ LUMA)[:, :, None]
    return np.concatenate([grey + (colour - grey) * np.float32(light.saturation), layer[:, :, 3:]], axis=2)


def _with_noise(layer: FloatImage, noise: float, seed: int) -> tuple[FloatImage, FloatImage]:
    """Light and alpha of a layer `(H, W, 4)` with as much noise, in sRGB codes, as the photo has."""
    strength = 0.0 if noise < _LEAST_NOISE else noise / 255 * 1.8
    return grained(layer, grain_field(seed, *layer.shape[:2]), strength)


def _behind_occluders(layer: Layer, face: SeenFace, window: Window) -> Layer:
    """The layer without what hair and glasses hide of it."""
    if not face.occluders:
        return layer
    part = face.rgb[window.part]
    if window.factor > 1:
        part = cv2.resize(part, window.size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    seen = 1 - matte(part, face.occluders, layer.alpha, window.inside, face.fit.scale / window.factor)
    return Layer(scaled(layer.light, seen), layer.alpha * seen, layer.shade * seen)


def _outline(alpha: FloatImage, window: Window) -> Points:
    """The largest outline of alpha > 0.5 in photo pixels, `(N, 2)`.

    Raises:
        SampleRejected: `mask_outside_photo`, nothing of the mask can be seen.
    """
    contours, _ = cv2.findContours(
        (alpha > _OUTLINE_ALPHA).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    if not contours:
        raise SampleRejected("mask_outside_photo", "nothing of the mask can be seen")
    largest = max(contours, key=cv2.contourArea)[:, 0].astype(np.float32)
    return np.asarray((largest + 0.5) * window.factor - 0.5 + (window.left, window.top), dtype=np.float32)
