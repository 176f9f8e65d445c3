"""Photos that lie on their sides, and photos of many small faces."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from generators.sample.truth import read_truth
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.faces.describing import FaceDescriber
from pipeline.faces.detectors import Box, YuNetDetector
from pipeline.faces.finding import FaceFinder
from pipeline.faces.landmarks import LandmarkPredictor, interocular_px
from pipeline.faces.pose import five_of
from pipeline.faces.searching import FaceSearch
from pipeline.storage.images import read_image

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder(FacesParams())


def turned(rgb: Rgb, points: Points, clockwise_deg: float) -> tuple[Rgb, Points]:
    """The whole photo turned, on a canvas that holds it, and where points of it came to lie."""
    height, width = rgb.shape[:2]
    side = int(np.hypot(height, width)) + 1
    at = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -clockwise_deg, 1.0)
    at[:, 2] += ((side - width) / 2, (side - height) / 2)
    photo = cv2.warpAffine(rgb, at, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(photo, dtype=np.uint8), np.asarray(points @ at[:, :2].T + at[:, 2], dtype=np.float32)


def error(found: Points, true: Points) -> float:
    """Of eyes, nose and mouth, over the distance of the eyes."""
    return float(np.linalg.norm(found[27:] - true[27:], axis=1).mean()) / interocular_px(true)


@pytest.mark.parametrize("degrees", [30, 60, 90, 135, 180, 225, 270, 315])
def test_a_turned_photo_has_its_landmarks_where_eyes_and_mouth_are(
    finder: FaceFinder, portrait: Rgb, degrees: float
) -> None:
    upright = finder.find(portrait)[0]
    photo, true = turned(portrait, upright.landmarks, degrees)
    (face,) = finder.find(photo)
    assert error(face.landmarks, true) < 0.12
    assert (face.pose.roll_deg - upright.pose.roll_deg - degrees + 180) % 360 - 180 == pytest.approx(0, abs=8)
    inside = (true[:, 0] > face.box.left) & (true[:, 0] < face.box.right)
    assert inside.mean() > 0.8


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_turned_sample_portraits_are_right_or_refused(finder: FaceFinder, quarters: int) -> None:
    """A wrong face would carry a mask on forehead or cheek with the label `correct`."""
    right, names = 0, read_truth(SAMPLES / "truth.npz").picture[::12]
    for name in names:
        rgb = read_image(SAMPLES / "faces" / str(name)).rgb
        true = finder.find(rgb)[0].landmarks
        photo, points = turned(rgb, true, 90 * quarters)
        for face in finder.search(photo).faces:
            assert error(face.landmarks, points) < 0.2, name
            right += 1
    assert right >= 0.8 * len(names)


def test_a_portrait_is_what_the_first_look_shows(finder: FaceFinder, portrait: Rgb) -> None:
    box = YuNetDetector().detect(portrait)[0]
    face = finder.find(portrait)[0]
    assert face.box == box
    assert np.array_equal(face.landmarks, LandmarkPredictor().predict(portrait, box))


def crowd(portrait: Rgb, columns: int, rows: int, width_px: int) -> Rgb:
    """Copies of a portrait on a grey wall of 2,000 px."""
    small = cv2.resize(portrait, (width_px, width_px * 300 // 256), interpolation=cv2.INTER_AREA)
    canvas = np.full((1500, 2000, 3), 140, dtype=np.uint8)
    for row in range(rows):
        for column in range(columns):
            top, left = row * 1500 // rows + 10, column * 2000 // columns + 10
            canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


@pytest.mark.parametrize(("columns", "rows", "width_px"), [(8, 6, 150), (12, 8, 80), (3, 2, 100)])
def test_all_of_many_small_faces_are_found(
    finder: FaceFinder, portrait: Rgb, columns: int, rows: int, width_px: int
) -> None:
    assert len(finder.find(crowd(portrait, columns, rows, width_px))) == columns * rows


def in_a_row(people: list[Rgb], bare: int = 120) -> Rgb:
    """People side by side, none of whom fills the photo."""
    faces = [cv2.resize(rgb, (200, 200), interpolation=cv2.INTER_AREA) for rgb in people]
    photo = np.full((340, 80 + 240 * len(faces), 3), bare, dtype=np.uint8)
    for place, face in enumerate(faces):
        photo[70:270, 60 + 240 * place : 260 + 240 * place] = face
    return photo


@pytest.fixture(scope="module")
def people() -> list[Rgb]:
    return [read_image(SAMPLES / "faces" / f"person-{number:03d}-a.jpg").rgb for number in (0, 1, 2, 3)]


@pytest.mark.parametrize("degrees", [0, 40, 90, 135, 180, 225, 270, 320])
def test_all_people_of_a_turned_photo_are_found(finder: FaceFinder, people: list[Rgb], degrees: float) -> None:
    """Upright, the detector sees some of them weakly; that it sees some is no reason not to look from other sides."""
    photo = in_a_row(people)
    upright = finder.find(photo)
    assert len(upright) == len(people)
    true = np.stack([face.landmarks for face in upright])
    canvas, moved = turned(photo, true.reshape(-1, 2), degrees)
    found = finder.find(canvas)
    nearest = [min(error(face.landmarks, one) for face in found) for one in moved.reshape(true.shape)]
    assert len(found) == len(people)
    assert max(nearest) < 0.15


def test_a_clear_face_is_no_reason_to_turn_the_photo(monkeypatch: pytest.MonkeyPatch, people: list[Rgb]) -> None:
    looks: list[tuple[int, ...]] = []
    detector_boxes = YuNetDetector.boxes

    def counted(self: YuNetDetector, rgb: Rgb, min_score: float, factor: float = 1.0) -> list[Box]:
        looks.append(rgb.shape[:2])
        return detector_boxes(self, rgb, min_score, factor)

    monkeypatch.setattr(YuNetDetector, "boxes", counted)
    FaceSearch(0.6)(in_a_row(people))
    assert all(width > height for height, width in looks)


def test_one_look_is_one_look(portrait: Rgb) -> None:
    """The size of the look can be told, and then nothing finer is tried."""
    photo = crowd(portrait, 12, 8, 80)
    with pytest.raises(SampleRejected, match="no_face"):
        FaceFinder(FacesParams(long_side_px=160)).find(photo)
    assert len(FaceFinder(FacesParams(long_side_px=1280)).find(photo)) == 96


def test_the_small_face_behind_a_portrait_is_no_reason_to_lose_it(finder: FaceFinder, portrait: Rgb) -> None:
    canvas = np.full((600, 900, 3), 140, dtype=np.uint8)
    canvas[:300, :256] = portrait
    canvas[420:490, 700:760] = cv2.resize(portrait, (60, 70), interpolation=cv2.INTER_AREA)
    assert len(finder.find(canvas)) == 2


def test_every_reason_says_what_was_seen(finder: FaceFinder) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    with pytest.raises(SampleRejected, match="no_face: yunet finds none"):
        finder.find(noise)


@pytest.mark.parametrize(("score", "turn_deg"), [(0.92, 180), (0.95, 0)])
def test_a_face_on_its_head_is_seen_though_all_agrees(portrait: Rgb, score: float, turn_deg: int) -> None:
    """YuNet takes one in fifty for upright, at 0.90 to 0.92, and the landmarks agree with its five points."""
    described = FaceDescriber(0.6)
    upside_down = np.ascontiguousarray(portrait[::-1, ::-1])
    x, y, side = 256 - 133, 300 - 114, 95
    square = Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2, score)
    five = tuple(five_of(LandmarkPredictor().predict(upside_down, square)).ravel().tolist())
    face = described.describe(upside_down, replace(square, five=five))
    assert abs(abs(face.pose.roll_deg) - turn_deg) < 12


def test_a_face_that_the_edge_cuts_through_is_no_face_to_mask(portrait: Rgb) -> None:
    (box, *_) = YuNetDetector().detect(portrait)
    five = np.reshape(box.five or (), (5, 2))
    cut = int(five[:, 0].min() + 0.1 * box.longer_side)  # beyond the eye, which is then outside
    moved = replace(box, left=box.left - cut, right=box.right - cut, five=tuple((five - (cut, 0)).ravel().tolist()))
    with pytest.raises(SampleRejected, match="face_cut_off: an eye or a corner of the mouth"):
        FaceDescriber(0.6).describe(np.ascontiguousarray(portrait[:, cut:]), moved)
