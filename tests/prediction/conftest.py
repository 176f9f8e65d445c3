"""A model file, and photos to try it on."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.storage.images import write_image
from tests.prediction.kit import tiny_model


@pytest.fixture
def photos(tmp_path: Path, portrait: Rgb) -> Path:
    """A folder with a model, and a folder `in` with a portrait, a wall and a broken file."""
    (tmp_path / "model.onnx").write_bytes(tiny_model())
    write_image(tmp_path / "in/portrait.jpg", portrait)
    write_image(tmp_path / "in/wall.png", np.full((80, 120, 3), 99, dtype=np.uint8))
    (tmp_path / "in/broken.jpg").write_bytes(b"no image")
    return tmp_path
