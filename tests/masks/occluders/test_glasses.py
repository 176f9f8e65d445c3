import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.masks.head.canonical import canonical_head, fit_head
from pipeline.masks.occluders.glasses import find_rims
from tests.masks.conftest import Posed, painted

HEAD = canonical_head()
FRAME = (30, 28, 28)


def _rims(photo: Rgb, landmarks: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return find_rims(photo, fit_head(landmarks, HEAD), HEAD)


@pytest.mark.parametrize("side", [-1, 1])
def test_a_dark_line_across_the_cheek_is_a_rim(skin_photo: Rgb, face: Points, side: int) -> None:
    photo = painted(skin_photo, face, (side * 12, side * 45), (20, 22.5), FRAME)

    (outline,) = _rims(photo, face)

    assert np.ptp(outline[:, 0]) > 25
    assert (np.sign(outline[:, 0] - face[30, 0]) == side).all()


@pytest.mark.parametrize(
    ("azimuth_deg", "y_mm", "colour"),
    [
        ((12, 45), (7, 9), FRAME),  # lashes
        ((12, 45), (20, 22.5), (168, 128, 106)),  # a bag under the eye
        ((12, 20), (20, 22.5), FRAME),  # a mole
        ((12, 45), (14, 40), FRAME),  # a cheek in black
        ((12, 45), (37, 39), FRAME),  # a fold beside the nose wing
        ((-8, 8), (20, 22.5), FRAME),  # a plaster on the nose
    ],
)
def test_other_dark_things_are_none(
    skin_photo: Rgb, face: Points, azimuth_deg: tuple[int, int], y_mm: tuple[int, float], colour: tuple[int, int, int]
) -> None:
    assert _rims(painted(skin_photo, face, azimuth_deg, y_mm, colour), face) == []


def test_a_turned_and_tilted_face_has_its_rims_too(skin_photo: Rgb, posed_landmarks: Posed) -> None:
    landmarks = posed_landmarks(25, 0, -30)

    assert len(_rims(painted(skin_photo, landmarks, (-45, -12), (20, 22.5), FRAME), landmarks)) == 1


def test_a_face_in_profile_is_not_searched(skin_photo: Rgb, posed_landmarks: Posed) -> None:
    near_profile = posed_landmarks(48)

    assert _rims(painted(skin_photo, near_profile, (-45, -12), (20, 22.5), FRAME), near_profile) == []
