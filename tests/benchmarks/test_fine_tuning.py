from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torchvision.models import mobilenet_v2

from benchmarks.fine_tuning import IMAGE_PX, MARGIN_PX, centred, fine_tuned, read_folders, varied
from pipeline.core.errors import MaskwrightError
from pipeline.core.records import MASK_TYPES

CPU = torch.device("cpu")


def write_crops(folder: Path, numbers: dict[str, int]) -> str:
    for name in MASK_TYPES:
        (folder / name).mkdir(parents=True)
        for k in range(numbers.get(name, 0)):
            cv2.imwrite(str(folder / name / f"{k}.png"), np.full((40, 40, 3), 10 * k, dtype=np.uint8))
    return str(folder)


def test_each_folder_is_drawn_as_often_as_another(tmp_path: Path) -> None:
    few = write_crops(tmp_path / "few", {"none": 1, "cloth": 1})
    many = write_crops(tmp_path / "many", {"none": 5, "ffp2": 3})
    crops = read_folders(f"{few}+{many}", CPU)
    assert float(crops.shares[:2].sum()) == pytest.approx(0.5)
    assert float(crops.shares.sum()) == pytest.approx(1)
    assert crops.labels.tolist() == [0, 1, 0, 0, 0, 0, 0, 3, 3, 3]


def test_a_folder_without_crops_is_named(tmp_path: Path) -> None:
    write_crops(tmp_path, {})
    with pytest.raises(MaskwrightError, match="no crops in none, cloth, surgical, ffp2"):
        read_folders(str(tmp_path), CPU)


def test_views_differ_and_are_the_same_again() -> None:
    images = torch.randint(0, 256, (3, 3, IMAGE_PX + 16, IMAGE_PX + 16), dtype=torch.uint8)
    first, again, other = (varied(images, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1))
    assert first.shape == (3, 3, IMAGE_PX, IMAGE_PX)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert 0 <= float(first.min()) <= float(first.max()) <= 1


def test_the_margin_is_cut_off() -> None:
    side = 40 + 2 * MARGIN_PX
    assert centred(torch.zeros(1, 3, side, side, dtype=torch.uint8)).shape[-1] == 40


def test_frozen_blocks_stay_as_they_were(tmp_path: Path) -> None:
    torch.manual_seed(0)
    before = {name: value.clone() for name, value in mobilenet_v2().state_dict().items()}
    torch.save(before, tmp_path / "weights.pth")
    crops = read_folders(write_crops(tmp_path / "crops", dict.fromkeys(MASK_TYPES, 1)), CPU)
    after = fine_tuned(tmp_path / "weights.pth", crops, steps=1, seed=0, frozen=7).state_dict()
    changed = {
        name.split(".")[1]
        for name, value in before.items()
        if name.startswith("features") and not torch.equal(value, after[name])
    }
    assert changed == {str(block) for block in range(7, 19)}
