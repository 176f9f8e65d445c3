"""Tell the masks of a picture in one call."""

import os
from functools import lru_cache
from pathlib import Path

from pipeline.prediction.answers import FacePrediction
from pipeline.prediction.predictor import FacePredictor
from pipeline.prediction.ready import READY
from pipeline.storage.digests import file_stamp
from pipeline.storage.pictures import Picture
from pipeline.training.loading import load_model


def predict(image: Picture, model: Path | str = READY, *, both_ways: bool = True) -> list[FacePrediction]:
    """The faces of a picture, the largest first, and what each wears; none is an empty list.

    The model is loaded once; `load_model` says which there are, and what `both_ways` does.

    Raises:
        SampleRejected: a file that can't be read as a photo.
        ShapeError: what is given is no picture.
        MaskwrightError: the file is no model.
    """
    name = os.fspath(model)
    return _predictor(name, file_stamp(Path(name)), both_ways)(image)


@lru_cache(maxsize=2)
def _predictor(model: str, stamp: tuple[int, int], both_ways: bool) -> FacePredictor:  # noqa: ARG001 - part of the key
    return load_model(model, both_ways=both_ways)
