"""Fuzzers of everything that strangers feed: `python -m benchmarks.fuzz --minutes 30 [--only http,yaml]`.

A module in `parsers/` is a parser: its `FUZZER` says what inputs to make and how to run one. The tests run it briefly.
"""

import resource
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from pipeline.core.errors import MaskwrightError, SampleRejected

SLOW_SECONDS = 5.0
"""CPU time; an input that takes longer is a fault."""
FAULTS_KEPT = 20
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Fuzzer:
    """One parser, what it is fed, and every input that it ever failed on.

    Attributes:
        name: What `--only` calls it.
        inputs: Draws an input; all randomness of a run comes from here.
        run: Works on an input and gives one word that is counted, or raises. `SampleRejected` counts as its reason, any
            other `MaskwrightError` by its name; any other exception is a fault.
        examples: Inputs that are always tried first.
    """

    name: str
    inputs: SearchStrategy[Any]
    run: Callable[[Any], str]
    examples: tuple[Any, ...] = ()


@dataclass(slots=True)
class Tally:
    """What a fuzzer came to: inputs tried, how many ended as each row, and faults in words."""

    kind: str
    tried: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    told: list[str] = field(default_factory=list)

    def note(self, fuzzer: Fuzzer, given_input: Any) -> None:
        """Run one input and count what becomes of it."""
        self.tried += 1
        started = time.process_time()
        try:
            self.rows[fuzzer.run(given_input)] += 1
        except SampleRejected as verdict:
            self.rows[verdict.reason] += 1
        except MaskwrightError as error:
            self.rows[type(error).__name__] += 1
        except Exception:  # noqa: BLE001 - that is what is looked for
            self._fault(traceback.format_exc(limit=-3), given_input)
        if (seconds := time.process_time() - started) > SLOW_SECONDS:
            self._fault(f"took {seconds:.0f} s", given_input)

    def _fault(self, what: str, given_input: Any) -> None:
        self.faults += 1
        if len(self.told) < FAULTS_KEPT:
            self.told.append(f"{repr(given_input)[:2000]}\n{what}")


def all_fuzzers() -> dict[str, Fuzzer]:
    """Every parser's fuzzer by name: a module more in `parsers/` is a fuzzer more."""
    from benchmarks.fuzz import parsers

    modules = (import_module(f"{parsers.__name__}.{entry.name}") for entry in iter_modules(parsers.__path__))
    found: list[Fuzzer] = [module.FUZZER for module in modules]
    return {fuzzer.name: fuzzer for fuzzer in sorted(found, key=lambda fuzzer: fuzzer.name)}


def fuzz(fuzzer: Fuzzer, count: int, seed_number: int = 0) -> Tally:
    """Try the examples and `count` drawn inputs; the same seed draws the same."""
    tally = Tally(fuzzer.name)
    for example in fuzzer.examples:
        tally.note(fuzzer, example)
    _draw(fuzzer, count, seed_number, tally)
    return tally


def fuzz_for(fuzzer: Fuzzer, seconds: float, seed_number: int = 0) -> Tally:
    """Try the examples, then drawn inputs until the time is over."""
    end, tally = time.monotonic() + seconds, fuzz(fuzzer, 0)
    while time.monotonic() < end:
        _draw(fuzzer, _BATCH, seed_number, tally)
        seed_number += 1
    return tally


def _draw(fuzzer: Fuzzer, count: int, seed_number: int, tally: Tally) -> None:
    if not count:
        return

    @seed(seed_number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(fuzzer.inputs)
    def one(drawn: Any) -> None:
        tally.note(fuzzer, drawn)

    one()


def limit_memory(megabytes: int) -> None:
    """Let this process ask for no more address space than it has now and so much: past it `MemoryError` is raised."""
    with suppress(FileNotFoundError):  # there is no /proc but on Linux
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        size = pages * resource.getpagesize() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (size, resource.getrlimit(resource.RLIMIT_AS)[1]))
