"""The documents that somebody wrote, whatever was built beside them: tests go over these alone."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def built_folders(root: Path = ROOT) -> set[Path]:
    """Folders of docs/ that hold what is made of it: those that .gitignore names."""
    lines = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    return {root / line.strip("/") for line in lines if line.startswith("/docs/")}


def written(pattern: str, root: Path = ROOT) -> list[Path]:
    """The files below docs/ of that pattern, outside of what is built."""
    built = built_folders(root)
    return sorted(path for path in (root / "docs").rglob(pattern) if built.isdisjoint(path.parents))
