"""Where the templates and prints that ship with Maskwright are."""

from importlib.resources import files
from pathlib import Path
from typing import cast

TEMPLATE_FILE = "template.yaml"
PRINTS_FOLDER = "prints"


def default_templates_folder() -> Path:
    """Inside the installed package, or in the checkout."""
    package = cast(Path, files("pipeline"))
    installed = package / "masks_templates"
    return installed if installed.is_dir() else package.parent / "masks_templates"
