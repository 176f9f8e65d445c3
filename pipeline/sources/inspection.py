"""Look at one offered file: is it an image that can be used, and where does the manifest find it."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.errors import SampleRejected
from pipeline.core.locations import Address, Location
from pipeline.core.paths import CACHE
from pipeline.core.records import Rejection
from pipeline.sources.content import image_extension, refuse_polyglot
from pipeline.sources.offers import Inspected, Offer
from pipeline.storage.images import ImageLimits, decode_image, read_file
from pipeline.storage.orientation import orientation_of
from pipeline.storage.whole_files import write_bytes

STAGE = "ingest"


def record_id(source: str, origin: str) -> str:
    """The id of a row: the first 32 hex digits of sha256(source, NUL, origin)."""
    return hashlib.sha256(f"{source}\0{origin}".encode()).hexdigest()[:32]


def rejection(source: str, origin: str, reason: str, detail: str) -> Rejection:
    """A row for something that is not taken."""
    return Rejection(id=record_id(source, origin), stage=STAGE, reason=reason, detail=detail, origin=origin)


@dataclass(frozen=True, slots=True)
class Inspector:
    """Checks offers; picklable, so that workers can.

    Attributes:
        written: The folder that accepted files are put into during the run.
        published: The same folder's final place, relative to the storage root, as the manifest names it.
    """

    source: str
    root: Path
    written: Location
    published: str
    limits: ImageLimits
    removed_sha256: frozenset[str] = frozenset()

    def __call__(self, offer: Offer) -> Inspected | Rejection:
        """The accepted offer, decoded once to the last pixel, or the reason why not."""
        try:
            return self._inspect(offer)
        except SampleRejected as verdict:
            return self.rejected(offer, verdict)

    def rejected(self, offer: Offer, verdict: SampleRejected) -> Rejection:
        """The row of an offer that cannot be used."""
        return rejection(self.source, offer.origin, verdict.reason, verdict.detail)

    def _inspect(self, offer: Offer) -> Inspected:
        data = read_file(offer.file, self.limits)
        digest = hashlib.sha256(data).hexdigest()
        if digest in self.removed_sha256:
            raise SampleRejected("taken_down", "a copy of this image was taken down")
        extension = image_extension(data)
        refuse_polyglot(data)
        height, width = decode_image(data, self.limits).rgb.shape[:2]
        path = self._in_place(offer.file) if offer.in_place else self._put(offer, extension, data)
        orientation = orientation_of(data) if offer.boxes else 1
        return Inspected(offer, digest, path, width, height, len(data), orientation)

    def _in_place(self, file: Location) -> str:
        return str(file) if isinstance(file, Address) else Path(os.path.relpath(file, self.root)).as_posix()

    def _put(self, offer: Offer, extension: str, data: bytes) -> str:
        """Link the file into `data/raw/`, under its id: names from strangers stay in the manifest.

        Only files of this project's own store are linked: a link to the user's file would let DVC make it read-only.
        """
        name = record_id(self.source, offer.origin)
        relative = f"{name[:2]}/{name}{extension}"
        target = self.written / relative
        if not self._link(offer.file, target):
            write_bytes(target, data, synced=False)
        return f"{self.published}/{relative}"

    def _link(self, file: Location, target: Location) -> bool:
        """Whether a hard link could be made; across file systems, or where there are none, it can't."""
        if isinstance(file, Address) or isinstance(target, Address) or not file.is_relative_to(self.root / CACHE):
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file, target)
        except OSError:
            return False
        return True
