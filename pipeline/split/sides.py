"""Spread samples over train, val and test so that nothing leaks and every stratum keeps its shares.

A group (same photo, same person, parent and child) stands on one side. Its own hash picks that side, so a group's side
doesn't depend on which others there are. An assignment that is `balanced` then moves the groups whose hash lies nearest
to a threshold until each stratum holds its shares; one that is `stable` doesn't.

All is done on columns of numbers: samples are known by their row, groups by theirs in the order of their names.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.randomness import sample_rng
from pipeline.core.records import SIDES, Side

_NO_GAIN = 1e-9
_TEST = SIDES.index("test")
_FLOAT = NDArray[np.float64]
_INT = NDArray[np.integer]
_BOOL = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SplitRules:
    """What decides a split beside the shares.

    Attributes:
        shares: Of train, val and test.
        folds: Number of folds over train and val, 0 for none.
        test_real_only: Synthetic samples leave the test side.
        holdout_sources: Groups with an image of these sources stand on test.
        holdout_templates: Masks of these templates stand on test alone.
        seed: Another seed gives another split.
        stable: Groups stay where their own hash puts them; the shares hold as well as chance lets them.
    """

    shares: tuple[float, float, float]
    folds: int = 0
    test_real_only: bool = False
    holdout_sources: frozenset[str] = frozenset()
    holdout_templates: frozenset[str] = frozenset()
    seed: int = 0
    stable: bool = False

    def closed(self, side: Side, synthetic: bool, template: str | None) -> tuple[str, str] | None:
        """Why a sample can't stand on its group's side, as a reason to count and a detail for a person."""
        if side == "test" and synthetic and self.test_real_only:
            return "synthetic_on_test", "the test side takes real photos only, and its group stands there"
        if side != "test" and template in self.holdout_templates:
            return "held_out_template", f"template {template} is held out, and its group stands on {side}"
        return None


@dataclass(frozen=True, slots=True)
class Samples:
    """What sides are chosen by: M samples, in any order, and G groups.

    Attributes:
        group: The row of its group, `(M,)`.
        stratum: What the shares are held for, `(M,)`; numbers sort as strata do.
        synthetic: Whether the mask was drawn in, `(M,)`.
        held_out: Whether its source is held out, `(M,)`.
        pinned: Its side in an earlier split, -1 where it had none, `(M,)`.
        split_points: A uniform number in [0, 1) for each group, from its smallest identity, `(G,)`.
        fold_points: Another, `(G,)`; looked at where there are folds.
    """

    group: _INT
    stratum: _INT
    synthetic: _BOOL
    held_out: _BOOL
    pinned: _INT
    split_points: _FLOAT
    fold_points: _FLOAT


def group_point(seed: int, purpose: str, identity: str) -> float:
    """The number in [0, 1) that places a group whose smallest identity this is."""
    return float(sample_rng(seed, f"{purpose}:{identity}").random())


def choose_sides(samples: Samples, rules: SplitRules) -> tuple[_INT, _INT]:
    """The side of each group, as an index into `SIDES`, and its fold, -1 for none; `(G,)` each."""
    points, shares, fixed = samples.split_points, np.array(rules.shares), _fixed_sides(samples)
    if rules.stable:
        sides = fill_empty_sides(sides_by_points(points, shares, fixed), points, shares, fixed)
    else:
        counted = ~(samples.synthetic & rules.test_real_only)
        sides = balance(points, _count_strata(samples, counted), shares, fixed)
    return sides, _folds(samples, sides, rules.folds)


def _fixed_sides(samples: Samples) -> _INT:
    """The side of each group that isn't free, -1 of one that is.

    Held-out sources go to test. A group whose pinned samples stood on several sides, because a new link joined them,
    goes where most of them stood.
    """
    votes = np.zeros((len(samples.split_points), len(SIDES)), dtype=np.int32)
    pinned = samples.pinned >= 0
    np.add.at(votes, (samples.group[pinned], samples.pinned[pinned]), 1)
    fixed = np.where(votes.any(axis=1), votes.argmax(axis=1), -1)
    fixed[samples.group[samples.held_out]] = _TEST
    return fixed


def _folds(samples: Samples, sides: _INT, folds: int) -> _INT:
    """The fold of each group on train or val: whole groups, every stratum spread evenly."""
    found = np.full(len(sides), -1)
    if folds:
        inside = sides != _TEST
        counts = _count_strata(samples, inside[samples.group])[inside]
        shares = np.full(folds, 1 / folds)
        found[inside] = balance(samples.fold_points[inside], counts, shares, np.full(len(counts), -1))
    return found


def _count_strata(samples: Samples, counted: _BOOL) -> _FLOAT:
    """How many of the samples that count each group has in each of their strata, `float64 (G, strata)`."""
    strata, columns = np.unique(samples.stratum[counted], return_inverse=True)
    counts = np.zeros((len(samples.split_points), len(strata)))
    np.add.at(counts, (samples.group[counted], columns), 1)
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


def farthest_share(held: Mapping[tuple[str, Side], int], shares: Sequence[float]) -> str:
    """The type and side whose share of the type's samples is farthest from what was asked for, for a person.

    `held` counts the samples by type and side.

    >>> farthest_share(Counter(), (0.7, 0.15, 0.15))
    'no samples'
    """
    totals: Counter[str] = Counter()
    for (kind, _), count in held.items():
        totals[kind] += count
    found = [
        (
            abs(held.get((kind, side), 0) / total - share),
            f"{kind} has {held.get((kind, side), 0) / total:.1%} on {side}, asked for {share:.1%}",
        )
        for kind, total in sorted(totals.items())
        for side, share in zip(SIDES, shares, strict=True)
    ]
    return max(found, default=(0.0, "no samples"))[1]


def side_counts(held: Mapping[tuple[str, Side], int]) -> dict[str, int]:
    """How many samples each side holds."""
    return {name: sum(count for (_, side), count in held.items() if side == name) for name in SIDES}
