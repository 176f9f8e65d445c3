"""Cross-validation: each fold of the split in turn stands as val, the others as train; test is left alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.core.errors import MaskwrightError
from pipeline.core.records import Assignment


def folds_of(rows: Sequence[Assignment]) -> list[int]:
    """The numbers of the folds, sorted.

    Raises:
        MaskwrightError: the split has none.
    """
    found = sorted({row.fold for row in rows if row.fold is not None})
    if not found:
        raise MaskwrightError("split.parquet has no folds: set split.folds to 2 or more and run `maskwright split`")
    return found


def with_fold(rows: Sequence[Assignment], fold: int | None) -> list[Assignment]:
    """The rows with one fold on val and every other one on train; as they are where `fold` is None.

    Raises:
        MaskwrightError: the split has no such fold.
    """
    if fold is None:
        return list(rows)
    folds = folds_of(rows)
    if fold not in folds:
        raise MaskwrightError(f"train.fold: {fold}: split.parquet has the folds {', '.join(map(str, folds))}")
    return [_placed(row, fold) for row in rows]


def _placed(row: Assignment, fold: int) -> Assignment:
    if row.fold is None:
        return row
    return replace(row, side="val" if row.fold == fold else "train")


@dataclass(frozen=True, slots=True)
class FoldScore:
    """What training on the other folds came to on one.

    The scores are those of the last epoch: the best one would be chosen on the faces that it is judged by.
    """

    fold: int
    count: int
    accuracy: float
    macro_f1: float


def mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    """The mean and the standard deviation of a sample (divided by one less than there are).

    >>> mean_and_spread([0.5, 0.7])
    (0.6, 0.1414)
    """
    return round(float(np.mean(values)), 4), round(float(np.std(values, ddof=1)), 4)
