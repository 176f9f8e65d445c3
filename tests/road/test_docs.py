"""The documents say what the code does."""

import ast
import importlib
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.road.documents import written

ROOT = Path(__file__).parent.parent.parent
MODULES = sorted((ROOT / "pipeline").rglob("*.py"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *written("*.md")])
BUILT = {"exact_duplicate", "near_duplicate"}
"""Reasons that are put together from a kind of link."""


def nodes() -> Iterator[ast.AST]:
    for module in MODULES:
        yield from ast.walk(ast.parse(module.read_text(encoding="utf-8")))


def constant(node: ast.AST | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def reasons_in_code() -> set[str]:
    found: set[str] = set()
    for node in nodes():
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id == "SampleRejected" and node.args:
                found.update(constant(node.args[0]))
            for keyword in node.keywords:
                if keyword.arg == "reason":
                    found.update(constant(keyword.value))
    return found


def documented_reasons() -> set[str]:
    lines = (ROOT / "docs/rejections.md").read_text().splitlines()
    cells = [line.split("|")[1] for line in lines if line.startswith("| `")]
    return set(re.findall(r"`([a-z_]+)`", " ".join(cells)))


def test_every_reason_is_documented() -> None:
    assert reasons_in_code() - documented_reasons() == set()


def test_no_documented_reason_is_unknown() -> None:
    literals = {text for node in nodes() for text in constant(node)}
    assert documented_reasons() - literals == BUILT


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_nothing_of_a_list_is_said_twice(document: Path) -> None:
    """The lists of changes are merged by keeping the lines of both sides: what was moved came back."""
    entries = [line for line in document.read_text(encoding="utf-8").splitlines() if re.match(r"- .{60}", line)]
    assert [line for line, times in Counter(entries).items() if times > 1] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_documents_name_modules_that_exist(document: Path) -> None:
    modules = re.findall(r"python -m ((?:stages|generators|benchmarks)[\w.]*)", document.read_text(encoding="utf-8"))
    places = [(name, ROOT / name.replace(".", "/")) for name in modules]
    runs = {name for name, place in places if place.with_suffix(".py").is_file() or (place / "__main__.py").is_file()}
    assert [name for name in modules if name not in runs] == []


TO_BE_WRITTEN = {"pipeline.core.paths SIDES_TABLE", "pipeline.core.records SideCount", "pipeline.split.sides side_rows"}
"""What a document tells the reader to add."""


def imported_names(document: Path) -> Iterator[str]:
    """Each name that examples import from this project's modules, behind its module."""
    for block in re.findall(
        r"^( *)```python\n(.*?)^\1```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        if block[1].lstrip().startswith(">>>"):  # run as a doctest
            continue
        for node in ast.walk(ast.parse(textwrap.dedent(block[1]))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {
                "pipeline",
                "stages",
                "maskwright",
            }:
                yield from (f"{node.module} {alias.name}" for alias in node.names)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.relative_to(ROOT).as_posix())
def test_what_examples_import_exists(document: Path) -> None:
    for name in set(imported_names(document)) - TO_BE_WRITTEN:
        module, _, attribute = name.partition(" ")
        assert hasattr(importlib.import_module(module), attribute), name


NAMED_TESTS = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", (ROOT / "docs/messy-data.md").read_text(encoding="utf-8"))


def test_every_kind_of_messy_data_names_a_test() -> None:
    lines = (ROOT / "docs/messy-data.md").read_text(encoding="utf-8").splitlines()
    assert len(NAMED_TESTS) == sum(line.startswith("| ") for line in lines) - 1 > 40


@pytest.mark.parametrize(("file", "name"), NAMED_TESTS)
def test_named_tests_exist(file: str, name: str) -> None:
    tree: ast.AST = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    for part in name.split("::"):
        found = [node for node in ast.iter_child_nodes(tree) if getattr(node, "name", None) == part]
        assert found, f"{file} has no {name}"
        tree = found[0]


def test_modules_named_in_documents_exist() -> None:
    named = re.findall(r"`((?:pipeline|stages)/[\w/]+\.py)`", (ROOT / "docs/messy-data.md").read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.relative_to(ROOT).as_posix())
def test_tests_that_documents_name_exist(document: Path) -> None:
    named = re.findall(r"`(tests/[\w/.-]+\.py)`", document.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).is_file()] == []
