"""Reading files of weights from anyone: nothing in them is run, nothing is believed before it is checked."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from pipeline.core.errors import MaskwrightError
from pipeline.core.params import FacesParams
from pipeline.core.paths import says_absent
from pipeline.core.validation import explain_validation
from pipeline.training.labels import HeadName

FORMAT = 1

_Number = Annotated[float, Field(allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Classes = Annotated[tuple[str, ...], Field(min_length=2, max_length=1000)]
_Heads = Annotated[
    tuple[tuple[HeadName, _Classes], ...],
    Field(min_length=1, max_length=4),
]


class StoredSpec(BaseModel):
    """What a file may say of how its model is built; see `ModelSpec`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str, Field(max_length=100)]
    heads: _Heads
    image_px: Annotated[int, Field(ge=32, le=512)]
    mean: tuple[_Number, _Number, _Number]
    std: tuple[_Positive, _Positive, _Positive]
    dropout: Annotated[float, Field(ge=0, lt=1)]


class StoredFacts(BaseModel):
    """What is computed with of a model's facts; the others are told and no more."""

    model_config = ConfigDict(extra="allow", frozen=True)

    faces: FacesParams | None = None
    temperatures: dict[str, _Positive] = {}


class StoredModel(BaseModel):
    """A file of `save_model`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    format: Literal[1]
    spec: StoredSpec
    weights: dict[str, Tensor]
    facts: StoredFacts


def read_stored(path: Path, what: str = "model or checkpoint of weights and plain values") -> dict[str, Any]:
    """The values in a file of `torch.save`, read without running code from it.

    Raises:
        MaskwrightError: it cannot be read or holds something else; `what` says what was expected.
    """
    try:
        _refuse_packed(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise MaskwrightError(says_absent(path)) from error
    except OSError as error:
        raise MaskwrightError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # unpickling what isn't made by PyTorch raises whatever it likes
        raise MaskwrightError(f"{path}: holds no {what}") from error
    if not isinstance(state, dict) or not all(isinstance(key, str) for key in state):
        raise MaskwrightError(f"{path}: holds {type(state).__name__}, not a {what}")
    return state


def _refuse_packed(path: Path) -> None:
    """PyTorch stores its parts as they are; parts that unpack are a bomb.

    Raises:
        ValueError: there are some, or they claim more than the file has.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as opened:
        parts = opened.infolist()
    if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
        raise ValueError("packed parts")
    if sum(part.file_size for part in parts) > path.stat().st_size:
        raise ValueError("parts larger than the file")


def checked_model(path: Path, state: Mapping[str, Any]) -> StoredModel:
    """What `read_stored` found, as a model whose every value is of its kind and within range.

    Raises:
        MaskwrightError: it is none; the message names the first key that is wrong.
    """
    if state.get("format") != FORMAT:
        raise MaskwrightError(f"{path}: not a model of this version: train again")
    try:
        return StoredModel.model_validate(state)
    except ValidationError as error:
        first = explain_validation(path, error).partition("\n")[0]
        raise MaskwrightError(f"{first}: not a model of `maskwright train`") from error


def require_tensors(path: Path, weights: object) -> dict[str, Tensor]:
    """The weights by name.

    Raises:
        MaskwrightError: they are something else.
    """
    if not isinstance(weights, dict) or not all(isinstance(value, Tensor) for value in weights.values()):
        raise MaskwrightError(f"{path}: holds no weights by name")
    return {str(key): value for key, value in weights.items()}


def require_fitting(path: Path, weights: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Stop where weights are not those of a model, or not finite; `expected` are those that it was built with.

    Raises:
        MaskwrightError: one is missing, unknown, of another shape or kind, or holds NaN or infinity.
    """
    missing, unknown = sorted(set(expected) - set(weights)), sorted(set(weights) - set(expected))
    reshaped = sorted(name for name in set(expected) & set(weights) if not is_alike(weights[name], expected[name]))
    if missing or unknown or reshaped:
        raise MaskwrightError(
            f"{path}: its weights don't fit its model: "
            f"missing {missing[:3]}, unknown {unknown[:3]}, of another shape or type {reshaped[:3]}"
        )
    require_finite(path, weights)


def is_alike(found: Tensor, expected: Tensor) -> bool:
    """Of one shape, and both floating or both whole; a sparse or quantized tensor is neither."""
    plain = found.layout == torch.strided and not found.is_quantized and not found.is_complex()
    return plain and found.shape == expected.shape and found.is_floating_point() == expected.is_floating_point()


def require_finite(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Stop where a weight is NaN or infinite.

    Raises:
        MaskwrightError: one is; the message names it.
    """
    for name, value in weights.items():
        if not bool(torch.isfinite(value).all()):
            raise MaskwrightError(f"{path}: {name} holds numbers that are not finite")


def require_facts(path: Path, facts: Mapping[str, Any], *names: str) -> None:
    """Stop where a model's file doesn't say what is needed.

    Raises:
        MaskwrightError: a fact is missing.
    """
    if missing := [name for name in names if facts.get(name) is None]:
        raise MaskwrightError(f"{path}: lacks {', '.join(missing)} among its facts: train again")
