"""Small made-up sources."""

from collections.abc import Callable
from typing import Any

from pipeline.core.params import Params, parse_params
from pipeline.core.records import Image, Rejection
from pipeline.sources.ingest import Ingested


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
