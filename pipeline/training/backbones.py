"""torchvision's classifiers as backbones, and the weights that a model starts from."""

from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlparse

import torch
from torch import Tensor, nn
from torchvision import models

from pipeline.core.errors import MaskwrightError
from pipeline.prediction.ready import READY, ready_model
from pipeline.training.ready_weights import onnx_backbone
from pipeline.training.stored import is_alike, read_stored, require_finite, require_tensors

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""What torchvision's weights were trained with."""

_TWO_OUTPUTS = {"googlenet", "inception_v3"}
"""They give auxiliary logits while training, which our heads have no use for."""


_LAST_LAYER = 6_000_000
"""Numbers in it at most: torchvision's widest has 4,096 features for 1,000 classes."""


def classifier_names() -> list[str]:
    """The classifiers of torchvision that can serve as a backbone."""
    return [name for name in models.list_models(module=models) if name not in _TWO_OUTPUTS]


def torchvision_backbone(name: str, image_px: int) -> tuple[nn.Module, int]:
    """A classifier with random weights whose last linear layer is taken off, and how many features it gives.

    Raises:
        MaskwrightError: there is no such classifier, or it can't take images of that size.
    """
    if name not in classifier_names():
        raise MaskwrightError(f"train.model: {name!r}: masknet or one of torchvision's {', '.join(classifier_names())}")
    options = {"image_size": image_px} if name.startswith("vit_") else {}
    try:
        backbone: nn.Module = models.get_model(name, weights=None, **options)
        features = _take_off_last_linear(backbone, name)
        with torch.inference_mode():
            backbone.eval()(torch.zeros(1, 3, image_px, image_px))
    except (RuntimeError, ValueError, AssertionError) as error:
        raise MaskwrightError(f"train.model: {name} cannot take train.image_px {image_px}: {error}") from error
    return backbone.train(), features


def _take_off_last_linear(backbone: nn.Module, name: str) -> int:
    linear = [(path, module) for path, module in backbone.named_modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise MaskwrightError(f"train.model: {name} ends in no linear layer that heads could take the place of")
    path, last = linear[-1]
    parent, _, attribute = path.rpartition(".")
    setattr(backbone.get_submodule(parent), attribute, nn.Identity())
    return last.in_features


def smallest_file_bytes(name: str) -> int:
    """What the weights of a model take at least, in half precision and without its last layer; 0 where unknown."""
    if name not in classifier_names():
        return 0
    return max(0, 2 * (int(models.get_model_weights(name).DEFAULT.meta["num_params"]) - _LAST_LAYER))


def load_initial_weights(backbone: nn.Module, name: str, weights: str) -> None:
    """Fill a backbone from `DEFAULT` (torchvision's), `ready` (ours) or a file: torchvision's own, or a trained model.

    Raises:
        MaskwrightError: they can't be had, or fit another model.
    """
    state = _named_weights(name, weights)
    own = backbone.state_dict()
    missing = sorted(set(own) - set(state))
    reshaped = sorted(key for key in own if key in state and not is_alike(state[key], own[key]))
    if missing or reshaped:
        raise MaskwrightError(
            f"train.weights: {weights} doesn't fit {name} at this image_px: "
            f"missing {missing[:3]}, of another shape {reshaped[:3]}"
        )
    taken = {key: state[key] for key in own}
    require_finite(Path(weights), taken)
    backbone.load_state_dict(taken)


def _named_weights(name: str, weights: str) -> dict[str, Tensor]:
    if weights == "DEFAULT":
        return _default_weights(name)
    return onnx_backbone(ready_model()) if weights == READY else _file_weights(Path(weights))


def _default_weights(name: str) -> dict[str, Tensor]:
    if name == "masknet":
        raise MaskwrightError("train.weights: DEFAULT: masknet has none; use none or the path of a trained model")
    entry = models.get_model_weights(name).DEFAULT
    try:
        state: dict[str, Tensor] = entry.get_state_dict(progress=False, check_hash=True)
    except (URLError, TimeoutError, ConnectionError) as error:
        file = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlparse(entry.url).path).name
        raise MaskwrightError(
            f"train.weights: DEFAULT: {entry.url} cannot be fetched ({error}). "
            f"Without a network, place that file at {file}, or set train.weights to the path where it is"
        ) from error
    return state


def _file_weights(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise MaskwrightError(
            f"train.weights: {path}: cannot be read: no such file; give none, DEFAULT, ready or the path of a file"
        )
    state = read_stored(path, "PyTorch weights")
    if "spec" in state and "weights" in state:
        prefix = "backbone."
        weights = require_tensors(path, state["weights"])
        return {key.removeprefix(prefix): v for key, v in weights.items() if key.startswith(prefix)}
    return require_tensors(path, state)
