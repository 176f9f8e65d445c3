"""The library that `hatch_build.py` compiles of `source/`, and the choice between it and NumPy."""

import ctypes
import os
from collections.abc import Callable
from functools import update_wrapper
from hashlib import sha256
from pathlib import Path
from typing import ParamSpec, TypeVar

SOURCE = Path(__file__).with_name("source")
BUILT = Path(__file__).with_name("kernels.so")
SWITCH = "MASKWRIGHT_NATIVE"
"""An environment variable: with 0 in it, nothing compiled is used."""

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def source_digest(source: Path = SOURCE) -> str:
    """Of all files of the source: what a library that was built from them answers to `source`."""
    return sha256(b"".join(file.read_bytes() for file in sorted(source.glob("*.[ch]")))).hexdigest()


def loaded_library(built: Path = BUILT) -> ctypes.CDLL | None:
    """The library, or None where none was built, or none that this machine can load, or one of another source."""
    if not built.is_file():
        return None
    try:
        library = ctypes.CDLL(str(built))
        library.source.restype = ctypes.c_char_p
        return library if library.source() == source_digest().encode() else None
    except (OSError, AttributeError):  # of another machine, or no library of ours
        return None


LIBRARY = None if os.environ.get(SWITCH) == "0" else loaded_library()


def or_compiled(
    kernel: Callable[Parameters, Result], *, able: bool = True
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Put the kernel in the place of the function in NumPy that is decorated, where there is a library.

    `able` is whether this processor can do what the kernel does. The function stays at `__wrapped__` of what stands in
    its place; `REPLACED` names it either way.
    """

    def chosen(reference: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        REPLACED[reference.__name__] = reference, kernel
        return update_wrapper(kernel, reference) if LIBRARY and able else reference

    return chosen


REPLACED: dict[str, tuple[Callable[..., object], Callable[..., object]]] = {}
"""By name: each function in NumPy that there is a kernel for, and the kernel."""
