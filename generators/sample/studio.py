"""What every picture shares: the mesh, its textures and the light that its shape lets in."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generators.sample.head import Head, load_head, neutral_vertices
from generators.sample.light import ambient_occlusion
from generators.sample.makehuman import HeadData
from generators.sample.rasteriser import quads_to_triangles, vertex_normals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LOWEST_Y_MM = 430.0


@dataclass(frozen=True)
class Studio:
    """What every picture shares: the mesh and the light its shape lets in."""

    data: HeadData

    @cached_property
    def head(self) -> Head:
        """The skin down to the chest."""
        return load_head(self.data, _LOWEST_Y_MM, only_visible=False)

    @cached_property
    def rest(self) -> Floats:
        """The neutral vertices, the space in which textures are painted."""
        return neutral_vertices(self.data)

    @cached_property
    def eye_vertices(self) -> list[Ints]:
        """Vertices of the eyeballs, the viewer's left one first."""
        groups = self.data.groups()
        return [np.arange(groups[name][0][0], groups[name][-1][1] + 1) for name in ("helper-r-eye", "helper-l-eye")]

    @cached_property
    def triangles(self) -> Ints:
        """Skin, then eyeballs."""
        base = self.data.base
        eyes = np.array([name in ("helper-l-eye", "helper-r-eye") for name in base.groups])
        return np.concatenate([self.head.triangles, quads_to_triangles(base.quads[eyes])])

    @cached_property
    def occlusion(self) -> Floats:
        """Share (V,) of the sky that each vertex of the neutral head sees."""
        skin = self.head.triangles
        used = np.unique(skin)
        normals = vertex_normals(self.rest, skin)
        share = np.full(len(self.rest), 0.75)
        share[used] = _occlusion_of(self.rest, skin, normals, used)
        return share

    @cached_property
    def lip_share(self) -> Floats:
        """Lip texture (2048, 2048) in [0, 1], v upwards."""
        picture = Image.open(io.BytesIO(self.data.read("textures/mpfb_lips.jpg"))).convert("L")
        return np.asarray(picture, dtype=np.float64) / 255.0

    @cached_property
    def corner_uv(self) -> Floats:
        """Texture place (T, 3, 2) of each corner of the skin triangles."""
        return np.asarray(self.data.base.uv[quads_to_triangles(self.head.uv_quads)])


def _occlusion_of(points: Floats, triangles: Ints, normals: Floats, used: Ints) -> Floats:
    compact = np.zeros(len(points), dtype=np.int64)
    compact[used] = np.arange(len(used))
    return ambient_occlusion(points[used], compact[triangles], normals[used], np.array([0.0, 40.0, 80.0]))
