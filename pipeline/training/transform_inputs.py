"""What the transforms of faces are told beside the picture: chances, landmarks and labels, checked."""

from collections.abc import Mapping
from typing import Any

import torch

from pipeline.core.arrays import Points
from pipeline.core.errors import ConfigError, ShapeError
from pipeline.faces.landmarks import as_landmarks


def as_chance(p: float) -> float:
    """The chance itself.

    Raises:
        ConfigError: it is none.
    """
    if not 0 <= p <= 1:  # NaN isn't
        raise ConfigError(f"p: {p!r}: expected a chance in [0, 1]")
    return p


def known_landmarks(target: Mapping[str, Any]) -> Points | None:
    """Those that the target says, None where it says none.

    Raises:
        ShapeError: they are none.
    """
    said = target.get("landmarks")
    return None if said is None else as_landmarks(said.detach().cpu() if isinstance(said, torch.Tensor) else said)


def label_words(target: Mapping[str, Any], key: str, count: int) -> list[str]:
    """A label for each box; where the target has none the faces are bare.

    Raises:
        ShapeError: there are more or fewer than boxes, or one is no word.
    """
    words = [label_word(key, word) for word in target.get(key, ["none"] * count)]
    if len(words) != count:
        raise ShapeError(f"{key}: {len(words)} labels for {count} boxes")
    return words


def label_word(key: str, label: object) -> str:
    """The label; a number would never be `none`, and all faces would silently stay as they are.

    Raises:
        ShapeError: it is no word.
    """
    if not isinstance(label, str):
        raise ShapeError(f"{key}: {label!r} is no word such as none or cloth")
    return label
