"""The classifiers: our own small CNN and any of torchvision's, with one linear head for each output."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.training.backbones import torchvision_backbone
from pipeline.training.labels import Head, HeadName

MASKNET_WIDTHS = (32, 64, 128, 192)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """All that is needed to build a model again before its weights are loaded.

    Attributes:
        model: `masknet` or a torchvision classifier's name.
        heads: The outputs.
        image_px: Height and width of the input.
        mean, std: What the channels of an image in [0, 1] are normalised by, inside the model.
        dropout: Share of the features dropped before the heads while training.
    """

    model: str
    heads: tuple[Head, ...]
    image_px: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    dropout: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as a `weights_only` checkpoint may hold them."""
        return asdict(self) | {"heads": [[head.name, list(head.classes)] for head in self.heads]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ModelSpec":
        """The inverse of `to_dict`."""
        heads = tuple(Head(name, tuple(classes)) for name, classes in values["heads"])
        return cls(**values | {"heads": heads, "mean": tuple(values["mean"]), "std": tuple(values["std"])})


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut (He et al., 2016, arXiv:1512.03385)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
            )

    def forward(self, features: Tensor) -> Tensor:
        """`(N, in, H, W)` to `(N, out, H / stride, W / stride)`."""
        return torch.relu(self.body(features) + self.shortcut(features))


class MaskNet(nn.Module):
    """A residual CNN of 0.89 M parameters; for a 96 px input 0.13 G multiply-adds.

    | layer | output for 96 px | why |
    |---|---|---|
    | 3x3 convolution, stride 2 | 32 x 48 x 48 | halves the picture at once; seams and pleats survive it |
    | block 32 | 32 x 48 x 48 | edges and texture: weave, ear loops, stitches |
    | block 64, stride 2 | 64 x 24 x 24 | pleats, the nose wire, the rim against the cheek |
    | block 128, stride 2 | 128 x 12 x 12 | parts: valve, chin cup, panels |
    | block 192, stride 2 | 192 x 6 x 6 | the whole mask's outline; each unit sees the entire face |
    | mean over the positions | 192 | where in the crop the mask sits doesn't matter |

    Every convolution is followed by batch normalisation and needs no bias of its own.
    """

    def __init__(self, widths: Sequence[int] = MASKNET_WIDTHS) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 3, 2, 1, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True)
        )
        inputs = (widths[0], *widths[:-1])
        self.blocks = nn.Sequential(
            *(ResidualBlock(i, o, 1 if k == 0 else 2) for k, (i, o) in enumerate(zip(inputs, widths, strict=True)))
        )
        self.out_features = widths[-1]

    def forward(self, images: Tensor) -> Tensor:
        """`(N, 3, H, W)` to features `(N, 192)`."""
        features: Tensor = self.blocks(self.stem(images))
        return features.mean((2, 3))


class MaskClassifier(nn.Module):
    """Normalisation, a backbone, dropout and one linear head for each output, as one module."""

    mean: Tensor
    std: Tensor

    def __init__(self, spec: ModelSpec, backbone: nn.Module, features: int) -> None:
        super().__init__()
        self.spec = spec
        self.register_buffer("mean", torch.tensor(spec.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(spec.std).view(1, 3, 1, 1))
        self.backbone = backbone
        self.dropout = nn.Dropout(spec.dropout)
        self.heads = nn.ModuleDict({head.name: nn.Linear(features, len(head.classes)) for head in spec.heads})

    def forward(self, images: Tensor) -> dict[HeadName, Tensor]:
        """Logits `(N, classes)` by head, of RGB images `(N, 3, image_px, image_px)` in [0, 1]."""
        features = self.dropout(self.backbone((images - self.mean) / self.std))
        return {head.name: self.heads[head.name](features) for head in self.spec.heads}


def build_model(spec: ModelSpec) -> MaskClassifier:
    """The model of that specification with random weights from PyTorch's global generator.

    Raises:
        MaskwrightError: the model's name or image size is impossible.
    """
    if spec.model == "masknet":
        return MaskClassifier(spec, backbone := MaskNet(), backbone.out_features)
    return MaskClassifier(spec, *torchvision_backbone(spec.model, spec.image_px))
