"""The names of what stages write stand in one module."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pipeline.core import paths

ROOT = Path(__file__).parents[2]
FOLDERS = ("pipeline", "stages", "generators", "benchmarks", "maskwright")
MODULES = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))
SPELT = re.compile(r"^((data|models|reports)/\w|\.cache\b)")
TOPS = {"data", "models", "reports"}


def spelt(tree: ast.AST) -> Iterator[str]:
    """Texts that begin with such a path, documentation aside, and `Path("data")`."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield from (node.value for _ in SPELT.findall(node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Path":
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and arg.value in TOPS)


@pytest.mark.parametrize(
    "text",
    [
        'p = Path("data/dedup/links.parquet")',
        'p = Path("data") / name',
        'p = root / ".cache" / name',
        'p = f"data/raw/{n}"',
    ],
)
def test_a_path_that_is_spelt_is_seen(text: str) -> None:
    assert list(spelt(ast.parse(text)))


@pytest.mark.parametrize("text", ['"""Reads data/raw."""', 'p = {"data": "data set"}', 'p = "1.cache"'])
def test_a_word_alone_is_none(text: str) -> None:
    assert list(spelt(ast.parse(text))) == []


def test_no_other_module_spells_a_path() -> None:
    others = [module for module in MODULES if module != Path(paths.__file__)]
    found = {str(module): list(spelt(ast.parse(module.read_text(encoding="utf-8")))) for module in others}
    assert {module: texts for module, texts in found.items() if texts} == {}


def test_every_output_in_dvc_yaml_lies_in_a_folder_that_is_named() -> None:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    listed = [out for stage in stages.values() for out in stage.get("do", stage)["outs"]]
    outs = {Path(next(iter(out)) if isinstance(out, dict) else out) for out in listed}
    named = {value for value in vars(paths).values() if isinstance(value, Path)}
    assert {out for out in outs if not {out, *out.parents} & (named - {paths.DATA, Path()})} == set()
