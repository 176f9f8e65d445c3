"""Choosing at random: the few ways in which every value of a mask is drawn."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np

Choice = TypeVar("Choice")


def uniform(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    """A number of the range, to four places: what the row says is what is rendered."""
    low, high = bounds
    return round(low + (high - low) * rng.random(), 4)  # as rng.uniform, five times faster


def uniform_each(ranges: Iterable[tuple[str, tuple[float, float]]], rng: np.random.Generator) -> dict[str, float]:
    """A number of each range by the range's name: what `uniform` gives one after the other, from one draw."""
    named = list(ranges)
    return placed_in(named, rng.random(len(named)).tolist())


def placed_in(ranges: Iterable[tuple[str, tuple[float, float]]], shares: Sequence[float]) -> dict[str, float]:
    """The number at a share of each range, in [0, 1), to four places."""
    return {
        name: round(low + (high - low) * share, 4) for (name, (low, high)), share in zip(ranges, shares, strict=True)
    }


def weighted_choice(items: Sequence[Choice], weights: Sequence[float], rng: np.random.Generator) -> Choice:
    """One item, with probability in proportion to its weight."""
    share = list(accumulate(weights))
    return items[bisect_right(share, rng.random() * share[-1])]
