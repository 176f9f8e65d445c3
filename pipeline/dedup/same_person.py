"""Photos that show one person, by the distance of their face embeddings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.columns.components import connected_components
from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.locations import Location, located
from pipeline.core.params import EngineParams, SamePersonParams
from pipeline.core.paths import FINGERPRINTS
from pipeline.core.records import DuplicateLink, Image
from pipeline.dedup.fingerprints.cache import Mapper, Rows, cached_by_content
from pipeline.dedup.fingerprints.face_patch import ProminentFace
from pipeline.dedup.fingerprints.fingerprint import DRAFT_SIDE_PX, face_models_version
from pipeline.engine import map_records
from pipeline.faces.embedding import EMBEDDING_SIZE, Embedding, FaceEmbedder
from pipeline.storage.images import read_image

_BLOCK = 512
"""Rows that are compared with all at a time: 200 MB of distances at 100,000 photos."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoEmbedding:
    """A row of the cache: the embedding of a photo's most prominent face as 128 float32, None where there is none."""

    sha256: str
    embedding: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OversizedPerson:
    """A photo of a component that holds more than a person is likely to have, a row of `oversized_people.parquet`.

    `person` is the smallest image id in it. Its photos aren't linked: somewhere two people were chained.
    """

    person: str
    image_id: str
    size: int


Embeddings = Mapping[str, Embedding]


def embed_images(
    images: Sequence[Image],
    root: Location = Path(),
    *,
    engine: EngineParams | None = None,
    cache_folder: Path | None = FINGERPRINTS,
    mapper: Mapper = map_records,
) -> dict[str, Embedding]:
    """The embedding of each content with a face, by its sha256; what can't be decoded is left out.

    Images, their root, engine, mapper and the cache are as in `fingerprint_images`.
    """
    stored = None if cache_folder is None else cache_folder / f"embedding-v2_{face_models_version()}.parquet"
    run = partial(mapper, engine=engine)
    rows: Rows[PhotoEmbedding] = Rows()
    cached_by_content(images, PhotoEmbedding, partial(_embed_file, root), stored, run, into=rows)
    return {
        image.sha256: np.frombuffer(row.embedding, dtype=np.float32)
        for image in images
        if (row := rows.get(image.sha256)) is not None and row.embedding is not None
    }


def _embed_file(root: Location, image: Image) -> PhotoEmbedding | SampleRejected:
    try:
        rgb = read_image(located(root, image.path), draft_side_px=DRAFT_SIDE_PX).rgb
    except SampleRejected as verdict:
        return verdict
    embedding = embed_photo(rgb)
    return PhotoEmbedding(sha256=image.sha256, embedding=None if embedding is None else embedding.tobytes())


def embed_photo(rgb: Rgb) -> Embedding | None:
    """The embedding of a photo's most prominent face, None where there is none."""
    found = _finder()(rgb)
    return None if found is None else _embedder().embed(found.rgb, found.landmarks)


_finder = cache(ProminentFace)
_embedder = cache(FaceEmbedder)


def same_person_links(
    images: Sequence[Image], embeddings: Embeddings, params: SamePersonParams
) -> tuple[list[DuplicateLink], list[OversizedPerson]]:
    """Links between photos whose faces are at most `max_distance` apart, and what was too large to link.

    Of copies of one content, the smallest id is linked. All photos are compared with all, in blocks: 100,000 take
    minutes and half a gigabyte, more call for an index. Links chain, so a component of more than `max_images` photos
    is reported instead.
    """
    by_content = {image.sha256: image.id for image in sorted(images, key=lambda image: image.id, reverse=True)}
    keys = sorted((key for key in by_content if key in embeddings), key=by_content.__getitem__)
    vectors = np.array([embeddings[key] for key in keys], dtype=np.float32).reshape(-1, EMBEDDING_SIZE)
    ids = [by_content[key] for key in keys]
    links = [
        DuplicateLink(first=ids[i], second=ids[j], kind="same_person", distance=distance)
        for i, j, distance in close_pairs(vectors, params.max_distance)
    ]
    components = connected_components(ids, ((link.first, link.second) for link in links))
    oversized = [
        OversizedPerson(person=min(members), image_id=member, size=len(members))
        for members in components
        if len(members) > params.max_images
        for member in sorted(members)
    ]
    apart = {row.image_id for row in oversized}
    return [link for link in links if link.first not in apart], sorted(oversized, key=lambda r: (r.person, r.image_id))


def close_pairs(vectors: NDArray[np.float32], max_distance: float) -> Iterator[tuple[int, int, float]]:
    """Every pair of rows of `float32 (N, D)` at most `max_distance` apart, first < second, with the distance."""
    squares = (vectors * vectors).sum(axis=1)
    # the product rounds: what it lets through is measured again, exactly
    most = max_distance**2 + 1e-3
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK]
        squared = squares[start : start + _BLOCK, None] + squares[start:] - 2 * (block @ vectors[start:].T)
        for row, column in np.argwhere(squared <= most):
            if row < column:
                i, j = start + int(row), start + int(column)
                distance = float(np.linalg.norm(vectors[i].astype(np.float64) - vectors[j]))
                if distance <= max_distance:
                    yield i, j, distance
