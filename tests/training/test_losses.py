import numpy as np
import pytest
import torch

from pipeline.training.labels import MASK_TYPE_HEAD, UNKNOWN_LABEL, WEAR_HEAD
from pipeline.training.losses import class_weights, mix_images, multi_head_loss, sample_weights

HEADS = (MASK_TYPE_HEAD, WEAR_HEAD)


def logits(count: int = 4) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {"mask_type": torch.randn(count, 4, requires_grad=True), "wear": torch.randn(count, 5, requires_grad=True)}


def test_unknown_labels_give_no_gradient_and_leave_the_mean_alone() -> None:
    both = logits()
    labels = torch.tensor([[0, 1], [1, UNKNOWN_LABEL], [UNKNOWN_LABEL, 2], [3, 0]])
    loss = multi_head_loss(both, labels, HEADS, [None, None])
    loss.backward()  # type: ignore[no-untyped-call]
    expected = torch.nn.functional.cross_entropy(both["mask_type"][[0, 1, 3]], labels[[0, 1, 3], 0])
    expected = expected + torch.nn.functional.cross_entropy(both["wear"][[0, 2, 3]], labels[[0, 2, 3], 1])
    assert loss.item() == pytest.approx(expected.item())
    assert both["mask_type"].grad is not None
    assert both["mask_type"].grad[2].abs().sum() == 0


def test_a_head_without_any_label_adds_nothing() -> None:
    both = logits()
    labels = torch.tensor([[0, UNKNOWN_LABEL]] * 4)
    loss = multi_head_loss(both, labels, HEADS, [None, None])
    assert torch.isfinite(loss)
    loss.backward()  # type: ignore[no-untyped-call]
    assert both["wear"].grad is not None
    assert both["wear"].grad.abs().sum() == 0


def test_class_weights_average_to_one_over_the_samples() -> None:
    counts = torch.tensor([30, 10, 0, 5])
    weights = class_weights(counts)
    assert (weights * counts).sum() / counts.sum() == pytest.approx(1)
    assert weights[2] == 0


def test_sample_weights_make_classes_equally_likely() -> None:
    labels = torch.tensor([0] * 6 + [1] * 2 + [UNKNOWN_LABEL])
    weights = sample_weights(labels, torch.tensor([6, 2]))
    assert weights[labels == 0].sum() == pytest.approx(weights[labels == 1].sum())
    assert weights[-1] == 1


def test_without_alphas_images_stay_as_they_are() -> None:
    images = torch.rand(2, 3, 8, 8)
    mixed, mix = mix_images(images, 0, 0, np.random.default_rng(0))
    assert mixed is images
    assert mix is None


def test_mixup_blends_by_its_share() -> None:
    images = torch.rand(4, 3, 8, 8)
    mixed, mix = mix_images(images, 0.4, 0, np.random.default_rng(0))
    assert mix is not None
    assert torch.allclose(mixed, mix.share * images + (1 - mix.share) * images[mix.partners])


@pytest.mark.parametrize("seed", range(8))
def test_cutmix_keeps_the_share_of_the_area_that_it_reports(seed: int) -> None:
    images = torch.stack([torch.full((3, 10, 14), float(k)) for k in range(4)])
    mixed, mix = mix_images(images, 0, 1.0, np.random.default_rng(seed))
    assert mix is not None
    for k in range(4):
        own = (mixed[k, 0] == k).float().mean().item()
        assert own == pytest.approx(1.0 if mix.partners[k] == k else mix.share)


def test_a_mixed_loss_lies_between_the_two_labels() -> None:
    both = logits(2)
    labels = torch.tensor([[0, 1], [2, 3]])
    images = torch.rand(2, 3, 8, 8)
    _, mix = mix_images(images, 1.0, 0, np.random.default_rng(1))
    assert mix is not None
    pure = multi_head_loss(both, labels, HEADS, [None, None])
    other = multi_head_loss(both, labels[mix.partners], HEADS, [None, None])
    found = multi_head_loss(both, labels, HEADS, [None, None], mix=mix)
    assert found.item() == pytest.approx((mix.share * pure + (1 - mix.share) * other).item(), rel=1e-5)
