"""Tiny synthetic crops whose class can be seen at a glance."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.core.records import MASK_TYPES, Assignment, Side
from pipeline.storage.images import write_image
from pipeline.storage.manifests import write_manifest

SIDES: tuple[Side, ...] = ("train", "train", "train", "val", "test")
COLOURS = {"none": (180, 130, 110), "cloth": (40, 60, 160), "surgical": (120, 200, 230), "ffp2": (245, 245, 245)}


def draw_crop(mask_type: str, rng: np.random.Generator, side_px: int = 64) -> np.ndarray:
    """Noise, its lower half in the colour of the class."""
    image = rng.normal(128, 30, (side_px, side_px, 3))
    image[side_px // 2 :] = np.array(COLOURS[mask_type]) + rng.normal(0, 15, (side_px - side_px // 2, side_px, 3))
    return image.clip(0, 255).astype(np.uint8)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with crops and split.parquet, made the working directory."""
    rows = []
    for k in range(100):
        mask_type, side = MASK_TYPES[k % 4], SIDES[(k // 4) % len(SIDES)]
        path = f"data/faces/crops/{k:03d}.jpg"
        write_image(tmp_path / path, draw_crop(mask_type, np.random.default_rng(k)))
        rows.append(
            Assignment(
                sample_id=f"{k:032x}",
                image_id=f"{k:032x}",
                group=f"{k:032x}",
                side=side,
                mask_type=mask_type,
                wear="none" if mask_type == "none" else "correct",
                valve="unknown",
                source="sample",
                synthetic=mask_type != "none",
                template=None if mask_type == "none" else f"{mask_type}_1",
                crop_path=path,
            )
        )
    write_manifest(tmp_path / "data/split/split.parquet", rows, Assignment)
    monkeypatch.chdir(tmp_path)
    return tmp_path
