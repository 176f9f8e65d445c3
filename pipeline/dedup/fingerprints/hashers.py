"""Who computes the bits of the hashes: this package, or imagehash, which defines them. The samples are ours in both."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from pipeline.core.params import HasherName
from pipeline.dedup.fingerprints.hashes import Grey, PictureHashes, dhash, phash, picture_hashes


@dataclass(frozen=True, slots=True)
class Hasher:
    """Hashes of grey samples; `picture` is as `picture_hashes`, the others are as their namesakes there."""

    picture: Callable[[Grey], PictureHashes]
    phash: Callable[[Grey], int]
    dhash: Callable[[Grey], int]


@cache
def hasher_of(name: HasherName) -> Hasher:
    """The hasher of that name.

    Raises:
        ModuleNotFoundError: imagehash is asked for and not installed.
    """
    if name == "fast":
        return Hasher(picture_hashes, phash, dhash)
    from pipeline.dedup.fingerprints import imagehash_bits as theirs  # noqa: PLC0415 - an extra; ours needs none

    return Hasher(theirs.picture_hashes, theirs.phash, theirs.dhash)
