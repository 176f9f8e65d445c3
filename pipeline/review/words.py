"""What was compared when pictures were found alike, and how alike they are, in words for a reader."""

from pipeline.core.records import DuplicateLink, LinkKind

HASH_BITS = 64

_KIN: dict[LinkKind, str] = {
    "exact": "the same file, byte for byte",
    "near": "the same picture in another file",
    "mask_pair": "the same photo with and without a mask",
    "part_of": "one shows a part of the other",
    "same_source_id": "their names say that they belong together",
    "same_person": "the same person, by name or by face",
    "derived_from": "one was made from the other",
}
_ALIKE_BY_CHANCE = 16
"""Bits: one in a hundred random pairs differs by no more."""
_COMPARED = frozenset({"near", "mask_pair", "part_of"})
"""Links that rest on the pictures; their distance is in bits of a hash."""


def link_in_words(link: DuplicateLink) -> str:
    """Why two images belong together.

    >>> link_in_words(DuplicateLink(first="a", second="b", kind="near", distance=3.0))
    'the same picture in another file; coarse patterns 95 % alike'
    """
    alike = f"; coarse patterns {alike_percent(link.distance)} % alike" if link.kind in _COMPARED else ""
    return _KIN[link.kind] + alike


def alike_percent(bits: float) -> int:
    """How much of the 64 bits of two hashes agrees; 100 only where all do.

    >>> alike_percent(0), alike_percent(0.2), alike_percent(3), alike_percent(64)
    (100, 99, 95, 0)
    """
    share = 100 * (1 - min(max(bits, 0.0), HASH_BITS) / HASH_BITS)
    return 100 if bits <= 0 else min(99, round(share))


def cluster_in_words(diameter_bits: int) -> str:
    """How alike the two least alike pictures of a cluster are.

    >>> cluster_in_words(0)
    'coarse patterns 100 % alike'
    >>> cluster_in_words(6)
    'coarse patterns at least 91 % alike'
    >>> cluster_in_words(30)
    'chained, cropped or turned: coarse patterns of two of them only 53 % alike'
    """
    alike = f"{alike_percent(diameter_bits)} % alike"
    if diameter_bits > _ALIKE_BY_CHANCE:
        return f"chained, cropped or turned: coarse patterns of two of them only {alike}"
    return f"coarse patterns {'at least ' if diameter_bits > 0 else ''}{alike}"


COMPARED = (
    "What is compared is the coarse pattern of light and dark, 64 bits a picture (pHash): a copy that is smaller, "
    "brighter or more compressed keeps it, so 100 % alike doesn't mean the same pixels. Thumbnails and aligned faces "
    "then decided."
)
"""What stands once above clusters of duplicates."""
