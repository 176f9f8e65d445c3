from pathlib import Path
from typing import Literal
from urllib.error import URLError

import numpy as np
import onnx
import pytest
import torch
from torchvision import models as torchvision_models

from pipeline.core.errors import MaskwrightError
from pipeline.prediction.classifier import OnnxClassifier
from pipeline.prediction.ready import ready_model
from pipeline.training.backbones import load_initial_weights, torchvision_backbone
from pipeline.training.checkpoint import load_model, save_model
from pipeline.training.labels import heads_of
from pipeline.training.models import MaskClassifier, ModelSpec, build_model

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.2, 0.2)


def model_of(
    name: str = "masknet", target: Literal["type_and_wear", "mask_type", "wear", "mask_presence"] = "type_and_wear"
) -> MaskClassifier:
    torch.manual_seed(0)
    return build_model(ModelSpec(name, heads_of(target), 32, MEAN, STD, 0.1))


def test_masknet_has_the_documented_size() -> None:
    count = sum(parameter.numel() for parameter in model_of(target="mask_type").parameters())
    assert 850_000 < count < 950_000


@pytest.mark.parametrize("name", ["masknet", "mobilenet_v3_small", "resnet18", "shufflenet_v2_x0_5"])
def test_every_head_gives_logits(name: str) -> None:
    found = model_of(name).eval()(torch.rand(2, 3, 32, 32))
    assert {key: tuple(value.shape) for key, value in found.items()} == {"mask_type": (2, 4), "wear": (2, 5)}


def test_normalisation_is_inside_the_model() -> None:
    model = model_of().eval()
    seen = []
    model.backbone.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    model(torch.full((1, 3, 32, 32), 0.5))
    assert torch.allclose(seen[0][0, :, 0, 0], torch.tensor([0.0, 0.5, 1.0]))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("masknett", "masknet or one of"),
        ("inception_v3", "masknet or one of"),
        ("squeezenet1_0", "no linear layer"),
        ("vit_b_16", "cannot take train.image_px 33"),
    ],
)
def test_an_impossible_model_is_explained(name: str, message: str) -> None:
    with pytest.raises(MaskwrightError, match=message):
        torchvision_backbone(name, 33)


def test_weights_from_a_torchvision_file(tmp_path: Path) -> None:
    source = torchvision_models.mobilenet_v3_small(weights=None)
    torch.save(source.state_dict(), tmp_path / "weights.pth")
    backbone, _ = torchvision_backbone("mobilenet_v3_small", 32)
    load_initial_weights(backbone, "mobilenet_v3_small", str(tmp_path / "weights.pth"))
    assert torch.equal(backbone.get_parameter("features.0.0.weight"), source.get_parameter("features.0.0.weight"))


def test_weights_from_a_model_of_ours(tmp_path: Path) -> None:
    trained = model_of()
    save_model(tmp_path / "model.pt", trained, {})
    torch.manual_seed(1)
    other = build_model(trained.spec)
    load_initial_weights(other.backbone, "masknet", str(tmp_path / "model.pt"))
    assert torch.equal(other.get_parameter("backbone.stem.0.weight"), trained.get_parameter("backbone.stem.0.weight"))


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    save_model(tmp_path / "model.pt", model_of(), {})
    backbone, _ = torchvision_backbone("mobilenet_v3_small", 32)
    with pytest.raises(MaskwrightError, match="doesn't fit mobilenet_v3_small"):
        load_initial_weights(backbone, "mobilenet_v3_small", str(tmp_path / "model.pt"))


def test_default_weights_offline_say_where_to_place_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_args: object, **_options: object) -> None:
        raise URLError("no network")

    monkeypatch.setattr(torchvision_models._api, "load_state_dict_from_url", offline)
    backbone, _ = torchvision_backbone("mobilenet_v2", 32)
    with pytest.raises(MaskwrightError, match=r"place that file at .*checkpoints/mobilenet_v2-7ebf99e0.pth"):
        load_initial_weights(backbone, "mobilenet_v2", "DEFAULT")


@pytest.mark.parametrize(("weights", "message"), [("DEFAULT", "masknet has none"), ("missing.pt", "cannot be read")])
def test_weights_that_do_not_exist(weights: str, message: str) -> None:
    with pytest.raises(MaskwrightError, match=message):
        load_initial_weights(model_of().backbone, "masknet", weights)


def test_the_ready_model_is_a_start() -> None:
    classifier = OnnxClassifier.read(ready_model())
    backbone, _ = torchvision_backbone("mobilenet_v2", classifier.usage.image_px)
    load_initial_weights(backbone, "mobilenet_v2", "ready")
    stored = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(ready_model()).graph.initializer}
    mean, std = (torch.tensor(stored[f"model.{name}"]) for name in ("mean", "std"))
    weight, bias = (
        torch.from_numpy(stored[f"model.heads.wear.{name}"].astype(np.float32)) for name in ("weight_half", "bias")
    )
    crops = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 3), dtype=np.uint8)
    with torch.inference_mode():
        images = torch.from_numpy(crops).permute(0, 3, 1, 2) / 255
        found = backbone.eval()((images - mean) / std) @ weight.T + bias
    assert found.numpy() == pytest.approx(classifier(crops)["wear"], abs=1e-3)


def test_the_ready_model_fits_its_own_kind_alone() -> None:
    with pytest.raises(MaskwrightError, match="ready doesn't fit masknet"):
        load_initial_weights(model_of().backbone, "masknet", "ready")


def test_a_saved_model_comes_back_whole(tmp_path: Path) -> None:
    model = model_of().eval()
    save_model(tmp_path / "model.pt", model, {"seed": 3})
    loaded, facts = load_model(tmp_path / "model.pt", torch.device("cpu"))
    images = torch.rand(2, 3, 32, 32)
    assert facts == {"seed": 3}
    assert loaded.spec == model.spec
    assert torch.equal(loaded(images)["wear"], model(images)["wear"])


def test_a_file_with_code_in_it_is_not_loaded(tmp_path: Path) -> None:
    torch.save({"format": 1, "spec": Path("x")}, tmp_path / "model.pt")
    with pytest.raises(MaskwrightError, match="no model or checkpoint"):
        load_model(tmp_path / "model.pt", torch.device("cpu"))


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04broken"])
def test_a_damaged_model_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.pt").write_bytes(content)
    with pytest.raises(MaskwrightError, match=r"model\.pt"):
        load_model(tmp_path / "model.pt", torch.device("cpu"))
