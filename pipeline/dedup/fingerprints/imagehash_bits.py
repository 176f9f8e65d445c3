"""The same hashes as in `hashes`, computed by imagehash on the same samples."""

import imagehash
import numpy as np
from PIL import Image

from pipeline.dedup.fingerprints.hashes import Grey, PictureHashes, resample


def picture_hashes(samples: Grey) -> PictureHashes:
    """Of `squeeze_whole_and_upper`."""
    whole, upper = samples
    return PictureHashes(
        whole=phash(whole),
        mirrored=phash(whole[:, ::-1]),
        upper=phash(upper),
        half=phash(whole[::-1, ::-1]),
        quarter=phash(np.rot90(whole)),
        gradient=dhash(whole),
    )


def phash(samples: Grey) -> int:
    """The pHash of 32x32 samples: the size at which imagehash takes its own, so that it resizes nothing."""
    return _as_int(imagehash.phash(Image.fromarray(np.ascontiguousarray(samples))))


def dhash(samples: Grey) -> int:
    """The dHash of samples, squeezed to 9x8 by averaging areas, where imagehash would resize with another filter."""
    return _as_int(imagehash.dhash(Image.fromarray(resample(samples, 9, 8))))


def _as_int(bits: imagehash.ImageHash) -> int:
    return int(str(bits), 16)
