"""Put a mask on a face: draw, then render."""

from collections.abc import Mapping

import numpy as np

from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.records import MaskType, Wear
from pipeline.core.step_times import timed
from pipeline.faces.landmarks import interocular_px
from pipeline.masks.head.canonical import HeadFit, canonical_head, fit_head
from pipeline.masks.params import MaskParams
from pipeline.masks.parts.chance import weighted_choice
from pipeline.masks.parts.flat_picture import FlatPicture
from pipeline.masks.parts.picture import drawn_picture
from pipeline.masks.posed_mask import pose_mask
from pipeline.masks.recipe import MaskedFace, MaskRecipe
from pipeline.masks.render import PaintedMask, paint
from pipeline.masks.sampling import choose_wear, draw_mask
from pipeline.masks.seen_face import SeenFace
from pipeline.masks.template import Template


class MaskSynthesizer:
    """Puts masks on faces: arrays in, `MaskedFace` out; pure given a generator."""

    def __init__(self, templates: Mapping[str, Template], params: MaskParams | None = None) -> None:
        self._params = params or MaskParams()
        self._templates = dict(sorted(templates.items()))
        self._by_type: dict[str, list[Template]] = {}
        for template in self._templates.values():
            self._by_type.setdefault(template.mask_type, []).append(template)
        self._head = canonical_head()

    def __call__(self, rgb: Rgb, landmarks: Points, mask_type: MaskType, rng: np.random.Generator) -> MaskedFace:
        """Draw a mask of one type and render it.

        Raises:
            SampleRejected: as `render`.
        """
        return self.render(rgb, landmarks, self.draw(mask_type, rng))

    def draw(self, mask_type: MaskType, rng: np.random.Generator, *, wear: Wear | None = None) -> MaskRecipe:
        """Draw a template of that type and every value of one mask; `wear` None draws that too.

        Raises:
            ValueError: no template makes such masks.
        """
        fitting = self._by_type.get(mask_type)
        if not fitting:
            raise ValueError(f"no template makes masks of the type {mask_type!r}")
        template = weighted_choice(fitting, [t.weight for t in fitting], rng)
        return draw_mask(template, wear or choose_wear(self._params.wear, rng), self._params, rng)

    def render(self, rgb: Rgb, landmarks: Points, draw: MaskRecipe, face: SeenFace | None = None) -> MaskedFace:
        """The photo `(H, W, 3)` with the drawn mask on the face that has these 68 landmarks.

        `face` is what `see` gave for them in this photo, where several masks go on one face.

        Raises:
            SampleRejected: as `fit`, or `mask_outside_photo`.
            TemplateError: the mask was drawn from a picture that is not there or has changed.
        """
        return self.paint(rgb, landmarks, draw, face).on(rgb)

    @timed("render")
    def paint(self, rgb: Rgb, landmarks: Points, draw: MaskRecipe, face: SeenFace | None = None) -> PaintedMask:
        """As `render`, the part of the photo alone that the mask reaches: for photos of which a copy is large."""
        picture = self._picture(draw)
        face = face or self.see(rgb, landmarks)
        return paint(face, draw, pose_mask(draw.values, picture, face.fit, self._head), picture)

    def see(self, rgb: Rgb, landmarks: Points) -> SeenFace:
        """The face with these 68 landmarks in the photo `(H, W, 3)`, which must not change as long as it is used.

        Raises:
            SampleRejected: as `fit`.
        """
        return SeenFace(rgb, landmarks, self.fit(landmarks), self._head)

    def _picture(self, draw: MaskRecipe) -> FlatPicture | None:
        """The picture that the mask was drawn from, if its template is made of one."""
        if draw.values.picture is None:
            return None
        template = self._templates.get(draw.template)
        return drawn_picture(draw.template, template.picture if template else None, draw.values.picture)

    def fit(self, landmarks: Points) -> HeadFit:
        """The head that has these 68 landmarks.

        Raises:
            SampleRejected: `face_too_small` or `extreme_pose`.
        """
        eyes = interocular_px(landmarks)
        if eyes < self._params.min_interocular_px:
            raise SampleRejected("face_too_small", f"{eyes:.0f} px between the outer eye corners")
        fit = fit_head(landmarks, self._head)
        pose = fit.pose
        if abs(pose.yaw_deg) > self._params.max_yaw_deg or abs(pose.pitch_deg) > self._params.max_pitch_deg:
            raise SampleRejected("extreme_pose", f"yaw {pose.yaw_deg:.0f}, pitch {pose.pitch_deg:.0f} degrees")
        return fit
