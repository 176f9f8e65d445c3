"""All of curation on the rows of every source: poor pictures go, links are found, one copy of each photo stays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np

from pipeline.columns.image_table import ImageRows
from pipeline.core.params import Params
from pipeline.core.records import Image, Rejection
from pipeline.dedup.fingerprints.fingerprint import Fingerprint
from pipeline.dedup.fingerprints.quality import ImageQuality, QualityScores, quality_problem
from pipeline.dedup.fingerprints.table import Fingerprints
from pipeline.dedup.keeping import STAGE, ClusterMember, keep_best
from pipeline.dedup.links import Links, find_links
from pipeline.dedup.same_person import Embeddings, OversizedPerson, same_person_links
from pipeline.dedup.search.shuffled_join import join_pairs


@dataclass(frozen=True, slots=True)
class Curation:
    """What came of it: every image is in `kept` or in `rejected`, once."""

    kept: ImageRows
    rejected: list[Rejection]
    links: Links
    clusters: list[ClusterMember]
    judged: ImageRows
    fingerprints: Fingerprints
    oversized_people: list[OversizedPerson]

    def quality(self) -> Iterator[ImageQuality]:
        """The scores of every image that was judged."""
        scores = _scores(self.judged, self.fingerprints)
        for image_id, row in zip(self.judged.texts("id"), scores, strict=True):
            yield ImageQuality.of(image_id, row)


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
    table = Fingerprints.as_table(fingerprints)
    rows = ImageRows.of(images)
    ordered = rows.chosen(table.rows(rows.texts("sha256")) >= 0).by_id()
    problems = dict(_problems(ordered, table, params))
    poor = [_poor(ordered[place], problem) for place, problem in problems.items()]
    good = ordered.chosen(~np.isin(np.arange(len(ordered)), list(problems)))
    people, oversized = same_person_links(good, embeddings, params.dedup.same_person) if embeddings else ([], [])
    search = partial(join_pairs, max_in_memory=params.dedup.max_in_memory, address=params.engine.address)
    links = find_links(good, table, params.dedup, people, search)
    verdicts = keep_best(good, links, table, params.dedup)
    return Curation(
        kept=verdicts.kept,
        rejected=[*poor, *verdicts.rejected],
        links=links,
        clusters=verdicts.clusters,
        judged=ordered,
        fingerprints=table,
        oversized_people=oversized,
    )


def _scores(images: ImageRows, table: Fingerprints) -> Iterator[QualityScores]:
    rows = table.rows(images.texts("sha256"))
    columns = (table.scores(name, rows) for name in ("brightness", "contrast", "sharpness", "compression"))
    return (QualityScores(*map(float, row)) for row in zip(*columns, strict=True))


def _problems(images: ImageRows, table: Fingerprints, params: Params) -> Iterator[tuple[int, tuple[str, str]]]:
    """The places of the pictures that are too poor, and what is wrong with each."""
    sizes = zip(images.texts("width_px"), images.texts("height_px"), strict=True)
    for place, (scores, (width_px, height_px)) in enumerate(zip(_scores(images, table), sizes, strict=True)):
        problem = quality_problem(scores, width_px, height_px, params.quality)
        if problem is not None:
            yield place, problem


def _poor(image: Image, problem: tuple[str, str]) -> Rejection:
    return Rejection(id=image.id, stage=STAGE, reason=problem[0], detail=problem[1], origin=image.origin)
