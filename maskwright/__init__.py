"""Maskwright in Python: put masks on faces, train with them, tell them apart.

>>> from pathlib import Path
>>> from maskwright import FaceFinder, FacesParams, MaskSynthesizer, load_templates, read_image, sample_rng
>>> rgb = read_image(Path("samples/faces/person-000-a.jpg")).rgb
>>> face = FaceFinder(FacesParams()).find(rgb)[0]
>>> masked = MaskSynthesizer(load_templates())(rgb, face.landmarks, "ffp2", sample_rng(0, "000"))
>>> masked.rgb.shape == rgb.shape
True

>>> predictor = load_model("models/model.onnx")  # doctest: +SKIP
>>> predictor("photo.jpg")[0].answers["mask_type"].label  # doctest: +SKIP
'ffp2'

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
    from pipeline.training.loading import load_model
    from pipeline.training.random_mask import RandomFaceMask

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
    "MaskwrightError",
    "RandomFaceMask",
    "SampleRejected",
    "Template",
    "__version__",
    "load_model",
    "load_templates",
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
    "pipeline.training.loading": ("load_model",),
    "pipeline.training.random_mask": ("RandomFaceMask",),
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
