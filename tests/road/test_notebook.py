"""The notebook runs from its first cell to its last, and is kept without what it printed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.road.documents import written

ROOT = Path(__file__).parents[2]
NOTEBOOKS = written("*.ipynb")


def code_cells(notebook: Path) -> list[dict[str, Any]]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_there_is_one() -> None:
    assert NOTEBOOKS != []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_it_is_kept_without_outputs(notebook: Path) -> None:
    kept = [cell for cell in code_cells(notebook) if cell["outputs"] or cell["execution_count"] is not None]
    assert kept == []


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_it_runs_from_end_to_end(notebook: Path) -> None:
    """Its cells are plain Python, without a notebook's own commands, so they run one after another without one."""
    program = "\n".join("".join(cell["source"]) for cell in code_cells(notebook))
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "300 px: " in done.stdout
