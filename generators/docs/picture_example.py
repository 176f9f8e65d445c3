"""Make the example of docs/how-to-add-a-mask.md: a flat picture of a mask, its template, faces before and after.

    python -m generators.docs.picture_example

Writes docs/examples/masks/flowered_cloth/ and docs/pictures/flowered_cloth.jpg.
"""

from pathlib import Path

import cv2
import numpy as np
import yaml

from generators.sample.truth import read_truth
from pipeline.core.arrays import Rgb
from pipeline.core.randomness import sample_rng
from pipeline.masks import MaskSynthesizer, load_templates
from pipeline.masks.parts.prints import read_print
from pipeline.storage.images import read_image, write_image

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "examples" / "masks" / "flowered_cloth"
SHEET = ROOT / "docs" / "pictures" / "flowered_cloth.jpg"
PALETTE = np.array([[236, 226, 204], [186, 62, 78], [74, 112, 92], [226, 170, 70]], dtype=np.float32)
WIDTH, HEIGHT = 640, 420
ANCHORS = {
    "nose_bridge": [320, 26],
    "left_top_corner": [44, 110],
    "right_top_corner": [596, 110],
    "left_bottom_corner": [60, 280],
    "right_bottom_corner": [580, 280],
    "chin": [320, 398],
}
TEMPLATE = {
    "schema": 1,
    "name": "flowered_cloth",
    "mask_type": "cloth",
    "licence": "MIT",
    "author": "The Maskwright authors",
    "description": "A fitted cloth mask with a printed flower pattern, as a flat picture",
    "picture": {"file": "mask.png", "anchors": ANCHORS},
}


def main() -> None:
    """Write the picture, the template and what it looks like on faces."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    rgba = flat_mask()
    cv2.imwrite(str(FOLDER / "mask.png"), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    text = yaml.safe_dump(TEMPLATE, sort_keys=False, default_flow_style=None, width=100)
    (FOLDER / "template.yaml").write_text(text, encoding="utf-8")
    write_image(SHEET, np.vstack([_marked(rgba), *before_and_after()]), 88)


def flat_mask() -> np.ndarray:
    """A cloth mask laid flat, `uint8 (420, 640, 4)`: print, hem, centre seam, clear surroundings."""
    tile = PALETTE[read_print("tile_floral")]
    tile = cv2.resize(tile, (220, 220), interpolation=cv2.INTER_AREA)
    cloth = np.tile(tile, (2, 3, 1))[:HEIGHT, :WIDTH]
    cover = np.zeros((HEIGHT * 4, WIDTH * 4), dtype=np.uint8)
    cv2.fillPoly(cover, [np.rint(outline() * 4).astype(np.int32)], 255)
    alpha = cv2.resize(cover, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    depth = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    stitches = np.exp(-(((depth - 11) / 1.4) ** 2)) * 0.35
    seam = np.exp(-(((np.arange(WIDTH) - WIDTH / 2) / 2.0) ** 2))[None, :] * 0.3
    shaded = cloth * (1 - np.maximum(stitches, seam))[:, :, None]
    return np.dstack([shaded, alpha * 255]).clip(0, 255).round().astype(np.uint8)


def outline() -> np.ndarray:
    """The mask's edge as points `(N, 2)`: curves from corner to nose, nose to corner, down the side, along the chin."""
    t = np.linspace(0, 1, 60)[:, None]
    named = {name: np.array(point, dtype=np.float64) for name, point in ANCHORS.items()}

    def arc(start: str, end: str, bulge: tuple[float, float]) -> np.ndarray:
        middle = (named[start] + named[end]) / 2 + bulge
        return (1 - t) ** 2 * named[start] + 2 * t * (1 - t) * middle + t**2 * named[end]

    return np.concatenate(
        [
            arc("left_top_corner", "nose_bridge", (30, -14)),
            arc("nose_bridge", "right_top_corner", (-30, -14)),
            arc("right_top_corner", "right_bottom_corner", (-14, 0)),
            arc("right_bottom_corner", "chin", (30, 44)),
            arc("chin", "left_bottom_corner", (-30, 44)),
            arc("left_bottom_corner", "left_top_corner", (14, 0)),
        ]
    )


def _marked(rgba: np.ndarray) -> Rgb:
    """The flat picture on grey with its anchors marked, 960 px wide."""
    alpha = rgba[:, :, 3:].astype(np.float32) / 255
    flat = (rgba[:, :, :3] * alpha + 225 * (1 - alpha)).round().astype(np.uint8)
    sheet = np.full((HEIGHT + 20, 960, 3), 225, dtype=np.uint8)
    left = (960 - WIDTH) // 2
    sheet[10 : 10 + HEIGHT, left : left + WIDTH] = flat
    for name, (x, y) in ANCHORS.items():
        at = (x + left, y + 10)
        cv2.circle(sheet, at, 6, (20, 60, 220), -1, cv2.LINE_AA)
        side = -1 if name.startswith("left") else 1
        cv2.putText(
            sheet,
            name,
            (at[0] + (12 if side > 0 else -150), at[1] - 4),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.45,
            (20, 40, 120),
            1,
            cv2.LINE_AA,
        )
    return sheet


def before_and_after() -> list[Rgb]:
    """Three rendered people of the sample without the mask, and with it."""
    truth = read_truth(ROOT / "samples" / "truth.npz")
    synthesizer = MaskSynthesizer(load_templates([FOLDER.parent]))
    before, after = [], []
    for number, row in enumerate((4, 41, 88)):
        rgb = read_image(ROOT / "samples" / "faces" / str(truth.picture[row])).rgb
        worn = synthesizer(rgb, truth.landmarks_px[row], "cloth", sample_rng(number, "example")).rgb
        before.append(cv2.resize(rgb, (320, 320), interpolation=cv2.INTER_CUBIC))
        after.append(cv2.resize(worn, (320, 320), interpolation=cv2.INTER_CUBIC))
    return [np.hstack(before), np.hstack(after)]


if __name__ == "__main__":
    main()
