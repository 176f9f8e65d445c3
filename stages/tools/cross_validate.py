"""`maskwright cross-validate`: train once for each fold of the split; mean and spread of what comes of it."""

from typing import TYPE_CHECKING

from pipeline.core.paths import SPLIT_TABLE
from stages.running.commands import stage_command
from stages.running.screen import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.core.params import Params
    from pipeline.core.records import Assignment
    from pipeline.training.folds import FoldScore


class _Silent:
    def batch_done(self, epoch: int, step: int, steps: int, loss: float) -> None: ...

    def epoch_done(self, result: object, timing: object) -> None: ...


@stage_command
def command(params: "Params") -> None:
    """Train once for each fold of split.folds, and print mean and spread over them.

    Each fold in turn is judged by a model that saw the others, after its last epoch. No model is written, and the
    test side is not looked at.
    """
    from pipeline.core.records import Assignment
    from pipeline.storage.manifests import read_manifest
    from pipeline.training.folds import folds_of, mean_and_spread

    rows = read_manifest(SPLIT_TABLE, Assignment)
    scores = []
    for fold in folds_of(rows):
        scores.append(_score(params, rows, fold))
        say(_line(scores[-1]))
    parts = []
    for name in ("accuracy", "macro_f1"):
        mean, spread = mean_and_spread([getattr(score, name) for score in scores])
        parts.append(f"{name.replace('macro_f1', 'macro-F1')} {mean:.3f} ± {spread:.3f}")
    say(f"cross-validate: {len(scores)} folds: " + ", ".join(parts))


def _line(score: "FoldScore") -> str:
    return (
        f"cross-validate: fold {score.fold}: {score.count} crops, accuracy {score.accuracy:.3f}, "
        f"macro-F1 {score.macro_f1:.3f}"
    )


def _score(params: "Params", rows: "Sequence[Assignment]", fold: int) -> "FoldScore":
    from pipeline.training.folds import FoldScore
    from pipeline.training.run import train_model
    from stages.train import sides_of

    train = params.train.model_copy(update={"fold": fold})
    sides = sides_of(params.model_copy(update={"train": train}), rows)
    last = train_model(sides, train, seed=params.seed, observer=_Silent()).outcome.history[-1]
    return FoldScore(fold, len(sides.val), last.val_accuracy, last.val_macro_f1)


if __name__ == "__main__":
    command()
