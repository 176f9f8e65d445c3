"""All of curation on the rows of every source: poor pictures go, links are found, one copy of each photo stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from pipeline.config import Params
from pipeline.curation.fingerprints import Fingerprint
from pipeline.curation.keeping import STAGE, ClusterMember, keep_best
from pipeline.curation.links import find_links
from pipeline.curation.quality import ImageQuality, quality_problem
from pipeline.curation.same_person import Embeddings, OversizedPerson, same_person_links
from pipeline.curation.shuffled_join import join_pairs
from pipeline.records import DuplicateLink, Image, Rejection


@dataclass(frozen=True, slots=True)
class Curation:
    """What came of it: every image is in `kept` or in `rejected`, once."""

    kept: list[Image]
    rejected: list[Rejection]
    links: list[DuplicateLink]
    clusters: list[ClusterMember]
    quality: list[ImageQuality]
    oversized_people: list[OversizedPerson]


def curate(
    images: Sequence[Image],
    fingerprints: Mapping[str, Fingerprint],
    params: Params,
    embeddings: Embeddings = MappingProxyType({}),
) -> Curation:
    """Judge every image that has a fingerprint; the others were rejected when they couldn't be decoded.

    Where there are `embeddings`, photos of one person are linked by them.

    Poor pictures go before copies are compared: a blurred copy never stands in for a sharp one, and blank pictures,
    which all look alike, make no clusters.
    """
    ordered = sorted((image for image in images if image.sha256 in fingerprints), key=lambda image: image.id)
    poor = [r for image in ordered if (r := _poor(image, fingerprints[image.sha256], params)) is not None]
    gone = {rejection.id for rejection in poor}
    good = [image for image in ordered if image.id not in gone]
    people, oversized = same_person_links(good, embeddings, params.dedup.same_person)
    search = partial(join_pairs, max_in_memory=params.dedup.max_in_memory, address=params.engine.address)
    links = find_links(good, fingerprints, params.dedup, people, search)
    verdicts = keep_best(good, links, fingerprints, params.dedup)
    return Curation(
        kept=verdicts.kept,
        rejected=[*poor, *verdicts.rejected],
        links=links,
        clusters=verdicts.clusters,
        quality=[ImageQuality.of(image, fingerprints[image.sha256].scores) for image in ordered],
        oversized_people=oversized,
    )


def _poor(image: Image, row: Fingerprint, params: Params) -> Rejection | None:
    problem = quality_problem(row.scores, image.width_px, image.height_px, params.quality)
    if problem is None:
        return None
    return Rejection(id=image.id, stage=STAGE, reason=problem[0], detail=problem[1], origin=image.origin)
