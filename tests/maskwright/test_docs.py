"""What docs/python.md shows is what happens."""

import doctest
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_examples_in_the_document_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # an example need not close its photo
        result = doctest.testfile(str(ROOT / "docs/python.md"), module_relative=False)
    assert result.failed == 0
    assert result.attempted > 20
