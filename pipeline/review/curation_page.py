"""The curation report: what was taken, what was dropped and why, as one page that opens from disk."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.records import DuplicateLink, Image, Rejection
from pipeline.dedup.keeping import ClusterMember
from pipeline.review.label_doubts import LabelDoubt
from pipeline.review.page import Card, Picture, Section, Table, bars, page, picture
from pipeline.review.shortcuts import ShortcutScore
from pipeline.review.words import COMPARED, alike_percent, cluster_in_words

CLUSTERS_SHOWN, COPIES_SHOWN, DOUBTS_SHOWN = 60, 12, 120


@dataclass(frozen=True, slots=True)
class StageCounts:
    """One line of the table of stages."""

    name: str
    taken: int
    kept: int
    rejections: Sequence[Rejection]


@dataclass(frozen=True, slots=True)
class DoubtShown:
    """A doubted label, with its image and where to see the face."""

    doubt: LabelDoubt
    image: Image
    picture: str


@dataclass(frozen=True, slots=True)
class LabelReview:
    """The list of `review-labels`, the most doubtful first; `gone` of it are no longer in the manifests."""

    doubts: Sequence[DoubtShown]
    gone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CurationOverview:
    """All that the report shows; gathered from the manifests. Without a `review` its section is left out."""

    stages: Sequence[StageCounts]
    images: Mapping[str, Image]
    links: Sequence[DuplicateLink]
    clusters: Sequence[ClusterMember]
    lookalikes: Mapping[int, int]
    leaks: int
    shortcuts: Sequence[ShortcutScore]
    review: LabelReview | None = None


def curation_page(overview: CurationOverview) -> str:
    """The whole report as HTML."""
    clusters: dict[str, list[ClusterMember]] = defaultdict(list)
    for row in overview.clusters:
        clusters[row.cluster].append(row)
    conflicts = [rows for rows in clusters.values() if any(r.conflict for r in rows)]
    plain = [rows for rows in clusters.values() if not any(r.conflict for r in rows)]
    return page(
        "Curation",
        [
            _clusters("clusters", "Duplicates, and the copy that was kept", plain, overview.images),
            _clusters("conflicts", "Duplicates whose labels contradict each other", conflicts, overview.images),
            _leaks(overview.leaks, overview.lookalikes),
            _shortcuts(overview.shortcuts),
            *([] if overview.review is None else [_review(overview.review)]),
        ],
        [_counts(overview.stages), _reasons(overview.stages), _links(overview.links)],
        browsable=True,
    )


def _counts(stages: Sequence[StageCounts]) -> Section:
    rows = [(s.name, s.taken, s.kept, len(s.rejections)) for s in stages]
    return Section("counts", "Through the stages", tables=[Table(("stage", "in", "kept", "rejected"), rows)])


def _reasons(stages: Sequence[StageCounts]) -> Section:
    counted = [
        (s.name, reason, n) for s in stages for reason, n in Counter(r.reason for r in s.rejections).most_common()
    ]
    return Section("reasons", "Why samples were rejected", tables=[Table(("stage", "reason", "samples"), counted)])


def _links(links: Sequence[DuplicateLink]) -> Section:
    counts = Counter(link.kind for link in links)
    return Section("links", "Links between images", tables=[Table(("kind", "links"), sorted(counts.items()))])


def _clusters(
    name: str, title: str, clusters: Sequence[Sequence[ClusterMember]], images: Mapping[str, Image]
) -> Section:
    if not clusters:
        return Section(name, title, "None.")
    shown = clusters[:CLUSTERS_SHOWN]
    oversized = sum(rows[0].oversized for rows in clusters)
    text = f"{len(clusters)} clusters, {len(shown)} shown, the largest first; {oversized} above the size cap."
    return Section(name, title, f"{text} {COMPARED}", cards=[_cluster(rows, images) for rows in shown])


def _cluster(rows: Sequence[ClusterMember], images: Mapping[str, Image]) -> Card:
    best = next((images[r.image_id] for r in rows if r.keeper == r.image_id), None)
    pictures = [_member(row, images[row.image_id], best) for row in rows[:COPIES_SHOWN]]
    cap = ", above the size cap" if rows[0].oversized else ""
    return Card(f"{rows[0].size} images, {cluster_in_words(rows[0].diameter_bits)}{cap}", pictures)


def _member(row: ClusterMember, image: Image, best: Image | None) -> Picture:
    label = f"{image.source}: {image.origin} ({image.width_px}x{image.height_px}, {image.mask_type})"
    if row.conflict:
        return picture(image.path, f"rejected: labels conflict. {label}", "lost")
    if row.keeper == row.image_id:
        return picture(image.path, f"kept. {label}", "kept")
    why = why_not_kept(image, best) if best is not None else "a duplicate"
    return picture(image.path, f"dropped: {why}. {label}", "lost")


def why_not_kept(image: Image, best: Image) -> str:
    """The first rule by which the kept copy is the better one."""
    if image.mask_type == "unknown" and best.mask_type != "unknown":
        return "its label isn't known"
    if image.licence == "unknown" and best.licence != "unknown":
        return "its licence isn't known"
    if image.width_px * image.height_px < best.width_px * best.height_px:
        return "smaller"
    if image.sha256 == best.sha256:
        return "the same file; the smaller id stays"
    return "not as sharp, more compressed or, all being equal, the larger id"


def _leaks(leaks: int, lookalikes: Mapping[int, int]) -> Section:
    explained = (
        f"{leaks} links join two sides of the split. Below: pairs on two sides, by how alike their coarse patterns are "
        "(the 64 bits of pHash). "
        "Hashes only propose; what the thumbnails confirmed is linked, and linked images share a side."
    )
    values = {f"{alike_percent(bits)} % alike": float(count) for bits, count in lookalikes.items()}
    return Section("leaks", "Leaks against threshold", explained, bars=bars(values, max(values.values(), default=0)))


def _shortcuts(scores: Sequence[ShortcutScore]) -> Section:
    if not scores:
        return Section("shortcuts", "Shortcuts", "There is nothing to predict yet: fewer than two labels.")
    explained = (
        f"How well the mask type follows from each of these alone (balanced accuracy; guessing reaches "
        f"{scores[0].chance:.2f}). The nearer to guessing, the less a model can cheat."
    )
    values = {score.evidence: round(score.balanced_accuracy, 3) for score in scores}
    return Section("shortcuts", "Shortcuts", explained, bars=bars(values, 1.0))


_WITNESSES = {
    "cue": "the masked-face cue",
    "model": "the other labels",
    "both": "the masked-face cue and the other labels",
}


def _review(review: LabelReview) -> Section:
    shown = review.doubts[:DOUBTS_SHOWN]
    text = f"{len(review.doubts)} labels doubted, {len(shown)} shown, the most doubtful first. Nothing was changed."
    if review.gone:
        text += f" {review.gone} more are of faces that have gone since: run review-labels again."
    return Section("review", "Labels worth a second look", text, pictures=[_doubt(row) for row in shown])


def _doubt(row: DoubtShown) -> Picture:
    doubt = row.doubt
    caption = (
        f"labelled {doubt.mask_type}, looks {doubt.suggested}, says {_WITNESSES[doubt.witness]} "
        f"({doubt.margin:.2f}). {row.image.source}: {row.image.origin}"
    )
    return picture(row.picture, caption)
