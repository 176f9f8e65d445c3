"""Folds of the split: which rows stand where, and what training makes of them."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.core.errors import MaskwrightError
from pipeline.core.records import Assignment
from pipeline.storage.manifests import read_manifest, write_manifest
from pipeline.training.folds import folds_of, mean_and_spread, with_fold
from stages.tools.cross_validate import command as cross_validate
from stages.train import command as train

SMALL = "image_px: 32, workers: 0, epochs: 2, batch_size: 16, lr: 0.003"


def folded(project: Path, folds: int) -> list[Assignment]:
    """The project's rows with folds over train and val, written down."""
    table = project / "data/split/split.parquet"
    rows = read_manifest(table, Assignment)
    changed = [row if row.side == "test" else replace(row, fold=k // 4 % folds) for k, row in enumerate(rows)]
    write_manifest(table, changed, Assignment)
    return changed


def test_each_sample_stands_on_val_in_one_fold_and_test_stays(project: Path) -> None:
    rows = folded(project, 3)
    seen: list[str] = []
    for fold in folds_of(rows):
        placed = with_fold(rows, fold)
        assert [row.sample_id for row in placed] == [row.sample_id for row in rows]
        assert {row.sample_id for row in placed if row.side == "test"} == {
            row.sample_id for row in rows if row.side == "test"
        }
        seen += [row.sample_id for row in placed if row.side == "val"]
    assert sorted(seen) == sorted(row.sample_id for row in rows if row.side != "test")


def test_without_a_fold_the_sides_are_as_they_are(project: Path) -> None:
    rows = folded(project, 3)
    assert with_fold(rows, None) == rows


def test_a_fold_that_is_not_there_is_told(project: Path) -> None:
    with pytest.raises(MaskwrightError, match=r"train.fold: 3: split.parquet has the folds 0, 1, 2"):
        with_fold(folded(project, 3), 3)


def test_a_split_without_folds_says_how_to_get_some(project: Path) -> None:
    Path("params.yaml").write_text(f"train: {{{SMALL}, fold: 0}}\n")
    for command in (train, cross_validate):
        told = CliRunner().invoke(command, [])
        assert told.exit_code == 1
        assert "set split.folds" in told.output


def test_the_spread_is_that_of_a_sample() -> None:
    assert mean_and_spread([1.0, 2.0, 3.0]) == (2.0, 1.0)


def test_training_judges_by_the_fold_and_all_folds_have_mean_and_spread(project: Path) -> None:
    rows = folded(project, 2)
    Path("params.yaml").write_text(f"train: {{{SMALL}, fold: 1}}\n")
    one = CliRunner().invoke(train, [])
    assert one.exit_code == 0, one.output
    held = sum(row.fold == 1 for row in rows)
    assert sum(int(part.split()[1]) for part in one.output.split(";")[0].split(", ") if part.startswith("val/")) == held
    every = CliRunner().invoke(cross_validate, [])
    assert every.exit_code == 0, every.output
    first, second, both = every.output.splitlines()
    assert f"fold 1: {held} crops" in second
    mean = sum(float(line.split("accuracy ")[1].split(",")[0]) for line in (first, second)) / 2
    assert abs(float(both.split("accuracy ")[1].split(" ")[0]) - mean) < 0.002
    assert " ± " in both
