"""Crops and their labels as PyTorch wants them: decoded at the needed size, the same for any number of workers."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from pipeline.core.arrays import Rgb
from pipeline.core.errors import MaskwrightError, SampleRejected
from pipeline.core.locations import Location, Place, located
from pipeline.core.randomness import sample_rng, sample_seed
from pipeline.core.records import Assignment
from pipeline.storage.crop_files import read_crop, resized
from pipeline.storage.images import read_image
from pipeline.training.distributed import World
from pipeline.training.labels import UNKNOWN_LABEL, FaceLabels, Head, label_of

Transform = Callable[[Tensor], Tensor]


class Masking(Protocol):
    """Puts masks, and other things, on faces while training."""

    @property
    def expected(self) -> Mapping[FaceLabels, float]:
        """The part of the bare faces that is expected to end with each labels; the rest stays bare."""
        ...

    def __call__(self, row: Assignment) -> tuple[Tensor, FaceLabels] | None:
        """The crop with something on, `uint8 (3, H, W)`, and its new labels; None where it stays as it is."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """What the model is fed.

    Attributes:
        images: `uint8 (N, 3, image_px, image_px)`.
        labels: `int64 (N, heads)`, `UNKNOWN_LABEL` where a label is missing.
        positions: Where in the list of samples each one stands, `int64 (N,)`.
    """

    images: Tensor
    labels: Tensor
    positions: Tensor


def read_crop_full(place: Place) -> Rgb:
    """A crop at the size of its file.

    Raises:
        MaskwrightError: the file is missing or holds no image.
    """
    try:
        return read_image(place).rgb
    except SampleRejected as error:
        raise MaskwrightError(f"{place}: {error}; run the stages before training again") from error


class CropDataset(Dataset[tuple[Tensor, Tensor, int]]):
    """Assignment rows as `(image uint8 (3, P, P), labels (heads,), position)`.

    What the transform draws depends on the seed, the epoch and the sample's id alone, and so does what `masking` puts
    on faces before it. Crops that fit into `cache_mb` together are decoded once and kept.
    """

    def __init__(
        self,
        rows: Sequence[Assignment],
        root: Location,
        heads: tuple[Head, ...],
        image_px: int,
        *,
        seed: int = 0,
        transform: Transform | None = None,
        masking: Masking | None = None,
        cache_mb: int = 0,
    ) -> None:
        self.rows, self._root, self._image_px = rows, root, image_px
        self._seed, self._transform, self._masking, self._heads = seed, transform, masking, heads
        self._epoch = torch.zeros((), dtype=torch.int64)
        self._epoch.share_memory_()  # type: ignore[no-untyped-call]  # worker processes see it change
        self.labels = torch.tensor(
            [[label_of(head, FaceLabels.of(row)) for head in heads] for row in rows], dtype=torch.int64
        ).reshape(len(rows), len(heads))
        fits = len(rows) * 3 * image_px**2 <= cache_mb * 2**20
        self._cache = torch.stack([self._read(i) for i in range(len(rows))]) if fits and rows else None

    def set_epoch(self, epoch: int) -> None:
        """Draw anew from now on."""
        self._epoch.fill_(epoch)

    def __len__(self) -> int:
        """How many samples there are."""
        return len(self.rows)

    def __getitem__(self, position: int) -> tuple[Tensor, Tensor, int]:
        """One sample."""
        if self._transform is None:
            return self.crop(position), self.labels[position], position
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(sample_seed(self._seed, f"{int(self._epoch)}:{self.rows[position].sample_id}"))
            image, labels = self._masked(position)
            return self._transform(image), labels, position

    def _masked(self, position: int) -> tuple[Tensor, Tensor]:
        """The crop and its labels, with a mask put on where `masking` does."""
        masked = self._masking(self.rows[position]) if self._masking else None
        if masked is None:
            return self.crop(position), self.labels[position]
        image, shown = masked
        rgb = resized(np.ascontiguousarray(image.permute(1, 2, 0).numpy()), self._image_px)
        labels = torch.tensor([label_of(head, shown) for head in self._heads])
        return torch.from_numpy(np.array(rgb)).permute(2, 0, 1).contiguous(), labels

    def class_counts(self, position: int) -> Tensor:
        """How many samples each class of one head has in an epoch, `float64`; unknown ones aren't counted.

        Faces that `masking` changes count where they are expected to end.
        """
        head = self._heads[position]
        column = self.labels[:, position]
        counts = torch.bincount(column[column != UNKNOWN_LABEL], minlength=len(head.classes)).double()
        if self._masking is None:
            return counts
        bare = [FaceLabels.of(row) for row in self.rows if row.mask_type == "none"]
        for shown, share in self._masking.expected.items():
            for before in bare:
                self._move(counts, label_of(head, before), label_of(head, shown), share)
        return counts

    @staticmethod
    def _move(counts: Tensor, before: int, after: int, share: float) -> None:
        if before != UNKNOWN_LABEL:
            counts[before] -= share
        if after != UNKNOWN_LABEL:
            counts[after] += share

    def crop(self, position: int) -> Tensor:
        """The crop as it is, `uint8 (3, P, P)`."""
        return self._read(position) if self._cache is None else self._cache[position]

    def _read(self, position: int) -> Tensor:
        place = located(self._root, self.rows[position].crop_path)
        try:
            rgb = read_crop(place, self._image_px)
        except SampleRejected as error:
            raise MaskwrightError(f"{place}: {error}; run the stages before training again") from error
        return torch.from_numpy(np.array(rgb)).permute(2, 0, 1).contiguous()


def channel_statistics(
    data: CropDataset, limit: int = 2000
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean and standard deviation of each channel in [0, 1], from at most `limit` crops spread over the data."""
    chosen = np.linspace(0, len(data) - 1, min(limit, len(data))).round().astype(int)
    sums, squares = torch.zeros(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    for position in chosen:
        pixels = data.crop(int(position)).double() / 255
        sums += pixels.mean((1, 2))
        squares += pixels.square().mean((1, 2))
    mean = sums / len(chosen)
    std = (squares / len(chosen) - mean.square()).clamp(min=1e-6).sqrt()
    return (_triple(mean), _triple(std))


def _triple(values: Tensor) -> tuple[float, float, float]:
    red, green, blue = (round(float(value), 4) for value in values)
    return (red, green, blue)


class EpochOrder(Sampler[int]):
    """A sampler whose order depends on the seed and the epoch alone; each process of a world takes its share.

    With `weights`, positions are drawn with replacement in proportion to them. Every process gets equally many,
    the first positions filling up the last round, as gradients are exchanged in step.
    """

    def __init__(self, count: int, seed: int, world: World, weights: Tensor | None = None) -> None:
        self._count, self._seed, self._world, self._epoch = count, seed, world, 0
        self._weights = None if weights is None else weights.double().numpy()

    def set_epoch(self, epoch: int) -> None:
        """Draw another order from now on."""
        self._epoch = epoch

    def __len__(self) -> int:
        """How many positions this process visits."""
        return math.ceil(self._count / self._world.size)

    def __iter__(self) -> Iterator[int]:
        """This process's positions."""
        rng = sample_rng(self._seed, f"order:{self._epoch}")
        if self._weights is None:
            order = rng.permutation(self._count)
        else:
            order = rng.choice(self._count, self._count, p=self._weights / self._weights.sum())
        padded = np.resize(order, len(self) * self._world.size)
        yield from (int(position) for position in padded[self._world.rank :: self._world.size])


def collate(samples: Sequence[tuple[Tensor, Tensor, int]]) -> Batch:
    """Samples to one batch."""
    images, labels, positions = zip(*samples, strict=True)
    return Batch(torch.stack(images), torch.stack(labels), torch.tensor(positions))
