import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.masks.head.canonical import canonical_head, fit_head, from_cylinder, sample_field
from pipeline.masks.occluders import hair, occluders
from pipeline.masks.occluders.hair import find_curtains
from tests.masks.conftest import painted

HEAD = canonical_head()
HAIR = (32, 24, 20)


def _long_hair(photo: Rgb, landmarks: NDArray[np.float32], side: int = 1) -> Rgb:
    return painted(photo, landmarks, (side * 55, side * 118), (-58, 118), HAIR)


def _matte_at(photo: Rgb, landmarks: NDArray[np.float32], azimuth_deg: int, y_mm: int) -> float:
    fit = fit_head(landmarks, HEAD)
    azimuth, y = np.full((1, 1), float(azimuth_deg)), np.full((1, 1), float(y_mm))
    xy, _ = fit.project(from_cylinder(azimuth, y, sample_field(HEAD.radius, azimuth, y)).reshape(-1, 3), HEAD)
    column, row = np.rint(xy[0]).astype(int)
    found = occluders.Occluders(find_curtains(photo, fit, HEAD), [])
    bare = np.zeros(photo.shape[:2], dtype=np.float32)
    return float(occluders.matte(photo, found, bare, lambda points: points, fit.scale)[row, column])


@pytest.mark.parametrize("side", [-1, 1])
def test_hair_that_falls_beside_the_cheek_and_over_the_ear_is_found_on_its_side(
    skin_photo: Rgb, face: Points, side: int
) -> None:
    photo = _long_hair(skin_photo, face, side)

    assert len(find_curtains(photo, fit_head(face, HEAD), HEAD)) == 1
    assert [_matte_at(photo, face, side * azimuth, 60) for azimuth in (30, 64, 90)] == [0, 1, 1]
    assert _matte_at(photo, face, -side * 90, 60) == 0


def test_a_full_beard_is_no_occluders(skin_photo: Rgb, face: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hair, "_SHARP_ROWS", 0)
    photo = painted(skin_photo, face, (-80, 80), (48, 120), HAIR)
    for side in (-1, 1):
        photo = painted(photo, face, (side * 70, side * 86), (-58, 60), HAIR)  # sideburns up to the hair
        photo = painted(photo, face, (side * 70, side * 118), (-58, -12), HAIR)

    assert find_curtains(photo, fit_head(face, HEAD), HEAD) == []
    monkeypatch.setattr(hair, "_EAR_COVERED", 0)
    assert len(find_curtains(photo, fit_head(face, HEAD), HEAD)) == 2


def test_hair_over_the_ears_does_not_make_a_beard_hang(skin_photo: Rgb, face: Points) -> None:
    photo = painted(skin_photo, face, (-80, 80), (48, 120), HAIR)
    photo = painted(photo, face, (78, 118), (-58, 118), HAIR)

    assert _matte_at(photo, face, 90, 60) == 1
    assert [_matte_at(photo, face, azimuth, 80) for azimuth in (20, 35, 50)] == [0, 0, 0]


def test_a_side_in_shadow_is_no_occluders(skin_photo: Rgb, face: Points, monkeypatch: pytest.MonkeyPatch) -> None:
    middle, edge = face[8, 0], face[16, 0]
    fall = np.clip((np.arange(300) - middle - 0.4 * (edge - middle)) / (0.5 * (edge - middle)), 0, 1)
    photo = (skin_photo * (1 - 0.85 * fall)[None, :, None]).astype(np.uint8)

    assert find_curtains(photo, fit_head(face, HEAD), HEAD) == []
    monkeypatch.setattr(hair, "_SHARP_ROWS", 0)
    assert len(find_curtains(photo, fit_head(face, HEAD), HEAD)) == 1


def test_nothing_is_found_where_the_photo_ends_at_the_cheek(skin_photo: Rgb, face: Points) -> None:
    photo = _long_hair(skin_photo, face)
    edge = int(face[15, 0])

    assert find_curtains(np.ascontiguousarray(photo[:, :edge]), fit_head(face, HEAD), HEAD) == []
