"""One picture in the making: from the posed mesh to light, skin, eyes, hair and glasses."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from generators.sample.background import paint_background
from generators.sample.drawing import Lamp, Layer, draw_paths, draw_strands, glasses_paths, shade_strands
from generators.sample.eyes import eye_colour, glint
from generators.sample.head import rotation, to_canonical
from generators.sample.identity import Identity, identity_vertices
from generators.sample.light import highlight, scatter, shadow_map, skin_light
from generators.sample.noise import NoiseField, smoothstep
from generators.sample.posing import SUPERSAMPLING, pose_points, pose_vertices, supersampled_camera
from generators.sample.rasteriser import interpolate, rasterise, vertex_normals
from generators.sample.scene import Scene
from generators.sample.skin import Surface, cloth_cover, cloth_surface, skin_surface
from generators.sample.strands import Scalp, Strands, grow_beard, grow_brows, grow_hair, grow_lashes
from generators.sample.studio import Studio

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_CLOTH_THICKNESS_MM = 4.0
_EAR_TOP = 12353


@dataclass(frozen=True)
class Hits:
    """The pixels that show the person: `mask` (H, W), and for each of its N pixels, in reading order, the rest.

    `rest` (N, 3) is the place on the neutral head, `places` (N, 3) the place before the camera.
    """

    mask: Bools
    rest: Floats
    normals: Floats
    places: Floats
    occlusion: Floats
    eye: Bools
    cloth: Bools

    def filled(self, values: Bools) -> Bools:
        """Values (N,) as a picture (H, W)."""
        picture = np.zeros(self.mask.shape, dtype=bool)
        picture[self.mask] = values
        return picture


class Shoot:
    """All sizes are those of the supersampled picture."""

    def __init__(self, studio: Studio, identity: Identity, scene: Scene, rng: np.random.Generator) -> None:
        self.studio, self.identity, self.scene, self.rng = studio, identity, scene, rng
        self.field = NoiseField(np.random.default_rng(identity.seed))
        self.px_per_mm = scene.px_per_mm * SUPERSAMPLING
        self.shape = (scene.height_px * SUPERSAMPLING, scene.width_px * SUPERSAMPLING)
        self.camera = supersampled_camera(scene.camera)
        self.key = np.array(scene.key_direction)
        self.vertices = self._dressed(to_canonical(identity_vertices(studio.data, identity, scene.expression)))
        self.posed = pose_vertices(self.vertices, studio.rest, scene)
        self.normals = vertex_normals(self.posed, studio.triangles)
        self.fragments = rasterise(self.posed, studio.triangles, self.camera, self.shape)
        self.hits = self._hits()

    def _hits(self) -> Hits:
        mask, triangles = self.fragments.hit, self.studio.triangles
        rest = interpolate(self.fragments, triangles, self.studio.rest)[mask]
        eye = (self.fragments.triangle >= len(self.studio.head.triangles))[mask]
        return Hits(
            mask=mask,
            rest=rest,
            normals=_unit(interpolate(self.fragments, triangles, self.normals)[mask]),
            places=interpolate(self.fragments, triangles, self.posed)[mask],
            occlusion=interpolate(self.fragments, triangles, self.studio.occlusion[:, None])[mask][:, 0],
            eye=eye,
            cloth=(cloth_cover(rest, self.scene.clothing_collar) > 0) & ~eye,
        )

    def _dressed(self, vertices: Floats) -> Floats:
        """Vertices with cloth pushed out by its thickness."""
        cover = cloth_cover(self.studio.rest, self.scene.clothing_collar)
        normals = vertex_normals(vertices, self.studio.head.triangles)
        return np.asarray(vertices + normals * (_CLOTH_THICKNESS_MM * smoothstep(-1.0, 3.0, cover))[:, None])

    def paint(self) -> tuple[Floats, Layer]:
        """The linear picture without strands, and its hair as a layer."""
        hits, hair = self.hits, self._hair()
        surface = self._surface()
        surface.colour[hits.eye] = self._eyes(hits.places[hits.eye])
        normals = _unit(hits.normals + np.where(hits.eye[:, None], 0.0, surface.bump))
        light = self._light(normals, hair)
        to_eye = _unit(-hits.places)
        lobes = 0.5 * highlight(normals, to_eye, self.key, 14) + 0.42 * highlight(normals, to_eye, self.key, 55)
        open_sky = np.where(hits.eye, 0.0, np.clip(hits.occlusion * 1.5 - 0.25, 0, 1))
        gloss = surface.gloss * lobes * open_sky * light.mean(axis=1)
        picture = self._backdrop()
        picture[hits.mask] = surface.colour * light + gloss[:, None] * np.array(self.scene.key_colour) + self._rim()
        self._glints(picture)
        return picture, hair

    def _light(self, normals: Floats, hair: Layer) -> Floats:
        """Light (N, 3) on each hit pixel: lamp and sky, spread under the skin, shaded by hair and lids."""
        hits = self.hits
        lamp = shadow_map(self.posed, self.studio.head.triangles, self._middle(), self.key)
        lit = lamp.lit(hits.places, 2.0 + 9.0 * self.scene.key_softness)
        key, ambient = np.array(self.scene.key_colour), np.array(self.scene.ambient_colour)
        light = np.zeros((*self.shape, 3))
        light[hits.mask] = skin_light(
            normals, lit, hits.occlusion, key=self.key, key_colour=key, ambient_colour=ambient
        )
        light = scatter(light, hits.filled(~hits.cloth & ~hits.eye), self.px_per_mm)
        light = light * (self._hair_shade(hair) * self._lid_shade(hits.filled(hits.eye)))[:, :, None]
        return np.asarray(light[hits.mask])

    def _surface(self) -> Surface:
        rest, cloth = self.hits.rest, self.hits.cloth
        skin = skin_surface(self.identity, rest, self._lips(), self.field)
        cover = cloth_cover(rest[cloth], self.scene.clothing_collar)
        dress = cloth_surface(np.array(self.scene.clothing_colour), rest[cloth], cover, self.field)
        for own, other in ((skin.colour, dress.colour), (skin.gloss, dress.gloss), (skin.bump, dress.bump)):
            own[cloth] = other
        return skin

    def _lips(self) -> Floats:
        """Share (N,) of lip at each hit pixel."""
        hit = self.fragments.hit
        triangle = self.fragments.triangle[hit]
        on_skin = triangle < len(self.studio.head.triangles)
        share = np.zeros(len(triangle))
        uv = np.einsum("nk,nkc->nc", self.fragments.weights[hit][on_skin], self.studio.corner_uv[triangle[on_skin]])
        size = self.studio.lip_share.shape[0]
        column, row = np.clip(np.stack([uv[:, 0] * size, (1 - uv[:, 1]) * size], 1).astype(np.int64), 0, size - 1).T
        share[on_skin] = self.studio.lip_share[row, column]
        return share

    def _middle(self) -> Floats:
        """The middle of the posed head (3,)."""
        return np.asarray(pose_points(np.array([[0.0, 30.0, 90.0]]), self.scene)[0])

    def _eyes(self, places: Floats) -> Floats:
        colour = np.zeros((len(places), 3))
        nearest, directions, radius = self._eye_directions(places)
        yaw, pitch = self.scene.gaze_deg
        ahead = 0.45 * (self.scene.turn @ np.array([0.0, 0.0, -1.0])) + 0.55 * np.array([0.0, 0.0, -1.0])
        gaze = rotation(yaw, pitch, 0) @ (ahead / np.linalg.norm(ahead))
        for eye in (0, 1):
            own = nearest == eye
            colour[own] = eye_colour(directions[own], gaze, radius, self.identity.iris, self.field)
        return colour

    def _eye_directions(self, places: Floats) -> tuple[Ints, Floats, float]:
        centres = np.stack([self.posed[index].mean(axis=0) for index in self.studio.eye_vertices])
        radius = float(np.linalg.norm(self.posed[self.studio.eye_vertices[0]] - centres[0], axis=1).max())
        offsets = places[:, None, :] - centres[None]
        nearest = np.argmin(np.linalg.norm(offsets, axis=2), axis=1)
        return nearest, _unit(offsets[np.arange(len(places)), nearest]), radius

    def _glints(self, picture: Floats) -> None:
        """Add the mirror image of the lamp to the eyes, in place."""
        eyes, places = self.hits.filled(self.hits.eye), self.hits.places[self.hits.eye]
        _, directions, _ = self._eye_directions(places)
        shine = glint(directions, _unit(-places), _unit(self.key + np.array([0.0, 0.0, -0.8])))
        picture[eyes] += shine[:, None] * np.array(self.scene.key_colour)

    def _lid_shade(self, eyes: Bools) -> Floats:
        """Shade of lids and lashes on the eyeball, (H, W)."""
        lid = cv2.GaussianBlur((~eyes).astype(np.float64), (0, 0), 1.3 * self.px_per_mm)
        drop = 1.5 * self.px_per_mm
        lid = cv2.warpAffine(lid, np.array([[1.0, 0, 0], [0, 1.0, drop]]), self.shape[::-1], borderValue=1.0)
        return np.where(eyes, 0.92 - 0.75 * np.clip(lid, 0, 1), 1.0)

    def _rim(self) -> Floats:
        edge = np.clip(1 + self.hits.normals[:, 2], 0, 1) ** 3 * self.hits.occlusion * self.scene.rim
        return np.asarray(edge[:, None] * 0.35 * self.identity.skin_colour)

    def _scalp(self) -> Scalp:
        skin = self.studio.head.triangles
        above = (self.studio.rest[skin][:, :, 1] < 150).all(axis=1)
        return Scalp(self.vertices, vertex_normals(self.vertices, skin), self.studio.rest, skin[above])

    def _lamp(self) -> Lamp:
        return Lamp(self.key, np.array(self.scene.key_colour), np.array(self.scene.ambient_colour))

    def _strands(self, strands: Strands, opacity: float = 1.0) -> Layer:
        count, steps, _ = strands.points.shape
        points = pose_points(strands.points.reshape(-1, 3), self.scene).reshape(count, steps, 3)
        colours = shade_strands(points, strands.colour, self._middle(), self._lamp())
        return draw_strands(points, colours, self.camera, self.fragments.depth, thickness_px=1, opacity=opacity)

    def _hair(self) -> Layer:
        strands = grow_hair(self.identity, self._scalp(), self.field, np.random.default_rng(self.identity.seed + 1))
        if strands is None:
            return Layer(np.zeros((*self.shape, 3)), np.zeros(self.shape))
        return self._strands(strands)

    def _hair_shade(self, hair: Layer) -> Floats:
        """Soft shadow (H, W) of the hair on what lies beneath it."""
        soft = cv2.GaussianBlur(hair.alpha, (0, 0), 4.5 * self.px_per_mm)
        move = -self.key[:2] * 7.0 * self.px_per_mm
        soft = cv2.warpAffine(soft, np.array([[1.0, 0, move[0]], [0, 1.0, move[1]]]), self.shape[::-1])
        return np.where(self.hits.mask, 1 - 0.55 * np.clip(soft, 0, 1), 1.0)

    def details(self, picture: Floats) -> Floats:
        """Brows, lashes, beard and glasses laid over the skin."""
        rng = np.random.default_rng(self.identity.seed + 2)
        scalp = self._scalp()
        beard = grow_beard(self.identity, scalp, rng)
        if beard:
            picture = self._strands(beard, 0.9).over(picture)
        picture = self._strands(grow_brows(self.identity, scalp, rng), 0.72).over(picture)
        lashes = grow_lashes(self.identity, self.vertices, self.studio.head.twin, rng)
        picture = self._strands(lashes, 0.8).over(picture)
        return self._glasses(rng).over(picture) if self.identity.glasses else picture

    def _glasses(self, rng: np.random.Generator) -> Layer:
        eyes = np.stack([self.vertices[index].mean(axis=0) for index in self.studio.eye_vertices])
        ears = np.stack([self.vertices[self.studio.head.twin[_EAR_TOP]], self.vertices[_EAR_TOP]])
        colour = np.array([0.012, 0.010, 0.010]) * float(rng.choice([1.0, 4.0, 12.0]))
        paths = [pose_points(path, self.scene) for path in glasses_paths(eyes, ears)]
        thickness = max(2, round(float(rng.uniform(1.2, 2.6)) * self.px_per_mm))
        return draw_paths(paths, self.camera, self.fragments.depth, colour, thickness)

    def _backdrop(self) -> Floats:
        height, width = self.shape
        light = 0.5 * (np.mean(self.scene.key_colour) + np.mean(self.scene.ambient_colour))
        rng = np.random.default_rng(self.rng.integers(1 << 62))
        return paint_background(self.scene.backdrop, self.scene.backdrop_hue, width, height, rng) * float(light)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))
