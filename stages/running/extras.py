"""What a command needs that the base install lacks; apart, so that `--help` imports nothing else."""

import click

EXTRA_OF_MODULE = {
    "c2pa": "c2pa",
    "onnx": "export",
    "onnxscript": "export",
    "dask": "cluster",
    "distributed": "cluster",
    "threadpoolctl": "cluster",
    "torch": "train",
    "torchvision": "train",
    "dvclive": "train",
    "sklearn": "pipeline",
    "imagehash": "pipeline",
    "kagglehub": "pipeline",
    "protego": "pipeline",
    "pyarrow": "pipeline",
    "requests": "pipeline",
    "scipy": "pipeline",
    "dvc": "pipeline",
}
"""Which extra brings a package that the base install lacks."""

_TRAINING = frozenset({"train", "evaluate", "cross_validate", "find_lr"})
_WITH_TORCH = frozenset({"pyarrow", "scipy", "sklearn"})
"""What the extra `train` brings too: who trains is told of that one, not of one after the other."""


def missing_extra(error: ModuleNotFoundError) -> Exception:
    """What to tell a user whose install lacks an extra; the error itself where no extra would help."""
    package = (error.name or "").partition(".")[0]
    if package not in EXTRA_OF_MODULE:
        return error
    context = click.get_current_context(silent=True)
    trains = context is not None and context.command.name in _TRAINING
    extra = "train" if trains and package in _WITH_TORCH else EXTRA_OF_MODULE[package]
    return click.ClickException(f"{package} is not installed: pip install 'maskwright[{extra}]'")
