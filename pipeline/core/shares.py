"""What a share of trials says of the share there is."""

from scipy.stats import binomtest

Interval = tuple[float, float]


def wilson_interval(hits: int, trials: int) -> Interval:
    """The 95 % score interval of a share (Wilson 1927, doi 10.1080/01621459.1927.10502953); sound for few trials too.

    >>> [round(end, 3) for end in wilson_interval(9, 10)]
    [0.596, 0.982]
    """
    if trials == 0:
        return (0.0, 1.0)
    found = binomtest(hits, trials).proportion_ci(0.95, method="wilson")
    return (float(found.low), float(found.high))
