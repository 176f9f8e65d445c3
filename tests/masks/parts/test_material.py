from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.masks.imaging.texture_space import TextureSpace
from pipeline.masks.params import MaskParams
from pipeline.masks.parts.colours import linear_colour
from pipeline.masks.parts.edges import TopBand
from pipeline.masks.parts.lettering import Lettering
from pipeline.masks.parts.material import Material, build_material
from pipeline.masks.parts.prints import Print, print_names, read_print
from pipeline.masks.parts.valve import Valve
from pipeline.masks.recipe import MaskValues, with_parts
from pipeline.masks.sampling import draw_mask
from pipeline.masks.template import load_templates

SPACE = TextureSpace(width=170, height=110, width_mm=170, height_mm=110)
WHITE = (240.0, 240.0, 240.0)
VALVE = Valve(
    u=0.5, v=0.4, radius_mm=14.0, height_mm=5.0, square=False, slots=3, angle_deg=20.0, colour=(30.0, 30.0, 30.0)
)
NO_PARTS = {
    "print": None, "reliefs": (), "binding": None, "top_band": None, "wash": 0.0, "nose_clip": None, "lettering": None,
    "valve": None,
}  # fmt: skip


def _plain(colour: tuple[float, float, float] = WHITE, **parts: object) -> MaskValues:
    """Cloth of one colour in even light with these parts alone."""
    drawn = draw_mask(load_templates()["cloth_fitted"], "correct", MaskParams(), np.random.default_rng(0)).values
    even = replace(drawn, corner_mm=4.0, colour=colour, gradient=(0.0, 0.0), mottle=0.0, cast=None)
    return with_parts(even, NO_PARTS | parts)


def _built(colour: tuple[float, float, float] = WHITE, **parts: object) -> Material:
    return build_material(_plain(colour, **parts), SPACE)


def test_a_plain_material_is_its_colour_everywhere() -> None:
    material = _built()

    assert np.allclose(material.albedo, linear_colour(WHITE), atol=1e-4)
    assert not material.height_mm.any()


def test_a_print_is_repeated_over_the_whole_material() -> None:
    inks = ((250.0, 250.0, 250.0), (20.0, 20.0, 200.0), (200.0, 20.0, 20.0), (20.0, 200.0, 20.0))
    spec = Print(print_names("tile_")[0], is_tile=True, size_mm=40.0, angle_deg=30.0, x=0.3, y=0.8, palette=inks)
    seen = _built(print=spec).albedo

    palette = np.stack([linear_colour(colour) for colour in spec.palette])
    tile = cv2.resize(palette[read_print(spec.name)], (40, 40), interpolation=cv2.INTER_AREA)
    x = np.linspace(-85, 85, 170)[None, :]
    y = np.linspace(0, 110, 110)[:, None]
    turn = np.radians(30)
    column = (x * np.cos(turn) - y * np.sin(turn) + 0.3 * 40) % 40
    row = (x * np.sin(turn) + y * np.cos(turn) + 0.8 * 40) % 40
    expected = cv2.remap(np.tile(tile, (2, 2, 1)), column.astype(np.float32), row.astype(np.float32), cv2.INTER_LINEAR)
    assert np.abs(seen - expected).max() < 0.1  # OpenCV samples at 32 places a pixel
    assert np.abs(seen - expected).mean() < 0.01


@pytest.mark.parametrize(("u", "v"), [(0.0, 0.5), (-0.95, 0.02), (0.95, 0.99)])
def test_lettering_darkens_what_lies_around_its_place_and_nothing_else(u: float, v: float) -> None:
    lettering = Lettering("FFP2 NR/EN 149", height_mm=4.0, u=u, v=v, tone=0.2)
    inked = _built(lettering=lettering).albedo < _built().albedo - 0.05

    assert inked.any()
    rows, columns, _ = np.nonzero(inked)
    assert abs(np.median(rows) - v * 110) < 12
    assert abs(np.median(columns) - (0.5 + u / 2) * 170) < 22
    assert rows.max() - rows.min() < 16


@pytest.mark.parametrize("square", [False, True])
def test_a_valve_stands_out_where_it_is_said_to(square: bool) -> None:
    valve = replace(VALVE, square=square)
    material = _built(valve=valve)

    raised = material.height_mm > 0.2
    rows, columns = np.nonzero(raised)
    assert (rows.mean(), columns.mean()) == pytest.approx((44, 127.5), abs=1.5)
    assert 24 <= rows.max() - rows.min() <= 30
    assert material.height_mm.max() == pytest.approx(5, abs=0.1)
    assert material.albedo[raised].mean() < 0.1
    assert material.albedo[0, 0] == pytest.approx(linear_colour(WHITE), abs=1e-4)


def test_a_valve_beyond_the_edge_leaves_the_material_as_it_is() -> None:
    assert not _built(valve=replace(VALVE, u=3.0)).height_mm.any()


def test_the_top_band_lightens_the_top_alone() -> None:
    dark = (60.0, 90.0, 140.0)
    lighter = _built(dark, top_band=TopBand(10.0, 0.5)).albedo - _built(dark).albedo

    assert (lighter[:9] > 0.2).all()
    assert not lighter[12:].any()


@pytest.mark.parametrize("name", sorted(load_templates()))
def test_every_template_makes_a_material_at_any_size(name: str) -> None:
    template = load_templates()[name]
    for seed, (width, height) in enumerate([(24, 24), (60, 41), (331, 227)]):
        values = draw_mask(template, "correct", MaskParams(), np.random.default_rng(seed)).values
        material = build_material(values, TextureSpace(width, height, 165, 120))

        assert material.albedo.shape == (height, width, 3)
        assert material.height_mm.dtype == material.albedo.dtype == material.alpha.dtype == np.float32
        assert np.isfinite(material.albedo).all()
        assert np.isfinite(material.height_mm).all()
