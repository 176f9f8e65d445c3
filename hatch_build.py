"""Compile what draws masks, finds landmarks and makes photos smaller, in C, when the package is built or installed.

By hand, after a change of a source: `python hatch_build.py`. Without a C compiler nothing is built, and NumPy gives the
same bytes in more time: docs/decisions/compiled-kernels.md.
"""

import os
import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # by hand, where nothing is packed
    BuildHookInterface = object

ROOMS = ("core", "faces", "masks")
SOURCES = tuple(Path(__file__).parent / "pipeline" / room / "compiled" / "source" for room in ROOMS)
FLAGS = ("-std=c11", "-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off", "-fPIC", "-shared")
"""No -march: any processor of a kind runs what one compiled, and gives the same bytes."""

SWITCH = "MASKWRIGHT_NATIVE"
_LONGEST_S = 120


def compiler(environment: Mapping[str, str]) -> list[str] | None:
    """The words that start a C compiler: those of CC, or else the first of the usual ones that is there."""
    if environment.get("CC"):
        return shlex.split(environment["CC"])
    return next(([name] for name in ("cc", "gcc", "clang") if shutil.which(name)), None)


def compile_kernels(
    sources: Sequence[Path], environment: Mapping[str, str] = os.environ, say: Callable[[str], Any] = print
) -> list[Path]:
    """The libraries, each beside its source and written whole; none where one is not to be had, and a line says why."""
    if environment.get(SWITCH) == "0":
        return _without(f"{SWITCH} is 0", sources, say)
    words = compiler(environment)
    if not words:
        return _without("no C compiler: neither CC nor cc, gcc or clang", sources, say)
    try:
        return [_compiled(words, source) for source in sources]
    except (OSError, subprocess.SubprocessError) as error:
        told = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        return _without(f"{shlex.join(words)} failed: {told[0] if told else error}", sources, say)


def _compiled(words: list[str], source: Path) -> Path:
    built = _library(source)
    digest = sha256(b"".join(file.read_bytes() for file in sorted(source.glob("*.[ch]")))).hexdigest()
    with TemporaryDirectory(dir=source.parent) as folder:
        fresh = Path(folder) / built.name
        files = [str(file) for file in sorted(source.glob("*.c"))]
        command = [*words, *FLAGS, f'-DSOURCE="{digest}"', "-o", str(fresh), *files, "-lm"]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_LONGEST_S)  # noqa: S603
        fresh.replace(built)  # never written over: a process may have it open
    return built


def _library(source: Path) -> Path:
    return source.with_name("kernels.so")


def _without(why: str, sources: Sequence[Path], say: Callable[[str], Any]) -> list[Path]:
    """Say that NumPy alone does the work; an older library must not be packed as if it were this one's."""
    for source in sources:
        _library(source).unlink(missing_ok=True)
    say(f"maskwright: masks are drawn by NumPy alone, without compiled kernels ({why})")
    return []


class CompiledKernels(BuildHookInterface):  # type: ignore[misc, valid-type, unused-ignore]
    """What hatchling asks before it packs a wheel, an editable one too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Add the libraries, and with them the platform to the wheel's name; a wheel without any fits all."""
        sources = [Path(self.root) / source.relative_to(Path(__file__).parent) for source in SOURCES]
        built = compile_kernels(sources, say=self.app.display_info)
        if built:
            build_data["artifacts"] += [f"/{library.relative_to(self.root).as_posix()}" for library in built]
            build_data["pure_python"] = False
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"py3-none-{platform}"  # no Python's own: the library knows nothing of it


if __name__ == "__main__":
    compile_kernels(SOURCES)
