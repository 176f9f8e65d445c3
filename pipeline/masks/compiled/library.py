"""The library of this room's kernels, and the choice between it and NumPy."""

from pathlib import Path

from pipeline.core.kernels import Kernels

KERNELS = Kernels.of(Path(__file__).parent)
LIBRARY, REPLACED, or_compiled = KERNELS.library, KERNELS.replaced, KERNELS.or_compiled
