"""Photos that come again turned, framed, or in one picture with others."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.core.params import DedupParams
from pipeline.dedup.fingerprints.face_patch import make_aligner
from pipeline.dedup.fingerprints.fingerprint import fingerprint
from pipeline.dedup.links import find_links
from pipeline.storage.images import Decoded, decode_image, encode_image
from tests.dedup.examples import image_row, picture

PARAMS = DedupParams()
ALIGN = make_aligner()
Change = Callable[[Rgb], Rgb]


def kinds(*pictures: Rgb, params: DedupParams = PARAMS) -> list[str]:
    """The links between pictures whose faces are found."""
    images = [image_row(str(number)) for number in range(len(pictures))]
    found = {
        image.sha256: fingerprint(image.sha256, Decoded(rgb, "PNG", "RGB", None), ALIGN)
        for image, rgb in zip(images, pictures, strict=True)
    }
    return [link.kind for link in find_links(images, found, params)]


def resized(rgb: Rgb, width: int, height: int) -> Rgb:
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def with_small_face(portrait: Rgb, side_px: int) -> Rgb:
    """A picture of a portrait's size with a mirrored face, `side_px` wide, somewhere in it."""
    scene = np.full_like(portrait, 90)
    small = resized(portrait[:, ::-1], side_px, side_px * 300 // 256)
    scene[40 : 40 + len(small), 60 : 60 + side_px] = small
    return scene


def beside(other: Callable[[Rgb], Rgb]) -> Change:
    return lambda rgb: np.hstack([rgb, other(rgb)])


@pytest.mark.parametrize(
    "collage",
    [
        beside(lambda rgb: with_small_face(rgb, 60)),
        beside(lambda rgb: with_small_face(rgb, 110)),
        beside(lambda rgb: resized(picture(4), rgb.shape[1], rgb.shape[0])),
        lambda rgb: np.vstack([rgb, resized(picture(5), rgb.shape[1], rgb.shape[0])]),
    ],
    ids=["a small face", "a face", "no face", "above no face"],
)
def test_a_photo_in_one_picture_with_another_is_a_part_of_it(portrait: Rgb, collage: Change) -> None:
    tight = np.ascontiguousarray(portrait[30:220, 40:216])
    assert kinds(portrait, collage(portrait)) == ["part_of"]
    assert kinds(tight, collage(tight)) == ["part_of"], "of a tight crop little is seen around the face"


@pytest.mark.parametrize(
    "change",
    [
        lambda rgb: np.pad(rgb, ((15, 15), (15, 15), (0, 0)), constant_values=255),
        lambda rgb: np.pad(rgb, ((60, 60), (0, 0), (0, 0)), constant_values=0),
        lambda rgb: rgb[20:-20, 20:-20].copy(),
        lambda rgb: rgb[:-45].copy(),
    ],
    ids=["white border", "letterbox", "cropped", "cropped below"],
)
def test_a_framed_or_cropped_photo_stays_a_copy(portrait: Rgb, change: Change) -> None:
    assert kinds(portrait, change(portrait)) == ["near"]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_photo_on_its_side_or_head_is_a_copy(portrait: Rgb, turns: int) -> None:
    turned = decode_image(encode_image(np.ascontiguousarray(np.rot90(portrait, turns)), quality=60)).rgb
    small = resized(turned, turned.shape[1] * 2 // 3, turned.shape[0] * 2 // 3)
    assert kinds(portrait, small) == ["near"]
    assert kinds(small, portrait) == ["near"]
    assert kinds(portrait, resized(picture(3), 256, 300), small) == ["near"]


def test_turned_copies_are_left_alone_where_they_are_not_asked_for(portrait: Rgb) -> None:
    turned = np.ascontiguousarray(np.rot90(portrait))
    assert kinds(portrait, turned, params=DedupParams(find_turned=False)) == []


def test_a_copy_of_a_collage_stays_a_copy(portrait: Rgb) -> None:
    collage = np.hstack([portrait, with_small_face(portrait, 80)])
    assert kinds(collage, resized(collage, 300, 176)) == ["near"]
