import pytest

from pipeline.core.records import DuplicateLink
from pipeline.dedup.links import KINDS
from pipeline.review.words import alike_percent, cluster_in_words, link_in_words


@pytest.mark.parametrize(("bits", "percent"), [(0, 100), (0.2, 99), (1, 98), (32, 50), (64, 0), (1000, 0), (-1, 100)])
def test_only_equal_patterns_are_alike_in_full(bits: float, percent: int) -> None:
    assert alike_percent(bits) == percent


@pytest.mark.parametrize("kind", KINDS)
def test_every_link_is_told_in_words(kind: str) -> None:
    words = link_in_words(DuplicateLink(first="a", second="b", kind=kind, distance=3.0))  # type: ignore[arg-type]
    assert ("95 % alike" in words) == (kind in {"near", "mask_pair", "part_of"})
    assert "_" not in words


def test_clusters_beyond_chance_say_why_they_are_together() -> None:
    assert cluster_in_words(0) == "coarse patterns 100 % alike"
    assert cluster_in_words(6) == "coarse patterns at least 91 % alike"
    assert cluster_in_words(30).startswith("chained, cropped or turned: ")
