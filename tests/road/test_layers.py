"""The rooms of the house: every module is in one, and imports run down the list only, without a circle."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from generators.stage_deps import ROOT, direct_imports

LAYERS = (
    "core", "storage", "engine", "columns", "sources", "faces", "dedup", "masks", "pages", "augment", "split",
    "exchange", "scores", "prediction", "training", "evaluation", "review", "toolkit", "project",
    "stages",
)  # fmt: skip
"""From the ground up: a room imports from itself and from those before it."""

MODULES = sorted([*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "stages").rglob("*.py")])


def room_of(module: Path) -> str:
    parts = module.relative_to(ROOT).parts
    return "stages" if parts[0] == "stages" else parts[1]


def arrows(module: Path) -> list[Path]:
    return [found for found in direct_imports(module) if found not in {module, ROOT / "pipeline" / "__init__.py"}]


def test_no_module_lies_loose_and_no_room_is_unknown() -> None:
    loose = [path.name for path in (ROOT / "pipeline").iterdir() if path.is_file()]
    assert set(loose) == {"__init__.py", "py.typed"}
    # A room that was moved leaves its folder where Python left something in it.
    rooms = {path.name for path in (ROOT / "pipeline").iterdir() if next(path.rglob("*.py"), None) is not None}
    assert rooms == set(LAYERS) - {"stages"}


def test_what_makes_committed_files_and_what_measures_need_no_tests() -> None:
    makers = sorted(file for folder in ("generators", "benchmarks") for file in (ROOT / folder).rglob("*.py"))
    found = [str(module.relative_to(ROOT)) for module in makers if "tests" in _packages(module)]
    assert found == []


def _packages(module: Path) -> set[str]:
    """The packages that a module imports, those inside functions too."""
    nodes = list(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
    names = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize("room", LAYERS)
def test_imports_run_down_only(room: str) -> None:
    up = [
        f"{module.relative_to(ROOT)} imports {found.relative_to(ROOT)}"
        for module in MODULES
        if module != ROOT / "pipeline" / "__init__.py" and room_of(module) == room
        for found in arrows(module)
        if LAYERS.index(room_of(found)) > LAYERS.index(room)
    ]
    assert up == []


def test_the_public_package_lies_above_the_library_and_nothing_imports_it() -> None:
    seen = direct_imports(ROOT / "maskwright" / "__init__.py")
    assert {file.relative_to(ROOT).parts[0] for file in seen} == {"pipeline"}
    texts = [module.read_text(encoding="utf-8") for module in MODULES]
    assert not [text for text in texts if "import maskwright" in text or "from maskwright" in text]


def test_no_modules_import_each_other_in_a_circle() -> None:
    """A package's `__init__` and the modules it re-exports are one place."""
    graph = {
        module: {found for found in arrows(module) if found.name != "__init__.py"}
        for module in MODULES
        if module.name != "__init__.py"
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(str(path.relative_to(ROOT)) for path in error.args[1]))
