"""The side of a split on which all pictures of one photo stand, by the photo's content alone."""

from math import isclose

from pipeline.core.randomness import sample_rng
from pipeline.core.records import SIDES, Side

Shares = tuple[float, float, float]
"""Of the photos on train, val and test; together 1."""


def shares_of(text: str) -> Shares:
    """The shares that a user wrote, three numbers with commas between them.

    >>> shares_of("0.8,0.1,0.1")
    (0.8, 0.1, 0.1)

    Raises:
        ValueError: they aren't three, one is no share, or they aren't 1 together.
    """
    try:
        train, val, test = map(float, text.split(","))
    except ValueError as error:
        raise ValueError("expected three shares, of train, val and test, such as 0.8,0.1,0.1") from error
    shares = (train, val, test)
    if not all(0 <= share <= 1 for share in shares) or not isclose(sum(shares), 1, abs_tol=1e-6):
        raise ValueError(f"shares of 0 to 1 are expected that are 1 together, here they are {sum(shares):g}")
    return shares


def side_of(sha256: str, shares: Shares, seed: int) -> Side:
    """The side of a photo: other photos have no say in it, so one that is added moves none.

    >>> side_of("ab", (0, 1, 0), seed=0)
    'val'
    """
    point = float(sample_rng(seed, f"side:{sha256}").random())
    reached = 0.0
    for side, share in zip(SIDES, shares, strict=True):
        reached += share
        if point < reached:
            return side
    return next(side for side, share in reversed([*zip(SIDES, shares, strict=True)]) if share)  # 0.1 * 3 + 0.7 < 1
