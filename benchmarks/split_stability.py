"""How many images change sides when a tenth more come, and how far strata are from their shares.

python -m benchmarks.split_stability
"""

from collections.abc import Sequence
from dataclasses import dataclass

import click
import numpy as np
from numpy.typing import NDArray

from pipeline.split.sides import Samples, SplitRules, choose_sides, group_point

SHARES = (0.7, 0.15, 0.15)
_TYPES = (2, 2, 0, 3, 1)
"""Types of masks by their number in the order of their names; every other photo wears none."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo: what places it, whom it shows, and the stratum that it counts in."""

    identity: str
    person: str
    stratum: int


def synthetic_photos(people: int, seed: int, join: float) -> list[Photo]:
    """Photos of people, one to four each, in eight strata; a share `join` of them has no person but its content.

    A prefix of the list is an earlier state of the same collection.
    """
    rng = np.random.default_rng(seed)
    photos = []
    for _ in range(round(2.5 * people)):
        person = f"p{rng.integers(people)}"
        identity = f"2 content {rng.integers(2**62):016x}" if rng.random() < join else f"0 person {person}"
        source = int(rng.integers(2))
        photos.append(Photo(identity, person, 2 * _TYPES[int(rng.integers(len(_TYPES)))] + source))
    return photos


def _sides(photos: Sequence[Photo], stable: bool, seed: int) -> NDArray[np.int64]:
    """The side of each photo."""
    names, group = np.unique([photo.person for photo in photos], return_inverse=True)
    smallest: dict[int, str] = {}
    for number, photo in zip(group.tolist(), photos, strict=True):
        smallest[number] = min(smallest.get(number, photo.identity), photo.identity)
    points = np.array([group_point(seed, "split", smallest[number]) for number in range(len(names))])
    no = np.zeros(len(photos), dtype=bool)
    samples = Samples(
        group=group,
        stratum=np.array([photo.stratum for photo in photos]),
        synthetic=no,
        held_out=no,
        pinned=np.full(len(photos), -1),
        split_points=points,
        fold_points=points,
    )
    sides, _ = choose_sides(samples, SplitRules(shares=SHARES, seed=seed, stable=stable))
    return np.asarray(sides[group])


def _largest_deviation(photos: Sequence[Photo], sides: NDArray[np.int64]) -> float:
    """In percentage points, over all strata and sides."""
    strata = np.array([photo.stratum for photo in photos])
    shares = [np.bincount(sides[strata == stratum], minlength=3) / np.sum(strata == stratum) for stratum in set(strata)]
    return float(100 * np.abs(np.array(shares) - SHARES).max())


@click.command()
@click.option("--seeds", default=5, show_default=True)
def main(seeds: int) -> None:
    """Print both for collections of several sizes, with people known by name and found by links alone."""
    print(f"{'images':>8} {'grouped by':10} {'assignment':10} {'moved':>8} largest deviation of a stratum's share")
    for people in (400, 4_000, 40_000):
        for by, join in (("name", 0.0), ("links", 1.0)):
            for assignment in ("balanced", "stable"):
                moved, deviation = [], []
                for seed in range(seeds):
                    photos = synthetic_photos(people, seed, join)
                    old = photos[: round(len(photos) / 1.1)]
                    before = _sides(old, assignment == "stable", seed)
                    after = _sides(photos, assignment == "stable", seed)
                    moved.append(100 * float(np.mean(after[: len(old)] != before)))
                    deviation.append(_largest_deviation(photos, after))
                print(
                    f"{len(old):8} {by:10} {assignment:10} {np.median(moved):6.2f} % {np.median(deviation):6.2f} points"
                )


if __name__ == "__main__":
    main()
