import cv2
import numpy as np
import pytest

from pipeline.masks.imaging import noise
from pipeline.masks.imaging.compositing import Layer, blend, contact_shadow
from pipeline.masks.imaging.image_arithmetic import coloured, dim, filled, lay, quantile, scaled, softened
from pipeline.masks.imaging.noise import SIDE, NoiseTurn, grain_field, noise_tile, sample_noise

RNG = np.random.default_rng(0)
IMAGE, PLANE = RNG.random((7, 5, 3), dtype=np.float32), RNG.random((7, 5), dtype=np.float32)
COLOUR = np.array([0.2, 0.5, 0.9])


def test_planes_do_what_broadcasting_does() -> None:
    assert np.array_equal(scaled(IMAGE, PLANE), IMAGE * PLANE[:, :, None])
    assert np.array_equal(filled(COLOUR, 6, 4), np.broadcast_to(COLOUR.astype(np.float32), (4, 6, len(COLOUR))))
    assert coloured(PLANE, COLOUR) == pytest.approx(PLANE[:, :, None] * COLOUR, abs=1e-6)
    dimmed, laid = IMAGE.copy(), IMAGE.copy()
    dim(dimmed, PLANE)
    lay(laid, COLOUR, PLANE)
    assert np.array_equal(dimmed, IMAGE * PLANE[:, :, None])
    assert laid == pytest.approx(IMAGE + (COLOUR - IMAGE) * PLANE[:, :, None], abs=1e-6)


@pytest.mark.parametrize("count", [1, 2, 9, 100])
@pytest.mark.parametrize("share", [0, 0.25, 0.5, 0.97, 1])
def test_quantile_is_numpys(count: int, share: float) -> None:
    values = RNG.random((count, 3))

    assert quantile(values, share) == pytest.approx(np.quantile(values, share))


def test_a_plane_of_ones_takes_one_colour() -> None:
    assert np.array_equal(
        coloured(np.ones((4, 6), dtype=np.float32), COLOUR), np.broadcast_to(COLOUR.astype(np.float32), (4, 6, 3))
    )


@pytest.mark.parametrize("sigma_px", [0.7, 2.4, 2.6, 5, 11, 24])
def test_a_plane_is_softened_as_a_gaussian_does_it(sigma_px: float) -> None:
    plane = cv2.GaussianBlur(RNG.random((301, 240), dtype=np.float32), (0, 0), 2)
    exact = cv2.GaussianBlur(plane, (0, 0), sigma_px)

    inside = np.s_[60:-60, 60:-60]
    assert np.abs(softened(plane, sigma_px) - exact)[inside].max() < 0.05 * plane.std()
    assert softened(plane, sigma_px).shape == plane.shape


def test_a_thin_plane_is_softened_as_well() -> None:
    assert softened(np.ones((3, 200), dtype=np.float32), 20) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("period_mm", "angle_deg"), [(150, 0), (60, 25), (18, -15)])
def test_smooth_noise_is_enlarged_to_what_it_is_at_full_size(
    period_mm: int, angle_deg: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = NoiseTurn(1.3 * period_mm, period_mm, angle_deg, 0.3)
    seen = sample_noise("smooth", (331, 227), (0.5, 0.5), turn)
    monkeypatch.setitem(noise._APART, "smooth", 1)
    exact = sample_noise("smooth", (331, 227), (0.5, 0.5), turn)

    assert seen.shape == exact.shape
    assert np.abs(seen - exact)[8:-8, 8:-8].max() < 0.06
    assert np.abs(seen - exact).max() < 0.3


def test_noise_wraps_however_far_it_is_sampled() -> None:
    """At one sample a texel of the tile, turned or not, the texture is the tile itself, repeated."""
    size, offset = (1500, 1400), 0.25
    sampled = sample_noise("rough", size, (1.0, 1.0), NoiseTurn(SIDE, SIDE, 0, offset))

    rows, columns = np.arange(size[1])[:, None], np.arange(size[0])[None, :]
    expected = noise_tile("rough")[
        (rows + round(offset * 7 % 1 * SIDE)) % SIDE, (columns + round(offset * SIDE)) % SIDE
    ]
    assert np.abs(sampled - expected).max() < 1e-3


def test_grain_depends_on_the_seed_and_repeats_where_the_field_ends() -> None:
    assert np.array_equal(grain_field(5, 40, 30), grain_field(5, 40, 30))
    assert not np.array_equal(grain_field(5, 40, 30), grain_field(6, 40, 30))
    large = grain_field(2**31 - 1, 1500, 1200)
    assert large.shape == (1500, 1200)
    assert large.std() == pytest.approx(1, abs=0.01)


def test_a_wide_shadow_is_as_soft_as_a_narrow_one_is_exact() -> None:
    alpha = np.zeros((81, 120), dtype=np.float32)
    alpha[20:50, 30:90] = 1
    just_exact, just_coarse = (contact_shadow(alpha, 0.5, reach, (2.0, 3.0)) for reach in (2.999, 3.0))

    assert np.abs(just_exact - just_coarse).max() < 0.5 * 0.06
    assert just_coarse.max() == pytest.approx(0.5, abs=0.01)


def test_blending_in_strips_leaves_no_seam() -> None:
    window = RNG.integers(0, 256, (600, 20, 3), dtype=np.uint8)
    nothing = Layer(np.zeros(window.shape, np.float32), *(np.zeros(window.shape[:2], np.float32) for _ in range(2)))

    assert np.array_equal(blend(window, nothing), window)
