"""A mask's material in texture space: how much light it returns, how its surface rises, where it ends."""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from pipeline.core.arrays import FloatImage
from pipeline.masks.imaging.image_arithmetic import coloured, dim, from_first_tile, lay
from pipeline.masks.imaging.light import SRGB_TO_LINEAR
from pipeline.masks.imaging.noise import NoiseTurn
from pipeline.masks.parts.picture import FlatPicture, texture_of
from pipeline.masks.parts.reliefs import RELIEFS, TextureSpace
from pipeline.masks.template import read_print

_ZOOM = 4
"""How many times larger letters are drawn, to be shrunk."""


@dataclass(frozen=True, slots=True)
class Material:
    """Textures of one size.

    Attributes:
        albedo: Linear reflectance `(H, W, 3)`, 1 is perfect white.
        height_mm: Relief `(H, W)`.
        alpha: Opacity `(H, W)` in [0, 1].
    """

    albedo: FloatImage
    height_mm: FloatImage
    alpha: FloatImage


def build_material(values: dict[str, Any], space: TextureSpace, picture: FlatPicture | None = None) -> Material:
    """Lay colour or picture, print, edge band, lettering and valve over each other, and add up the reliefs."""
    albedo = _base(values, space)
    alpha = _outline_alpha(values["corner_mm"], space)
    if picture:
        pictured, alpha = texture_of(picture, space.width, space.height)
        albedo *= pictured
    height = np.zeros((space.height, space.width), dtype=np.float32)
    for relief in values["reliefs"]:
        height += RELIEFS[relief["kind"]](space, relief)
    if values["binding"]:
        _lay_binding(albedo, values["binding"], space)
    if values["top_band"]:
        _lay_top_band(albedo, values["top_band"], space)
    if values["wash"]:
        _wash(albedo, values["wash"], values["look"]["noise"], space)
    if "nose_clip" in values:
        _lay_nose_clip(albedo, height, values["nose_clip"], space)
    if values["lettering"]:
        _lay_lettering(albedo, values["lettering"], space)
    if values["valve"]:
        _lay_valve(albedo, height, values["valve"], space)
    tone = cv2.resize(_tone(values, space.coarse), (space.width, space.height), interpolation=cv2.INTER_LINEAR)
    return Material(np.multiply(albedo, tone, out=albedo), height, alpha)


def _tone(values: dict[str, Any], space: TextureSpace) -> FloatImage:
    """How much light of each colour reaches each place, `(H, W, 3)` about 1, as it changes slowly over a mask."""
    tone = space.noise("smooth", NoiseTurn(190, 150, 0, values["look"]["noise"] % 1)) * values["mottle"]
    tone += 1 + values["gradient"][0] * (space.v - 0.5) + values["gradient"][1] * space.u
    red, blue = _cast(values["cast"], space) if "cast" in values else (1, 1)  # masks drawn before have none
    return np.asarray(cv2.merge([tone * red, tone, tone * blue]), dtype=np.float32)


def _cast(cast: dict[str, Any], space: TextureSpace) -> tuple[FloatImage, FloatImage]:
    """Red and blue against green: sky, walls, clothes and skin nearby throw their own colours on a mask."""
    patches = space.noise("smooth", NoiseTurn(150, 120, 0, cast["offset"])) * cast["blotch"]
    patches += np.exp(space.edge_mm / -14) * np.float32(cast["bounce"])
    (red_across, red_down), (blue_across, blue_down) = cast["red"], cast["blue"]
    red = 1 + red_across * space.u + red_down * (space.v - 0.5) + patches
    return red, 1 + blue_across * space.u + blue_down * (space.v - 0.5) - patches


def linear_colour(srgb: list[float]) -> FloatImage:
    """Linear RGB `(3,)` of an sRGB colour given in [0, 255]."""
    return np.asarray(np.interp(srgb, np.arange(256), SRGB_TO_LINEAR), dtype=np.float32)


def _base(values: dict[str, Any], space: TextureSpace) -> FloatImage:
    spec = values["print"]
    if spec and spec["is_tile"]:
        return _tiled(spec, space)
    plain = coloured(np.ones((space.height, space.width), dtype=np.float32), linear_colour(values["colour"]))
    return _with_motif(plain, spec, space) if spec else plain


def _palette(spec: dict[str, Any]) -> FloatImage:
    return np.stack([linear_colour(colour) for colour in spec["palette"]])


def _tiled(spec: dict[str, Any], space: TextureSpace) -> FloatImage:
    tile = _palette(spec)[read_print(spec["name"])]
    side = int(np.clip(round(spec["size_mm"] / space.texel_mm), 8, tile.shape[0]))
    small = cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA)
    cosine, sine = np.cos(np.radians(spec["angle_deg"])), np.sin(np.radians(spec["angle_deg"]))
    across, down = (
        mm / (texels - 1) for mm, texels in ((space.width_mm, space.width), (space.height_mm, space.height))
    )
    turn = np.array([[cosine * across, -sine * down], [sine * across, cosine * down]]) * (side / spec["size_mm"])
    first = np.array([spec["x"], spec["y"]]) * side - turn[:, 0] * (space.width - 1) / 2  # in the middle x is 0
    size = (space.width, space.height)
    to_tile = from_first_tile(np.column_stack([turn, first]), size, side)
    farthest = to_tile[:, 2] + np.maximum(turn * size, 0).sum(axis=1)
    columns, rows = (np.ceil(farthest / side) + 1).astype(int).tolist()
    laid = np.tile(small, (rows, columns, 1))  # sampling inside an image is faster than wrapping round it
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(laid, to_tile, size, flags=flags), dtype=np.float32)


def _with_motif(plain: FloatImage, spec: dict[str, Any], space: TextureSpace) -> FloatImage:
    index = read_print(spec["name"])
    layer = np.dstack([_palette(spec)[index], (index > 0).astype(np.float32)])
    width = max(4, round(spec["size_mm"] / space.width_mm * space.width))
    height = max(3, round(spec["size_mm"] * index.shape[0] / index.shape[1] / space.height_mm * space.height))
    small = cv2.resize(layer, (width, height), interpolation=cv2.INTER_AREA)
    shift = np.array(
        [[1, 0, (0.5 + spec["x"]) * space.width - width / 2], [0, 1, spec["y"] * space.height - height / 2]],
        dtype=np.float32,
    )
    placed = cv2.warpAffine(small, shift, (space.width, space.height))
    return np.asarray(plain + (placed[:, :, :3] - plain) * placed[:, :, 3:], dtype=np.float32)


def _lay_binding(albedo: FloatImage, binding: dict[str, Any], space: TextureSpace) -> None:
    inside = np.clip((binding["width_mm"] - space.edge_mm) / space.texel_mm + 0.5, 0, 1)
    lay(albedo, linear_colour(binding["colour"]), inside)


def _lay_top_band(albedo: FloatImage, band: dict[str, float], space: TextureSpace) -> None:
    inside = np.clip((band["width_mm"] - space.y_mm) / space.texel_mm + 0.5, 0, 1)
    rows = albedo[: np.count_nonzero(inside)]
    share = np.float32(band["lighten"]) * inside[: len(rows)]
    lay(rows, np.ones(3), np.repeat(share, space.width, axis=1))


def _lay_nose_clip(albedo: FloatImage, height_mm: FloatImage, clip: dict[str, Any], space: TextureSpace) -> None:
    """A flat strip across the nose, its edges crisp."""
    down = clip["width_mm"] / 2 - np.abs(space.y_mm - clip["at_mm"])
    along = clip["half_width_mm"] - np.abs(space.x_mm)
    inside = np.clip(np.minimum(down, along) / space.texel_mm + 0.5, 0, 1).astype(np.float32)
    lay(albedo, linear_colour(clip["colour"]), inside)
    height_mm += np.float32(0.5) * inside


def _wash(albedo: FloatImage, strength: float, offset: float, space: TextureSpace) -> None:
    """Let white show through in soft patches, as thin material does where it lies loose."""
    patches = space.noise("smooth", NoiseTurn(210, 170, 0, offset * 3 % 1))
    share = np.clip(0.5 + 0.35 * patches, 0, 1) * np.float32(strength)
    lay(albedo, np.full(3, 0.95), share)


def _lay_lettering(albedo: FloatImage, lettering: dict[str, Any], space: TextureSpace) -> None:
    """Text drawn larger and shrunk, so that small print turns to grey as it does in photos."""
    lines = lettering["text"].split("/")
    letter_px = lettering["height_mm"] / space.height_mm * space.height
    middle, base = (0.5 + lettering["u"] / 2) * space.width, lettering["v"] * space.height
    reach = max(len(line) for line in lines) * letter_px
    columns = _within(middle - 0.5 * reach - 2, middle + 0.7 * reach + 2, space.width)
    rows = _within(base - 1.3 * letter_px - 2, base + (1.6 * len(lines) - 1) * letter_px + 2, space.height)
    part = albedo[rows, columns]
    if not part.size:
        return
    canvas = np.zeros((part.shape[0] * _ZOOM, part.shape[1] * _ZOOM), dtype=np.uint8)
    for k, line in enumerate(lines):
        x, y = middle - 0.4 * len(line) * letter_px - columns.start, base + 1.6 * k * letter_px - rows.start
        scale, thickness = letter_px * _ZOOM / 22, max(1, round(letter_px * _ZOOM / 9))
        cv2.putText(canvas, line, (int(x * _ZOOM), int(y * _ZOOM)), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thickness)
    ink = cv2.resize(canvas, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_AREA)
    dim(part, 1 - np.float32((1 - lettering["tone"]) / 255) * ink.astype(np.float32))


def _within(first: float, last: float, size: int) -> slice:
    """The texels from first to last that there are."""
    return slice(max(0, min(int(first), size)), max(0, min(math.ceil(last) + 1, size)))


def _lay_valve(albedo: FloatImage, height_mm: FloatImage, valve: dict[str, Any], space: TextureSpace) -> None:
    """A raised cap with bevelled edge and dark slots."""
    radius = valve["radius_mm"]
    x, y = space.x_mm - valve["u"] * space.width_mm / 2, space.y_mm - valve["v"] * space.height_mm
    near_x, near_y = (np.flatnonzero(np.abs(mm) < 1.2 * radius + 2 * space.texel_mm) for mm in (x, y))
    if not (near_x.size and near_y.size):
        return
    part = slice(near_y[0], near_y[-1] + 1), slice(near_x[0], near_x[-1] + 1)
    x, y, albedo = x[:, part[1]], y[part[0]], albedo[part]
    distance = np.maximum(np.abs(x) * 1.08, np.abs(y)) * 1.06 if valve["square"] else np.hypot(x, y)
    cap = np.clip((radius - distance) / max(1.5, space.texel_mm) + 0.5, 0, 1)
    lay(albedo, linear_colour(valve["colour"]), np.asarray(cap, dtype=np.float32))
    if valve["slots"]:
        _cut_slots(albedo, valve, x, y, distance)
    groove = -0.6 * np.exp(-(((distance - 0.72 * radius) / max(1.0, space.texel_mm)) ** 2))
    dome = np.clip((radius - distance) / (0.3 * radius), 0, 1)
    height_mm[part] += valve["height_mm"] * dome * (2 - dome) + groove


def _cut_slots(albedo: FloatImage, valve: dict[str, Any], x: FloatImage, y: FloatImage, distance: FloatImage) -> None:
    angle = np.radians(valve["angle_deg"])
    across = x * np.sin(angle) + y * np.cos(angle)
    pitch = 1.3 * valve["radius_mm"] / (valve["slots"] + 1)
    wave = np.cos(across * (2 * np.pi / pitch))
    slot = np.clip((wave - 0.4) * 3, 0, 1) * (distance < 0.62 * valve["radius_mm"])
    dim(albedo, np.asarray(1 - 0.6 * slot, dtype=np.float32))


def _outline_alpha(corner_mm: float, space: TextureSpace) -> FloatImage:
    """A rectangle with round corners and an edge one texel and a half soft."""
    radius = max(corner_mm, 1.5 * space.texel_mm)
    x, y = np.maximum(radius - space.side_mm, 0), np.maximum(radius - space.end_mm, 0)
    distance = radius - np.sqrt(x * x + y * y)
    return np.asarray(np.clip(distance / (1.5 * space.texel_mm), 0, 1), dtype=np.float32)
