"""Boxes that a source labels: which become faces, and the true reason of each that doesn't."""

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.records import Image, LabelledBox
from pipeline.faces.boxed import faces_of
from pipeline.faces.finding import FaceFinder
from pipeline.faces.pose import five_of

MakeImage = Callable[..., Image]
Boxes = Literal["detector", "source", "both"]


def said(left: float, top: float, right: float, bottom: float) -> LabelledBox:
    return LabelledBox(left=left, top=top, right=right, bottom=bottom, original_label="with_mask")


HEAD = said(70, 40, 190, 200)
"""Around the whole head of `portrait`."""


@pytest.mark.parametrize("boxes", ["detector", "source", "both"])
def test_a_labelled_face_is_one_face(portrait: Rgb, make_image: MakeImage, boxes: Boxes) -> None:
    found = faces_of(make_image(boxes=(HEAD,)), portrait, FacesParams(boxes=boxes))
    assert (len(found.faces), found.missed) == (1, ())


def test_in_source_the_box_is_the_sources_and_the_landmarks_are_the_faces(portrait: Rgb, make_image: MakeImage) -> None:
    (face,) = faces_of(make_image(boxes=(HEAD,)), portrait, FacesParams(boxes="source")).faces
    assert (face.box.left, face.box.top, face.box.right, face.box.bottom) == (70, 40, 190, 200)
    detected = FaceFinder(FacesParams()).find(portrait)[0]
    assert np.linalg.norm(face.landmarks - detected.landmarks, axis=1).mean() < 4


def test_a_box_is_looked_at_where_the_detector_finds_nothing(portrait: Rgb, make_image: MakeImage) -> None:
    """One look at 64 px is too coarse for a small face, a closer look at its box is not."""
    canvas = np.full((600, 800, 3), 140, dtype=np.uint8)
    canvas[100:200, 300:385] = cv2.resize(portrait, (85, 100), interpolation=cv2.INTER_AREA)
    image = make_image(boxes=(said(322, 110, 366, 170),), width_px=800, height_px=600)
    params = {name: FacesParams(boxes=name, long_side_px=64) for name in ("detector", "both")}
    ((_, verdict),) = faces_of(image, canvas, params["detector"]).missed
    assert verdict.reason == "labelled_face_not_found"
    both = faces_of(image, canvas, params["both"])
    assert (len(both.faces), both.missed) == (1, ())
    assert 330 < both.faces[0].landmarks[:, 0].mean() < 360


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        (said(5, 210, 60, 290), "labelled_face_not_found"),
        (said(300, 20, 400, 120), "bad_box"),
        (said(230, 20, 330, 120), "face_cut_off"),
        (said(10, 10, 25, 28), "face_too_small"),
    ],
)
@pytest.mark.parametrize("boxes", ["source", "both"])
def test_a_box_that_is_no_face_says_why(
    portrait: Rgb, make_image: MakeImage, box: LabelledBox, reason: str, boxes: Boxes
) -> None:
    blank = portrait.copy()
    blank[200:, :70] = 128
    found = faces_of(make_image(boxes=(HEAD, box)), blank, FacesParams(boxes=boxes))
    assert len(found.faces) == 1
    ((place, verdict),) = found.missed
    assert (place, verdict.reason) == (1, reason)
    assert "the source labels a face 'with_mask'" in verdict.detail


def test_two_boxes_around_one_face_make_one_face(portrait: Rgb, make_image: MakeImage) -> None:
    found = faces_of(make_image(boxes=(HEAD, said(75, 60, 180, 210))), portrait, FacesParams())
    assert len(found.faces) == 1
    assert [verdict.reason for _, verdict in found.missed] == ["labelled_face_not_found"]


@pytest.mark.parametrize("width", [60, 90, 130])
def test_a_labelled_face_that_the_photos_edge_halves_is_found(portrait: Rgb, make_image: MakeImage, width: int) -> None:
    """Six tenths of the portrait lie beyond the edge: a look at twice the box, as at whole faces, shows nothing."""
    height, hidden = round(width * 300 / 256), round(0.6 * width)
    canvas = np.full((400, 500, 3), 120, dtype=np.uint8)
    canvas[100 : 100 + height, : width - hidden] = cv2.resize(portrait, (width, height), interpolation=cv2.INTER_AREA)[
        :, hidden:
    ]
    box = said(0, 100 + 0.13 * height, 0.74 * width - hidden, 100 + 0.67 * height)
    found = faces_of(make_image(boxes=(box,), width_px=500, height_px=400), canvas, FacesParams(min_face_px=16))
    assert (len(found.faces), found.missed) == (1, ())


def test_what_the_search_saw_counts_where_a_closer_look_shows_nothing(portrait: Rgb) -> None:
    finder = FaceFinder(FacesParams())
    seen = finder.find(portrait)[0].box
    blank = np.full_like(portrait, 128)
    face = finder.look_at(blank, seen, lambda _: True, [seen])
    assert face.box == seen
    assert np.abs(five_of(face.landmarks) - np.reshape(seen.five or (), (5, 2))).max() < 0.1 * seen.width
    with pytest.raises(SampleRejected, match="no_face"):
        finder.look_at(blank, seen, lambda _: False, [seen])


def test_the_face_of_another_is_not_seen_in_a_box(portrait: Rgb) -> None:
    finder = FaceFinder(FacesParams())
    place = finder.find(portrait)[0].box
    assert finder.look_at(portrait, place, lambda _: True).index == 0
    with pytest.raises(SampleRejected, match="no_face"):
        finder.look_at(portrait, place, lambda _: False)


def test_a_box_beside_a_labelled_face_says_that_the_face_is_anothers(portrait: Rgb, make_image: MakeImage) -> None:
    found = faces_of(make_image(boxes=(HEAD, said(60, 40, 110, 200))), portrait, FacesParams())
    assert len(found.faces) == 1
    ((place, verdict),) = found.missed
    assert (place, verdict.reason) == (1, "labelled_face_not_found")
    assert verdict.detail.endswith("no face is seen there but another's")


def test_the_sources_box_decides_the_size_of_a_face(portrait: Rgb, make_image: MakeImage) -> None:
    """A head of 160 px has a face of some 130."""
    image = make_image(boxes=(HEAD,))
    assert len(faces_of(image, portrait, FacesParams(min_face_px=155)).faces) == 1
    with pytest.raises(SampleRejected, match="face_too_small"):
        faces_of(make_image(), portrait, FacesParams(min_face_px=155))
