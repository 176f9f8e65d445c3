"""Steps that die over one photo. Each worker process loads this file, so it loads nothing that they don't need."""

import os
import signal

from pipeline.augment.manifest_masker import ManifestMasker, Masking, PhotoFaces
from pipeline.core.errors import SampleRejected
from pipeline.core.locations import Location
from pipeline.core.params import HasherName
from pipeline.core.records import Image, Rejection
from pipeline.dedup.fingerprints.cache import _fingerprint_file
from pipeline.dedup.fingerprints.fingerprint import Fingerprint
from pipeline.faces.extraction import Extraction, FaceExtractor
from pipeline.sources.inspection import Inspector
from pipeline.sources.offers import Inspected, Offer

POISON = "01.jpg"


def die_over(origin: str) -> None:
    if origin.endswith(POISON):
        os.kill(os.getpid(), signal.SIGKILL)


class PoisonedInspector(Inspector):
    def __call__(self, offer: Offer) -> Inspected | Rejection:
        die_over(offer.origin)
        return Inspector.__call__(self, offer)


def poisoned_fingerprint(root: Location, hasher: HasherName, image: Image) -> Fingerprint | SampleRejected:
    die_over(image.origin)
    return _fingerprint_file(root, hasher, image)


class PoisonedExtractor(FaceExtractor):
    """Dies after its crops are written."""

    def __call__(self, image: Image) -> Extraction:
        extraction = FaceExtractor.__call__(self, image)
        die_over(image.origin)
        return extraction


class PoisonedMasker(ManifestMasker):
    """Dies after its pictures are written."""

    def __call__(self, photo: PhotoFaces) -> Masking:
        masking = ManifestMasker.__call__(self, photo)
        die_over(photo.image.origin)
        return masking
