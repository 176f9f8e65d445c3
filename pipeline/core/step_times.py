"""Where the time goes: named timers, which cost a function call while nobody listens.

The one place in the library that looks at a clock, and nothing is decided by it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Generic, ParamSpec, TypeVar

Given = ParamSpec("Given")
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(slots=True)
class StepTimes:
    """Seconds and calls by step; what a step spends in a step inside it counts for that one alone."""

    seconds: dict[str, float] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    def add(self, step: str, seconds: float, calls: int = 1) -> None:
        """Count `calls` of a step."""
        self.seconds[step] = self.seconds.get(step, 0.0) + seconds
        self.calls[step] = self.calls.get(step, 0) + calls

    def merge(self, other: "StepTimes") -> None:
        """Add another process's times, or another item's."""
        for step, seconds in other.seconds.items():
            self.add(step, seconds, other.calls[step])


class _Listener:
    """What is listening in this process, if anything is, and how much time each open step has given to inner ones."""

    times: StepTimes | None = None
    inner: list[float] = []  # noqa: RUF012 - one a process, as `times`


def timed(step: str) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Time the function's calls under the name `step` while `collecting` listens."""

    def decorate(function: Callable[Given, Result]) -> Callable[Given, Result]:
        @wraps(function)
        def run(*args: Given.args, **kwargs: Given.kwargs) -> Result:
            if _Listener.times is None:
                return function(*args, **kwargs)
            with _step(_Listener.times, step):
                return function(*args, **kwargs)

        return run

    return decorate


@contextmanager
def _step(times: StepTimes, step: str) -> Iterator[None]:
    inner = _Listener.inner
    inner.append(0.0)
    started = time.perf_counter()
    try:
        yield
    finally:
        took = time.perf_counter() - started
        times.add(step, took - inner.pop())
        if inner:
            inner[-1] += took


@contextmanager
def collecting() -> Iterator[StepTimes]:
    """Listen to the timed functions of this process during the block; what passes outside of them counts as `other`.

    Who listened before hears nothing of the block, nor counts its time.
    """
    times, before = StepTimes(), _Listener.times
    _Listener.times = times
    try:
        with _step(times, "other"):
            yield times
    finally:
        _Listener.times = before


@dataclass(frozen=True, slots=True)
class Timed(Generic[Item, Result]):
    """A function for workers that gives its times beside its result."""

    function: Callable[[Item], Result]

    def __call__(self, item: Item) -> tuple[Result, StepTimes]:
        """The result, and where the time for it went."""
        with collecting() as times:
            result = self.function(item)
        return result, times
