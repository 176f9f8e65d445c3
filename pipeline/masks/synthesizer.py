"""Put a mask on a face: draw, then render."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Points, Rgb
from pipeline.core.errors import SampleRejected, TemplateError
from pipeline.core.records import MaskType, Wear
from pipeline.core.step_times import timed
from pipeline.faces.landmarks import interocular_px
from pipeline.masks.head.canonical import CanonicalHead, HeadFit, canonical_head, fit_head
from pipeline.masks.head.surface import Shape, build_surface, evenly_spaced, held_to_cheek
from pipeline.masks.imaging.compositing import (
    Layer,
    blend,
    blur_layer,
    blur_sigma,
    contact_shadow,
    noise_sigma,
    split_layer,
)
from pipeline.masks.imaging.image_arithmetic import coloured, quantile, scaled, softened
from pipeline.masks.imaging.light import LUMA, Light, estimate_light
from pipeline.masks.imaging.noise import grain_field
from pipeline.masks.imaging.raster import TextureMap, rasterise_grid
from pipeline.masks.occluders.occluders import find_occluders, matte
from pipeline.masks.params import MaskParams
from pipeline.masks.parts.material import Material, build_material, linear_colour
from pipeline.masks.parts.picture import FlatPicture, flat_picture, place_picture, strap_edges
from pipeline.masks.parts.reliefs import TextureSpace
from pipeline.masks.parts.straps import StrapLine, draw_straps, strap_lines
from pipeline.masks.recipe import MaskDraw, MaskedFace
from pipeline.masks.sampling import choose_wear, draw_mask, weighted_choice
from pipeline.masks.template import Template

_MARGIN_MM = 10.0
_MAX_WINDOW_PX = 640
_MAX_TEXTURE_PX = 640
_TEXELS_A_PX = 0.93
"""Where the mask faces the viewer. At 1 drawing takes some 5 % longer; at 0.85 masks teach 0.4 points less."""

_MIN_LIGHT = 0.25
_OUTLINE_ALPHA = 0.5
_BRIGHTEST = 0.94
"""Cameras keep worn white masks below this linear light: nine in ten of 222 stay under L* 94."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A rectangle of the photo, and the factor by which it is shrunk while the mask is drawn."""

    left: int
    top: int
    right: int
    bottom: int
    factor: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height at which the mask is drawn."""
        return (
            max(1, round((self.right - self.left) / self.factor)),
            max(1, round((self.bottom - self.top) / self.factor)),
        )

    def inside(self, xy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Photo pixels to pixels of the drawing."""
        return ((xy - (self.left, self.top) + 0.5) / self.factor - 0.5).astype(np.float32)


class MaskSynthesizer:
    """Puts masks on faces: arrays in, `MaskedFace` out; pure given a generator."""

    def __init__(self, templates: Mapping[str, Template], params: MaskParams | None = None) -> None:
        self._params = params or MaskParams()
        self._templates = dict(sorted(templates.items()))
        self._head = canonical_head()

    def __call__(self, rgb: Rgb, landmarks: Points, mask_type: MaskType, rng: np.random.Generator) -> MaskedFace:
        """Draw a mask of one type and render it.

        Raises:
            SampleRejected: as `render`.
        """
        return self.render(rgb, landmarks, self.draw(mask_type, rng))

    def draw(self, mask_type: MaskType, rng: np.random.Generator, *, wear: Wear | None = None) -> MaskDraw:
        """Draw a template of that type and every value of one mask; `wear` None draws that too.

        Raises:
            ValueError: no template makes such masks.
        """
        fitting = [t for t in self._templates.values() if t.mask_type == mask_type]
        if not fitting:
            raise ValueError(f"no template makes masks of the type {mask_type!r}")
        template = weighted_choice(fitting, [t.weight for t in fitting], rng)
        return draw_mask(template, wear or choose_wear(self._params.wear, rng), self._params, rng)

    @timed("render")
    def render(self, rgb: Rgb, landmarks: Points, draw: MaskDraw, fit: HeadFit | None = None) -> MaskedFace:
        """The photo `(H, W, 3)` with the drawn mask on the face that has these 68 landmarks.

        `fit` is what `fit` gave for these landmarks, where several masks go on one face.

        Raises:
            SampleRejected: as `fit`, or `mask_outside_photo`.
        """
        fit = fit or self.fit(landmarks)
        values = draw.values
        picture, shape = self._picture(draw), Shape(**values["shape"])
        surface = build_surface(shape, self._head, place_picture(picture.anchors, shape) if picture else None)
        surface = held_to_cheek(surface, fit, self._head)
        if not picture:  # its own points say where a picture lies
            surface = evenly_spaced(surface)
        edges = strap_edges(picture.anchors, surface) if picture else (surface[:, 0], surface[:, -1])
        straps = strap_lines(values["straps"], edges, fit, self._head) if values["straps"] else []
        return _render(rgb, landmarks, draw, _Posed(fit, surface, straps, self._head), picture)

    def _picture(self, draw: MaskDraw) -> FlatPicture | None:
        """The picture of the draw's template, if it is made of one.

        Raises:
            TemplateError: the template is not there, or its picture is not the one that was drawn.
        """
        if "picture" not in draw.values:
            return None
        template = self._templates.get(draw.template)
        if template is None or template.picture is None:
            raise TemplateError(f"template {draw.template!r} with a picture was drawn and is not there")
        picture = flat_picture(Path(template.picture.file), template.picture.anchors)
        if picture.digest != draw.values["picture"]:
            raise TemplateError(f"{template.picture.file}: not the picture that was drawn; it has changed since")
        return picture

    def fit(self, landmarks: Points) -> HeadFit:
        """The head that has these 68 landmarks.

        Raises:
            SampleRejected: `face_too_small` or `extreme_pose`.
        """
        eyes = interocular_px(landmarks)
        if eyes < self._params.min_interocular_px:
            raise SampleRejected("face_too_small", f"{eyes:.0f} px between the outer eye corners")
        fit = fit_head(landmarks, self._head)
        pose = fit.pose
        if abs(pose.yaw_deg) > self._params.max_yaw_deg or abs(pose.pitch_deg) > self._params.max_pitch_deg:
            raise SampleRejected("extreme_pose", f"yaw {pose.yaw_deg:.0f}, pitch {pose.pitch_deg:.0f} degrees")
        return fit


class _Posed:
    """A surface in front of the camera."""

    def __init__(
        self, fit: HeadFit, surface: NDArray[np.float64], straps: list[StrapLine], head: CanonicalHead
    ) -> None:
        rows, columns = surface.shape[:2]
        xy, depth = fit.project(surface.reshape(-1, 3), head)
        self.fit, self.straps, self.head = fit, straps, head
        self.xy = xy.reshape(rows, columns, 2)
        self.depth = depth.reshape(rows, columns)
        self.camera = (surface * fit.stretch) @ fit.rotation.T
        self.width_mm = float(np.linalg.norm(np.diff(surface[rows // 2], axis=0), axis=1).sum())
        self.height_mm = float(np.linalg.norm(np.diff(surface[:, columns // 2], axis=0), axis=1).sum())

    def texture_space(self, factor: float) -> TextureSpace:
        """A texture nearly as fine as the drawing: where the mask turns away, and most of it does, it is finer."""
        per_mm = self.fit.scale * _TEXELS_A_PX / factor
        width, height = (int(np.clip(mm * per_mm, 24, _MAX_TEXTURE_PX)) for mm in (self.width_mm, self.height_mm))
        return TextureSpace(width, height, self.width_mm, self.height_mm)

    def window(self, photo: Rgb) -> _Window:
        """The part of the photo that the mask, its straps and its shadow can reach."""
        points = np.concatenate([self.xy.reshape(-1, 2), *(line.xy for line in self.straps)])
        margin = _MARGIN_MM * self.fit.scale + 3
        low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
        left, right = np.clip([np.floor(low[0]), np.ceil(high[0])], 0, photo.shape[1]).astype(int).tolist()
        top, bottom = np.clip([np.floor(low[1]), np.ceil(high[1])], 0, photo.shape[0]).astype(int).tolist()
        if right - left < 4 or bottom - top < 4:
            raise SampleRejected("mask_outside_photo", "the face's lower half lies outside the photo")
        return _Window(left, top, right, bottom, max(1.0, max(right - left, bottom - top) / _MAX_WINDOW_PX))


def _render(rgb: Rgb, landmarks: Points, draw: MaskDraw, posed: _Posed, picture: FlatPicture | None) -> MaskedFace:
    window = posed.window(rgb)
    part = rgb[window.top : window.bottom, window.left : window.right]
    width, height = window.size
    light = estimate_light(rgb, posed.fit, posed.head)
    space = posed.texture_space(window.factor)
    shaded = _shade(build_material(draw.values, space, picture), space, posed, light, draw.values["look"])
    body = _seen(shaded, window.inside(posed.xy), posed.depth, width, height)
    look = _Look.measure(rgb, landmarks, draw, window.factor)
    layer = _compose(body, posed, window, light, draw.values, look)
    if draw.values.get("occluders"):  # a mask drawn before there were the cues is replayed without
        layer = _behind_occluders(layer, rgb, part, posed, window)
    if window.factor > 1:
        layer = _enlarge(layer, part.shape[1], part.shape[0])
    result = rgb.copy()
    result[window.top : window.bottom, window.left : window.right] = blend(part, layer)
    alpha = np.zeros((*rgb.shape[:2], 1), dtype=np.float32)
    alpha[window.top : window.bottom, window.left : window.right, 0] = layer.alpha
    polygon = _outline(body[:, :, 3], window)
    box = (*polygon.min(axis=0).tolist(), *polygon.max(axis=0).tolist())
    return MaskedFace(result, alpha, polygon, box, draw, posed.fit.pose)


def _shade(material: Material, space: TextureSpace, posed: _Posed, light: Light, look: dict[str, float]) -> FloatImage:
    """Premultiplied linear RGBA `(H, W, 4)` of the lit texture.

    A relief of height h tilts the normal n along the tangents s and t to n - s dh/ds - t dh/dt; since the light is
    linear in n, so is its effect.
    """
    directed = light.coefficients.copy()
    directed[1:] *= look["light_strength"]
    directed[1:] += (look.get("from_side", 0.0), -look.get("from_above", 0.0), 0.0)
    directed[3] *= look.get("frontal", 1.0)
    directed[0] = 1 + directed[3]  # keeps a surface that faces the viewer at 1
    normal, along, down = _frame(posed.camera)
    size = (space.width, space.height)
    cells = directed[0] + normal @ directed[1:]
    directed /= max(quantile(cells, 0.6), 0.3)  # white was measured at that percentile of worn masks
    cells = directed[0] + normal @ directed[1:]
    smooth = cv2.resize(cells.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    by_x = cv2.resize((along @ directed[1:]).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    by_y = cv2.resize((down @ directed[1:]).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    gain = look["relief_gain"]
    slope_x = cv2.Sobel(material.height_mm, cv2.CV_32F, 1, 0, scale=gain * space.width / space.width_mm / 8)
    slope_y = cv2.Sobel(material.height_mm, cv2.CV_32F, 0, 1, scale=gain * space.height / space.height_mm / 8)
    ambient = np.float32(directed[0])
    steepness = np.sqrt(slope_x * slope_x + slope_y * slope_y + np.float32(1))
    lit = (smooth - ambient - slope_x * by_x - slope_y * by_y) / steepness
    lit = np.maximum(lit + ambient, np.float32(_MIN_LIGHT))
    lit *= _occlusion(material.height_mm, space, look["occlusion"])
    warmth = np.float32(look["warmth"]) + np.float32(look.get("shade_tint", 0.0)) * (lit - 1)
    lit *= np.float32(light.white * look["white_gain"])
    colour = cv2.multiply(cv2.merge([lit * (1 + warmth), lit, lit * (1 - warmth)]), material.albedo)
    colour = np.minimum(colour, np.float32(_BRIGHTEST))
    return scaled(np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2RGBA), dtype=np.float32), material.alpha)


def _frame(camera: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Unit normals towards the outside and unit tangents along u and v of each cell, in camera axes."""
    along = camera[:-1, 1:] + camera[1:, 1:] - camera[:-1, :-1] - camera[1:, :-1]
    down = camera[1:, :-1] + camera[1:, 1:] - camera[:-1, :-1] - camera[:-1, 1:]
    normal = _cross(down, along)
    return _unit(normal), _unit(along), _unit(down)


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """As np.cross for `(..., 3)`, whose preparations take longer than these few cells."""
    ax, ay, az, bx, by, bz = (vectors[..., k] for vectors in (a, b) for k in range(3))
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def _occlusion(height_mm: FloatImage, space: TextureSpace, strength: float) -> FloatImage:
    """Less light in hollows: where the relief lies below its own neighbourhood of 6 mm."""
    hollow = softened(height_mm, max(0.8, 3.0 / space.texel_mm)) - height_mm
    return np.asarray(1 / (1 + strength * np.maximum(hollow, 0)), dtype=np.float32)


def _seen(
    shaded: FloatImage, xy: NDArray[np.float32], depth: NDArray[np.float32], width: int, height: int
) -> FloatImage:
    """The texture as the camera sees it on a grid with these pixels and depths: premultiplied RGBA `(H, W, 4)`."""
    low, high = (np.clip(edge, 0, (width, height)) for edge in (np.floor(xy.min((0, 1))), np.ceil(xy.max((0, 1))) + 1))
    (left, top), (right, bottom) = low.astype(int).tolist(), high.astype(int).tolist()
    body = np.zeros((height, width, 4), dtype=np.float32)
    if left < right and top < bottom:
        texture = rasterise_grid(xy - low.astype(np.float32), depth, right - left, bottom - top)
        body[top:bottom, left:right] = _sample(shaded, texture)
    return body


def _sample(shaded: FloatImage, texture: TextureMap) -> FloatImage:
    column, row = texture.u * np.float32(shaded.shape[1] - 1), texture.v * np.float32(shaded.shape[0] - 1)
    seen = cv2.remap(shaded, column, row, cv2.INTER_LINEAR)
    coverage = cv2.blur(texture.covered.astype(np.float32), (2, 2), anchor=(0, 0)) * texture.covered
    return scaled(np.asarray(seen, dtype=np.float32), coverage)


@dataclass(frozen=True, slots=True)
class _Look:
    """How the photo renders fine detail."""

    blur_px: float
    noise: float
    seed: int

    @classmethod
    def measure(cls, rgb: Rgb, landmarks: Points, draw: MaskDraw, factor: float) -> "_Look":
        """Blur at the eyes, where faces are sharpest, and noise there."""
        look = draw.values["look"]
        eyes = landmarks[17:48]
        left, top = np.maximum(np.floor(eyes.min(axis=0)).astype(int), 0)
        right, bottom = np.ceil(eyes.max(axis=0)).astype(int)
        part = rgb[top:bottom, left:right]
        if min(part.shape[:2]) < 8:
            return cls(0.6 * look["blur"], 1.5 * look["noise"], draw.seed)
        if factor > 1:
            part = cv2.resize(part, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return cls(blur_sigma(grey) * look["blur"], noise_sigma(grey) * look["noise"], draw.seed)


def _compose(  # noqa: PLR0917 - the parts of one picture
    body: FloatImage, posed: _Posed, window: _Window, light: Light, values: dict[str, Any], look: _Look
) -> Layer:
    layer = body
    per_mm = posed.fit.scale / window.factor
    if posed.straps:
        layer = _lay_over(body, _strap_layer(posed, window, light, values, per_mm))
    rgb, alpha = split_layer(blur_layer(layer, look.blur_px))
    rgb = _add_noise(_as_grey_as(rgb, light), look)
    reach = values["look"]["shadow_mm"] * per_mm
    fall = (-light.coefficients[1] * reach * 0.8, reach * 0.45)
    shade = contact_shadow(alpha, values["look"]["shadow"], reach, fall)
    return Layer(rgb, np.clip(alpha, 0, 1), shade)


def _behind_occluders(layer: Layer, rgb: Rgb, part: Rgb, posed: _Posed, window: _Window) -> Layer:
    """The layer without what hair and glasses hide of it."""
    occluders = find_occluders(rgb, posed.fit, posed.head)
    if not occluders:
        return layer
    if window.factor > 1:
        part = cv2.resize(part, window.size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    seen = 1 - matte(part, occluders, layer.alpha, window.inside, posed.fit.scale / window.factor)
    return Layer(scaled(layer.light, seen), layer.alpha * seen, layer.shade * seen)


def _as_grey_as(colour: FloatImage, light: Light) -> FloatImage:
    """The colours as strong as the photo's own: none in a grey photo."""
    if light.saturation == 1:
        return colour
    grey = colour @ LUMA
    return np.asarray(grey[:, :, None] + (colour - grey[:, :, None]) * np.float32(light.saturation))


def _strap_layer(posed: _Posed, window: _Window, light: Light, values: dict[str, Any], per_mm: float) -> FloatImage:
    straps = values["straps"]
    lines = [StrapLine(window.inside(line.xy), line.normals) for line in posed.straps]
    opacity = draw_straps(lines, straps["width_mm"] * per_mm, *window.size)
    normals = np.concatenate([line.normals for line in lines])
    lit = float(np.mean(light.coefficients[0] + normals @ light.coefficients[1:]))
    colour = linear_colour(straps["colour"]) * max(lit, 0.3) * light.white * values["look"]["white_gain"]
    return coloured(opacity, np.append(colour, 1))


def _lay_over(above: FloatImage, below: FloatImage) -> FloatImage:
    return above + scaled(below, 1 - cv2.extractChannel(above, 3))


def _add_noise(light: FloatImage, look: _Look) -> FloatImage:
    if look.noise < 0.3:
        return light
    grain = grain_field(look.seed, *light.shape[:2]) * np.float32(look.noise / 255 * 1.8)
    return scaled(light, grain + np.float32(1))


def _enlarge(layer: Layer, width: int, height: int) -> Layer:
    resized = (
        cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)
        for part in (layer.light, layer.alpha, layer.shade)
    )
    return Layer(*resized)


def _outline(alpha: FloatImage, window: _Window) -> Points:
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
