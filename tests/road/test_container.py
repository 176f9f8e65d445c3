"""The container file installs what the wheel's tests install; there may be no builder here, so it is read."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
STEPS = [line.split(None, 1) for line in LINES if line and not line.startswith("#")]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def steps(name: str) -> list[str]:
    return [words for step, words in STEPS if step == name]


def sent(path: str) -> bool:
    """Whether a path of the repository goes to the builder."""
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    return path.split("/", maxsplit=1)[0] in kept


def test_everything_that_the_wheel_is_made_of_goes_to_the_builder() -> None:
    targets = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [
        *targets["packages"],
        *targets["force-include"],
        PROJECT["project"]["readme"],
        "LICENSE",
        "pyproject.toml",
        "hatch_build.py",
    ]
    copied = [words.split()[0] for words in steps("COPY") if not words.startswith(("--from", "."))]
    assert [path for path in [*needed, *copied] if not (sent(path) and (ROOT / path).exists())] == []
    assert [path for path in ("data", "models", ".venv", ".git", "tests") if sent(path)] == []


def test_it_names_extras_that_are_and_a_python_that_is_tested() -> None:
    page = (ROOT / "docs/container.md").read_text(encoding="utf-8")
    named = re.findall(r"EXTRAS=([a-z,]+)", " ".join([*LINES, page]))
    assert len(named) >= 3
    assert set(",".join(named).split(",")) <= PROJECT["project"]["optional-dependencies"].keys()
    (python,) = {found[1] for words in steps("FROM") if (found := re.match(r"python:([\d.]+)-slim", words))}
    assert f"Programming Language :: Python :: {python}" in PROJECT["project"]["classifiers"]


def test_nothing_runs_as_root() -> None:
    (user,) = steps("USER")
    assert int(user) > 0
    order = [step for step, _ in STEPS]
    assert order.index("USER") > max(place for place, step in enumerate(order) if step in {"RUN", "COPY"})


def test_the_linter_finds_nothing() -> None:
    linter = shutil.which("hadolint", path=f"{ROOT}/.cache/release/bin:/usr/local/bin:/usr/bin")
    if linter is None:
        pytest.skip("hadolint is not installed; make package brings it")
    done = subprocess.run([linter, "Dockerfile"], check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
