"""The arithmetic of a head's fit to the landmarks of a face: sums and products alone, in one order.

A library for matrices adds in an order of its own, another one on each processor.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Points3d
from pipeline.faces.landmarks import JAW
from pipeline.masks.compiled import head_calls
from pipeline.masks.compiled.inputs import FitNumbers, HeadModel
from pipeline.masks.compiled.library import or_compiled

_HOLD_MM = np.array([0.15, 0.15, 0.6]) * 30 * np.sqrt(68)
"""How strongly width, height and depth are held to the mean head's: as landmarks at these typical levers would."""

_FLAT = 1e-24
"""Below this share of its size a camera that sees the head as a line is taken for a narrow one."""

_RIGHT_JAW = 8


def in_order(terms: NDArray[np.float64], axis: int = 0) -> NDArray[np.float64]:
    """Their sum along an axis, one after the other."""
    return np.asarray(np.add.accumulate(terms, axis=axis).take(-1, axis=axis))


def fit_numbers(landmarks: Points, model: HeadModel) -> FitNumbers:
    """The fit to 68 points `(68, 2)`.

    A scaled-orthographic pose from the least-squares affine camera (Tomasi & Kanade's metric constraint), then one
    scale for each axis, then a smooth kernel-ridge warp of what is left.
    """
    numbers = fitted(landmarks, model, _HOLD_MM, _FLAT)
    rotation, stretch, origin = numbers[:9].reshape(3, 3), numbers[10:13], numbers[13:15]
    return FitNumbers(rotation, float(numbers[9]), stretch, origin, numbers[15:].reshape(68, 2))


@or_compiled(head_calls.fitted)
def fitted(landmarks: Points, model: HeadModel, hold: NDArray[np.float64], flat: float) -> NDArray[np.float64]:
    """All numbers of `FitNumbers` one after the other, `(151,)`."""
    observed = landmarks.astype(np.float64)
    affine = in_order(model.pose_solver[:3, :, None] * observed, axis=1).T
    rotation, scale = nearest_rotation(affine, flat)
    camera = rotation[:2] * scale
    canonical = seen_landmarks(model, rotation).astype(np.float64)
    solution = _stretched(canonical, observed, camera, hold * np.abs(camera).max())
    placed = in_order((canonical * solution[:3])[:, None, :] * camera, axis=2)
    residual = observed - placed - solution[3:]
    coefficients = in_order(model.warp_weights[:, :, None] * residual, axis=1)
    return np.concatenate([rotation.ravel(), [scale], solution, coefficients.ravel()])


def nearest_rotation(affine: NDArray[np.float64], flat: float = _FLAT) -> tuple[NDArray[np.float64], float]:
    """The rotation `(3, 3)` nearest to an affine camera `(2, 3)`, and its scale: its polar decomposition.

    With the singular values p and q of A, (A A')^(1/2) is (A A' + p q) / (p + q).
    """
    a, b, d = in_order(affine[[0, 0, 1]] * affine[[0, 1, 1]], axis=1).tolist()
    product = np.sqrt(max(a * d - b * b, flat * (a + d) * (a + d)))
    total = np.sqrt(a + d + 2 * product)
    inverse = np.array([[d + product, -b], [-b, a + product]])
    x, y = (inverse[:, :, None] * affine).sum(axis=1) / (total * product)
    return np.stack(
        [x, y, [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]]]
    ), total / 2


def seen_landmarks(model: HeadModel, rotation: NDArray[np.float64]) -> Points3d:
    """The landmarks `(68, 3)`, those of the jaw that this turn hides moved along the skin to the head's outline.

    There dlib marks them: it follows the contour that is seen. Taken for the hidden points themselves, they would push
    the far cheek of a head turned by 30 degrees out by some 3 mm.
    """
    outwards = in_order(model.jaw_paths * picture_axes(rotation)[0], axis=2)
    outwards[:_RIGHT_JAW] *= -1
    seen = model.landmarks.copy()
    seen[JAW] = model.jaw_points[np.arange(17), outwards.argmax(axis=1)]
    return seen


def picture_axes(rotation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Canonical directions `(2, 3)`: what grows across the head's axis as the picture shows it, and what along it."""
    x, y = rotation[0, 1], rotation[1, 1]
    length = np.sqrt(x * x + y * y)
    down_x, down_y = x / length, y / length
    return np.array([down_y * rotation[0] - down_x * rotation[1], down_x * rotation[0] + down_y * rotation[1]])


def _stretched(
    canonical: NDArray[np.float64],
    observed: NDArray[np.float64],
    camera: NDArray[np.float64],
    prior: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Width, height and depth factors, with a prior at 1, and the origin `(5,)`; `camera` is `(2, 3)` in px/mm."""
    rows = np.zeros((2, 68, 6))
    rows[:, :, :3] = canonical * camera[:, None]
    rows[0, :, 3], rows[1, :, 4] = 1, 1
    rows[:, :, 5] = observed.T
    system = equations(rows.reshape(-1, 6))
    for k in range(3):
        system[k, [k, -1]] += prior[k] * prior[k]
    return solved(system)


def equations(rows: NDArray[np.float64], weight: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Normal equations `(K, K + 1)` of weighted rows `(N, K + 1)`, whose last number is what the others are to give."""
    weighted = rows[:, :-1] if weight is None else rows[:, :-1] * weight[:, None]
    return in_order(weighted[:, :, None] * rows[:, None, :])


def solved(system: NDArray[np.float64]) -> NDArray[np.float64]:
    """The solution `(K,)` of positive definite equations `(K, K + 1)`, by elimination in their order."""
    system = system.copy()
    size = len(system)
    for k in range(size):
        system[k + 1 :] -= (system[k + 1 :, k] / system[k, k])[:, None] * system[k]
    solution = np.zeros(size)
    for k in reversed(range(size)):
        rest = system[k, size]
        for after in range(k + 1, size):
            rest -= system[k, after] * solution[after]
        solution[k] = rest / system[k, k]
    return solution


@or_compiled(head_calls.projected)
def projected(
    points: NDArray[np.float64], nearness: NDArray[np.float32], fit: FitNumbers
) -> tuple[Points, NDArray[np.float64]]:
    """Pixels `(N, 2)` of points `(N, 3)`, so near `(N, 68)` to the landmarks, and places `(N, 3)` in camera axes."""
    camera = in_order((points * fit.stretch)[:, None, :] * fit.rotation, axis=2)
    terms = nearness.astype(np.float64)[:, :, None] * fit.coefficients
    first, second, third, fourth = terms.reshape(-1, 17, 4, 2).sum(axis=1).swapaxes(0, 1)
    xy = camera[:, :2] * fit.scale + fit.origin + ((first + second) + (third + fourth))
    return xy.astype(np.float32), camera
