"""From a photo to its faces and what each wears."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.shrinking import shrunk_by_area
from pipeline.faces.crops import crop_square, visible_share
from pipeline.faces.detectors import Box
from pipeline.faces.finding import FaceFinder
from pipeline.prediction.answers import FacePrediction, answers_of
from pipeline.prediction.asking import ask
from pipeline.prediction.classifier import Classifier
from pipeline.prediction.usage import ModelUsage
from pipeline.storage.pictures import Picture, as_rgb

_BATCH_FACES = 8
"""Faces that are classified together: on one core 16 crops of 96 px take a third less time each than 64 do, since what
they become between layers then stays in the processor's cache."""
_BATCH_PHOTOS = 16


@dataclass(frozen=True, slots=True)
class RefusedBox:
    """What looked like a face and isn't taken for one, or reaches too far out of the photo."""

    box: Box
    verdict: SampleRejected


@dataclass(frozen=True, slots=True)
class SeenPhoto:
    """A photo in which faces were looked for: their boxes, the largest first, and their crops."""

    height_px: int
    width_px: int
    boxes: tuple[Box, ...]
    crops: tuple[Rgb, ...]
    refused: tuple[RefusedBox, ...]
    none: SampleRejected | None
    """Why there is no face, where there is none."""


class FacePredictor:
    """Finds faces as the stage `faces` does by the model's own settings, and tells the classes of each.

    Holds the models: make one and keep it. `both_ways` asks of a face that leaves doubt and of its mirror image, as
    `ask` does: right a little more often, for up to twice the classifier's time.
    """

    def __init__(self, classifier: Classifier, *, both_ways: bool = True) -> None:
        self._classifier = classifier
        self._faces = classifier.usage.crop
        self._finder = FaceFinder(self._faces)
        self._both_ways = both_ways

    @property
    def usage(self) -> ModelUsage:
        """Heads, classes and settings of the model."""
        return self._classifier.usage

    def __call__(self, photo: Picture) -> list[FacePrediction]:
        """The faces of a photo, the largest first; none is an empty list.

        Raises:
            SampleRejected: the file can't be read as a photo.
            ShapeError: the array is no picture.
        """
        return self.answer([self.look(as_rgb(photo))])[0]

    def many(self, photos: Iterable[Picture]) -> Iterator[list[FacePrediction]]:
        """The faces of each photo, in their order; those of several photos are classified together.

        Raises:
            SampleRejected, ShapeError: as for one.
        """
        waiting = Waiting()
        for photo in photos:
            waiting.add(self.look(as_rgb(photo)))
            if waiting.is_full:
                yield from self.answer(waiting.taken())
        yield from self.answer(waiting.taken())

    def look(self, rgb: Rgb) -> SeenPhoto:
        """The faces of a photo, cut out and not yet classified."""
        found = self._finder.locate(rgb)
        height, width = rgb.shape[:2]
        judged = [(face.box, _cut_off(face.box, width, height, self._faces)) for face in found.faces]
        whole = tuple(box for box, verdict in judged if verdict is None)
        cut = tuple(RefusedBox(box, verdict) for box, verdict in judged if verdict is not None)
        refused = (*cut, *(RefusedBox(face.box, face.verdict) for face in found.refused))
        none = None if whole else cut[0].verdict if cut else self._finder.why_none(found)
        return SeenPhoto(height, width, whole, tuple(self._crop(rgb, box) for box in whole), refused, none)

    def answer(self, photos: Sequence[SeenPhoto]) -> list[list[FacePrediction]]:
        """What the faces of each photo wear, in their order."""
        shares = iter(self.shares([crop for photo in photos for crop in photo.crops]))
        return [[FacePrediction(box, answers_of(self.usage, next(shares))) for box in photo.boxes] for photo in photos]

    def shares(self, crops: Sequence[Rgb]) -> list[dict[str, NDArray[np.float32]]]:
        """The probability of each class by head, for each crop."""
        found: list[dict[str, NDArray[np.float32]]] = []
        for start in range(0, len(crops), _BATCH_FACES):
            found += ask(self._classifier, crops[start : start + _BATCH_FACES], both_ways=self._both_ways)
        return found

    def _crop(self, rgb: Rgb, box: Box) -> Rgb:
        """In two steps, as crops are written and then read for training."""
        crop = crop_square(rgb, box, self._faces.crop_scale, self._faces.crop_px)
        side = self.usage.image_px
        return shrunk_by_area(crop, (side, side))


class Waiting:
    """Photos that wait until there are faces enough to classify together."""

    def __init__(self) -> None:
        self._photos: list[SeenPhoto] = []

    def add(self, photo: SeenPhoto) -> None:
        """One more."""
        self._photos.append(photo)

    @property
    def is_full(self) -> bool:
        """Whether it is time to take them."""
        faces = sum(len(photo.crops) for photo in self._photos)
        return faces >= _BATCH_FACES or len(self._photos) >= _BATCH_PHOTOS

    def taken(self) -> list[SeenPhoto]:
        """All of them, which no longer wait."""
        photos, self._photos = self._photos, []
        return photos


def _cut_off(box: Box, width_px: int, height_px: int, faces: FacesParams) -> SampleRejected | None:
    share = visible_share((box.left, box.top, box.right, box.bottom), width_px, height_px)
    if share >= faces.min_face_visible:
        return None
    return SampleRejected("face_cut_off", f"{share:.0%} of the face lies inside the picture")
