"""Draw the prints that cloth masks wear: `python -m generators.prints masks_templates/prints`.

Each print is a grey PNG whose values 0, 85, 170 and 255 stand for the four colours of a palette that is drawn for each
mask. `tile_*` wrap around at every edge; `motif_*` stand alone, with value 0 transparent.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVarTuple

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE, MOTIF = 192, (160, 240)
Canvas = NDArray[np.uint8]
Values = TypeVarTuple("Values")
Draw = Callable[[Canvas, tuple[int, int], *Values], None]
PI = np.pi


def _scatter(rng: np.random.Generator, count: int, least: float) -> list[tuple[int, int]]:
    """Up to `count` points on the torus, no two nearer than `least`."""
    points: list[tuple[int, int]] = []
    for _ in range(count * 30):
        x, y = (int(v) for v in rng.integers(0, SIDE, 2))
        gap = [(min(abs(x - a), SIDE - abs(x - a)), min(abs(y - b), SIDE - abs(y - b))) for a, b in points]
        if all(np.hypot(*g) >= least for g in gap):
            points.append((x, y))
        if len(points) == count:
            break
    return points


def _stamp(canvas: Canvas, at: tuple[int, int], draw: Draw[*Values], *values: *Values) -> None:
    """Draw a motif of some values at a point and at its eight copies, so that the tile wraps."""
    for dx in (-SIDE, 0, SIDE):
        for dy in (-SIDE, 0, SIDE):
            draw(canvas, (at[0] + dx, at[1] + dy), *values)


def _polygon(canvas: Canvas, points: NDArray[np.floating], value: int) -> None:
    cv2.fillPoly(canvas, [np.rint(points).astype(np.int32)], value)


def _star(at: tuple[int, int], radius: float, points: int, inner: float, turn: float) -> NDArray[np.float64]:
    angle = np.arange(points * 2) * PI / points + turn
    length = np.where(np.arange(points * 2) % 2 == 0, radius, radius * inner)
    return np.stack([at[0] + length * np.sin(angle), at[1] - length * np.cos(angle)], axis=1)


def _heart(at: tuple[int, int], size: float) -> NDArray[np.float64]:
    t = np.linspace(0, 2 * PI, 40)
    x, y = 16 * np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([at[0] + x * size / 16, at[1] + y * size / 16], axis=1)


def _flower(canvas: Canvas, at: tuple[int, int], radius: float, petals: int, turn: float) -> None:
    for k in range(petals):
        angle = turn + 2 * PI * k / petals
        centre = (int(at[0] + radius * 0.6 * np.cos(angle)), int(at[1] + radius * 0.6 * np.sin(angle)))
        cv2.ellipse(canvas, centre, (int(radius * 0.5), int(radius * 0.3)), float(np.degrees(angle)), 0, 360, 85, -1)
    cv2.circle(canvas, at, max(2, int(radius * 0.22)), 255, -1)


def _leaf(canvas: Canvas, at: tuple[int, int], length: float, angle: float, colour: int) -> None:
    t = np.linspace(0, 1, 14)
    width = 0.28 * length * np.sin(PI * t)
    line = np.stack([t * length, width], axis=1), np.stack([t[::-1] * length, -width[::-1]], axis=1)
    turned = np.concatenate(line) @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    _polygon(canvas, turned + at, colour)


def _waves(rng: np.random.Generator, count: int, top: int) -> NDArray[np.float64]:
    """Smooth noise of mean 0 that wraps around."""
    y, x = np.mgrid[:SIDE, :SIDE] * (2 * PI / SIDE)
    total = np.zeros((SIDE, SIDE))
    for _ in range(count):
        kx, ky = rng.integers(-top, top + 1, 2)
        total += np.cos(kx * x + ky * y + rng.uniform(0, 2 * PI)) / (1 + 0.35 * np.hypot(kx, ky))
    return total


def _levels(field: NDArray[np.floating], shares: tuple[float, ...]) -> Canvas:
    cuts = np.quantile(field, np.cumsum(shares))
    return np.asarray(np.digitize(field, cuts) * 85, dtype=np.uint8)


def _blank() -> Canvas:
    return np.zeros((SIDE, SIDE), dtype=np.uint8)


def _grid() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    y, x = np.mgrid[:SIDE, :SIDE]
    return x, y


def tile_stripes() -> Canvas:
    """Even stripes."""
    x, _ = _grid()
    return ((x // 16 % 2) * 85).astype(np.uint8)


def tile_pinstripes() -> Canvas:
    """Thin lines far apart."""
    x, _ = _grid()
    return np.where(x % 24 < 4, 85, 0).astype(np.uint8)


def tile_multi_stripes() -> Canvas:
    """Stripes of several widths and colours."""
    x, _ = _grid()
    return np.select([x % 96 < 30, x % 96 < 44, x % 96 < 74], [0, 85, 170], 255).astype(np.uint8)


def tile_chevron() -> Canvas:
    """Zigzag bands."""
    x, y = _grid()
    return (((y + np.abs(x % 48 - 24)) // 16 % 2) * 85).astype(np.uint8)


def tile_gingham() -> Canvas:
    """Checks of two crossing stripes."""
    x, y = _grid()
    return ((x // 12 % 2 + y // 12 % 2) * 85).astype(np.uint8)


def tile_checker() -> Canvas:
    """A chessboard."""
    x, y = _grid()
    return (((x // 24 + y // 24) % 2) * 85).astype(np.uint8)


def tile_tartan() -> Canvas:
    """Bands over bands with thin lines."""
    x, y = _grid()

    def band(t: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.select([t % 96 < 34, (t % 96 > 62) & (t % 96 < 66)], [1, 2], 0)

    twill = (x + y) // 2 % 2
    return (np.where(twill == 0, band(x), band(y)) * 85).astype(np.uint8)


def tile_houndstooth() -> Canvas:
    """Broken checks."""
    x, y = _grid()
    a, b = x % 32 // 8, y % 32 // 8
    block = (a < 2) == (b < 2)
    return np.where(np.where(block, a < 2, (x + y) % 16 < 8), 85, 0).astype(np.uint8)


def tile_dots() -> Canvas:
    """Polka dots."""
    canvas = _blank()
    for row in range(6):
        for column in range(6):
            _stamp(canvas, (column * 32 + 16 * (row % 2), row * 32), lambda c, p: _disc(c, p, 8, 85))
    return canvas


def tile_big_dots() -> Canvas:
    """Large dots of several colours."""
    rng, canvas = np.random.default_rng(11), _blank()
    for k, at in enumerate(_scatter(rng, 16, 44)):
        _stamp(canvas, at, lambda c, p, k: _disc(c, p, 17, 85 * (1 + k % 3)), k)
    return canvas


def _disc(canvas: Canvas, at: tuple[int, int], radius: int, value: int) -> None:
    cv2.circle(canvas, at, radius, value, -1)


def tile_rings() -> Canvas:
    """Overlapping rings."""
    rng, canvas = np.random.default_rng(12), _blank()
    for k, at in enumerate(_scatter(rng, 18, 36)):
        _stamp(canvas, at, lambda c, p, k: _ring(c, p, 14 + k % 3 * 5, 85 * (1 + k % 3)), k)
    return canvas


def _ring(canvas: Canvas, at: tuple[int, int], radius: int, value: int) -> None:
    cv2.circle(canvas, at, radius, value, 5)


def tile_stars() -> Canvas:
    """Stars of two sizes."""
    rng, canvas = np.random.default_rng(13), _blank()
    for k, at in enumerate(_scatter(rng, 20, 34)):
        _stamp(canvas, at, lambda c, p, k: _polygon(c, _star(p, 9 + k % 2 * 7, 5, 0.42, 0.3 * k), 85 * (1 + k % 3)), k)
    return canvas


def tile_hearts() -> Canvas:
    """Hearts."""
    rng, canvas = np.random.default_rng(14), _blank()
    for k, at in enumerate(_scatter(rng, 18, 36)):
        _stamp(canvas, at, lambda c, p, k: _polygon(c, _heart(p, 10 + k % 3 * 4), 85 * (1 + k % 3)), k)
    return canvas


def _flowers(seed: int, count: int, gap: float, radius: tuple[int, int], leaves: int) -> Canvas:
    rng, canvas = np.random.default_rng(seed), _blank()
    for at in _scatter(rng, leaves, gap * 0.5) if leaves else []:
        angle, length = rng.uniform(0, 2 * PI), rng.uniform(14, 30)
        _stamp(canvas, at, lambda c, p, a, n: _leaf(c, p, n, a, 170), angle, length)
    for at in _scatter(rng, count, gap):
        size, petals, turn = rng.integers(*radius), int(rng.integers(5, 9)), rng.uniform(0, 2 * PI)
        _stamp(canvas, at, lambda c, p, s, n, t: _flower(c, p, float(s), n, t), size, petals, turn)
    return canvas


def tile_floral_small() -> Canvas:
    """Many small flowers."""
    return _flowers(21, 40, 22, (9, 13), 0)


def tile_floral() -> Canvas:
    """Flowers and leaves."""
    return _flowers(22, 14, 40, (16, 24), 30)


def tile_floral_large() -> Canvas:
    """A few large blossoms with leaves."""
    return _flowers(23, 6, 66, (30, 42), 24)


def tile_leaves() -> Canvas:
    """Leaves strewn about."""
    rng, canvas = np.random.default_rng(24), _blank()
    for k, at in enumerate(_scatter(rng, 34, 26)):
        angle, length = rng.uniform(0, 2 * PI), rng.uniform(24, 44)
        _stamp(canvas, at, lambda c, p, a, n, k: _leaf(c, p, n, a, 85 * (1 + k % 3)), angle, length, k)
    return canvas


def tile_paisley() -> Canvas:
    """Curled drops with inner lines, as on bandanas."""
    rng, canvas = np.random.default_rng(25), _blank()
    for at in _scatter(rng, 40, 20):
        _stamp(canvas, at, lambda c, p: _disc(c, p, 3, 85))
    for at in _scatter(rng, 11, 52):
        turn = rng.uniform(0, 2 * PI)
        _stamp(canvas, at, _drop, turn)
    return canvas


def _drop(canvas: Canvas, at: tuple[int, int], turn: float) -> None:
    t = np.linspace(0, 2 * PI, 40)
    for size, value in ((26, 0), (23, 85), (17, 0), (12, 170), (6, 0)):
        curve = np.stack([size * np.sin(t) * np.sin(t / 2) ** 1.2, -size * np.cos(t)], axis=1)
        turned = curve @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        _polygon(canvas, turned + at, value)


def tile_camouflage() -> Canvas:
    """Blotches of four colours."""
    rng = np.random.default_rng(31)
    return _levels(_waves(rng, 60, 6) + 0.5 * _waves(rng, 60, 12), (0.34, 0.28, 0.22))


def tile_digital_camouflage() -> Canvas:
    """Blotches of squares."""
    rng = np.random.default_rng(32)
    field = _waves(rng, 70, 8)[::8, ::8].repeat(8, axis=0).repeat(8, axis=1)
    return _levels(field, (0.34, 0.28, 0.22))


def tile_leopard() -> Canvas:
    """Broken rosettes."""
    rng, canvas = np.random.default_rng(33), _blank()
    for at in _scatter(rng, 46, 24):
        size, start = int(rng.integers(6, 11)), int(rng.integers(0, 360))
        _stamp(canvas, at, _rosette, size, start)
    return canvas


def _rosette(canvas: Canvas, at: tuple[int, int], size: int, start: int) -> None:
    cv2.ellipse(canvas, at, (size, int(size * 0.8)), 0, 0, 360, 170, -1)
    cv2.ellipse(canvas, at, (size, int(size * 0.8)), 0, start, start + 130, 85, 4)
    cv2.ellipse(canvas, at, (size, int(size * 0.8)), 0, start + 170, start + 310, 85, 4)


def tile_zebra() -> Canvas:
    """Wavering stripes."""
    _, y = _grid()
    warp = _waves(np.random.default_rng(34), 40, 4)
    return np.where(np.sin(y * (2 * PI * 6 / SIDE) + 1.1 * warp) > 0, 85, 0).astype(np.uint8)


def tile_snake() -> Canvas:
    """Scales."""
    x, y = _grid()
    a = np.abs((x + 12 * (y // 12 % 2)) % 24 - 12) + y % 12
    return np.select([a < 4, a < 9], [85, 170], 0).astype(np.uint8)


def tile_tie_dye() -> Canvas:
    """Soft blots."""
    rng = np.random.default_rng(35)
    return _levels(np.abs(_waves(rng, 40, 4)), (0.3, 0.3, 0.25))


def tile_terrazzo() -> Canvas:
    """Chips of stone."""
    rng, canvas = np.random.default_rng(36), _blank()
    for k, at in enumerate(_scatter(rng, 60, 18)):
        corners = int(rng.integers(3, 6))
        shape = _star((0, 0), rng.uniform(5, 13), corners, rng.uniform(0.6, 1), rng.uniform(0, 6))
        _stamp(canvas, at, lambda c, p, s, k: _polygon(c, s + p, 85 * (1 + k % 3)), shape, k)
    return canvas


def tile_triangles() -> Canvas:
    """A geometric mosaic."""
    rng, canvas = np.random.default_rng(37), _blank()
    for row in range(6):
        for column in range(6):
            x, y, colours = column * 32, row * 32, rng.integers(0, 4, 2) * 85
            _polygon(canvas, np.array([[x, y], [x + 32, y], [x, y + 32]]), int(colours[0]))
            _polygon(canvas, np.array([[x + 32, y], [x + 32, y + 32], [x, y + 32]]), int(colours[1]))
    return canvas


def tile_letters() -> Canvas:
    """Letters strewn about."""
    rng, canvas = np.random.default_rng(38), _blank()
    for k, at in enumerate(_scatter(rng, 22, 32)):
        _stamp(canvas, at, lambda c, p, k: _letter(c, p, chr(65 + k), 85 * (1 + k % 3)), k)
    return canvas


def _letter(canvas: Canvas, at: tuple[int, int], letter: str, value: int) -> None:
    cv2.putText(canvas, letter, (at[0] - 10, at[1] + 10), cv2.FONT_HERSHEY_DUPLEX, 0.9, value, 3)


def tile_cartoons() -> Canvas:
    """Round little faces, as on children's masks."""
    rng, canvas = np.random.default_rng(39), _blank()
    for k, at in enumerate(_scatter(rng, 12, 48)):
        _stamp(canvas, at, lambda c, p, k: _little_face(c, p, 85 * (1 + k % 2)), k)
    return canvas


def _little_face(canvas: Canvas, at: tuple[int, int], value: int) -> None:
    for dx in (-13, 13):
        cv2.circle(canvas, (at[0] + dx, at[1] - 13), 7, value, -1)
    cv2.circle(canvas, at, 18, value, -1)
    for dx in (-7, 7):
        cv2.circle(canvas, (at[0] + dx, at[1] - 3), 3, 255, -1)
    cv2.ellipse(canvas, (at[0], at[1] + 5), (7, 4), 0, 0, 180, 255, 2)


def tile_anchors() -> Canvas:
    """Anchors and rings, as on a sailor's cloth."""
    rng, canvas = np.random.default_rng(40), _blank()
    for k, at in enumerate(_scatter(rng, 14, 44)):
        _stamp(canvas, at, lambda c, p, k: _anchor(c, p, 85 * (1 + k % 2)), k)
    return canvas


def _anchor(canvas: Canvas, at: tuple[int, int], value: int) -> None:
    x, y = at
    cv2.circle(canvas, (x, y - 15), 4, value, 3)
    cv2.line(canvas, (x, y - 10), (x, y + 15), value, 4)
    cv2.line(canvas, (x - 8, y - 6), (x + 8, y - 6), value, 4)
    cv2.ellipse(canvas, (x, y + 2), (14, 13), 0, 20, 160, value, 4)


def tile_splatter() -> Canvas:
    """Paint drops of all sizes."""
    rng, canvas = np.random.default_rng(41), _blank()
    for k, at in enumerate(_scatter(rng, 90, 10)):
        radius = int(np.clip(rng.exponential(5), 1, 16))
        _stamp(canvas, at, lambda c, p, r, k: _disc(c, p, r, 85 * (1 + k % 3)), radius, k)
    return canvas


def tile_lace() -> Canvas:
    """Open work in rows."""
    x, y = _grid()
    field = np.sin(x * (2 * PI * 8 / SIDE)) * np.sin(y * (2 * PI * 8 / SIDE))
    return np.select([np.abs(field) < 0.25, field > 0.75], [85, 85], 0).astype(np.uint8)


def tile_waves() -> Canvas:
    """Rows of arcs."""
    x, y = _grid()
    radius = np.hypot((x + 16 * (y // 16 % 2)) % 32 - 16, y % 16 - 16)
    return np.select([radius < 5, radius < 9, radius < 13], [85, 0, 85], 0).astype(np.uint8)


def _motif() -> Canvas:
    return np.zeros(MOTIF, dtype=np.uint8)


def motif_teeth() -> Canvas:
    """A row of bared teeth, as on skull masks."""
    canvas = _motif()
    cv2.ellipse(canvas, (120, 70), (108, 52), 0, 0, 180, 170, -1)
    for k in range(9):
        x = 24 + 24 * k - 12
        height = int(30 - 1.2 * abs(k - 4) ** 2 / 2)
        cv2.rectangle(canvas, (x, 74 - height), (x + 20, 74), 85, -1)
        cv2.rectangle(canvas, (x, 80), (x + 20, 80 + height), 85, -1)
    return canvas


def motif_skull() -> Canvas:
    """Nose hole, cheek bones and long teeth."""
    canvas = motif_teeth()
    _polygon(canvas, np.array([[120, 2], [104, 34], [120, 28], [136, 34]]), 255)
    for x in (30, 210):
        cv2.ellipse(canvas, (x, 40), (16, 34), 20 if x < 100 else -20, 0, 360, 170, -1)
    return canvas


def motif_smile() -> Canvas:
    """A broad mouth with a tongue."""
    canvas = _motif()
    cv2.ellipse(canvas, (120, 70), (70, 56), 0, 0, 180, 85, -1)
    cv2.ellipse(canvas, (120, 112), (34, 18), 0, 0, 360, 170, -1)
    cv2.rectangle(canvas, (62, 70), (178, 84), 255, -1)
    return canvas


def motif_snout() -> Canvas:
    """An animal's nose, mouth and whiskers."""
    canvas = _motif()
    cv2.ellipse(canvas, (120, 40), (20, 14), 0, 0, 360, 85, -1)
    cv2.line(canvas, (120, 50), (120, 78), 85, 5)
    for side in (-1, 1):
        cv2.ellipse(canvas, (120 + 22 * side, 78), (22, 18), 0, 0, 180, 85, 5)
        for k in (-1, 0, 1):
            start = (120 + 46 * side, 66 + 12 * k)
            cv2.line(canvas, start, (120 + 106 * side, 62 + 24 * k), 85, 4)
    return canvas


def motif_lips() -> Canvas:
    """Painted lips."""
    canvas = _motif()
    cv2.ellipse(canvas, (120, 84), (56, 28), 0, 0, 360, 85, -1)
    _polygon(canvas, np.array([[120, 64], [98, 54], [92, 50], [148, 50], [142, 54]]), 0)
    cv2.line(canvas, (68, 84), (172, 84), 170, 5)
    return canvas


def motif_moustache() -> Canvas:
    """A curled moustache."""
    canvas = _motif()
    for side in (-1, 1):
        cv2.ellipse(canvas, (120 + 34 * side, 70), (38, 18), 14 * side, 0, 360, 85, -1)
        cv2.ellipse(canvas, (120 + 76 * side, 52), (18, 22), 0, 20, 190, 85, 9)
    return canvas


def motif_zip() -> Canvas:
    """A zip fastener across the mouth."""
    canvas = _motif()
    cv2.line(canvas, (16, 80), (224, 80), 170, 6)
    for k in range(18):
        cv2.line(canvas, (20 + 12 * k, 70), (20 + 12 * k, 90), 85, 4)
    return canvas


def motif_stitches() -> Canvas:
    """A sewn-up mouth."""
    canvas = _motif()
    cv2.line(canvas, (40, 80), (200, 80), 85, 5)
    for k in range(9):
        cv2.line(canvas, (48 + 18 * k, 62), (54 + 18 * k, 98), 85, 4)
    return canvas


def motif_ring_logo() -> Canvas:
    """A round badge."""
    canvas = _motif()
    cv2.circle(canvas, (120, 80), 50, 85, 9)
    _polygon(canvas, _star((120, 80), 34, 5, 0.45, 0.0), 170)
    return canvas


def motif_bar_logo() -> Canvas:
    """A slanted bar mark."""
    canvas = _motif()
    for k in range(3):
        x = 70 + 34 * k
        _polygon(canvas, np.array([[x, 110], [x + 20, 110], [x + 44, 50], [x + 24, 50]]), 85)
    return canvas


def _lettering(text: str, scale: float, thickness: int) -> Canvas:
    canvas = _motif()
    lines = text.split("/")
    for k, line in enumerate(lines):
        (width, height), _ = cv2.getTextSize(line, cv2.FONT_HERSHEY_DUPLEX, scale, thickness)
        y = 80 + height // 2 + int((k - (len(lines) - 1) / 2) * height * 1.6)
        cv2.putText(canvas, line, ((MOTIF[1] - width) // 2, y), cv2.FONT_HERSHEY_DUPLEX, scale, 85, thickness)
    return canvas


def motif_word_safe() -> Canvas:
    """Lettering in two lines."""
    return _lettering("STAY/SAFE", 1.7, 6)


def motif_word_team() -> Canvas:
    """Lettering in one line."""
    return _lettering("TEAM 21", 1.6, 6)


def motif_word_love() -> Canvas:
    """Short lettering."""
    return _lettering("LOVE", 2.4, 9)


def motif_word_long() -> Canvas:
    """Three small lines."""
    return _lettering("IF YOU CAN/READ THIS/STEP BACK", 1.0, 4)


def motif_crest() -> Canvas:
    """A shield in two colours."""
    canvas = _motif()
    shield = np.array([[80, 24], [160, 24], [160, 84], [120, 136], [80, 84]])
    _polygon(canvas, shield, 85)
    _polygon(canvas, np.array([[120, 24], [160, 24], [160, 84], [120, 136]]), 170)
    return canvas


def motif_flag() -> Canvas:
    """Three broad bands over the whole front."""
    canvas = _motif()
    for k in range(3):
        canvas[:, 80 * k : 80 * (k + 1)] = 85 * (k + 1)
    return canvas


def motif_band() -> Canvas:
    """Broad horizontal bands."""
    canvas = _motif()
    canvas[30:66], canvas[66:100], canvas[100:136] = 85, 170, 85
    return canvas


def motif_half() -> Canvas:
    """One half in another colour."""
    canvas = _motif()
    canvas[:, 120:] = 85
    return canvas


def motif_spots() -> Canvas:
    """Gems and studs."""
    canvas = _motif()
    rng = np.random.default_rng(51)
    for k in range(40):
        at = (int(rng.integers(12, 228)), int(rng.integers(12, 148)))
        cv2.circle(canvas, at, int(rng.integers(2, 7)), 85 * (1 + k % 3), -1)
    return canvas


def main(folder: Path) -> None:
    """Write every print into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in sorted(globals().items()):
        if name.startswith(("tile_", "motif_")):
            cv2.imwrite(str(folder / f"{name}.png"), draw(), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
