"""Install the wheel on each Python that is here, take the sample down the road to the split, and compare the bytes.

    python -m generators.release.matrix [3.11 3.12 3.13 3.14]

Interpreters are those on PATH, and those that pyenv or uv has. One that is absent is said so and fails nothing; one
that can't install the wheel, stumbles, or makes other bytes than the first does. Needs the network and some 1.3 GB a
Python.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.core.paths import PROVENANCE

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
ROAD = ("ingest --source sample", "dedup", "faces", "augment", "split")
_PASSING = (str(PROVENANCE), "reports", "masked/.maskwright")
"""What depends on when it was made, and in which order the workers were done."""
_OUTSIDE = {"PYTHONPATH", "VIRTUAL_ENV"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one Python.

    Attributes:
        digest: Of every file that was made; empty where there was none.
        told: What happened, for a person.
    """

    version: str
    digest: str
    told: str
    absent: bool = False


def interpreter(version: str) -> str | None:
    """The path of a Python of that version, without downloading one."""
    return next((found for asked in _candidates(version) if (found := _answer(asked))), None)


def _candidates(version: str) -> Iterator[list[str]]:
    """Commands that print the path of an interpreter; a name on PATH may be pyenv's, behind which there is none."""
    where = ["-c", "import sys; print(sys.executable)"]
    yield [f"python{version}", *where]
    for folder in sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob(f"{version}.*")):
        yield [str(folder / "bin/python"), *where]
    yield ["uv", "python", "find", "--no-python-downloads", version]


def _answer(words: Sequence[str]) -> str | None:
    if shutil.which(words[0]) is None:
        return None
    done = subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603
    return done.stdout.strip() if done.returncode == 0 else None


def digest_of(folder: Path) -> str:
    """One digest of the names and bytes of every file, whatever the clock said."""
    total = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and not name.startswith(_PASSING):
            total.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def tried(version: str, wheel: Path, folder: Path) -> Outcome:
    """Install the wheel on one Python and go down the road in `folder`."""
    python = interpreter(version)
    if python is None:
        return Outcome(version, "", "no interpreter here", absent=True)
    began = time.monotonic()
    try:
        for words in _install(Path(python), wheel, folder):
            _run(words, folder)
        installed = time.monotonic()
        for words in _road(folder):
            _run(words, folder / "project" if (folder / "project").exists() else folder)
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or error.stdout or "").strip().splitlines()[-3:]
        return Outcome(version, "", f"failed: {' '.join(map(str, error.cmd[:4]))}: {' | '.join(lines)}")
    ended = time.monotonic()
    digest = digest_of(folder / "project")
    return Outcome(version, digest, f"installed in {installed - began:.0f} s, ran in {ended - installed:.0f} s")


def _install(python: Path, wheel: Path, folder: Path) -> Iterator[list[str]]:
    yield [str(python), "-m", "venv", "environment"]
    pip = [str(folder / "environment/bin/python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    yield [*pip, "-c", str(ROOT / "constraints.txt"), f"{wheel}[pipeline]"]


def _road(folder: Path) -> Iterator[list[str]]:
    tools = folder / "environment/bin"
    yield [str(tools / "maskwright"), "init", "project"]
    for stage in ROAD:
        yield [str(tools / "maskwright"), *stage.split()]
    yield [str(tools / "augment-masks"), "samples/faces", "masked", "--alpha"]


def _run(words: Sequence[str], folder: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in _OUTSIDE}
    subprocess.run(words, check=True, cwd=folder, env=environment, capture_output=True, text=True)  # noqa: S603


def verdict(outcomes: Sequence[Outcome]) -> list[str]:
    """What is wrong: Pythons that failed, and those that made other bytes than the first."""
    ran = [one for one in outcomes if one.digest]
    wrong = [f"{one.version}: {one.told}" for one in outcomes if not one.digest and not one.absent]
    wrong += [f"{one.version}: other bytes than {ran[0].version}" for one in ran if one.digest != ran[0].digest]
    return wrong if ran else [*wrong, "no Python ran"]


def main() -> None:
    """Try each version; exit with 1 where something is wrong."""
    outcomes = []
    with TemporaryDirectory(prefix="matrix-") as name:
        _run([sys.executable, "-m", "build", "--wheel", "--outdir", name, str(ROOT)], Path(name))
        (wheel,) = Path(name).glob("*.whl")
        for version in sys.argv[1:] or VERSIONS:
            folder = Path(name) / version
            folder.mkdir()
            outcomes.append(tried(version, wheel, folder))
            print(f"{version}: {outcomes[-1].told} {outcomes[-1].digest[:12]}", flush=True)
            shutil.rmtree(folder)
    sys.exit("\n".join(verdict(outcomes)) or 0)


if __name__ == "__main__":
    main()
