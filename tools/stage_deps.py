"""Which modules of this repository each stage imports, and so must name in `deps`; `--write` puts them into dvc.yaml.

A folder as a dependency would rerun a stage for any comment in it, and a hand-kept list goes stale: this walks the
imports, those inside functions too.
"""

import ast
import sys
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
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
        queue.extend(_direct(path))
    return {path for path in seen if _has_code(path)}


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _direct(path: Path) -> list[Path]:
    names: list[str] = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [file for name in names if name.split(".")[0] in PACKAGES for file in _files_of(name)]


def _files_of(name: str) -> list[Path]:
    """The file of a dotted name and the `__init__` files that importing it runs."""
    parts = name.split(".")
    base = ROOT.joinpath(*parts)
    packages = [ROOT.joinpath(*parts[:count], "__init__.py") for count in range(1, len(parts) + 1)]
    return [file for file in [base.with_suffix(".py"), *packages] if file.is_file()]


def _has_code(path: Path) -> bool:
    body = _tree(path).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)


def stage_modules() -> dict[str, list[str]]:
    """For each stage of dvc.yaml the modules that its `deps` must name."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return {
        name: sorted(path.relative_to(ROOT).as_posix() for path in imported_files(ROOT / "stages" / f"{name}.py"))
        for name in stages
    }


def rewritten(text: str, modules: dict[str, list[str]]) -> str:
    """dvc.yaml with the `.py` dependencies of each stage replaced; every other line stays as it is."""
    lines: list[str] = []
    stage = ""
    for line in text.splitlines():
        if line.startswith("  ") and line[2:3].isalpha() and line.rstrip().endswith(":"):
            stage = line.strip().rstrip(":")
        if line.strip().startswith("- ") and line.rstrip().endswith(".py"):
            continue
        lines.append(line)
        if line.strip() == "deps:" and stage in modules:
            indent = " " * (len(line) - len(line.lstrip()) + 2)
            lines += [f"{indent}- {path}" for path in modules[stage]]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the lists, or write them."""
    if sys.argv[1:] == ["--write"]:
        path = ROOT / "dvc.yaml"
        path.write_text(rewritten(path.read_text(encoding="utf-8"), stage_modules()), encoding="utf-8")
        return
    for stage, modules in stage_modules().items():
        print(stage, *(f"  - {module}" for module in modules), sep="\n")


if __name__ == "__main__":
    main()
