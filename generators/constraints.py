"""Write constraints.txt: the exact version of every package that maskwright and its extras need, as installed now."""

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
HEADER = "# Every package of every extra, pinned. Written by `make lock` from an environment in which the tests pass.\n"


def declared() -> list[Requirement]:
    """What pyproject.toml asks for, over the base and every extra, and to build."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    groups = [project["project"]["dependencies"], project["build-system"]["requires"], *extras]
    return [Requirement(line) for lines in groups for line in lines]


def closure(requirements: list[Requirement]) -> dict[str, str]:
    """Versions by canonical name of the requirements and of all that they require."""
    pins: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    queue = list(requirements)
    while queue:
        requirement = queue.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        found = distribution(requirement.name)
        pins[key[0]] = found.version
        queue.extend(_needed(found.requires or [], requirement.extras))
    return pins


def _needed(lines: list[str], extras: set[str]) -> list[Requirement]:
    requirements = [Requirement(line) for line in lines]
    return [r for r in requirements if r.marker is None or any(r.marker.evaluate({"extra": e}) for e in {"", *extras})]


def main() -> None:
    """Write the file."""
    try:
        pins = closure(declared())
    except PackageNotFoundError as error:
        sys.exit(f"not installed, so it cannot be pinned: {error.name}")
    lines = [f"{name}=={re.sub(r'[+].*', '', version)}" for name, version in sorted(pins.items())]
    (ROOT / "constraints.txt").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"constraints.txt: {len(lines)} packages")


if __name__ == "__main__":
    main()
