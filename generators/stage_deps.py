"""Which folders of this repository each stage imports from, and so must name in `deps` of dvc.yaml.

`python -m generators.stage_deps` compares the two and exits with 1 where they differ; a test and the pre-commit hook do
the same. The walk follows imports inside functions too.
"""

import ast
import sys
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
PACKAGES = ("pipeline", "stages")


def imported_files(module: Path) -> set[Path]:
    """`module` and every file of this repository that it imports, directly or not; docstring-only files left out."""
    seen: set[Path] = set()
    queue = [module]
    while queue:
        path = queue.pop()
        if path in seen:
            continue
        seen.add(path)
        queue.extend(direct_imports(path))
    return {path for path in seen if _has_code(path)}


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def direct_imports(path: Path, packages: tuple[str, ...] = PACKAGES) -> list[Path]:
    """The files of this repository's packages that a file imports, anywhere in it."""
    names: list[str] = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [file for name in names if name.split(".")[0] in packages for file in _files_of(name)]


def _files_of(name: str) -> list[Path]:
    """The file of a dotted name and the `__init__` files that importing it runs."""
    parts = name.split(".")
    base = ROOT.joinpath(*parts)
    packages = [ROOT.joinpath(*parts[:count], "__init__.py") for count in range(1, len(parts) + 1)]
    return [file for file in [base.with_suffix(".py"), *packages] if file.is_file()]


def _has_code(path: Path) -> bool:
    body = _tree(path).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)


def room_of(path: Path) -> str:
    """The folder that stands for a file in `deps`: `pipeline/masks`, `stages/running`; a stage's module is itself."""
    return "/".join(path.relative_to(ROOT).parts[:2])


def rooms_of_stages() -> dict[str, set[str]]:
    """For each stage of dvc.yaml the folders, and its own module, that its `deps` must name."""
    stages = _document()["stages"]
    return {name: {room_of(path) for path in imported_files(ROOT / "stages" / f"{name}.py")} for name in stages}


def named_rooms() -> dict[str, set[str]]:
    """For each stage of dvc.yaml the folders and modules of code that its `deps` name."""
    bodies = {name: stage.get("do", stage) for name, stage in _document()["stages"].items()}
    return {name: {dep for dep in body["deps"] if dep.split("/")[0] in PACKAGES} for name, body in bodies.items()}


def _document() -> dict[str, dict[str, dict[str, dict[str, list[str]]]]]:
    document: dict[str, dict[str, dict[str, dict[str, list[str]]]]] = yaml.safe_load(
        (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    )
    return document


def main() -> None:
    """Say where dvc.yaml differs from the imports."""
    imported, named = rooms_of_stages(), named_rooms()
    for stage in imported:
        for room in sorted(imported[stage] - named[stage]):
            print(f"dvc.yaml: {stage}: deps lack {room}, which the stage imports")
        for room in sorted(named[stage] - imported[stage]):
            print(f"dvc.yaml: {stage}: deps name {room}, which the stage doesn't import")
    sys.exit(imported != named)


if __name__ == "__main__":
    main()
