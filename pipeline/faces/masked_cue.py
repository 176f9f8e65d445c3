"""Whether a face already wears a mask: a logistic regression on a small aligned patch of it.

`generators/masked_face_cue.py` fits the weights on synthetic masks; `docs/masks.md` states the error rates.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import FloatImage, Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import AugmentParams
from pipeline.core.step_times import timed
from pipeline.faces.pose import mean_landmarks

WEIGHTS_FILE = "masked_face_cue.npz"
REASON = "already_masked"
DEFAULT_THRESHOLD = AugmentParams().already_masked_threshold

_MM_PER_PX = 3.0
_WIDTH_PX, _HEIGHT_PX = 48, 56
_LEFT_MM, _TOP_MM = -72.0, -42.0
"""The patch reaches from the forehead to below the chin of the mean head, origin at the sellion."""

_CELLS = (12, 14)
_SKIN_ROWS, _SKIN_COLUMNS = slice(11, 22), slice(12, 36)
"""From the brows to below the eyes: what a mask leaves bare."""

_FINEST = 4
"""Samples a side of which one pixel of the patch is the mean, where the photo has so many."""

_SPREAD = np.array([50, 15, 15], dtype=np.float32)
"""How far lightness and both colour axes of CIELAB commonly lie from the skin's."""

_HOG = cv2.HOGDescriptor((_WIDTH_PX, _HEIGHT_PX), (16, 16), (8, 8), (8, 8), 9)


@dataclass(frozen=True, slots=True)
class MaskedFaceCue:
    """A linear model: `weights` `(F,)` on `face_features`, and `bias`."""

    weights: NDArray[np.float32]
    bias: float

    def probability(self, rgb: Rgb, landmarks: Points) -> float:
        """How likely the face with these 68 landmarks `(68, 2)` wears a mask, 0 to 1, as synthetic masks look."""
        score = float(face_features(align_patch(rgb, landmarks)) @ self.weights) + self.bias
        return float(1 / (1 + np.exp(-min(max(score, -60.0), 60.0))))

    @timed("cue")
    def check_unmasked(self, rgb: Rgb, landmarks: Points, threshold: float) -> None:
        """Pass if the face wears no mask; a threshold of 1 lets every face pass.

        Raises:
            SampleRejected: `already_masked`, the probability is above the threshold.
        """
        if threshold >= 1:
            return
        probability = self.probability(rgb, landmarks)
        if probability > threshold:
            raise SampleRejected(REASON, f"looks masked ({probability:.3f}, at most {threshold:g} is taken)")


def align_patch(rgb: Rgb, landmarks: Points) -> Rgb:
    """The face upright at 3 mm a pixel, `uint8 (56, 48, 3)`, by the similarity that best fits the landmarks."""
    turn, shift = _similarity(landmarks)
    step = min(max(1, int(abs(turn))), _FINEST)  # pixels of the photo in one of the patch
    size = (_WIDTH_PX * step, _HEIGHT_PX * step)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    at = _patch_to_photo(turn, shift, step)
    large = cv2.warpAffine(rgb, at, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    if step > 1:
        large = cv2.resize(large, (_WIDTH_PX, _HEIGHT_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(large, np.uint8)


def _similarity(landmarks: Points) -> tuple[complex, complex]:
    """Turn-and-scale and shift, as complex numbers, from patch pixels to photo pixels, by least squares."""
    turn_x, turn_y, shift_x, shift_y = (landmarks.astype(np.float64).ravel() @ _similarity_solver()).tolist()
    return complex(turn_x, turn_y), complex(shift_x, shift_y)


@lru_cache(maxsize=1)
def _similarity_solver() -> NDArray[np.float64]:
    """`(136, 4)`: from the coordinates of 68 landmarks to the real and imaginary parts of turn and shift."""
    points = (mean_landmarks()[:, :2] - (_LEFT_MM, _TOP_MM)) / _MM_PER_PX - 0.5
    flat = points[:, 0] + 1j * points[:, 1]
    centred = flat - flat.mean()
    turn = centred.conj() / np.vdot(centred, centred).real
    shift = 1 / len(flat) - turn * flat.mean()
    by_x = np.stack([turn.real, turn.imag, shift.real, shift.imag], axis=1)
    by_y = np.stack([-turn.imag, turn.real, -shift.imag, shift.real], axis=1)
    return np.stack([by_x, by_y], axis=1).reshape(-1, 4)


def _patch_to_photo(turn: complex, shift: complex, step: int) -> NDArray[np.float64]:
    """The matrix `(2, 3)` of that way, from a patch that is `step` times as fine each way."""
    (xx, xy), (yx, yy) = (turn.real, -turn.imag), (turn.imag, turn.real)
    back = (step - 1) / (2 * step)  # the middle of a pixel is not that of its first part
    return np.array(
        [[xx / step, xy / step, shift.real - (xx + xy) * back], [yx / step, yy / step, shift.imag - (yx + yy) * back]]
    )


def face_features(patch: Rgb) -> NDArray[np.float32]:
    """Features `float32 (F,)` of an aligned patch: oriented gradients, and each cell's colour against the skin's.

    HOG after Dalal & Triggs (CVPR 2005). Colours are CIELAB; the skin's is the mean between brows and cheekbones.
    """
    gradients = np.asarray(_HOG.compute(patch), dtype=np.float32).ravel()
    lab = cv2.cvtColor(patch.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    skin = lab[_SKIN_ROWS, _SKIN_COLUMNS].reshape(-1, 3).mean(axis=0)
    apart: FloatImage = (cv2.resize(lab, _CELLS, interpolation=cv2.INTER_AREA) - skin) / _SPREAD
    energy = cv2.resize(_gradient(lab[:, :, 0]), _CELLS, interpolation=cv2.INTER_AREA) / 10
    return np.concatenate([gradients, apart.ravel(), np.abs(apart).ravel(), energy.ravel()]).astype(np.float32)


def _gradient(lightness: FloatImage) -> FloatImage:
    across, down = cv2.Scharr(lightness, cv2.CV_32F, 1, 0), cv2.Scharr(lightness, cv2.CV_32F, 0, 1)
    steep = np.sqrt(across * across + down * down)  # cv2.magnitude's last digits depend on where the planes lie
    return np.asarray(steep / np.float32(16), dtype=np.float32)


@lru_cache(maxsize=1)
def masked_face_cue() -> MaskedFaceCue:
    """The model that ships with the package."""
    with (files("pipeline.faces") / WEIGHTS_FILE).open("rb") as file, np.load(file) as data:
        return MaskedFaceCue(data["weights"].astype(np.float32), float(data["bias"]))
