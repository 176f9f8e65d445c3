import numpy as np

from pipeline.masks.imaging.raster import rasterise_grid


def _flat_grid(rows: int = 5, columns: int = 7) -> np.ndarray:
    v, u = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    return np.stack([10 + 60 * u, 5 + 40 * v], axis=-1).astype(np.float32)


def test_texture_coordinates_of_a_flat_grid_are_linear() -> None:
    seen = rasterise_grid(_flat_grid(), np.zeros((5, 7), np.float32), 90, 60)

    y, x = np.nonzero(seen.covered)
    inner = (x > 11) & (x < 69) & (y > 6) & (y < 44)
    assert np.allclose(seen.u[y[inner], x[inner]], (x[inner] - 10) / 60, atol=1e-3)
    assert np.allclose(seen.v[y[inner], x[inner]], (y[inner] - 5) / 40, atol=1e-3)


def test_only_the_grid_is_covered() -> None:
    covered = rasterise_grid(_flat_grid(), np.zeros((5, 7), np.float32), 90, 60).covered

    assert covered[25, 40]
    assert not covered[:, :9].any()
    assert not covered[48:].any()


def test_a_grid_that_turns_away_is_not_seen() -> None:
    mirrored = _flat_grid()[:, ::-1]

    assert not rasterise_grid(mirrored, np.zeros((5, 7), np.float32), 90, 60).covered.any()


def test_the_nearer_of_two_layers_is_seen() -> None:
    folded = _flat_grid(3, 4)
    folded[:, 2:] -= np.array([30, 0], np.float32)  # the right half lies over the left
    depth = np.zeros((3, 4), np.float32)
    depth[:, 2:] = -5

    u = rasterise_grid(folded, depth, 90, 60).u

    assert u[20, 25] > 0.5
