"""Maskwright in Python: put masks on faces, train with them, tell them apart.

>>> from maskwright import find_faces, mask_all, predict, put_mask
>>> photo = "samples/faces/person-000-a.jpg"
>>> len(find_faces(photo)), find_faces(photo)[0].landmarks.shape
(1, (68, 2))
>>> masked = put_mask(photo, "ffp2", seed=7)
>>> masked.draw.mask_type, masked.draw.wear, masked.rgb.dtype.name
('ffp2', 'correct', 'uint8')
>>> predict(masked.rgb)[0].answers["mask_type"].label
'ffp2'

A picture is an array, a Pillow image or a path. docs/python.md shows more.

A name is imported with what it needs when it is first asked for. `RandomFaceMask` needs the extra `train`, and so does
a `model.pt`; the others need the base install alone. What isn't listed here may move.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from pipeline.core.version import VERSION

if TYPE_CHECKING:
    from pipeline.core.errors import MaskwrightError, SampleRejected
    from pipeline.core.params import FacesParams
    from pipeline.core.randomness import sample_rng
    from pipeline.faces.finding import FaceFinder, FoundFace
    from pipeline.masks import MaskedFace, MaskParams, MaskSynthesizer, Template, load_templates
    from pipeline.prediction.answers import Answer, FacePrediction
    from pipeline.prediction.predictor import FacePredictor
    from pipeline.storage.images import read_image, write_image
    from pipeline.toolkit.masking import MaskedScene, SceneFace, find_faces, mask_all, put_mask
    from pipeline.toolkit.telling import predict
    from pipeline.training.face_mask_transform import RandomFaceMask
    from pipeline.training.loading import load_model

__version__ = VERSION

__all__ = [
    "Answer",
    "FaceFinder",
    "FacePrediction",
    "FacePredictor",
    "FacesParams",
    "FoundFace",
    "MaskParams",
    "MaskSynthesizer",
    "MaskedFace",
    "MaskedScene",
    "MaskwrightError",
    "RandomFaceMask",
    "SampleRejected",
    "SceneFace",
    "Template",
    "__version__",
    "find_faces",
    "load_model",
    "load_templates",
    "mask_all",
    "predict",
    "put_mask",
    "read_image",
    "sample_rng",
    "write_image",
]

_HOMES = {
    "pipeline.core.errors": ("MaskwrightError", "SampleRejected"),
    "pipeline.core.params": ("FacesParams",),
    "pipeline.core.randomness": ("sample_rng",),
    "pipeline.faces.finding": ("FaceFinder", "FoundFace"),
    "pipeline.masks": ("MaskParams", "MaskSynthesizer", "MaskedFace", "Template", "load_templates"),
    "pipeline.prediction.answers": ("Answer", "FacePrediction"),
    "pipeline.prediction.predictor": ("FacePredictor",),
    "pipeline.storage.images": ("read_image", "write_image"),
    "pipeline.toolkit.masking": ("MaskedScene", "SceneFace", "find_faces", "mask_all", "put_mask"),
    "pipeline.toolkit.telling": ("predict",),
    "pipeline.training.loading": ("load_model",),
    "pipeline.training.face_mask_transform": ("RandomFaceMask",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """The public name, imported now.

    Raises:
        AttributeError: there is none of that name.
        ModuleNotFoundError: an extra is not installed.
    """
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """What there is, imported or not."""
    return sorted({*globals(), *__all__})
