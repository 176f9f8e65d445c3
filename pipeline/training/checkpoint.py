"""Model and checkpoint files: written whole or not at all, read without running code from them."""

import io
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.core.errors import MaskwrightError
from pipeline.storage.whole_files import write_bytes
from pipeline.training.models import MaskClassifier, ModelSpec, build_model

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """Where a run is saved after each epoch; `fingerprint` names its parameters and data.

    A file with another fingerprint belongs to another run and isn't resumed.
    """

    path: Path
    fingerprint: str

    def save(self, state: dict[str, Any]) -> None:
        """Replace the checkpoint."""
        _save(self.path, state | {"fingerprint": self.fingerprint})

    def load(self) -> dict[str, Any] | None:
        """The saved state, or None where this run has none yet."""
        if not self.path.exists():
            return None
        state = _load(self.path)
        return state if state.get("fingerprint") == self.fingerprint else None


def save_model(path: Path, model: MaskClassifier, facts: dict[str, Any]) -> None:
    """Write the weights, what builds the model again, and plain-valued facts about its training."""
    weights = {name: value.detach().cpu() for name, value in model.state_dict().items()}
    _save(path, {"format": _FORMAT, "spec": model.spec.to_dict(), "weights": weights, "facts": facts})


def load_model(path: Path, device: torch.device) -> tuple[MaskClassifier, dict[str, Any]]:
    """The model in evaluation mode, and the facts saved with it.

    Raises:
        MaskwrightError: the file is missing, damaged or not one of `save_model`.
    """
    state = _load(path)
    if state.get("format") != _FORMAT:
        raise MaskwrightError(f"{path}: not a model of this version: train again")
    model = build_model(ModelSpec.from_dict(state["spec"]))
    weights: dict[str, Tensor] = state["weights"]
    model.load_state_dict(weights)
    return model.to(device).eval(), state["facts"]


def _save(path: Path, state: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_bytes(path, buffer.getvalue())


def _load(path: Path) -> dict[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise MaskwrightError(f"{path}: cannot be read: {error.strerror}") from error
    except (RuntimeError, pickle.UnpicklingError, EOFError) as error:
        raise MaskwrightError(f"{path}: holds no model or checkpoint of weights and plain values") from error
    if not isinstance(state, dict):
        raise MaskwrightError(f"{path}: holds {type(state).__name__}, not a model or checkpoint")
    return state
