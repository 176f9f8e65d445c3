"""dlib's model read from its file and run by ourselves gives dlib's points, in NumPy and in C."""

from collections.abc import Callable

import dlib
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import MaskwrightError
from pipeline.faces.compiled.calls import KERNELS
from pipeline.faces.dlib_file import read_shape_predictor
from pipeline.faces.ensemble import CASCADE, Ensemble, Rect, is_sound
from pipeline.faces.landmarks import LandmarkPredictor
from pipeline.faces.models import landmark_model
from pipeline.faces.regression_trees import predicted

Predict = Callable[[Ensemble, Rgb, Rect], Points]


@pytest.fixture(scope="module")
def cascades() -> NDArray[np.void]:
    return read_shape_predictor(landmark_model())


@pytest.fixture(scope="module")
def reference() -> "dlib.shape_predictor":
    return dlib.shape_predictor(str(landmark_model()))


@pytest.fixture(params=["numpy", "kernel"])
def predict(request: pytest.FixtureRequest) -> Predict:
    """The function in NumPy, and its kernel."""
    if request.param == "kernel" and not KERNELS.library:
        pytest.skip("no library was built")
    reference, kernel = KERNELS.replaced[predicted.__name__]
    return kernel if request.param == "kernel" else reference  # type: ignore[return-value]


def squares(side: int) -> list[tuple[int, int, int, int]]:
    """Squares on and off the face, some reaching far out of the picture."""
    rng = np.random.default_rng(7)
    places = rng.integers(-side // 2, side, size=(40, 2))
    sizes = rng.integers(8, side, size=40)
    return [(int(x), int(y), int(x + size), int(y + size)) for (x, y), size in zip(places, sizes, strict=True)]


def test_points_are_those_of_dlib_to_the_pixel(
    cascades: NDArray[np.void], reference: "dlib.shape_predictor", portrait: Rgb, predict: Predict
) -> None:
    trees = Ensemble(cascades)
    for rect in squares(min(portrait.shape[:2])):
        expected = [(point.x, point.y) for point in reference(portrait, dlib.rectangle(*rect)).parts()]
        assert np.array_equal(predict(trees, portrait, rect), np.array(expected, np.float32)), rect


def test_a_view_into_a_larger_picture_gives_the_same_points(
    cascades: NDArray[np.void], portrait: Rgb, predict: Predict
) -> None:
    wide = np.concatenate([np.zeros_like(portrait), portrait], axis=1)
    view = wide[:, portrait.shape[1] :]
    assert not view.flags["C_CONTIGUOUS"]
    mirrored = np.ascontiguousarray(portrait[:, ::-1])[:, ::-1]
    trees, rect = Ensemble(cascades), (40, 40, 160, 160)
    expected = predict(trees, portrait, rect)
    assert np.array_equal(predict(trees, view, rect), expected)
    assert np.array_equal(predict(trees, mirrored, rect), expected)


def test_what_is_kept_is_what_the_file_says(cascades: NDArray[np.void], portrait: Rgb) -> None:
    kept = LandmarkPredictor()._trees
    rect = (30, 30, 150, 150)
    assert np.array_equal(predicted(kept, portrait, rect), predicted(Ensemble(cascades), portrait, rect))


def test_a_record_has_no_gaps_so_that_its_tables_are_mapped_as_they_lie(cascades: NDArray[np.void]) -> None:
    assert CASCADE.itemsize == sum(CASCADE[name].itemsize for name in CASCADE.names or ())
    assert all(offset % 4 == 0 for _, offset in (field[:2] for field in (CASCADE.fields or {}).values()))
    assert cascades.shape == (15,)


@pytest.mark.parametrize(
    ("name", "place"), [("near", 68), ("near", -1), ("first", 500), ("second", -1), ("second", 500)]
)
def test_places_that_are_not_there_are_told(cascades: NDArray[np.void], name: str, place: int) -> None:
    assert is_sound(cascades)
    damaged = cascades.copy()
    damaged[name][7].flat[33] = place
    assert not is_sound(damaged)


@pytest.mark.parametrize("damage", ["cut short", "of five points", "something behind it", "another file", "empty"])
def test_another_file_is_told(damage: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    data = landmark_model().read_bytes()
    head = 2000  # the starting shape, and a little of the first tree
    damaged = {
        "cut short": data[:1_000_000],
        "of five points": data[:2] + b"\x81\x0a" + data[4:head],
        "something behind it": data + b"\x01\x01",
        "another file": b"no model at all" * 20,
        "empty": b"",
    }[damage]
    file = tmp_path_factory.mktemp("model") / "shape.dat"
    file.write_bytes(damaged)
    with pytest.raises(MaskwrightError, match=r"shape\.dat: no shape predictor for 68 points as dlib writes it"):
        read_shape_predictor(file)
