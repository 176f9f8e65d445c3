"""Rows of masks as they were written once, and the pixels they are replayed to: `fixtures/old_rows`.

`rows.jsonl` names for each row one of the photos and holds its column `draw`, in the keys of its day: some lack what
was not drawn yet. A row is never written anew. `python -m tests.masks.old_rows` renders their pixels again, which only
a change of the engine that is meant to change pixels may do; the commit then says so.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from pipeline.core.arrays import Points, Rgb
from pipeline.masks import MaskedFace, MaskParams, MaskRecipe, MaskSynthesizer, load_templates
from pipeline.masks.shipped import default_templates_folder

FOLDER = Path(__file__).parent / "fixtures" / "old_rows"
PICTURE_TEMPLATES = Path(__file__).parents[2] / "docs" / "examples" / "masks"


@dataclass(frozen=True)
class OldRow:
    """One row: the template whose sheet shows it, at which place, the photo's name, and the text of `draw`."""

    template: str
    place: int
    photo: str
    draw: str


@dataclass(frozen=True)
class Photo:
    """A face `(H, W, 3)` and its 68 points."""

    rgb: Rgb
    landmarks: Points


def old_rows() -> list[OldRow]:
    """All of them, template by template."""
    rows: list[OldRow] = []
    for line in (FOLDER / "rows.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        template = json.loads(row["draw"])["template"]
        rows.append(OldRow(template, sum(r.template == template for r in rows), row["photo"], row["draw"]))
    return rows


@lru_cache(maxsize=1)
def photos() -> dict[str, Photo]:
    """The faces that wear the masks."""
    points = json.loads((FOLDER / "landmarks.json").read_text(encoding="utf-8"))
    return {name: Photo(_read(FOLDER / f"{name}.png"), np.array(xy, dtype=np.float32)) for name, xy in points.items()}


def rendered(row: OldRow) -> MaskedFace:
    """The row replayed."""
    photo = photos()[row.photo]
    return _synthesizer().render(photo.rgb, photo.landmarks, MaskRecipe.from_json(row.draw))


def pixels_of(row: OldRow) -> Rgb:
    """The photo with the mask, as it was."""
    left = sum(photos()[r.photo].rgb.shape[1] for r in old_rows() if r.template == row.template and r.place < row.place)
    return _read(FOLDER / f"{row.template}.png")[:, left : left + photos()[row.photo].rgb.shape[1]]


@lru_cache(maxsize=1)
def _synthesizer() -> MaskSynthesizer:
    templates = load_templates([default_templates_folder(), PICTURE_TEMPLATES])
    return MaskSynthesizer(templates, MaskParams(min_interocular_px=1))


@lru_cache(maxsize=32)
def _read(file: Path) -> Rgb:
    with PillowImage.open(file) as image:
        return np.asarray(image.convert("RGB"))


def _sheets() -> Iterator[tuple[str, Rgb]]:
    rows = old_rows()
    for name in sorted({row.template for row in rows}):
        yield name, np.hstack([rendered(row).rgb for row in rows if row.template == name])


def main() -> None:
    """Render the pixels again."""
    for name, sheet in _sheets():
        PillowImage.fromarray(sheet).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
