"""Look at one offered file: is it an image that can be used, and where does the manifest find it."""

import atexit
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.core.errors import SampleRejected
from pipeline.core.locations import Address, Location
from pipeline.core.paths import CACHE
from pipeline.core.records import Rejection
from pipeline.engine.sandbox import Sandbox, SandboxBrokenError, SandboxLimits
from pipeline.sources.content import image_extension, refuse_polyglot
from pipeline.sources.offers import Inspected, Offer
from pipeline.storage.images import ImageLimits, decode_image, read_file
from pipeline.storage.orientation import orientation_of
from pipeline.storage.whole_files import write_bytes

STAGE = "ingest"


@dataclass(frozen=True, slots=True)
class Picture:
    """What is learnt from the bytes of a file; the sides are those of the upright image.

    `mask_drawn` is what its own XMP says: `Decoded.mask_drawn`.
    """

    extension: Annotated[str, Field(pattern=r"^\.[a-z0-9]{1,8}$")]
    width_px: Annotated[int, Field(gt=0)]
    height_px: Annotated[int, Field(gt=0)]
    orientation: Annotated[int, Field(ge=1, le=8)]
    mask_drawn: bool


def look_at(data: bytes, limits: ImageLimits, boxed: bool) -> Picture:
    """Decode a file to the last pixel; the orientation counts where faces are marked in it.

    Raises:
        SampleRejected: any reason of `image_extension`, `refuse_polyglot` or `decode_image`.
    """
    extension = image_extension(data)
    refuse_polyglot(data)
    decoded = decode_image(data, limits)
    height, width = decoded.rgb.shape[:2]
    return Picture(extension, width, height, orientation_of(data) if boxed else 1, decoded.mask_drawn)


@cache
def _shared_sandbox(function: Callable[..., Picture], limits: SandboxLimits) -> Sandbox[Picture]:
    """One child for all pictures of this process."""
    sandbox = Sandbox(function, Picture, limits)
    atexit.register(sandbox.close)
    return sandbox


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
        sandbox: What a file may take of the child process that looks at it; None looks in this one.
    """

    source: str
    root: Path
    written: Location
    published: str
    limits: ImageLimits
    removed_sha256: frozenset[str] = frozenset()
    sandbox: SandboxLimits | None = None

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
        seen = self._looked_at(data, bool(offer.boxes))
        path = self._in_place(offer.file) if offer.in_place else self._put(offer, seen.extension, data)
        size = seen.width_px, seen.height_px, len(data)
        return Inspected(offer, digest, path, *size, seen.orientation, seen.mask_drawn)

    def _looked_at(self, data: bytes, boxed: bool) -> Picture:
        if self.sandbox is None:
            return look_at(data, self.limits, boxed)
        try:
            return _shared_sandbox(look_at, self.sandbox).run(data, self.limits, boxed)
        except SandboxBrokenError as broken:
            raise SampleRejected("damaged_image", str(broken)) from broken

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
