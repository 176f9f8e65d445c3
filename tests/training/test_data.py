from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.core.errors import MaskwrightError, SampleRejected
from pipeline.core.params import AugmentationParams
from pipeline.core.records import Assignment
from pipeline.storage.crop_files import read_crop
from pipeline.storage.images import write_image
from pipeline.storage.manifests import read_manifest
from pipeline.training.data import CropDataset, EpochOrder, channel_statistics
from pipeline.training.distributed import World
from pipeline.training.inference import train_loader
from pipeline.training.labels import heads_of
from pipeline.training.transforms import train_transform

HEADS = heads_of("mask_type")
STRONG = AugmentationParams(blur=1, jpeg=1, low_resolution=1, erase=1, grey=0.5)


def rows_of(project: Path) -> list[Assignment]:
    return read_manifest(project / "data/split/split.parquet", Assignment)


def dataset(rows: Sequence[Assignment], **options: Any) -> CropDataset:
    return CropDataset(rows, Path(), HEADS, 32, transform=train_transform(STRONG, 32), **options)


def test_a_sample_depends_on_seed_epoch_and_id_alone(project: Path) -> None:
    rows = rows_of(project)
    whole, part = dataset(rows, seed=1, cache_mb=9), dataset(rows[5:9], seed=1)
    torch.manual_seed(99)
    assert torch.equal(whole[6][0], part[1][0])
    part.set_epoch(1)
    assert not torch.equal(whole[6][0], part[1][0])
    assert not torch.equal(whole[6][0], dataset(rows, seed=2)[6][0])


def test_drawing_a_sample_leaves_the_global_generator_alone(project: Path) -> None:
    data = dataset(rows_of(project))
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    data[0]
    assert torch.equal(torch.rand(3), expected)


def test_the_number_of_workers_changes_nothing(project: Path) -> None:
    def batches(workers: int) -> list[torch.Tensor]:
        data, order = dataset(rows_of(project), seed=3), EpochOrder(100, 3, World())
        loader = train_loader(data, 16, workers, order, pin=False)
        found = []
        for epoch in range(2):
            order.set_epoch(epoch)
            data.set_epoch(epoch)
            found += [batch.images for batch in loader]
        return found

    alone, helped = batches(0), batches(2)
    assert len(alone) == 12
    assert all(torch.equal(a, b) for a, b in zip(alone, helped, strict=True))


def test_transforms_keep_shape_and_type(project: Path) -> None:
    image, labels, position = dataset(rows_of(project))[7]
    assert (image.shape, image.dtype) == ((3, 32, 32), torch.uint8)
    assert (labels.tolist(), position) == ([3], 7)


@pytest.mark.parametrize("size", [(300, 300), (64, 64), (20, 20), (200, 100)])
def test_a_crop_is_read_at_the_size_asked_for(tmp_path: Path, size: tuple[int, int]) -> None:
    rgb = np.zeros((*size, 3), dtype=np.uint8)
    rgb[:, : size[1] // 2] = (250, 10, 10)
    write_image(tmp_path / "crop.jpg", rgb)
    crop = read_crop(tmp_path / "crop.jpg", 32)
    assert crop.shape == (32, 32, 3)
    assert np.abs(crop[16, 4].astype(int) - (250, 10, 10)).max() < 12
    assert crop[16, 28].max() < 12


def test_a_png_crop_is_read_too(tmp_path: Path) -> None:
    write_image(tmp_path / "crop.png", np.full((40, 40, 3), 77, dtype=np.uint8))
    assert (read_crop(tmp_path / "crop.png", 32) == 77).all()


def test_a_damaged_crop_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "crop.jpg").write_bytes(b"\xff\xd8broken")
    with pytest.raises(SampleRejected, match="damaged_image"):
        read_crop(tmp_path / "crop.jpg", 32)


def test_a_missing_crop_stops_with_its_name(project: Path) -> None:
    rows = rows_of(project)
    (project / rows[3].crop_path).unlink()
    with pytest.raises(MaskwrightError, match=r"003\.jpg: unreadable_file"):
        dataset(rows, cache_mb=9)


def test_channel_statistics(tmp_path: Path, project: Path) -> None:
    rows = rows_of(project)
    pixels = np.stack([read_crop(project / row.crop_path, 32) for row in rows]) / 255
    mean, std = channel_statistics(dataset(rows))
    assert mean == pytest.approx(pixels.mean((0, 1, 2)), abs=1e-3)
    assert std == pytest.approx(pixels.std((0, 1, 2)), abs=1e-3)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_processes_share_an_epoch(size: int) -> None:
    shares = [list(EpochOrder(10, 0, World(rank, size))) for rank in range(size)]
    assert len({len(share) for share in shares}) == 1
    assert {position for share in shares for position in share} == set(range(10))


def test_each_epoch_has_its_own_order() -> None:
    order = EpochOrder(20, 0, World())
    first = list(order)
    order.set_epoch(1)
    assert sorted(order) == sorted(first)
    assert list(order) != first


def test_weights_draw_rare_samples_more_often() -> None:
    weights = torch.tensor([1.0] * 90 + [9.0] * 10)
    drawn = [p for epoch in range(10) for p in _epoch(EpochOrder(100, 0, World(), weights), epoch)]
    assert 0.4 < np.mean(np.array(drawn) >= 90) < 0.6


def _epoch(order: EpochOrder, epoch: int) -> list[int]:
    order.set_epoch(epoch)
    return list(order)
