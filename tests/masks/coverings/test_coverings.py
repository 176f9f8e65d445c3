import numpy as np
import pytest

from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import ShapeError
from pipeline.core.params import FacesParams
from pipeline.core.randomness import sample_rng
from pipeline.faces.finding import FaceFinder, FoundFace
from pipeline.masks.coverings import KINDS, Covering, CoveringKind, cover_face, draw_covering, draw_partial_covering
from pipeline.masks.coverings.solids import capsule, coverage, ellipse, face_plane, rounded_box, tapered

SEE_THROUGH = {"visor"}


@pytest.fixture(scope="module")
def face(portrait: Rgb) -> FoundFace:
    return FaceFinder(FacesParams()).find(portrait)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_covering_hides_the_mouth_and_leaves_the_rest_of_the_photo(
    portrait: Rgb, face: FoundFace, kind: CoveringKind
) -> None:
    before = portrait.copy()
    shares = []
    for k in range(6):
        covered = cover_face(portrait, face.landmarks, draw_covering(sample_rng(k, kind), kind))
        changed = np.abs(covered.astype(int) - portrait).sum(2) > 24
        mouth = face.landmarks[48:68].mean(0).round().astype(int)
        shares.append(changed[mouth[1] - 4 : mouth[1] + 5, mouth[0] - 4 : mouth[0] + 5].mean())
        assert covered.shape == portrait.shape
        assert covered.dtype == np.uint8
        assert changed.mean() < 0.8
    assert np.median(shares) > (0.3 if kind in SEE_THROUGH else 0.9)
    assert np.array_equal(portrait, before)


def test_the_same_draw_gives_the_same_bytes(portrait: Rgb, face: FoundFace) -> None:
    covering = draw_covering(sample_rng(3, "again"))
    first, second = (cover_face(portrait, face.landmarks, covering) for _ in range(2))
    assert np.array_equal(first, second)


def test_all_kinds_are_drawn() -> None:
    assert {draw_covering(sample_rng(k, "kinds")).kind for k in range(200)} == set(KINDS)


def test_the_frame_follows_a_turned_face() -> None:
    landmarks = np.zeros((68, 2), dtype=np.float32)
    landmarks[36], landmarks[45], landmarks[48:68] = (50, 30), (50, 70), (30, 50)
    plane = face_plane(landmarks, 100, 100)
    assert plane.unit_px == 40
    assert plane.x[50, 30] == plane.y[50, 30] == 0
    assert plane.y[50, 50] == pytest.approx(-0.5)  # towards the eyes
    assert plane.x[60, 30] == pytest.approx(0.25)


def test_distances_are_negative_inside_and_grow_by_one_a_unit() -> None:
    landmarks = np.zeros((68, 2), dtype=np.float32)
    landmarks[36], landmarks[45], landmarks[48:68] = (30, 10), (70, 10), (50, 50)
    plane = face_plane(landmarks, 100, 100)
    bodies = [capsule(plane, (0, -0.5), (0, 0.5), 0.2), rounded_box(plane, 0.2, 0.7, 0.1), ellipse(plane, 0.2, 0.7)]
    for distance in (*bodies, tapered(plane, 0.2, 0.2, 0.7)):
        assert distance[50, 50] < 0
        assert distance[50, 58] == pytest.approx(0, abs=1e-5)  # 8 px are 0.2 units
        assert distance[50, 98] > 0
    assert np.diff(bodies[0][50, 60:90]) == pytest.approx(1 / 40, abs=1e-5)
    assert coverage(bodies[0], plane.unit_px)[50, 58] == pytest.approx(0.5)


def test_a_partial_covering_lies_beside_the_mouth(portrait: Rgb, face: FoundFace) -> None:
    shares = []
    for k in range(24):
        covering = draw_partial_covering(sample_rng(k, "partial"))
        changed = np.abs(cover_face(portrait, face.landmarks, covering, masked=True).astype(int) - portrait).sum(2) > 24
        left, top = face.landmarks[2:15].min(0).round().astype(int)
        right, bottom = face.landmarks[2:15].max(0).round().astype(int)
        shares.append(changed[top:bottom, left:right].mean())
        assert covering.kind == "visor" or abs(covering.x) >= 0.35
    assert 0.1 < np.median(shares) < 0.6


def test_a_hand_before_a_mask_has_the_colour_of_the_face_and_not_of_the_mask(portrait: Rgb, face: FoundFace) -> None:
    lower = portrait.copy()
    lower[int(face.landmarks[28:31, 1].mean()) :] = (20, 60, 220)  # a blue sheet from the nose down
    hand = next(
        covering
        for covering in (draw_partial_covering(sample_rng(k, "hand")) for k in range(50))
        if covering.kind == "hand"
    )
    changed = _changed_pixels(lower, face, hand, masked=True)
    assert changed[:, 0].mean() > changed[:, 2].mean()  # skin is redder than blue
    as_if_bare = _changed_pixels(lower, face, hand, masked=False)
    assert as_if_bare[:, 0].mean() < as_if_bare[:, 2].mean()


def _changed_pixels(rgb: Rgb, face: FoundFace, covering: Covering, *, masked: bool) -> Rgb:
    covered = cover_face(rgb, face.landmarks, covering, masked=masked)
    return np.asarray(covered[np.abs(covered.astype(int) - rgb).sum(2) > 90])


@pytest.mark.parametrize("wrong", [np.zeros((5, 2)), np.full((68, 2), np.nan), np.full((68, 2), 1e9)])
def test_what_are_no_landmarks_is_told(portrait: Rgb, wrong: Points) -> None:
    with pytest.raises(ShapeError, match="68 landmarks"):
        cover_face(portrait, wrong, draw_covering(sample_rng(0, "wrong")))
