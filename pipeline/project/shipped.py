"""The files of this repository that a new project starts from: the wheel carries them, a checkout has them."""

from importlib.resources import files
from pathlib import Path
from typing import cast

IN_WHEEL = "shipped"
"""The folder in this package; `pyproject.toml` puts the files there."""

PARAMS = "params.yaml"
DVC = "dvc.yaml"
DVC_CONFIG = ".dvc/config"
DVC_IGNORE = ".dvcignore"
AS_THEY_ARE = (".dvc/.gitignore", ".gitignore", "takedowns.yaml")
SAMPLE = ("samples/LICENSE", "samples/README.md", "samples/faces", "samples/manifest.csv")

SHIPPED = (PARAMS, DVC, DVC_CONFIG, DVC_IGNORE, *AS_THEY_ARE, *SAMPLE)
"""Everything that the wheel carries for this, by its path in the repository."""


def shipped_folder() -> Path:
    """Inside the installed package, or the checkout."""
    package = cast(Path, files("pipeline.project"))
    installed = package / IN_WHEEL
    return installed if installed.is_dir() else package.parents[1]


def shipped_text(name: str) -> str:
    """The text of one of the files."""
    return (shipped_folder() / name).read_text(encoding="utf-8")
