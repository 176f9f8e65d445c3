"""A mask's material in texture space: how much light it returns, how its surface rises, where it ends."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from pipeline.arrays import FloatImage
from pipeline.masks.light import SRGB_TO_LINEAR
from pipeline.masks.noise import NoiseTurn
from pipeline.masks.picture import FlatPicture, texture_of
from pipeline.masks.planes import dim, lay
from pipeline.masks.relief import RELIEFS, TextureSpace
from pipeline.masks.template import read_print


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
        height += _lay_nose_clip(albedo, values["nose_clip"], space)
    if values["lettering"]:
        _lay_lettering(albedo, values["lettering"], space)
    if values["valve"]:
        height += _lay_valve(albedo, values["valve"], space)
    tone = space.noise("smooth", NoiseTurn(190, 150, 0, values["look"]["noise"] % 1)) * values["mottle"]
    tone += 1 + values["gradient"][0] * (space.v - 0.5) + values["gradient"][1] * space.u
    dim(albedo, tone)
    if "cast" in values:  # masks drawn before there was one are replayed without
        _cast(albedo, values["cast"], space)
    return Material(albedo, height, alpha)


def _cast(albedo: FloatImage, cast: dict[str, Any], space: TextureSpace) -> None:
    """Colour the light that reaches each place: sky, walls, clothes and skin nearby throw their own on a mask."""
    blotch = space.noise("smooth", NoiseTurn(150, 120, 0, cast["offset"])) * cast["blotch"]
    bounce = np.exp(space.edge_mm / -14) * cast["bounce"]
    for channel, (across, down), share in ((0, cast["red"], 1.0), (2, cast["blue"], -1.0)):
        albedo[:, :, channel] *= 1 + across * space.u + down * (space.v - 0.5) + share * (blotch + bounce)


def linear_colour(srgb: list[float]) -> FloatImage:
    """Linear RGB `(3,)` of an sRGB colour given in [0, 255]."""
    return np.asarray(np.interp(srgb, np.arange(256), SRGB_TO_LINEAR), dtype=np.float32)


def _base(values: dict[str, Any], space: TextureSpace) -> FloatImage:
    plain = np.broadcast_to(linear_colour(values["colour"]), (space.height, space.width, 3)).copy()
    if not values["print"]:
        return plain
    spec = values["print"]
    return _tiled(spec, space) if spec["is_tile"] else _with_motif(plain, spec, space)


def _palette(spec: dict[str, Any]) -> FloatImage:
    return np.stack([linear_colour(colour) for colour in spec["palette"]])


def _tiled(spec: dict[str, Any], space: TextureSpace) -> FloatImage:
    tile = _palette(spec)[read_print(spec["name"])]
    side = int(np.clip(round(spec["size_mm"] / space.texel_mm), 8, tile.shape[0]))
    small = cv2.resize(tile, (side, side), interpolation=cv2.INTER_AREA)
    cosine, sine = np.cos(np.radians(spec["angle_deg"])), np.sin(np.radians(spec["angle_deg"]))
    per_mm = side / spec["size_mm"]
    column = (space.x_mm * cosine - space.y_mm * sine) * per_mm + spec["x"] * side
    row = (space.x_mm * sine + space.y_mm * cosine) * per_mm + spec["y"] * side
    wrapped = cv2.remap(
        small, np.float32(column % side), np.float32(row % side), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )
    return np.asarray(wrapped, dtype=np.float32)


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
    inside = np.clip((band["width_mm"] - space.v * space.height_mm) / space.texel_mm + 0.5, 0, 1)
    share = np.broadcast_to(np.float32(band["lighten"]) * inside, (space.height, space.width))
    lay(albedo, np.ones(3), np.ascontiguousarray(share, dtype=np.float32))


def _lay_nose_clip(albedo: FloatImage, clip: dict[str, Any], space: TextureSpace) -> FloatImage:
    """A flat strip across the nose, its edges crisp; returns its relief."""
    down = clip["width_mm"] / 2 - np.abs(space.v * space.height_mm - clip["at_mm"])
    along = clip["half_width_mm"] - np.abs(space.u) * (space.width_mm / 2)
    inside = np.clip(np.minimum(down, along) / space.texel_mm + 0.5, 0, 1).astype(np.float32)
    lay(albedo, linear_colour(clip["colour"]), inside)
    return np.asarray(0.5 * inside, dtype=np.float32)


def _wash(albedo: FloatImage, strength: float, offset: float, space: TextureSpace) -> None:
    """Let white show through in soft patches, as thin material does where it lies loose."""
    patches = space.noise("smooth", NoiseTurn(210, 170, 0, offset * 3 % 1))
    share = np.clip(0.5 + 0.35 * patches, 0, 1) * np.float32(strength)
    lay(albedo, np.full(3, 0.95), share)


def _lay_lettering(albedo: FloatImage, lettering: dict[str, Any], space: TextureSpace) -> None:
    """Text drawn at four times the size and shrunk, so that small print turns to grey as it does in photos."""
    zoom = 4
    ink = np.zeros((space.height, space.width), dtype=np.uint8)
    canvas = cv2.resize(ink, None, fx=zoom, fy=zoom)
    letter_px = lettering["height_mm"] / space.height_mm * canvas.shape[0]
    scale = letter_px / 22
    x = int((0.5 + lettering["u"] / 2) * canvas.shape[1])
    for k, line in enumerate(lettering["text"].split("/")):
        at = (x - int(len(line) * letter_px * 0.4), int(lettering["v"] * canvas.shape[0] + k * letter_px * 1.6))
        cv2.putText(canvas, line, at, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, max(1, round(letter_px / 9)))
    ink = cv2.resize(canvas, (space.width, space.height), interpolation=cv2.INTER_AREA)
    dim(albedo, 1 - np.float32((1 - lettering["tone"]) / 255) * ink.astype(np.float32))


def _lay_valve(albedo: FloatImage, valve: dict[str, Any], space: TextureSpace) -> FloatImage:
    """A raised cap with bevelled edge and dark slots; returns its relief."""
    x = space.x_mm - valve["u"] * space.width_mm / 2
    y = space.y_mm - valve["v"] * space.height_mm
    radius = valve["radius_mm"]
    distance = np.maximum(np.abs(x) * 1.08, np.abs(y)) * 1.06 if valve["square"] else np.hypot(x, y)
    cap = np.clip((radius - distance) / max(1.5, space.texel_mm) + 0.5, 0, 1)
    lay(albedo, linear_colour(valve["colour"]), np.asarray(cap, dtype=np.float32))
    if valve["slots"]:
        _cut_slots(albedo, valve, x, y, distance)
    groove = -0.6 * np.exp(-(((distance - 0.72 * radius) / max(1.0, space.texel_mm)) ** 2))
    dome = np.clip((radius - distance) / (0.3 * radius), 0, 1)
    return np.asarray(valve["height_mm"] * dome * (2 - dome) + groove, dtype=np.float32)


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
    x = np.abs(space.u) * (space.width_mm / 2) - (space.width_mm / 2 - radius)
    y = np.abs(space.v - 0.5) * space.height_mm - (space.height_mm / 2 - radius)
    distance = radius - np.sqrt(np.maximum(x, 0) ** 2 + np.maximum(y, 0) ** 2)
    return np.asarray(np.clip(distance / (1.5 * space.texel_mm), 0, 1), dtype=np.float32)
