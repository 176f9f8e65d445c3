"""Spread samples over train, val and test so that nothing leaks and every stratum keeps its shares.

A group (same photo, same person, parent and child) stands on one side. Its own hash picks that side, so a group's side
doesn't depend on which others there are; then the groups whose hash lies nearest to a threshold move until each stratum
holds its shares.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.config import SplitParams
from pipeline.curation.clusters import DisjointSets
from pipeline.errors import MaskwrightError
from pipeline.randomness import sample_rng
from pipeline.records import Assignment, DuplicateLink, Image, LinkKind, MaskType, Side, Valve, Wear

SIDES: tuple[Side, ...] = ("train", "val", "test")
_FLOAT = NDArray[np.float64]
_INT = NDArray[np.int64]


class LeakError(MaskwrightError):
    """Linked images stand on two sides of a split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One face crop that is to be assigned, real or synthetic, with what the split must know of it."""

    id: str
    image_id: str
    content: str
    source: str
    synthetic: bool
    template: str | None
    mask_type: MaskType
    wear: Wear
    valve: Valve
    crop_path: str

    @property
    def stratum(self) -> tuple[str, str, str]:
        """What the shares are held for."""
        return (self.mask_type, self.wear, self.source)


def group_of_images(
    images: Iterable[Image], links: Iterable[DuplicateLink], ignored: frozenset[LinkKind] = frozenset()
) -> dict[str, str]:
    """Image id to the id of its group, the smallest image id in it.

    Images that `links` alone names take part: two kept photos can be tied through one that was dropped.
    """
    sets: DisjointSets[str] = DisjointSets()
    for link in links:
        if link.kind not in ignored:
            sets.unite(link.first, link.second)
    holders: dict[tuple[str, str], str] = {}
    for image in images:
        sets.add(image.id)
        for key in _identities(image):
            sets.unite(image.id, holders.setdefault(key, image.id))
    return {member: min(members) for members in sets.sets() for member in members}


def _identities(image: Image) -> list[tuple[str, str]]:
    named = [("content", image.sha256), ("person", image.person_id), ("photo", image.photo_id)]
    return [(kind, value) for kind, value in named if value is not None]


def assign_sides(
    samples: Sequence[Sample], groups: Mapping[str, str], params: SplitParams, seed: int
) -> list[Assignment]:
    """Assign every sample, each group as a whole; sorted by sample id.

    Args:
        samples: What is to be assigned; their order changes nothing.
        groups: Image id to group, from `group_of_images`.
        params: The shares.
        seed: Another seed gives another split.
    """
    ordered = sorted(samples, key=lambda s: s.id)
    names = sorted({groups[s.image_id] for s in ordered})
    shares = np.array([params.train, params.val, params.test])
    thresholds = _group_points(ordered, groups, names, seed)
    counts = _count_strata(ordered, groups, names)
    sides = balance(thresholds, counts, shares)
    side_of = {name: SIDES[side] for name, side in zip(names, sides, strict=True)}
    return [_assignment(s, groups[s.image_id], side_of[groups[s.image_id]]) for s in ordered]


def _group_points(samples: Sequence[Sample], groups: Mapping[str, str], names: Sequence[str], seed: int) -> _FLOAT:
    """A uniform number in [0, 1) for each group, from the content of one member that stays when others join."""
    contents: dict[str, list[str]] = defaultdict(list)
    for sample in samples:
        contents[groups[sample.image_id]].append(sample.content)
    return np.array([sample_rng(seed, f"split:{min(contents[name])}").random() for name in names])


def _count_strata(samples: Sequence[Sample], groups: Mapping[str, str], names: Sequence[str]) -> _FLOAT:
    """How many samples each group has in each stratum, `float64 (groups, strata)`."""
    rows = {name: i for i, name in enumerate(names)}
    columns = {stratum: i for i, stratum in enumerate(sorted({s.stratum for s in samples}))}
    counts = np.zeros((len(rows), len(columns)))
    for sample in samples:
        counts[rows[groups[sample.image_id]], columns[sample.stratum]] += 1
    return counts


def balance(points: _FLOAT, counts: _FLOAT, shares: _FLOAT) -> _INT:
    """The side, as an index into `shares`, of each group.

    Starts from the side that each group's point falls on, then moves one group at a time: of the moves that win at
    least half of what the best one wins, the one whose point lies nearest to the new side.

    Args:
        points: Uniform numbers in [0, 1), `(G,)`.
        counts: Samples of each group in each stratum, `(G, S)`.
        shares: The share of each side, summing to 1.
    """
    edges = np.concatenate(([0.0], np.cumsum(shares)))
    edges[-1] = 1.0
    sides = np.searchsorted(edges[1:-1], points, side="right")
    counts = np.hstack([counts, counts.sum(axis=1, keepdims=True)])
    weights = 1 / np.maximum(counts.sum(axis=0), 1)
    distance = np.maximum(edges[:-1] - points[:, None], 0) + np.maximum(points[:, None] - edges[1:], 0)
    for _ in range(len(points)):
        gains = _gains(sides, counts, shares, weights)
        best = float(gains.max(initial=0))
        if best <= 1e-9:
            break
        group, side = np.unravel_index(np.argmin(np.where(gains >= best / 2, distance, np.inf)), gains.shape)
        sides[group] = side
    return sides


def _gains(sides: _INT, counts: _FLOAT, shares: _FLOAT, weights: _FLOAT) -> _FLOAT:
    """How much less the weighted squared deviation would be, were each group moved to each side; `(G, sides)`."""
    held = np.stack([counts[sides == s].sum(axis=0) for s in range(len(shares))])
    excess = held - shares[:, None] * counts.sum(axis=0)
    pull = (counts * weights) @ excess.T
    own = (counts**2) @ weights
    gains = 2 * (pull[np.arange(len(sides)), sides][:, None] - pull - own[:, None])
    gains[np.arange(len(sides)), sides] = 0
    gains[:, shares == 0] = -np.inf
    return np.asarray(gains)


def _assignment(sample: Sample, group: str, side: Side) -> Assignment:
    return Assignment(
        sample_id=sample.id,
        image_id=sample.image_id,
        group=group,
        side=side,
        mask_type=sample.mask_type,
        wear=sample.wear,
        valve=sample.valve,
        source=sample.source,
        synthetic=sample.synthetic,
        template=sample.template,
        crop_path=sample.crop_path,
    )


def check_no_leak(
    assignments: Sequence[Assignment],
    links: Iterable[DuplicateLink],
    ignored: frozenset[LinkKind] = frozenset(),
) -> None:
    """Make sure that no group and no link between assigned images stands on two sides.

    Raises:
        LeakError: names the first few leaks and how many there are.
    """
    sides: dict[str, set[Side]] = defaultdict(set)
    for a in assignments:
        sides[a.image_id].add(a.side)
        sides[f"group {a.group}"].add(a.side)
    leaks = [f"{name} stands on {', '.join(sorted(found))}" for name, found in sorted(sides.items()) if len(found) > 1]
    for link in links:
        if link.kind in ignored or link.first not in sides or link.second not in sides:
            continue
        if sides[link.first] != sides[link.second]:
            leaks.append(f"{link.kind} link {link.first} - {link.second} joins two sides")
    if leaks:
        shown = "\n".join(leaks[:10])
        raise LeakError(f"the split leaks in {len(leaks)} places; the first:\n{shown}")


def side_counts(assignments: Iterable[Assignment]) -> dict[str, int]:
    """How many samples each side holds."""
    counts = Counter(a.side for a in assignments)
    return {side: counts[side] for side in SIDES}
