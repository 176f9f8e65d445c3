"""Whether a file is there, asked before what reads it is loaded."""

from pathlib import Path

from pipeline.core.errors import MaskwrightError
from pipeline.core.paths import says_absent


def require_present(*paths: Path) -> None:
    """Stop at the first path where nothing is: PyTorch takes seconds to load, and this takes none.

    Raises:
        MaskwrightError: it isn't there; the message names the stage that writes it.
    """
    for path in paths:
        if not path.exists():
            raise MaskwrightError(says_absent(path))
