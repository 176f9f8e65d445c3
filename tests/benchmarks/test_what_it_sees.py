import pytest
import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

from benchmarks.fine_tuning import Crops
from benchmarks.what_it_sees import CELLS, grad_cam, log_odds, occlusion, raised_lines, without_each_cell

PAIR = 3, 2
SIDE = 40


class OneCell(nn.Module):
    """Speaks for class 3 by how uneven the cell of row 1, column 3 is."""

    def forward(self, views: Tensor) -> Tensor:
        """Logits `(N, 4)`."""
        uneven = views[:, :, 8:16, 24:32].flatten(1).std(1)
        return torch.stack([torch.zeros_like(uneven)] * 3 + [uneven], 1)


def test_what_decides_is_found_where_it_is() -> None:
    views = torch.rand(5, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    lost = occlusion(OneCell(), views, PAIR)
    assert lost[1, 3] > 0.1
    lost[1, 3] = 0
    assert lost.abs().max() == pytest.approx(0, abs=1e-6)


def test_each_cell_is_hidden_once_and_keeps_its_mean() -> None:
    views = torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    hidden = list(without_each_cell(views))
    assert len(hidden) == CELLS**2
    assert torch.stack([(copy != views).any(1).float() for copy in hidden]).sum(0).min() == 1
    assert torch.stack([(copy != views).any(1).float() for copy in hidden]).sum(0).max() == 1
    assert all(copy.mean().item() == pytest.approx(views.mean().item(), abs=1e-4) for copy in hidden)


def test_the_map_turns_its_sign_with_the_pair() -> None:
    torch.manual_seed(0)
    model = mobilenet_v2(num_classes=4).eval()
    views = torch.rand(2, 3, 128, 128)
    seen = grad_cam(model, views, PAIR)
    assert seen.shape == (CELLS, CELLS)
    assert seen.abs().max() > 0
    assert torch.allclose(seen, -grad_cam(model, views, (2, 3)), atol=1e-6)


def test_a_raised_class_takes_what_is_near() -> None:
    logits = torch.tensor([[0, 0, 0.4, 0], [0, 0, 2.0, 0], [0, 0, 0, 1.0]])
    assert log_odds(logits, PAIR).tolist() == pytest.approx([-0.4, -2, 1])
    crops = Crops(torch.empty(3, 0), torch.tensor([3, 2, 3]), torch.empty(3))
    plain, raised, *_ = raised_lines(logits, crops, 3)
    assert plain.startswith("ffp2 +0.0: 0.667; surgical 1.000, ffp2 0.500")
    assert raised.startswith("ffp2 +0.5: 1.000; surgical 1.000, ffp2 1.000")
