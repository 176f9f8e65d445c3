"""Gather what the curation report shows from the manifests and crops on disk."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from pipeline.core.errors import ManifestError
from pipeline.core.locations import Location, Place, located
from pipeline.core.params import Params
from pipeline.core.paths import (
    CLUSTERS,
    DEDUP,
    FACES,
    FACES_TABLE,
    FINGERPRINTS,
    IMAGES,
    KEPT,
    LINKS,
    MASKED,
    MASKED_TABLE,
    RAW,
    REJECTED,
    SPLIT,
    SPLIT_TABLE,
)
from pipeline.core.records import Assignment, DuplicateLink, Face, Image, MaskedImage, Rejection
from pipeline.dedup.fingerprints.cache import fingerprint_images
from pipeline.dedup.keeping import ClusterMember
from pipeline.dedup.search.neighbours import neighbour_pairs
from pipeline.engine.containment import Contained, Failed
from pipeline.review.curation_page import CurationOverview, DoubtShown, LabelReview, StageCounts
from pipeline.review.label_doubts import LabelDoubt
from pipeline.review.shortcuts import Features, ShortcutScore, one_hot, picture_evidence, shortcut_scores
from pipeline.storage.images import read_image
from pipeline.storage.manifests import read_manifest, read_manifests

Record = TypeVar("Record")
_LOOKALIKE_BITS = 12
_SHORTCUT_SAMPLES = 4000
"""More samples than this change the scores by less than a hundredth."""


def gather_overview(params: Params, root: Path = Path(), review: Path | None = None) -> CurationOverview:
    """What the stages that have run took and dropped, nothing of the others; `review` is a list of `review-labels`.

    Raises:
        ManifestError: `dedup` hasn't run, a manifest is damaged, or `review` isn't such a list.
    """
    raw = [root / RAW / source for source in params.ingest.sources]
    images = read_manifests([folder / IMAGES for folder in raw], Image)
    kept = read_manifest(root / KEPT, Image)
    links = read_manifest(root / LINKS, DuplicateLink)
    faces = _if_present(root / FACES_TABLE, Face)
    masked = _if_present(root / MASKED_TABLE, MaskedImage)
    assigned = _if_present(root / SPLIT_TABLE, Assignment)
    ingest_rejected = [row for folder in raw for row in _if_present(folder / REJECTED, Rejection)]
    stages = [
        StageCounts("ingest", len(images) + len(ingest_rejected), len(images), ingest_rejected),
        _counts(root / DEDUP, len(images), len(kept)),
        _counts(root / FACES, len(kept), len(faces)),
        _counts(root / MASKED, len(faces), len(masked)),
        _counts(root / SPLIT, len(faces) + len(masked), len(assigned)),
    ]
    _check_known(assigned, images, root / SPLIT_TABLE)
    pixels = params.storage.pixels
    by_id = {image.id: replace(image, path=str(located(pixels, image.path))) for image in images}
    sides = {row.image_id: row.side for row in assigned}
    return CurationOverview(
        stages=stages,
        images=by_id,
        links=links,
        clusters=read_manifest(root / CLUSTERS, ClusterMember),
        lookalikes=_lookalikes([image for image in kept if image.id in sides], sides, params),
        leaks=sum(
            sides[link.first] != sides[link.second] for link in links if {link.first, link.second} <= sides.keys()
        ),
        shortcuts=_shortcuts(assigned, by_id, pixels),
        review=None if review is None else _review(read_manifest(review, LabelDoubt), faces, by_id, pixels),
    )


def _check_known(assigned: Sequence[Assignment], images: Sequence[Image], split: Path) -> None:
    known = {image.id for image in images}
    strange = next((row for row in assigned if row.image_id not in known), None)
    if strange is not None:
        raise ManifestError(
            f"{split} names {strange.image_id} of {strange.source}, which ingest.sources don't bring (any more); "
            "run `dvc repro split` first"
        )


def _if_present(path: Path, record: type[Record]) -> list[Record]:
    return read_manifest(path, record) if path.is_file() else []


def _counts(folder: Path, taken: int, kept: int) -> StageCounts:
    return StageCounts(folder.name, taken, kept, _if_present(folder / REJECTED, Rejection))


def _review(
    doubts: Sequence[LabelDoubt], faces: Sequence[Face], images: Mapping[str, Image], pixels: Location
) -> LabelReview:
    """The doubts with what shows them: the crop of the face where there is one, else the photo."""
    by_id = {face.id: face for face in faces if face.image_id in images}
    shown: list[DoubtShown] = []
    for doubt in doubts:
        if face := by_id.get(doubt.face_id):
            image = images[face.image_id]
            shown.append(
                DoubtShown(doubt, image, str(located(pixels, face.crop_path)) if face.crop_path else image.path)
            )
    return LabelReview(shown, len(doubts) - len(shown))


def _lookalikes(images: Sequence[Image], sides: Mapping[str, str], params: Params) -> dict[int, int]:
    """How many pairs on two sides have hashes so many bits apart, linked or not."""
    fingerprints, _ = fingerprint_images(
        images,
        faces=params.dedup.align_faces,
        hasher=params.dedup.hasher,
        engine=params.engine,
        cache_folder=FINGERPRINTS,
        root=params.storage.pixels,
    )
    hashes = np.array([int(fingerprints[image.sha256].phash, 16) for image in images], dtype=np.uint64)
    side = np.array([sides[image.id] for image in images], dtype=np.str_)
    found = neighbour_pairs(hashes, _LOOKALIKE_BITS)
    apart = found.distance[side[found.first] != side[found.second]]
    counts = Counter(int(bits) for bits in apart)
    return {bits: counts[bits] for bits in range(_LOOKALIKE_BITS + 1)}


def _evidence(crop: Place) -> dict[str, Features]:
    return picture_evidence(read_image(crop).rgb)


def _shortcuts(assigned: Sequence[Assignment], images: Mapping[str, Image], pixels: Location) -> list[ShortcutScore]:
    labelled = [row for row in assigned if row.mask_type != "unknown"]
    step = max(1, -(-len(labelled) // _SHORTCUT_SAMPLES))
    rows: list[Assignment] = []
    shown: list[dict[str, Features]] = []
    for row in labelled[::step]:  # in order of their ids, which are digests: every step is a random draw
        seen = Contained(_evidence)(located(pixels, row.crop_path))
        if not isinstance(seen, Failed):  # removed since, or odd: the other samples tell as much
            shown.append(seen)
            rows.append(row)
    if not rows:
        return []
    sizes = [(images[row.image_id].width_px, images[row.image_id].height_px) for row in rows]
    evidence = {name: np.array([e[name] for e in shown]) for name in shown[0]}
    evidence |= {
        "source": one_hot([row.source for row in rows]),
        "image size": np.log(np.array(sizes, dtype=np.float64)),
    }
    return shortcut_scores(evidence, [row.mask_type for row in rows], [row.group for row in rows])
