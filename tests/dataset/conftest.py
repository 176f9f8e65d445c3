from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from pipeline.arrays import Rgb
from pipeline.images import encode_image

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
