from dataclasses import replace

import numpy as np
import pytest

from pipeline.masks.head.canonical import canonical_head, fit_head, sample_field, to_cylinder
from pipeline.masks.head.fitting import picture_axes
from pipeline.masks.head.surface import COLUMNS, ROWS, Shape, build_surface, evenly_spaced, held_to_cheek, place_outline
from tests.masks.conftest import Posed

HEAD = canonical_head()
SHAPE = Shape(
    top_centre_mm=10, top_side_mm=30, top_curve=1.5, bottom_centre_mm=115, bottom_side_mm=80, bottom_curve=2,
    side_top_deg=60, side_bottom_deg=58, side_bulge_deg=0, clearance_mm=2, tautness=0, edge_gap_mm=0, protrusion_mm=0,
    across_power=2, across_round=1, peak_start=0.4, peak_end=0.5, profile_power=1,
)  # fmt: skip


def test_the_outline_passes_through_its_named_points() -> None:
    azimuth, y = place_outline(SHAPE)

    assert y[0, COLUMNS // 2] == pytest.approx(10)
    assert y[-1, COLUMNS // 2] == pytest.approx(115)
    assert (azimuth[0, 0], azimuth[0, -1]) == pytest.approx((-60, 60))
    assert y[0, 0] == pytest.approx(30)


def test_waves_bend_each_edge_by_no_more_than_their_size_and_make_the_sides_differ() -> None:
    still, waved = place_outline(SHAPE), place_outline(replace(SHAPE, wave_mm=3, wave_deg=2, wave_turn=0.1))

    assert 2 < np.abs(waved[1] - still[1]).max() <= 3
    assert 1 < np.abs(waved[0] - still[0]).max() <= 2
    assert np.abs(waved[0] + waved[0][:, ::-1]).max() > 0.5
    assert np.abs(still[0] + still[0][:, ::-1]).max() < 1e-9


@pytest.mark.parametrize("tautness", [0, 0.5, 1])
def test_no_part_of_the_mask_lies_under_the_skin(tautness: float) -> None:
    surface = build_surface(replace(SHAPE, tautness=tautness), HEAD)

    azimuth, y, radius = to_cylinder(surface.reshape(-1, 3))
    skin = sample_field(HEAD.radius, azimuth[None], y[None])[0]
    assert (radius - skin).min() > SHAPE.clearance_mm - 0.1


def test_a_taut_mask_bridges_the_hollow_beside_the_nose() -> None:
    loose, taut = (build_surface(replace(SHAPE, tautness=t), HEAD) for t in (0, 1))

    assert (taut[..., 2] - loose[..., 2]).min() < -3


def test_protrusion_is_full_in_the_middle_and_none_at_the_rim() -> None:
    flat, beak = (build_surface(replace(SHAPE, protrusion_mm=p), HEAD) for p in (0, 20))
    rise = np.linalg.norm(beak - flat, axis=2)

    assert rise.max() > 18
    assert rise[0].max() == rise[-1].max() == pytest.approx(0, abs=1e-9)
    assert rise[:, 0].max() == pytest.approx(0, abs=1e-9)
    assert np.unravel_index(rise.argmax(), (ROWS, COLUMNS))[1] == COLUMNS // 2


TENT = replace(SHAPE, tautness=1, edge_gap_mm=4, protrusion_mm=25)


@pytest.mark.parametrize("yaw", [0, 8, -8])
def test_a_mask_seen_from_the_front_may_stand_off_the_cheeks(posed_landmarks: Posed, yaw: int) -> None:
    surface = build_surface(TENT, HEAD)

    assert held_to_cheek(surface, fit_head(posed_landmarks(yaw), HEAD), HEAD) is surface


@pytest.mark.parametrize(("yaw", "roll"), [(30, 0), (-30, 0), (45, 20), (-30, -90)])
def test_a_mask_stands_out_little_beyond_the_far_cheek_of_a_turned_head(
    posed_landmarks: Posed, yaw: int, roll: int
) -> None:
    fit = fit_head(posed_landmarks(yaw, 0, roll), HEAD)
    across = picture_axes(fit.rotation)[0] * fit.stretch * np.sign(yaw)
    free = build_surface(TENT, HEAD)

    held = held_to_cheek(free, fit, HEAD)

    skin = HEAD.vertices[(HEAD.vertices[:, 1] > 0) & (HEAD.vertices[:, 1] < 100)] @ across
    assert (free @ across).max() - skin.max() > 7
    assert (held @ across).max() - skin.max() < 5.5
    near = slice(0, COLUMNS // 2 - 3) if yaw > 0 else slice(COLUMNS // 2 + 4, None)
    assert np.allclose(held[:, near], free[:, near])
    azimuth, y, radius = to_cylinder(held.reshape(-1, 3))
    assert (radius - sample_field(HEAD.radius, azimuth[None], y[None])[0]).min() > 0.9


def test_a_sheet_does_not_follow_the_skin_back_to_the_throat() -> None:
    below_chin = replace(SHAPE, bottom_centre_mm=124, bottom_curve=1)

    surface = build_surface(below_chin, HEAD)

    middle = surface[:, COLUMNS // 2]
    azimuth, y, radius = to_cylinder(middle)
    skin = sample_field(HEAD.radius, azimuth[None], y[None])[0]
    under = y > 108
    back, down = np.diff(middle[under, 2]), np.diff(middle[under, 1])
    assert (back / down).max() < 1.3
    assert (radius - skin)[under].max() > 10
    assert np.allclose((radius - skin)[y < 100], SHAPE.clearance_mm, atol=0.01)


def test_evenly_spaced_points_keep_the_outline_and_the_middle_and_stand_at_equal_ways() -> None:
    surface = build_surface(TENT, HEAD)

    even = evenly_spaced(surface)

    corners = np.ix_([0, -1], [0, COLUMNS // 2, -1])
    assert np.allclose(even[corners], surface[corners])
    ways = np.linalg.norm(np.diff(even, axis=1), axis=2)
    for half in (ways[:, : COLUMNS // 2], ways[:, COLUMNS // 2 :]):
        assert (half.max(axis=1) / half.min(axis=1)).max() < 1.25  # chords of a bent line
    down = np.linalg.norm(np.diff(surface[:, COLUMNS // 2], axis=0), axis=1)
    down_even = np.linalg.norm(np.diff(even[:, COLUMNS // 2], axis=0), axis=1)
    assert down.max() / down.min() > 1.8  # or there is nothing to even out
    assert down_even.max() / down_even.min() < 1.3


def test_evenly_spaced_points_lie_on_the_sheet() -> None:
    surface = build_surface(TENT, HEAD)

    even = evenly_spaced(surface)

    distance = np.linalg.norm(even.reshape(-1, 1, 3) - surface.reshape(1, -1, 3), axis=2).min(axis=1)
    spacing = np.linalg.norm(np.diff(surface, axis=0), axis=2).max()
    assert distance.max() < spacing


@pytest.mark.parametrize("length", [0.0, 1.0])
def test_lines_of_no_length_stay_where_they_are(length: float) -> None:
    folded = np.zeros((ROWS, COLUMNS, 3))
    folded[:, :, 0] = np.linspace(-1, 1, COLUMNS)
    folded[:, :, 1] = length * np.linspace(0, 1, ROWS)[:, None]

    assert np.allclose(evenly_spaced(folded), folded)
