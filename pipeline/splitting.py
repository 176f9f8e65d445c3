"""Spread samples over train, val and test so that nothing leaks and every stratum keeps its shares.

A group (same photo, same person, parent and child) stands on one side. Its own hash picks that side, so a group's side
doesn't depend on which others there are. An assignment that is `balanced` then moves the groups whose hash lies nearest
to a threshold until each stratum holds its shares; one that is `stable` doesn't.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.curation.clusters import DisjointSets
from pipeline.errors import MaskwrightError
from pipeline.randomness import sample_rng
from pipeline.records import Assignment, DuplicateLink, Image, LinkKind, MaskType, Rejection, Side, Valve, Wear

_NO_GAIN = 1e-9
SIDES: tuple[Side, ...] = ("train", "val", "test")
_FLOAT = NDArray[np.float64]
_INT = NDArray[np.int64]


class LeakError(MaskwrightError):
    """Linked images stand on two sides of a split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One face crop that is to be assigned, real or synthetic, with what the split must know of it.

    The smallest `identity` in a group decides where the group goes, so it should be one that stays when others join.
    """

    id: str
    image_id: str
    identity: str
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


@dataclass(frozen=True, slots=True)
class SplitRules:
    """What decides a split beside the shares.

    Attributes:
        shares: Of train, val and test.
        folds: Number of folds over train and val, 0 for none.
        test_real_only: Synthetic samples leave the test side.
        holdout_sources: Groups with an image of these sources stand on test.
        holdout_templates: Masks of these templates stand on test alone.
        pinned: Sides of images of an earlier split, by image id, that stay.
        seed: Another seed gives another split.
        stable: Groups stay where their own hash puts them; the shares hold as well as chance lets them.
    """

    shares: tuple[float, float, float]
    folds: int = 0
    test_real_only: bool = False
    holdout_sources: frozenset[str] = frozenset()
    holdout_templates: frozenset[str] = frozenset()
    pinned: Mapping[str, Side] = field(default_factory=dict)
    seed: int = 0
    stable: bool = False


def assign_sides(
    samples: Sequence[Sample], groups: Mapping[str, str], rules: SplitRules
) -> tuple[list[Assignment], list[Rejection]]:
    """Assign every sample, each group as a whole, or reject it because its side is closed to it; sorted by sample id.

    Args:
        samples: What is to be assigned; their order changes nothing.
        groups: Image id to group, from `group_of_images`.
        rules: The shares and what else decides.
    """
    ordered = sorted(samples, key=lambda s: s.id)
    names = sorted({groups[s.image_id] for s in ordered})
    points = _group_points(ordered, groups, names, rules.seed, "split")
    counted = [s for s in ordered if not (rules.test_real_only and s.synthetic)]
    fixed = _fixed_sides(ordered, groups, names, rules)
    shares = np.array(rules.shares)
    sides = (
        fill_empty_sides(sides_by_points(points, shares, fixed), points, shares, fixed)
        if rules.stable
        else balance(points, _count_strata(counted, groups, names), shares, fixed)
    )
    side_of = {name: SIDES[side] for name, side in zip(names, sides, strict=True)}
    folds = _folds(ordered, groups, names, side_of, rules)
    assignments, rejections = [], []
    for sample in ordered:
        group = groups[sample.image_id]
        closed = _closed(sample, side_of[group], rules)
        if closed is None:
            assignments.append(_assignment(sample, group, side_of[group], folds.get(group)))
        else:
            rejections.append(Rejection(id=sample.id, stage="split", reason=closed[0], detail=closed[1], origin=""))
    return assignments, rejections


def _closed(sample: Sample, side: Side, rules: SplitRules) -> tuple[str, str] | None:
    if side == "test" and sample.synthetic and rules.test_real_only:
        return "synthetic_on_test", "the test side takes real photos only, and its group stands there"
    if side != "test" and sample.template in rules.holdout_templates:
        return "held_out_template", f"template {sample.template} is held out, and its group stands on {side}"
    return None


def _fixed_sides(samples: Sequence[Sample], groups: Mapping[str, str], names: Sequence[str], rules: SplitRules) -> _INT:
    """The side of each group that isn't free, -1 of one that is.

    Held-out sources go to test. A group whose pinned samples stood on several sides, because a new link joined them,
    goes where most of them stood.
    """
    votes: dict[str, Counter[Side]] = defaultdict(Counter)
    held_out: set[str] = set()
    for sample in samples:
        group = groups[sample.image_id]
        if sample.image_id in rules.pinned:
            votes[group][rules.pinned[sample.image_id]] += 1
        if sample.source in rules.holdout_sources:
            held_out.add(group)
    fixed = np.full(len(names), -1)
    for row, name in enumerate(names):
        if name in held_out:
            fixed[row] = SIDES.index("test")
        elif votes[name]:
            fixed[row] = SIDES.index(max(SIDES, key=lambda side: (votes[name][side], -SIDES.index(side))))
    return fixed


def _folds(
    samples: Sequence[Sample],
    groups: Mapping[str, str],
    names: Sequence[str],
    side_of: Mapping[str, Side],
    rules: SplitRules,
) -> dict[str, int]:
    """The fold of each group on train or val: whole groups, every stratum spread evenly."""
    if not rules.folds:
        return {}
    inside = [name for name in names if side_of[name] != "test"]
    members = [s for s in samples if side_of[groups[s.image_id]] != "test"]
    points = _group_points(members, groups, inside, rules.seed, "fold")
    shares = np.full(rules.folds, 1 / rules.folds)
    folds = balance(points, _count_strata(members, groups, inside), shares, np.full(len(inside), -1))
    return {name: int(fold) for name, fold in zip(inside, folds, strict=True)}


def _group_points(
    samples: Sequence[Sample], groups: Mapping[str, str], names: Sequence[str], seed: int, purpose: str
) -> _FLOAT:
    """A uniform number in [0, 1) for each group, from its smallest identity."""
    identities: dict[str, list[str]] = defaultdict(list)
    for sample in samples:
        identities[groups[sample.image_id]].append(sample.identity)
    return np.array([sample_rng(seed, f"{purpose}:{min(identities[name])}").random() for name in names])


def _count_strata(samples: Sequence[Sample], groups: Mapping[str, str], names: Sequence[str]) -> _FLOAT:
    """How many samples each group has in each stratum, `float64 (groups, strata)`."""
    rows = {name: i for i, name in enumerate(names)}
    columns = {stratum: i for i, stratum in enumerate(sorted({s.stratum for s in samples}))}
    counts = np.zeros((len(rows), len(columns)))
    for sample in samples:
        counts[rows[groups[sample.image_id]], columns[sample.stratum]] += 1
    return counts


def sides_by_points(points: _FLOAT, shares: _FLOAT, fixed: _INT) -> _INT:
    """The side, as an index into `shares`, that each group's point falls on; the arguments are those of `balance`.

    No group's side depends on another group, so none moves when others come or go.

    >>> sides_by_points(np.array([0.1, 0.69, 0.71, 0.9]), np.array([0.7, 0.15, 0.15]), np.array([-1, -1, -1, 0]))
    array([0, 0, 1, 0])
    """
    edges = np.cumsum(shares)[:-1]
    return np.where(fixed >= 0, fixed, np.searchsorted(edges, points, side="right"))


def fill_empty_sides(sides: _INT, points: _FLOAT, shares: _FLOAT, fixed: _INT) -> _INT:
    """`sides`, where each side that has a share but no group takes the free group whose point lies nearest.

    That happens to a dozen groups, not to a hundred. A side never gives its last group away.
    """
    sides, distance = sides.copy(), _distances(points, shares)
    for side in np.flatnonzero(shares > 0):
        held = np.bincount(sides, minlength=len(shares))
        free = np.flatnonzero((fixed < 0) & (held[sides] > 1))
        if not held[side] and len(free):
            sides[free[np.argmin(distance[free, side])]] = side
    return sides


def _distances(points: _FLOAT, shares: _FLOAT) -> _FLOAT:
    """How far each point lies from each side's interval, `(G, sides)`; 0 inside it."""
    edges = np.concatenate(([0.0], np.cumsum(shares)))
    edges[-1] = 1.0
    return np.maximum(edges[:-1] - points[:, None], 0) + np.maximum(points[:, None] - edges[1:], 0)


def balance(points: _FLOAT, counts: _FLOAT, shares: _FLOAT, fixed: _INT) -> _INT:
    """The side, as an index into `shares`, of each group.

    Starts from the side that each group's point falls on, then moves one group at a time until every stratum is within
    its largest group of its shares: of the moves that win at least a tenth of what the best one wins, the one whose
    point lies nearest to the new side. So most groups stay where their own point put them, whatever else there is.

    Args:
        points: Uniform numbers in [0, 1), `(G,)`.
        counts: Samples of each group in each stratum, `(G, S)`.
        shares: The share of each side, summing to 1.
        fixed: The side of each group that can't move, -1 for the others, `(G,)`.
    """
    sides = sides_by_points(points, shares, fixed)
    counts = np.hstack([counts, counts.sum(axis=1, keepdims=True)])
    totals, tolerance = counts.sum(axis=0), counts.max(axis=0, initial=0)
    weights = 1 / np.maximum(totals, 1)
    own = (counts**2) @ weights
    distance = _distances(points, shares)
    held = np.stack([counts[sides == s].sum(axis=0) for s in range(len(shares))])
    for _ in range(len(points)):
        excess = held - shares[:, None] * totals
        if np.all(np.abs(excess) <= tolerance):
            break
        gains = _gains(sides, (counts * weights) @ excess.T, own)
        gains[fixed >= 0] = 0
        gains[:, shares == 0] = 0
        best = float(gains.max(initial=0))
        if best <= _NO_GAIN:
            break
        group, side = np.unravel_index(np.argmin(np.where(gains >= best / 10, distance, np.inf)), gains.shape)
        held[sides[group]] -= counts[group]
        held[side] += counts[group]
        sides[group] = side
    return sides


def _gains(sides: _INT, pull: _FLOAT, own: _FLOAT) -> _FLOAT:
    """How much less the weighted squared deviation would be, were each group moved to each side; `(G, sides)`.

    `pull` is the weighted product of each group's counts with each side's excess, `own` the group's counts with itself.
    """
    rows = np.arange(len(sides))
    gains = 2 * (pull[rows, sides][:, None] - pull - own[:, None])
    gains[rows, sides] = 0
    return np.asarray(gains)


def _assignment(sample: Sample, group: str, side: Side, fold: int | None) -> Assignment:
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
        fold=fold,
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


def farthest_share(assignments: Sequence[Assignment], shares: Sequence[float]) -> str:
    """The type and side whose share of the type's samples is farthest from what was asked for, for a person.

    >>> farthest_share([], (0.7, 0.15, 0.15))
    'no samples'
    """
    totals = Counter(a.mask_type for a in assignments)
    held = Counter((a.mask_type, a.side) for a in assignments)
    found = [
        (
            abs(held[kind, side] / total - share),
            f"{kind} has {held[kind, side] / total:.1%} on {side}, asked for {share:.1%}",
        )
        for kind, total in sorted(totals.items())
        for side, share in zip(SIDES, shares, strict=True)
    ]
    return max(found, default=(0.0, "no samples"))[1]


def side_counts(assignments: Iterable[Assignment]) -> dict[str, int]:
    """How many samples each side holds."""
    counts = Counter(a.side for a in assignments)
    return {side: counts[side] for side in SIDES}
