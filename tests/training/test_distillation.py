from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.core.errors import MaskwrightError
from pipeline.core.params import TrainParams
from pipeline.core.records import Assignment
from pipeline.storage.manifests import read_manifest
from pipeline.training.checkpoint import save_model
from pipeline.training.distillation import Teacher
from pipeline.training.labels import UNKNOWN_LABEL, Head, heads_of
from pipeline.training.models import MaskClassifier, ModelSpec, build_model
from pipeline.training.run import run_fingerprint

TYPE, VALVE = heads_of("mask_type")[0], heads_of("all")[2]


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def write(heads: tuple[Head, ...] = (TYPE,), px: int = 32, seed: int = 0) -> Path:
        torch.manual_seed(seed)
        spec = ModelSpec("masknet", heads, px, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), 0.0)
        save_model(tmp_path / f"teacher-{seed}.pt", build_model(spec), {})
        return tmp_path / f"teacher-{seed}.pt"

    return write


def teacher_of(path: Path, **changes: Any) -> Teacher:
    params = TrainParams(teacher=str(path), **changes)
    found = Teacher.of(params, heads_of(params.target), torch.device("cpu"))
    assert found is not None
    return found


def test_no_teacher_is_asked_for() -> None:
    assert Teacher.of(TrainParams(), (TYPE,), torch.device("cpu")) is None


def test_a_teacher_of_other_questions_is_refused(save: Callable[..., Path]) -> None:
    with pytest.raises(MaskwrightError, match=r"train\.teacher: .*answers valve \(no yes\); train\.target is mask"):
        teacher_of(save((VALVE,)))


def test_a_missing_teacher_is_named(tmp_path: Path) -> None:
    with pytest.raises(MaskwrightError, match=r"nowhere\.pt"):
        teacher_of(tmp_path / "nowhere.pt")


def test_answers_like_the_teachers_cost_nothing(save: Callable[..., Path]) -> None:
    teacher = teacher_of(save(), teacher_share=1.0)
    images, labels = torch.rand(4, 3, 32, 32), torch.tensor([[0], [1], [2], [3]])
    theirs = {"mask_type": teacher.answers(images)["mask_type"]}
    same = teacher.blended(torch.tensor(5.0), theirs, images, labels, (TYPE,))
    other = teacher.blended(torch.tensor(5.0), {"mask_type": 9 * torch.eye(4)}, images, labels, (TYPE,))
    assert float(same) == pytest.approx(0, abs=1e-5)
    assert float(other) > 0.1


def test_the_share_lies_between_labels_and_teacher(save: Callable[..., Path]) -> None:
    path, images, labels = save(), torch.rand(2, 3, 32, 32), torch.tensor([[0], [1]])
    logits = {"mask_type": torch.eye(4)[:2]}
    losses = [
        float(teacher_of(path, teacher_share=share).blended(torch.tensor(2.0), logits, images, labels, (TYPE,)))
        for share in (0, 0.5, 1)
    ]
    assert losses[0] == pytest.approx(2)
    assert losses[1] == pytest.approx((losses[0] + losses[2]) / 2)


def test_what_nobody_knows_is_not_learnt(save: Callable[..., Path]) -> None:
    teacher = teacher_of(save(heads_of("all")), target="all", teacher_share=1.0)
    images = torch.rand(3, 3, 32, 32)
    logits = {str(name): torch.zeros_like(value) for name, value in teacher.answers(images).items()}
    labels = torch.full((3, 3), UNKNOWN_LABEL)
    assert float(teacher.blended(torch.tensor(1.0), logits, images, labels, heads_of("all"))) == 0


def test_a_teacher_sees_pictures_at_its_own_size(save: Callable[..., Path]) -> None:
    assert teacher_of(save(px=64)).answers(torch.rand(2, 3, 48, 48))["mask_type"].shape == (2, 4)


def test_another_teacher_of_the_same_name_is_another_run(save: Callable[..., Path], project: Path) -> None:
    rows = read_manifest(project / "data/split/split.parquet", Assignment)
    path = save()
    params = TrainParams(teacher=str(path))
    before = run_fingerprint(params, 0, rows, project)
    save(seed=1).replace(path)
    assert run_fingerprint(params, 0, rows, project) != before


def test_a_student_comes_nearer_to_its_teacher(save: Callable[..., Path]) -> None:
    teacher = teacher_of(save(), teacher_share=1.0)
    torch.manual_seed(3)
    student: MaskClassifier = build_model(teacher.model.spec)
    images, labels = torch.rand(16, 3, 32, 32), torch.zeros(16, 1, dtype=torch.int64)
    optimizer = torch.optim.SGD(student.parameters(), lr=0.05)
    losses = []
    for _ in range(12):
        loss = teacher.blended(torch.tensor(0.0), student(images), images, labels, (TYPE,))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] / 2
