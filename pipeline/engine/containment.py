"""What one item makes the program raise is that item's, and the others are done."""

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import cv2

from pipeline.core.errors import MaskwrightError, SampleRejected, ShapeError, WorkerError

Item = TypeVar("Item")
Result = TypeVar("Result")
Refused = TypeVar("Refused")

_STOPPING = (OSError, MemoryError, ImportError)
"""Of disk, of memory, of the installation: they are not one item's. Reading it has made a verdict of its own errors."""
_NOTHING_WORKS = 20
"""Where so many items fail and none before them was worked on, it isn't they that are odd."""
_MESSAGE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Failed:
    """What an item came to instead of a result; strings, since not every exception can be sent between processes."""

    reason: str
    detail: str
    trace: str


@dataclass(frozen=True, slots=True)
class Contained(Generic[Item, Result]):
    """A function for workers that gives a `Failed` where the item makes it raise."""

    function: Callable[[Item], Result]

    def __call__(self, item: Item) -> Result | Failed:
        """The result.

        Raises:
            OSError, MemoryError, ImportError, MaskwrightError: what concerns every item.
        """
        try:
            return self.function(item)
        except SampleRejected as verdict:
            return Failed(verdict.reason, verdict.detail, "")
        except Exception as error:
            if _concerns_all(error):
                raise
            return Failed("processing_failed", _told(error), traceback.format_exc())


def _concerns_all(error: Exception) -> bool:
    if isinstance(error, cv2.error):
        return lacks_memory(error)
    if isinstance(error, MaskwrightError):
        return not isinstance(error, ShapeError)
    return isinstance(error, _STOPPING)


def lacks_memory(error: "cv2.error") -> bool:
    """Whether OpenCV found no memory, by the number in its message.

    `error.code` is the class's: the number of the latest error that OpenCV raised in this process, in whichever thread.
    """
    return f"({cv2.Error.StsNoMem}:" in str(error)


def _told(error: Exception) -> str:
    """The exception's type, message, and the line it comes from."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    message = " ".join(str(error).split())[:_MESSAGE_CHARACTERS]
    return (
        f"{type(error).__name__}: {message} ({where.filename.replace(chr(92), '/').rpartition('/')[2]}:{where.lineno})"
    )


class Verdicts:
    """Makes of failures what the stage makes of an item that cannot be worked on."""

    def __init__(self, crashed: Callable[[Any, SampleRejected], Any] | None) -> None:
        self._crashed = crashed
        self._failed = 0
        self._worked = False

    def settle(self, item: Any, result: Any) -> Any:
        """The item's result. A verdict of `processing_failed` has the traceback as its note.

        Raises:
            WorkerError: the first items all failed.
        """
        if not isinstance(result, Failed) or self._crashed is None:
            self._worked = True
            return result
        verdict = SampleRejected(result.reason, result.detail)
        if result.trace:
            verdict.add_note(result.trace)
            self._count(result)
        return self._crashed(item, verdict)

    def _count(self, result: Failed) -> None:
        self._failed += 1
        if not self._worked and self._failed >= _NOTHING_WORKS:
            raise WorkerError(
                f"the first {self._failed} items all fail, the last with {result.detail}; "
                f"that is a fault of the program or of its installation, not theirs\n{result.trace}"
            )


def each_contained(
    function: Callable[[Item], Result], items: Iterable[Item], crashed: Callable[[Item, SampleRejected], Refused]
) -> Iterator[Result | Refused]:
    """The function's result for each item, in order and in this process, whose threads stay as they are.

    As `map_records` with `crashed` does, for work that ends in memory: commands on a few photos, and pages.

    Raises:
        OSError, MemoryError, ImportError, MaskwrightError: what concerns every item.
    """
    work, verdicts = Contained(function), Verdicts(crashed)
    for item in items:
        yield verdicts.settle(item, work(item))
