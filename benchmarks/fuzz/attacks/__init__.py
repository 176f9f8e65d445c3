"""What was tried on each parser, small and generated: the inputs that once did harm, and their kin."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Attack:
    """One file that means harm.

    Attributes:
        name: Says what it tries.
        suffix: The ending of its file's name.
        make: Its bytes.
    """

    name: str
    suffix: str
    make: Callable[[], bytes] = field(repr=False)
