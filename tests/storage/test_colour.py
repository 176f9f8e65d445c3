"""Pixels that are converted to a profile by hand come back as the sRGB that they were."""

import io
import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageCms

from generators.srgb_profile import D50, SRGB, SRGB_CURVE, _fixed, gamma_curve, matrix_profile, profile
from pipeline.core.arrays import Rgb
from pipeline.storage.colour import SRGB_PROFILE, foreign
from pipeline.storage.images import decode_grey, decode_image, encode_image

ADOBE = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
PROPHOTO = ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491))
SRGB_PARA = b"para" + struct.pack(">4xHH", 3, 0) + _fixed(SRGB_CURVE)
WIDE = {
    "Adobe RGB": (ADOBE, 2.19921875),
    "Display P3": (P3, None),
    "ProPhoto": (PROPHOTO, 1.8),
    "swapped": (SRGB[::-1], None),
}


def icc(columns: tuple[tuple[float, ...], ...], gamma: float | None) -> bytes:
    return matrix_profile("test", columns, SRGB_PARA if gamma is None else gamma_curve(gamma))


def linear(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def unlinear(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values <= 0.0031308, values * 12.92, 1.055 * values ** (1 / 2.4) - 0.055)


def as_stored(rgb: Rgb, columns: tuple[tuple[float, ...], ...], gamma: float | None) -> PillowImage.Image:
    """sRGB pixels by the primaries and tone curve of a profile, computed apart from any library of colours."""
    light = linear(rgb / 255.0) @ np.array(SRGB) @ np.linalg.inv(np.array(columns))
    shown = unlinear(light.clip(0, 1)) if gamma is None else light.clip(0, 1) ** (1 / gamma)
    return PillowImage.fromarray(np.rint(shown * 255).astype(np.uint8))


def saved(image: PillowImage.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def error(data: bytes, rgb: Rgb) -> float:
    return float(np.abs(decode_image(data).rgb.astype(int) - rgb).mean())


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_wide_colours_become_srgb(portrait: Rgb, name: str, kind: str) -> None:
    image = as_stored(portrait, *WIDE[name])
    options = {"lossless": True} if kind == "WEBP" else {"quality": 98, "subsampling": 0} if kind == "JPEG" else {}
    most = 2 if kind == "JPEG" else 1  # its own loss is 1 before the colours are spread
    assert error(saved(image, kind, icc_profile=icc(*WIDE[name]), **options), portrait) < most
    assert error(saved(image, kind, **options), portrait) > 2


def test_transparency_and_palettes_are_converted_too(portrait: Rgb) -> None:
    image = as_stored(portrait, *WIDE["Adobe RGB"]).convert("RGBA")
    assert error(saved(image, "PNG", icc_profile=icc(*WIDE["Adobe RGB"])), portrait) < 1
    palette = image.convert("RGB").quantize(256)
    plain = decode_image(saved(palette, "PNG")).rgb
    assert error(saved(palette, "PNG", icc_profile=icc(*WIDE["Adobe RGB"])), plain) > 2


def test_grey_is_that_of_the_converted_colours(portrait: Rgb) -> None:
    image = as_stored(portrait, *WIDE["ProPhoto"])
    data = saved(image, "JPEG", quality=98, icc_profile=icc(*WIDE["ProPhoto"]))
    expected = np.asarray(PillowImage.fromarray(portrait).convert("L")).astype(int)
    assert np.abs(decode_grey(data).grey - expected).mean() < 2
    assert np.abs(decode_grey(saved(image, "JPEG", quality=98)).grey - expected).mean() > 4


def test_a_grey_photo_has_a_tone_curve() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    tags = {b"wtpt": b"XYZ \0\0\0\0" + _fixed(D50), b"kTRC": gamma_curve(1.0)}
    grey = profile(b"mntr", b"GRAY", b"XYZ ", tags)
    shown = decode_image(saved(PillowImage.fromarray(ramp), "PNG", icc_profile=grey)).rgb
    expected = np.rint(unlinear(np.arange(256) / 255.0) * 255)
    assert np.abs(shown[0, 8:, 1] - expected[8:]).max() <= 1
    assert np.abs(shown[0, :8, 1] - expected[:8]).max() <= 10  # so steep there that the library's steps show


def press_profile() -> bytes:
    """Four inks: Lab at each of the 16 corners, what lies between is interpolated."""
    corners = np.array(np.meshgrid(*[[0, 1]] * 4, indexing="ij")).reshape(4, -1).T
    lab = np.full((16, 3), 128.0)
    lab[:, 0] = 255 * (1 - 0.2 * corners[:, :3].sum(axis=1)) * (1 - 0.8 * corners[:, 3])
    lab[:, 1] += 60 * (corners[:, 1] - corners[:, 0])
    ramp = bytes(range(256))
    table = struct.pack(">4B", 4, 3, 2, 0) + _fixed((1, 0, 0, 0, 1, 0, 0, 0, 1))
    lut = b"mft1\0\0\0\0" + table + ramp * 4 + np.rint(lab).astype(np.uint8).tobytes() + ramp * 3
    return profile(b"prtr", b"CMYK", b"Lab ", {b"wtpt": b"XYZ \0\0\0\0" + _fixed(D50), b"A2B0": lut})


def test_inks_are_read_by_the_press_that_they_are_for() -> None:
    cyan = PillowImage.new("CMYK", (40, 40), (255, 0, 0, 0))
    naive, shown = (decode_image(saved(cyan, "TIFF", **options)).rgb[20, 20].astype(int) for options in INKS)
    assert tuple(naive) == (0, 255, 255)
    assert np.abs(shown - [0, 220, 195]).max() < 40  # Lab 80, -60, 0
    assert shown[0] < 60
    assert np.abs(shown - naive).max() > 20


INKS: list[dict[str, object]] = [{}, {"icc_profile": press_profile()}]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"not a profile",
        bytes(5000),
        icc(*WIDE["Adobe RGB"])[:200],
        icc(*WIDE["Adobe RGB"])[:128] + bytes(300),
        icc(*WIDE["Adobe RGB"]).replace(b"rXYZ", b"xxxx"),
        icc(*WIDE["Adobe RGB"]).replace(b"RGB ", b"Lab "),
        press_profile(),
    ],
)
def test_a_profile_that_is_broken_or_of_other_pixels_changes_nothing(portrait: Rgb, broken: bytes) -> None:
    assert error(saved(PillowImage.fromarray(portrait), "PNG", icc_profile=broken), portrait) == 0


def test_no_scrambled_profile_costs_the_pixels(portrait: Rgb) -> None:
    rng, whole = np.random.default_rng(0), icc(*WIDE["Display P3"])
    for _ in range(100):
        scrambled = bytearray(whole)
        for place in rng.integers(len(whole), size=6):
            scrambled[place] = int(rng.integers(256))
        data = saved(PillowImage.fromarray(portrait[:64, :64]), "PNG", icc_profile=bytes(scrambled))
        assert decode_image(data).rgb.shape == (64, 64, 3)


def test_profiles_of_srgb_are_known_by_what_they_do() -> None:
    theirs = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert [foreign("RGB", one) for one in (theirs, SRGB_PROFILE, icc(SRGB, None))] == [None] * 3
    assert foreign("RGB", icc(SRGB, 1.8)) is not None


def test_what_is_written_says_srgb(portrait: Rgb) -> None:
    with (
        PillowImage.open(io.BytesIO(encode_image(portrait))) as jpeg,
        PillowImage.open(io.BytesIO(encode_image(portrait, "png"))) as png,
    ):
        assert jpeg.info["icc_profile"] == SRGB_PROFILE
        assert png.info["srgb"] == 0
        shown = ImageCms.profileToProfile(jpeg, ImageCms.ImageCmsProfile(io.BytesIO(SRGB_PROFILE)), LITTLE_CMS_SRGB)
        assert np.abs(np.asarray(shown).astype(int) - np.asarray(jpeg)).max() <= 1
    assert error(encode_image(portrait, "png"), portrait) == 0


LITTLE_CMS_SRGB = ImageCms.createProfile("sRGB")


def test_the_profile_is_the_generators() -> None:
    assert matrix_profile("sRGB", SRGB, SRGB_PARA) == SRGB_PROFILE
