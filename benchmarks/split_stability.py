"""How many images change sides when a tenth more come, and how far strata are from their shares.

python -m benchmarks.split_stability
"""

from collections import Counter
from collections.abc import Sequence

import click
import numpy as np

from pipeline.records import MaskType
from pipeline.splitting import SIDES, Sample, SplitRules, assign_sides

SHARES = (0.7, 0.15, 0.15)
_TYPES: tuple[MaskType, ...] = ("none", "none", "cloth", "surgical", "ffp2")


def synthetic_samples(people: int, seed: int, join: float) -> list[Sample]:
    """Photos of people, one to four each, in eight strata; a share `join` of them has no person but its content.

    A prefix of the list is an earlier state of the same collection.
    """
    rng = np.random.default_rng(seed)
    samples = []
    for number in range(round(2.5 * people)):
        person = f"p{rng.integers(people)}"
        identity = f"2 content {rng.integers(2**62):016x}" if rng.random() < join else f"0 person {person}"
        samples.append(
            Sample(
                id=f"{number:08d}",
                image_id=f"{number:08d}",
                identity=identity,
                source=("a", "b")[int(rng.integers(2))],
                synthetic=False,
                template=None,
                mask_type=_TYPES[int(rng.integers(len(_TYPES)))],
                wear="unknown",
                valve="unknown",
                crop_path=person,  # no pixels here: it carries the group
            )
        )
    return samples


def _sides(samples: Sequence[Sample], stable: bool, seed: int) -> dict[str, str]:
    groups = {sample.image_id: sample.crop_path for sample in samples}
    rows, _ = assign_sides(samples, groups, SplitRules(shares=SHARES, seed=seed, stable=stable))
    return {row.sample_id: row.side for row in rows}


def _largest_deviation(samples: Sequence[Sample], sides: dict[str, str]) -> float:
    """In percentage points, over all strata and sides."""
    totals = Counter(sample.stratum for sample in samples)
    held = Counter((sample.stratum, sides[sample.id]) for sample in samples)
    return max(
        100 * abs(held[stratum, side] / total - share)
        for stratum, total in totals.items()
        for side, share in zip(SIDES, SHARES, strict=True)
    )


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
                    samples = synthetic_samples(people, seed, join)
                    old = samples[: round(len(samples) / 1.1)]
                    before = _sides(old, assignment == "stable", seed)
                    after = _sides(samples, assignment == "stable", seed)
                    moved.append(100 * sum(after[name] != side for name, side in before.items()) / len(old))
                    deviation.append(_largest_deviation(samples, after))
                print(
                    f"{len(old):8} {by:10} {assignment:10} {np.median(moved):6.2f} % {np.median(deviation):6.2f} points"
                )


if __name__ == "__main__":
    main()
