from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected, ShapeError
from pipeline.core.params import FacesParams
from pipeline.faces import describing
from pipeline.faces.describing import FaceDescriber, FoundFace, LocatedFace
from pipeline.faces.detectors import Box
from pipeline.faces.finding import FaceFinder
from pipeline.prediction.classifier import logits_of
from pipeline.prediction.predictor import FacePredictor
from pipeline.storage.images import read_image, write_image
from tests.prediction.kit import IMAGE_PX, tiny_classifier


@pytest.fixture(scope="module")
def predictor() -> FacePredictor:
    return FacePredictor(tiny_classifier())


def test_faces_are_those_of_the_stage(predictor: FacePredictor, portrait: Rgb) -> None:
    (face,) = predictor(portrait)
    assert face.box == FaceFinder(FacesParams()).find(portrait)[0].box


def scene(portrait: Rgb) -> Rgb:
    """Two faces of 24 px in a photo of 1,600 px."""
    small = np.asarray(PillowImage.fromarray(portrait).resize((64, 75)))
    canvas = np.full((1200, 1600, 3), 120, dtype=np.uint8)
    for left, top in ((200, 300), (1100, 800)):
        canvas[top : top + 75, left : left + 64] = small
    return canvas


def test_photos_are_looked_at_as_finely_as_the_faces_stage_does(predictor: FacePredictor, portrait: Rgb) -> None:
    found = FaceFinder(FacesParams()).find(scene(portrait))
    assert len(found) == 2
    assert [face.box for face in predictor(scene(portrait))] == [face.box for face in found]


def test_a_clear_face_is_located_without_its_landmarks_where_they_would_be_found(portrait: Rgb) -> None:
    finder = FaceFinder(FacesParams())
    (located,) = finder.locate(portrait).faces
    assert type(located) is LocatedFace
    assert located.box == finder.find(portrait)[0].box


@pytest.mark.parametrize(("reason", "faces"), [("implausible_landmarks", 1), ("doubtful_face", 0)])
def test_a_face_is_located_though_landmarks_do_not_fit_it(
    portrait: Rgb, monkeypatch: pytest.MonkeyPatch, reason: str, faces: int
) -> None:
    def refuse(_self: FaceDescriber, _rgb: Rgb, _box: Box) -> FoundFace:
        raise SampleRejected(reason, "told so")

    monkeypatch.setattr(describing, "stands_clear", lambda _box: False)
    monkeypatch.setattr(FaceDescriber, "describe", refuse)
    found = FaceFinder(FacesParams()).locate(portrait)
    assert len(found.faces) == faces
    assert len(found.refused) == 1 - faces


def test_answers_are_the_classifier_s_of_the_crop(predictor: FacePredictor, portrait: Rgb) -> None:
    crop = predictor.look(portrait).crops[0]
    assert crop.shape == (IMAGE_PX, IMAGE_PX, 3)
    logits = logits_of(tiny_classifier(), [crop], both_ways=True)["wear"][0]
    answer = predictor(portrait)[0].answers["wear"]
    assert answer.label == ("none", "correct", "nose_exposed")[int(logits.argmax())]
    assert answer.probability == pytest.approx(float(np.exp(logits).max()), abs=1e-5)


def test_one_way_asks_of_the_face_alone(predictor: FacePredictor, portrait: Rgb) -> None:
    alone = FacePredictor(tiny_classifier(), both_ways=False)(portrait)[0]
    assert alone.box == predictor(portrait)[0].box
    assert alone.answers != predictor(portrait)[0].answers


def test_many_photos_are_answered_as_each_alone(predictor: FacePredictor, portrait: Rgb) -> None:
    wall = np.full((90, 90, 3), 99, dtype=np.uint8)
    darker = (portrait * 0.8).astype(np.uint8)
    photos = [portrait, wall, darker] * 7
    found = list(predictor.many(photos))
    assert [len(faces) for faces in found] == [1, 0, 1] * 7
    for faces, photo in zip(found, photos, strict=True):
        for face, alone in zip(faces, predictor(photo), strict=True):
            assert face.box == alone.box
            assert face.answers["mask_type"].probability == pytest.approx(
                alone.answers["mask_type"].probability, abs=1e-5
            )
    assert list(predictor.many([])) == []


def test_arrays_pillow_images_and_files_are_the_same_photo(
    predictor: FacePredictor, portrait: Rgb, tmp_path: Path
) -> None:
    write_image(tmp_path / "p.png", portrait)
    with PillowImage.open(tmp_path / "p.png") as image:
        forms = (portrait, image, PillowImage.fromarray(portrait), tmp_path / "p.png", str(tmp_path / "p.png"))
        assert {str(predictor(form)) for form in forms} == {str(predictor(portrait))}


def test_a_pillow_image_is_turned_as_its_file_would_be(predictor: FacePredictor, portrait: Rgb, tmp_path: Path) -> None:
    image = PillowImage.fromarray(np.rot90(portrait).copy())
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    with PillowImage.open(tmp_path / "turned.png") as opened:
        assert predictor(opened) == predictor(read_image(tmp_path / "turned.png").rgb)


@pytest.mark.parametrize(
    "photo",
    [np.zeros(9, np.uint8), np.zeros((3, 9, 9), np.uint8), np.zeros((0, 9, 3), np.uint8), 3],
)
def test_what_is_no_picture_says_what_one_is(predictor: FacePredictor, photo: object) -> None:
    with pytest.raises(ShapeError, match="photo"):
        predictor(photo)  # type: ignore[arg-type]


def test_a_file_that_is_no_photo_is_a_verdict(predictor: FacePredictor, tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"no image")
    with pytest.raises(SampleRejected, match="not_an_image"):
        predictor(tmp_path / "x.jpg")


def test_a_face_that_the_edge_cuts_is_refused_as_the_stage_refuses_it(portrait: Rgb) -> None:
    crop = FacesParams(min_face_visible=1).model_dump(mode="json")
    predictor = FacePredictor(tiny_classifier(crop=crop))
    box = predictor(portrait)[0].box
    seen = predictor.look(np.ascontiguousarray(portrait[:, : round(box.left + 0.7 * box.width)]))
    assert seen.crops == ()
    assert seen.none is not None
    assert seen.none.reason == "face_cut_off"
    assert [place.verdict.reason for place in seen.refused] == ["face_cut_off"]


def test_a_photo_without_a_face_says_why(predictor: FacePredictor) -> None:
    none = predictor.look(np.full((90, 90, 3), 99, dtype=np.uint8)).none
    assert none is not None
    assert none.reason == "no_face"
