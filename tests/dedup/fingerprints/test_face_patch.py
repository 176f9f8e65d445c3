import numpy as np
from numpy.typing import NDArray

from pipeline.dedup.fingerprints.face_patch import EYE_LINE, PATCH_PX, SURROUNDINGS_SCALE, align_face
from tests.dedup.examples import picture


def eyes_at(right_xy: tuple[int, int], left_xy: tuple[int, int]) -> NDArray[np.float32]:
    """68 points of which only the eyes matter."""
    points = np.zeros((68, 2), np.float32)
    points[36:42], points[42:48] = right_xy, left_xy
    return points


def test_the_surroundings_show_the_face_smaller_and_in_its_place() -> None:
    rgb = np.zeros((400, 400, 3), np.uint8)
    rgb[190:210, 170:230] = 250  # a bar from eye to eye
    aligned = align_face(rgb, eyes_at((170, 200), (230, 200)))
    eye_row = round(EYE_LINE * PATCH_PX)
    face_width, wide_width = ((row > 125).sum() for row in (aligned.face[eye_row], aligned.surroundings[eye_row]))
    assert abs(face_width - SURROUNDINGS_SCALE * wide_width) <= 3
    assert face_width > 20


def test_what_lies_beyond_the_frame_is_zero_and_black_pixels_are_not() -> None:
    aligned = align_face(np.zeros((100, 100, 3), np.uint8), eyes_at((40, 50), (60, 50)))
    assert aligned.surroundings[0, 0] == 0
    assert aligned.surroundings[PATCH_PX // 2, PATCH_PX // 2] == 1
    assert aligned.face.max() == 0


def test_a_crop_has_the_surroundings_of_its_photo_where_it_shows_them() -> None:
    photo = picture(2, side_px=400)
    whole = align_face(photo, eyes_at((170, 200), (230, 200))).surroundings
    crop = align_face(photo[80:320, 80:320], eyes_at((90, 120), (150, 120))).surroundings
    shared = crop > 0
    assert 0.3 < shared.mean() < 0.9
    inner = shared & np.roll(shared, 2, 0) & np.roll(shared, -2, 0) & np.roll(shared, 2, 1) & np.roll(shared, -2, 1)
    np.testing.assert_allclose(whole[inner], crop[inner], atol=1)
