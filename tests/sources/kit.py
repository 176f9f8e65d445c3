"""Small made-up sources."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from pipeline.core.params import Params, parse_params
from pipeline.core.records import Image, Rejection
from pipeline.sources.ingest import Ingested


def picture(seed: int = 0, size: tuple[int, int] = (64, 48), kind: str = "JPEG") -> bytes:
    """The bytes of a smooth random image, (width, height)."""
    rng = np.random.default_rng(seed)
    small = PillowImage.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    small.resize(size, PillowImage.Resampling.BICUBIC).save(buffer, kind)
    return buffer.getvalue()


def write_tree(root: Path, files: dict[str, bytes]) -> Path:
    """Write the files below `root`."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def ingest_params(name: str = "mine", **settings: Any) -> Params:
    """Parameters with one source set up."""
    return parse_params({"ingest": {"sources": [name], "settings": {name: settings}}}, "params.yaml")


Ingest = Callable[..., Ingested]


def by_origin(taken: Ingested) -> dict[str, Image]:
    """The accepted images by origin."""
    return {image.origin: image for image in taken.images}


def reasons(rejections: tuple[Rejection, ...]) -> dict[str, str]:
    """Each rejection's reason by origin."""
    return {row.origin: row.reason for row in rejections}
