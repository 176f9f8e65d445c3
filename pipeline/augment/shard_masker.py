"""Photos masked a shard at a time, for many pictures in few files."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

from pipeline.augment.manifest_masker import ManifestMasker, Masking, PhotoFaces
from pipeline.augment.picture_stores import ShardStore
from pipeline.storage.digests import digest_of_texts
from pipeline.storage.shards import new_shard


def shard_batches(photos: Iterable[PhotoFaces], size: int) -> Iterator[tuple[int, tuple[PhotoFaces, ...]]]:
    """The photos of each shard with the shard's number; the last may have fewer than `size`."""
    rest = iter(photos)
    for number in count():
        batch = tuple(islice(rest, size))
        if not batch:
            return
        yield number, batch


@dataclass(frozen=True, slots=True)
class ShardMasker:
    """Masks the photos of one shard after another: `images/` gets shards of whole pictures, `crops/` of face crops.

    A shard is one worker's work, so pixels never travel through the process that hands the work out.
    """

    masker: ManifestMasker

    def __call__(self, batch: tuple[int, Sequence[PhotoFaces]]) -> Masking:
        """All photos of the shard with this number. A shard without a picture is written too: numbers have no gaps."""
        number, photos = batch
        root, out = self.masker.pixels, self.masker.out
        result = Masking()
        with (
            new_shard(root, (out / "images" / f"{number:06d}.tar").as_posix()) as images,
            new_shard(root, (out / "crops" / f"{number:06d}.tar").as_posix()) as crops,
        ):
            for photo in photos:
                self.masker.mask_photo(photo, result, ShardStore(images, crops))
        result.files.extend([*images.files, *crops.files])
        result.shards.extend(shard.written for shard in (images, crops) if shard.written)
        return result

    def key(self, batch: tuple[int, Sequence[PhotoFaces]]) -> str:
        """Names the shard with the contents and faces of its photos."""
        number, photos = batch
        return f"{number:06d} {digest_of_texts(map(self.masker.key, photos))}"
