"""Which part of a crop spoke for a class: Grad-CAM (Selvaraju et al., ICCV 2017, arXiv:1610.02391)."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipeline.core.arrays import Rgb
from pipeline.training.labels import HeadName
from pipeline.training.models import MaskClassifier
from pipeline.training.transforms import to_unit

Heat = NDArray[np.float32]


def grad_cam(model: MaskClassifier, crop: Rgb, head: HeadName, label: int) -> Heat:
    """Heat `float32 (H, W)` in [0, 1] over a crop `(H, W, 3)` of the model's input size, for one class.

    It is read off the last feature map that still has an extent: that of a CNN; a transformer gives none, all 0.
    """
    maps: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and min(output.shape[2:]) > 1:
            maps[:] = [output]

    hooks = [module.register_forward_hook(keep) for module in model.backbone.modules()]
    try:
        device = next(model.parameters()).device
        images = to_unit(torch.tensor(crop, device=device).permute(2, 0, 1)[None])
        logit = model.eval()(images.requires_grad_())[head][0, label]
    finally:
        for hook in hooks:
            hook.remove()
    if not maps:
        return np.zeros(crop.shape[:2], dtype=np.float32)
    gradient = torch.autograd.grad(logit, maps[0])[0]
    return _heat(maps[0][0].detach(), gradient[0], crop.shape[1], crop.shape[0])


def _heat(features: Tensor, gradient: Tensor, width: int, height: int) -> Heat:
    weighted = torch.relu((features * gradient.mean((1, 2), keepdim=True)).sum(0)).cpu().numpy()
    large = cv2.resize(weighted, (width, height), interpolation=cv2.INTER_CUBIC).clip(0)
    return np.asarray(large / max(float(large.max()), 1e-9), dtype=np.float32)


def overlay(crop: Rgb, heat: Heat, strength: float = 0.5) -> Rgb:
    """The crop with the heat laid over it: where it is hot, in colour; elsewhere as it was."""
    colours = cv2.applyColorMap(np.rint(heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[:, :, ::-1]
    share = strength * heat[:, :, None]
    return np.asarray(np.rint(crop * (1 - share) + colours * share), dtype=np.uint8)
