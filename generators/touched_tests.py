"""The tests that a change touches, a file a line; `make quick` runs them.

    python -m generators.touched_tests [BASE]

Changed is what differs from where the branch left BASE (main), and what git doesn't know yet. A file of tests is
touched if it imports a changed file, be it through others, or lies where a changed file's tests lie. Where those are
too many for a minute, as after a change to the records that everything knows, the nearest are taken: the own tests of
what changed, then those that import it with fewer steps between, of each room in turn.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from generators.stage_deps import ROOT, direct_imports

CODE = ("pipeline", "maskwright", "stages", "generators", "benchmarks", "tests")
MOST = 20
"""So many files of tests, without the slow ones in them, run in under a minute on two cores."""

SMOKE = ("tests/road/test_layers.py", "tests/road/test_cli.py", "tests/road/test_deps.py", "tests/road/test_docs.py")
"""What no import tells: they read the code, dvc.yaml, params.yaml and the documents. Seconds together."""


def changed_files(base: str) -> set[Path]:
    """What differs from where this branch left `base`, and what is untracked; what was deleted too."""
    start = _git("merge-base", base, "HEAD")[0]
    names = [*_git("diff", "--name-only", start), *_git("ls-files", "--others", "--exclude-standard")]
    return {ROOT / name for name in names}


def _git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603, S607
    return done.stdout.splitlines()


def touched_tests(changed: Iterable[Path]) -> list[Path]:
    """The files of tests that the changed files touch, the nearest first; none where none is of Python."""
    distances = _steps_from({path for path in changed if path.suffix == ".py"})
    tests = sorted((steps, path) for path, steps in distances.items() if _is_quick(path))
    before: Counter[tuple[int, str]] = Counter()  # tests as near, of the same room
    places: dict[Path, tuple[int, int]] = {}
    for steps, path in tests:
        room = path.relative_to(ROOT).parts[1]
        places[path] = steps, before[steps, room]
        before[steps, room] += 1
    return sorted(places, key=lambda path: (places[path], path))


def _is_quick(path: Path) -> bool:
    """Whether a file holds tests, and not slow ones alone."""
    return path.name.startswith("test_") and "\npytestmark = pytest.mark.slow\n" not in path.read_text(encoding="utf-8")


def _steps_from(changed: set[Path]) -> dict[Path, int]:
    """How many imports lie between each file and the nearest changed one; a changed file's own tests are at 0."""
    importers = _importers()
    steps: dict[Path, int] = {}
    reached = {path for path in changed | {mirrored(path) for path in changed} | _beside(changed) if path.is_file()}
    while reached:
        steps |= dict.fromkeys(reached, max(steps.values(), default=-1) + 1)
        reached = {importer for path in reached for importer in importers.get(path, ())} - steps.keys()
    return steps


def _importers() -> dict[Path, set[Path]]:
    """For each file those that import it."""
    importers: dict[Path, set[Path]] = {}
    for folder in CODE:
        for path in (ROOT / folder).rglob("*.py"):
            for imported in direct_imports(path, CODE):
                importers.setdefault(imported, set()).add(path)
    return importers


def mirrored(path: Path) -> Path:
    """Where a module's tests lie: `pipeline/masks/template.py` has `tests/masks/test_template.py`."""
    parts = path.relative_to(ROOT).parts
    inner = parts[1:] if parts[0] == "pipeline" else parts
    return ROOT.joinpath("tests", *inner[:-1], f"test_{path.name}")


def _beside(changed: set[Path]) -> set[Path]:
    """Every test below a changed `conftest.py`, which nothing imports."""
    return {test for path in changed if path.name == "conftest.py" for test in path.parent.rglob("test_*.py")}


def main() -> None:
    """Print the paths."""
    touched = touched_tests(changed_files(sys.argv[1] if len(sys.argv) > 1 else "main"))
    if len(touched) > MOST:
        print(f"{len(touched)} files of tests are touched: the nearest {MOST}", file=sys.stderr)
    for path in dict.fromkeys([*touched[:MOST], *(ROOT / name for name in SMOKE)]):
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
