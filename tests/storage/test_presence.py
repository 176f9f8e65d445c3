"""A file that isn't there is named, with the stage that writes it."""

from pathlib import Path

import pytest

from pipeline.core.errors import MaskwrightError
from pipeline.core.paths import MODEL
from pipeline.storage.presence import require_present


def test_what_is_there_passes_whatever_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    require_present(tmp_path / "file", tmp_path)


def test_the_first_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(MaskwrightError, match=r"models/model\.pt does not exist; run `maskwright train` first$"):
        require_present(tmp_path, tmp_path / MODEL, tmp_path / "other")
