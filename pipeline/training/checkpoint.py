"""Model and checkpoint files: written whole or not at all, read without running code from them."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pipeline.core.errors import MaskwrightError
from pipeline.storage.whole_files import write_bytes
from pipeline.training.backbones import smallest_file_bytes
from pipeline.training.models import MaskClassifier, ModelSpec, build_model
from pipeline.training.stored import FORMAT, checked_model, read_stored, require_fitting


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
        state = read_stored(self.path)
        return state if state.get("fingerprint") == self.fingerprint else None


def save_model(path: Path, model: MaskClassifier, facts: dict[str, Any]) -> None:
    """Write the weights, what builds the model again, and plain-valued facts about its training."""
    weights = {name: value.detach().cpu() for name, value in model.state_dict().items()}
    _save(path, {"format": FORMAT, "spec": model.spec.to_dict(), "weights": weights, "facts": facts})


def load_model(path: Path, device: torch.device) -> tuple[MaskClassifier, dict[str, Any]]:
    """The model in evaluation mode, and the facts saved with it.

    Raises:
        MaskwrightError: the file is missing, damaged or not one of `save_model`, or a weight is not finite.
    """
    state = read_stored(path)
    stored = checked_model(path, state)
    spec = ModelSpec.from_dict(stored.spec.model_dump())
    model = _built(path, spec)
    require_fitting(path, stored.weights, model.state_dict())
    model.load_state_dict(stored.weights)
    return model.to(device).eval(), state["facts"]


def _built(path: Path, spec: ModelSpec) -> MaskClassifier:
    """The model, unless the file is too small to hold its weights: it may name one that is larger than this machine."""
    try:
        if path.stat().st_size < smallest_file_bytes(spec.model):
            raise MaskwrightError(f"its weights are missing, {spec.model} has more than the file holds")
        return build_model(spec)
    except MaskwrightError as error:
        raise MaskwrightError(f"{path}: no model can be built by its spec: {str(error)[:120]}") from error


def _save(path: Path, state: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_bytes(path, buffer.getvalue())
