"""The libraries in C that `hatch_build.py` compiles, one a room, and the choice between one and NumPy."""

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import update_wrapper
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

SWITCH = "MASKWRIGHT_NATIVE"
"""An environment variable: with 0 in it, nothing compiled is used."""

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def source_digest(source: Path) -> str:
    """Of all files of a source: what a library that was built from them answers to `source`."""
    return sha256(b"".join(file.read_bytes() for file in sorted(source.glob("*.[ch]")))).hexdigest()


def loaded_library(built: Path) -> ctypes.CDLL | None:
    """The library, or None where none was built, or none that this machine can load, or one of another source."""
    if not built.is_file():
        return None
    try:
        library = ctypes.CDLL(str(built))
        library.source.restype = ctypes.c_char_p
        return library if library.source() == source_digest(built.with_name("source")).encode() else None
    except (OSError, AttributeError):  # of another machine, or no library of ours
        return None


@dataclass(frozen=True)
class Kernels:
    """The kernels of one room: its library, if there is one, and which functions they stand for.

    Attributes:
        library: None where nothing compiled can be used, or is to be.
        replaced: By name: each function in NumPy that there is a kernel for, and the kernel.
    """

    library: Any
    replaced: dict[str, tuple[Callable[..., object], Callable[..., object]]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> "Kernels":
        """Those that are compiled of `folder / "source"`."""
        return cls(None if os.environ.get(SWITCH) == "0" else loaded_library(folder / "kernels.so"))

    def or_compiled(
        self, kernel: Callable[Parameters, Result], *, able: bool = True
    ) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
        """Put the kernel in the place of the function in NumPy that is decorated, where there is a library.

        `able` is whether this processor can do what the kernel does. The function stays at `__wrapped__` of what stands
        in its place; `replaced` names it either way.
        """

        def chosen(reference: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
            self.replaced[reference.__name__] = reference, kernel
            return update_wrapper(kernel, reference) if self.library and able else reference

        return chosen
