"""Compile what draws masks, `pipeline/masks/compiled/source`, when the package is built or installed.

By hand, after a change of the source: `python hatch_build.py`. Without a C compiler nothing is built, and NumPy draws
the same masks in more time: docs/decisions/compiled-kernels.md.
"""

import os
import shlex
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # by hand, where nothing is packed
    BuildHookInterface = object

SOURCE = Path(__file__).parent / "pipeline" / "masks" / "compiled" / "source"
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
    source: Path, environment: Mapping[str, str] = os.environ, say: Callable[[str], Any] = print
) -> Path | None:
    """The library beside its source, written whole; None where there is none to be had, and one line says why."""
    built = source.with_name("kernels.so")
    if environment.get(SWITCH) == "0":
        return _without(f"{SWITCH} is 0", built, say)
    words = compiler(environment)
    if not words:
        return _without("no C compiler: neither CC nor cc, gcc or clang", built, say)
    try:
        _compile(words, source, built)
    except (OSError, subprocess.SubprocessError) as error:
        told = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        return _without(f"{shlex.join(words)} failed: {told[0] if told else error}", built, say)
    return built


def _compile(words: list[str], source: Path, built: Path) -> None:
    digest = sha256(b"".join(file.read_bytes() for file in sorted(source.glob("*.[ch]")))).hexdigest()
    with TemporaryDirectory(dir=source.parent) as folder:
        fresh = Path(folder) / built.name
        files = [str(file) for file in sorted(source.glob("*.c"))]
        command = [*words, *FLAGS, f'-DSOURCE="{digest}"', "-o", str(fresh), *files]
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_LONGEST_S)  # noqa: S603
        fresh.replace(built)  # never written over: a process may have it open


def _without(why: str, built: Path, say: Callable[[str], Any]) -> None:
    """Say that NumPy alone draws the masks; an older library must not be packed as if it were this one's."""
    built.unlink(missing_ok=True)
    say(f"maskwright: masks are drawn by NumPy alone, without compiled kernels ({why})")


class CompiledKernels(BuildHookInterface):  # type: ignore[misc, valid-type, unused-ignore]
    """What hatchling asks before it packs a wheel, an editable one too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Add the library, and with it the platform to the wheel's name; a wheel without one fits all."""
        built = compile_kernels(Path(self.root) / SOURCE.relative_to(Path(__file__).parent), say=self.app.display_info)
        if built:
            build_data["artifacts"].append(f"/{built.relative_to(self.root).as_posix()}")
            build_data["pure_python"] = False
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"py3-none-{platform}"  # no Python's own: the library knows nothing of it


if __name__ == "__main__":
    compile_kernels(SOURCE)
