"""What is loaded when a command begins stays until it ends."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

_LEAN = {"OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}
"""Read when numpy, OpenCV and pydantic are imported.

numpy and OpenCV bring an OpenBLAS each, whose threads wait for work by turning round: 0.15 s of CPU time for matrices
of a few numbers, which one thread multiplies. pydantic looks through all that is installed for plugins: 0.02 s.
"""


def start_lean() -> None:
    """Let libraries that are not yet imported do without what a command never uses; what the user has set stays."""
    for name, value in _LEAN.items():
        os.environ.setdefault(name, value)


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the garbage collector rest while modules are imported: it walks what they make and frees next to nothing.

    Importing what `augment-masks` needs takes 0.6 s of CPU time so, and 0.7 s with it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
