"""Pictures and folders that stand for a source's: nobody's photos."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage


def picture(seed: int = 0, size: tuple[int, int] = (64, 48), kind: str = "JPEG") -> bytes:
    """The bytes of a smooth random image, (width, height)."""
    rng = np.random.default_rng(seed)
    small = PillowImage.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    small.resize(size, PillowImage.Resampling.BICUBIC).save(buffer, kind)
    return buffer.getvalue()


def write_tree(root: Path, files: Mapping[str, bytes]) -> Path:
    """Write the files below `root`."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root
