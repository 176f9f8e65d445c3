"""Several processes that train one model, as `torchrun` starts them; one process is a world of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class World:
    """Where this process stands among those that train together."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this process writes and reports for all."""
        return self.rank == 0

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model with its gradients averaged over the processes."""
        return model if self.size == 1 else DistributedDataParallel(model)

    def mean(self, value: float) -> float:
        """The mean of every process's value."""
        return sum(self._gather(value)) / self.size

    def follow_first(self, weights: Mapping[str, Tensor]) -> None:
        """Overwrite the tensors with the first process's."""
        if self.size > 1:
            for value in weights.values():
                dist.broadcast(value, 0)

    def interleave(self, logits: dict[str, Tensor], count: int) -> dict[str, Tensor]:
        """The logits of all samples from each process's share, sample `i` being in process `i % size`."""
        shares = self._gather(logits)
        merged = {name: own.new_zeros((count, own.shape[1])) for name, own in logits.items()}
        for rank, share in enumerate(shares):
            for name, values in share.items():
                merged[name][rank :: self.size] = values
        return merged

    def _gather(self, value: Value) -> list[Value]:
        if self.size == 1:
            return [value]
        gathered: list[Value] = [value] * self.size
        dist.all_gather_object(gathered, value)
        return gathered


@contextmanager
def joined_world(environment: Mapping[str, str]) -> Iterator[World]:
    """The world that torchrun's variables in `environment` describe; without them this process alone."""
    if "WORLD_SIZE" not in environment:
        yield World()
        return
    world = World(*(int(environment[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")))
    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(world.local_rank)
    dist.init_process_group("nccl" if cuda else "gloo")
    try:
        yield world
    finally:
        dist.destroy_process_group()
