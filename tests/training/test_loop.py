import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.core.errors import MaskwrightError
from pipeline.core.params import AugmentationParams, TrainParams
from pipeline.core.records import Assignment
from pipeline.storage.images import write_image
from pipeline.storage.manifests import read_manifest
from pipeline.training.checkpoint import CheckpointFile
from pipeline.training.loop import EpochResult, Timing, best_epoch, explained_memory
from pipeline.training.run import TrainedModel, run_fingerprint, train_model, training_sides

ROOT = Path(__file__).parents[2]


class Recorder:
    """Remembers the epochs, and can stop the run as a kill would."""

    def __init__(self, stop_in_epoch: int | None = None) -> None:
        self.epochs: list[EpochResult] = []
        self.resumed = 0
        self._stop_in_epoch = stop_in_epoch

    def batch_done(self, epoch: int, step: int, steps: int, loss: float) -> None:  # noqa: ARG002
        if epoch == self._stop_in_epoch and step == 1:
            raise KeyboardInterrupt

    def epoch_done(self, result: EpochResult, timing: Timing | None) -> None:
        self.epochs.append(result)
        self.resumed += timing is None


Train = Callable[..., tuple[TrainedModel, Recorder]]


@pytest.fixture
def run(project: Path) -> Train:
    rows = read_manifest(project / "data/split/split.parquet", Assignment)

    def train(
        recorder: Recorder | None = None, checkpoint: Path | None = None, **changes: Any
    ) -> tuple[TrainedModel, Recorder]:
        params = TrainParams(**{"image_px": 32, "epochs": 4, "batch_size": 16, "workers": 0, **changes})
        recorder = recorder or Recorder()
        sides = training_sides(rows, project, params, seed=7)
        file = CheckpointFile(checkpoint, run_fingerprint(params, 7, sides.rows, project)) if checkpoint else None
        return train_model(sides, params, seed=7, observer=recorder, checkpoint=file), recorder

    return train


def same_weights(first: TrainedModel, second: TrainedModel) -> bool:
    pairs = zip(first.model.state_dict().values(), second.model.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [{}, {"ema_decay": 0.9, "mixup_alpha": 0.2, "precision": "bf16"}, {"schedule": "plateau", "plateau_epochs": 1}],
)
def test_a_killed_run_resumes_to_the_same_result(run: Train, tmp_path: Path, changes: dict[str, object]) -> None:
    whole, told = run(**changes)
    checkpoint = tmp_path / "last.pt"
    with pytest.raises(KeyboardInterrupt):
        run(Recorder(stop_in_epoch=2), checkpoint, **changes)
    resumed, retold = run(checkpoint=checkpoint, **changes)
    assert retold.resumed == 2
    assert retold.epochs == told.epochs
    assert same_weights(whole, resumed)


def test_a_finished_run_is_not_run_again(run: Train, tmp_path: Path) -> None:
    first, _ = run(checkpoint=tmp_path / "last.pt")
    second, told = run(checkpoint=tmp_path / "last.pt")
    assert told.resumed == 4
    assert same_weights(first, second)


def test_a_checkpoint_of_other_parameters_is_not_resumed(run: Train, tmp_path: Path) -> None:
    run(checkpoint=tmp_path / "last.pt", epochs=1)
    _, told = run(checkpoint=tmp_path / "last.pt", epochs=2, lr=0.001)
    assert told.resumed == 0


def test_a_checkpoint_of_other_crops_is_not_resumed(run: Train, tmp_path: Path, project: Path) -> None:
    run(checkpoint=tmp_path / "last.pt", epochs=1)
    write_image(project / "data/faces/crops/000.jpg", np.zeros((64, 64, 3), dtype=np.uint8))
    _, told = run(checkpoint=tmp_path / "last.pt", epochs=1)
    assert told.resumed == 0


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 1])
def test_speed_dials_resume_the_same_run(run: Train, tmp_path: Path, workers: int) -> None:
    run(checkpoint=tmp_path / "last.pt", cache_mb=0, workers=workers)
    _, told = run(checkpoint=tmp_path / "last.pt", cache_mb=64, workers=0)
    assert told.resumed == 4


def test_training_separates_the_classes(run: Train) -> None:
    trained, told = run(epochs=6, lr=0.004, target="type_and_wear")
    assert trained.outcome.best.val_accuracy >= 0.9
    assert told.epochs[-1].train_loss < told.epochs[0].train_loss


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "sgd", "schedule": "cosine", "balance": "sampler"},
        {"cutmix_alpha": 1.0, "mixup_alpha": 0.3, "schedule": "constant", "balance": "none"},
        {"target": "mask_presence", "precision": "bf16"},
        {"model": "mobilenet_v3_small", "freeze_epochs": 1, "clip_grad_norm": 0},
    ],
)
def test_every_dial_runs(run: Train, changes: dict[str, object]) -> None:
    trained, told = run(epochs=2, **changes)
    assert len(told.epochs) == 2
    assert all(torch.isfinite(value).all() for value in trained.model.state_dict().values())


def test_a_frozen_backbone_does_not_move(run: Train) -> None:
    trained, _ = run(epochs=2, freeze_epochs=2, lr=0.01)
    torch.manual_seed(7)
    untouched, _ = run(epochs=1, freeze_epochs=1, lr=1e-12)
    for (name, value), other in zip(
        trained.model.backbone.state_dict().items(), untouched.model.backbone.state_dict().values(), strict=True
    ):
        assert torch.equal(value, other), name
    assert not torch.equal(*(one.model.get_parameter("heads.mask_type.weight") for one in (trained, untouched)))


def test_early_stopping_waits_so_many_epochs(run: Train) -> None:
    trained, told = run(epochs=20, early_stop_epochs=1, lr=1e-9)
    assert len(told.epochs) == trained.outcome.best.epoch + 2


def test_the_best_epoch_has_the_highest_f1_then_the_lowest_loss() -> None:
    rows = [EpochResult(k, 0, 0, loss, 0, 0, f1) for k, (loss, f1) in enumerate([(1, 0.5), (2, 0.8), (1, 0.8)])]
    assert best_epoch(rows).epoch == 2


def test_a_loss_that_is_no_number_stops_with_the_batch(run: Train) -> None:
    with pytest.raises(MaskwrightError, match=r"the loss is (nan|inf).*the batch held (\w{32}, ){15}\w{32}"):
        run(lr=1e30, clip_grad_norm=0, optimizer="sgd")


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")],
)
def test_out_of_memory_names_the_dials(error: Exception) -> None:
    with pytest.raises(MaskwrightError, match=r"halve train.batch_size \(now 32\)"), explained_memory(TrainParams()):
        raise error


def test_other_errors_are_not_called_memory() -> None:
    with pytest.raises(RuntimeError, match="shape"), explained_memory(TrainParams()):
        raise RuntimeError("shape mismatch")


def test_an_empty_side_is_explained(project: Path) -> None:
    rows = [row for row in read_manifest(project / "data/split/split.parquet", Assignment) if row.side != "val"]
    with pytest.raises(MaskwrightError, match="no sample with a known mask_type stands on the val side"):
        training_sides(rows, project, TrainParams(image_px=32), seed=0)


@pytest.mark.slow
def test_two_processes_reach_what_one_does(project: Path) -> None:
    (project / "params.yaml").write_text(
        "train: {image_px: 32, workers: 0, epochs: 6, batch_size: 16, lr: 0.003, device: cpu}\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, "-m", "stages.train"], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = [float(value) for value in re.findall(r"val accuracy (\d\.\d+)", done.stdout)]
    assert len(found) == 6  # one process reports for both
    assert found[-1] >= 0.9


@pytest.mark.parametrize("share", ["random_mask", "random_covering", "random_partial_covering"])
def test_where_things_are_put_on_the_code_that_draws_them_decides_the_run(
    project: Path, monkeypatch: pytest.MonkeyPatch, share: str
) -> None:
    rows = read_manifest(project / "data/split/split.parquet", Assignment)
    plain, drawn = TrainParams(), TrainParams(augmentation=AugmentationParams.model_validate({share: 0.1}))
    before = [run_fingerprint(params, 0, rows, project) for params in (plain, drawn)]
    monkeypatch.setattr("pipeline.training.run.code_digest", lambda: "another")
    after = [run_fingerprint(params, 0, rows, project) for params in (plain, drawn)]
    assert after[0] == before[0]
    assert after[1] != before[1]
