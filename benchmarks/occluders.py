"""Measure the cues that keep hair and glasses before masks, on the sample, whose renderer knows where they are.

    python -m benchmarks.occluders [--masks 1] [--limit N] [--seed 0]

Each mask, correctly worn, is rendered with and without the cues. What they take away is right where there is hair and
wrong elsewhere; the mask's body and its straps are counted apart. People with glasses are left out of that, since where
exactly their rims are isn't known.

- found: of what lies over hair without the cue, the share that the cue hides.
- right: of all that the cue hides, the share that lies over hair.
- holes: share of the masks whose body loses more than 1 % of itself where the face is bare.
- glasses: pictures in which a rim is found, of those of people with and without glasses.
"""

import argparse
from dataclasses import dataclass, replace
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.mask_fit import SAMPLES, TYPES, Subject, sample
from generators.sample.dataset import IDENTITIES, identity_of
from generators.sample.truth import read_truth
from pipeline.core.params import FacesParams
from pipeline.core.randomness import sample_rng
from pipeline.masks import MaskRecipe, MaskSynthesizer, load_templates
from pipeline.masks.head.canonical import canonical_head
from pipeline.masks.occluders.glasses import find_rims

MAX_HOLE = 0.01


@dataclass(frozen=True, slots=True)
class Sums:
    """Opacity of a mask's body or straps, summed: over hair without the cue, hidden over hair, hidden elsewhere."""

    over_hair: float
    hidden_hair: float
    hidden_else: float


def main() -> None:
    """Render, compare, print."""
    options = _options()
    cv2.setNumThreads(1)
    synthesizer = MaskSynthesizer(load_templates())
    hair, spectacled = hair_of_sample(), people_with_glasses()
    rims: dict[bool, list[bool]] = {True: [], False: []}
    bodies, straps, holes = [], [], []
    for subject in sample(options.limit, FacesParams()):
        has_glasses = subject.name.rsplit("-", 1)[0] in spectacled
        rims[has_glasses].append(bool(find_rims(subject.rgb, synthesizer.fit(subject.landmarks), canonical_head())))
        for mask_type, number in () if has_glasses else product(TYPES, range(options.masks)):
            rng = sample_rng(options.seed, f"{subject.name}:{mask_type}:{number}")
            body, strap, hole = compare(synthesizer, subject, synthesizer.draw(mask_type, rng), hair[subject.name])
            bodies.append(body)
            straps.append(strap)
            holes.append(hole)
    print("body:   ", summary(bodies))
    print("straps: ", summary(straps))
    print(f"holes:   {np.mean(np.array(holes) > MAX_HOLE):.1%} of {len(holes)} masks")
    print(f"glasses: {sum(rims[True])} of {len(rims[True])} with, {sum(rims[False])} of {len(rims[False])} without")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--masks", type=int, default=1, help="masks of each type on each face")
    parser.add_argument("--limit", type=int, default=10**9, help="photos")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def hair_of_sample() -> dict[str, NDArray[np.bool_]]:
    """Where each picture shows hair `(H, W)`, by its name."""
    truth = read_truth(SAMPLES / "truth.npz")
    return {str(name): truth.head_mask(row) & ~truth.skin_mask(row) for row, name in enumerate(truth.picture)}


def people_with_glasses() -> set[str]:
    """Names of the people who wear some."""
    return {person.name for person in map(identity_of, range(IDENTITIES)) if person.glasses}


def compare(
    synthesizer: MaskSynthesizer, subject: Subject, draw: MaskRecipe, hair: NDArray[np.bool_]
) -> tuple[Sums, Sums, float]:
    """What the cue changes about the body and the straps of one mask, and the share of the body lost over bare face."""
    with_cue = synthesizer.render(subject.rgb, subject.landmarks, draw)
    blind = replace(draw, values=replace(draw.values, occluders=None))
    without = synthesizer.render(subject.rgb, subject.landmarks, blind)
    alpha = without.alpha[:, :, 0]
    hidden = alpha - with_cue.alpha[:, :, 0]
    canvas = np.zeros(alpha.shape, dtype=np.uint8)
    cv2.fillPoly(canvas, [np.rint(without.polygon).astype(np.int32)], 1)
    body = canvas.astype(bool)
    parts = [
        Sums(alpha[hair & part].sum(), hidden[hair & part].sum(), hidden[~hair & part].sum()) for part in (body, ~body)
    ]
    return parts[0], parts[1], float(hidden[body & ~hair].sum() / max(alpha[body].sum(), 1))


def summary(sums: list[Sums]) -> str:
    """Shares found and right."""
    over, right, wrong = (sum(getattr(part, name) for part in sums) for name in Sums.__slots__)
    return f"found {right / max(over, 1):.0%}, right {right / max(right + wrong, 1e-9):.0%}"


if __name__ == "__main__":
    main()
