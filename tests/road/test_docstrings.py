"""Everything public says what it is."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(file for folder in ("pipeline", "stages", "maskwright") for file in (ROOT / folder).rglob("*.py"))
DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def undocumented(node: ast.Module | ast.ClassDef) -> Iterator[str]:
    """Public names below a module or class that have no docstring."""
    for child in node.body:
        if not isinstance(child, DOCUMENTED) or child.name.startswith("_"):
            continue
        if ast.get_docstring(child) is None:
            yield f"{child.name}, line {child.lineno}"
        if isinstance(child, ast.ClassDef):
            yield from undocumented(child)


def test_one_without_is_seen() -> None:
    tree = ast.parse('"""M."""\nclass A:\n    """A."""\n    def f(self): ...\n    def _g(self): ...\ndef h(): ...')
    assert list(undocumented(tree)) == ["f, line 4", "h, line 6"]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_classes_and_functions_have_a_docstring(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert list(undocumented(tree)) == []


def test_ruff_asks_for_them_too() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    loose = [code for code in lint["ignore"] if code in {"D", "D1", "D10", "D100", "D101", "D102", "D103", "D104"}]
    loose += [folder for folder, codes in lint["per-file-ignores"].items() if "D" in codes and folder != "tests/**"]
    assert "D" in lint["select"]
    assert loose == []
