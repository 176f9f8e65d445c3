"""`samples/truth.npz`: what is known about each rendered picture, for tests to check against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generators.sample.portrait import Portrait
from generators.sample.scene import Scene
from pipeline.storage.whole_files import atomic_path

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Truth:
    """The file's arrays, one row a picture, in the order of `picture`.

    Attributes:
        picture, identity: `str (N,)`, the file names and who they show.
        size_px: `int32 (N, 2)`, width and height.
        pose_deg: `float32 (N, 3)`, yaw (to the viewer's right), pitch (down), roll (clockwise).
        camera: `float64 (N, 3, 3)`, pin-hole matrices in pixels.
        landmarks_mm: `float32 (N, 68, 3)` before the camera: x right, y down, z away.
        landmarks_px: `float32 (N, 68, 2)`, their projection.
        visible: `bool (N, 68)`, not hidden by the head itself.
        head_bits, skin_bits: packed masks of all pictures, one after the other; picture k owns the bytes from
            `bits_start[k]` to `bits_start[k + 1]`.
    """

    picture: NDArray[np.str_]
    identity: NDArray[np.str_]
    size_px: NDArray[np.int32]
    pose_deg: NDArray[np.float32]
    camera: NDArray[np.float64]
    landmarks_mm: NDArray[np.float32]
    landmarks_px: NDArray[np.float32]
    visible: Bools
    head_bits: NDArray[np.uint8]
    skin_bits: NDArray[np.uint8]
    bits_start: NDArray[np.int64]

    def head_mask(self, row: int) -> Bools:
        """Where the head with ears, neck and hair is, `(H, W)`."""
        return self._mask(self.head_bits, row)

    def skin_mask(self, row: int) -> Bools:
        """Where bare skin, lips or eyes are to be seen, `(H, W)`."""
        return self._mask(self.skin_bits, row)

    def _mask(self, bits: NDArray[np.uint8], row: int) -> Bools:
        width, height = (int(side) for side in self.size_px[row])
        own = bits[self.bits_start[row] : self.bits_start[row + 1]]
        return np.unpackbits(own, count=width * height).astype(bool).reshape(height, width)


def gather_truth(files: list[str], identities: list[str], scenes: list[Scene], portraits: list[Portrait]) -> Truth:
    """The truth of pictures in the order given."""
    heads = [np.packbits(portrait.head) for portrait in portraits]
    return Truth(
        picture=np.array(files),
        identity=np.array(identities),
        size_px=np.array([(scene.width_px, scene.height_px) for scene in scenes], dtype=np.int32),
        pose_deg=np.array([(s.yaw_deg, s.pitch_deg, s.roll_deg) for s in scenes], dtype=np.float32),
        camera=np.array([scene.camera for scene in scenes]),
        landmarks_mm=np.array([portrait.landmarks for portrait in portraits], dtype=np.float32),
        landmarks_px=np.array([portrait.landmarks_px for portrait in portraits], dtype=np.float32),
        visible=np.array([portrait.visible for portrait in portraits]),
        head_bits=np.concatenate(heads),
        skin_bits=np.concatenate([np.packbits(portrait.skin) for portrait in portraits]),
        bits_start=np.concatenate([[0], np.cumsum([len(head) for head in heads])]).astype(np.int64),
    )


def write_truth(path: Path, truth: Truth) -> None:
    """Write the arrays."""
    with atomic_path(path) as part, part.open("wb") as handle:
        np.savez_compressed(handle, **vars(truth))


def read_truth(path: Path) -> Truth:
    """Read the arrays back."""
    with np.load(path) as arrays:
        return Truth(**{name: arrays[name] for name in arrays.files})
