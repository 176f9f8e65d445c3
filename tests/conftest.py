"""Shared by the tests: records with only what a test cares about spelled out, and a real photograph."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image as PillowImage

from pipeline.arrays import Rgb
from pipeline.images import encode_image
from pipeline.records import Image

GRACE_HOPPER = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
"""A public-domain portrait that matplotlib ships: 512x600 px, one face."""


@pytest.fixture(scope="session")
def portrait() -> Rgb:
    """A real photo with one face, 256x300 px."""
    with PillowImage.open(GRACE_HOPPER) as image:
        return np.asarray(image.convert("RGB").resize((256, 300)))


@pytest.fixture(scope="session")
def portrait_jpeg(portrait: Rgb) -> bytes:
    """The same as a file."""
    return encode_image(portrait)


@pytest.fixture
def make_image() -> Callable[..., Image]:
    """An `Image` row; name the fields that matter."""
    base = Image(
        id="a" * 32,
        sha256="b" * 64,
        path="photo.jpg",
        source="sample",
        origin="photo.jpg",
        width_px=256,
        height_px=300,
        licence="CC0-1.0",
    )
    return lambda **fields: replace(base, **fields)


MakePhotos = Callable[..., Path]


@pytest.fixture
def make_photos(tmp_path: Path, portrait: Rgb) -> MakePhotos:
    """Makes a folder of photos that differ from each other: `make_photos("a.jpg", "b/c.png")`."""

    def make(*names: str) -> Path:
        folder = tmp_path / "faces"
        for number, name in enumerate(names):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shaded = np.clip(portrait.astype(int) + 3 * number, 0, 255).astype(np.uint8)
            if path.suffix == ".jpg":
                path.write_bytes(encode_image(shaded))
            else:
                PillowImage.fromarray(shaded).save(path)
        return folder

    return make


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
