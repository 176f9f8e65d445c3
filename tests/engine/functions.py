"""What the tests let workers do; importable there."""

import os
import signal
from pathlib import Path
from typing import Any

import cv2

from pipeline.core.errors import ConfigError, OutputError, SampleRejected, ShapeError

SUICIDAL = 5
"""This item kills its worker."""


def double(value: int) -> int:
    return 2 * value


def fail_on_seven(value: int) -> int:
    if value == 7:
        raise ValueError("seven")
    return value


def how_it_takes_ctrl_c(_: int) -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def process_id(_: int) -> int:
    return os.getpid()


def working_folder(_: int) -> str:
    return str(Path.cwd())


def thread_counts(_: int) -> list[int]:
    """The threads of OpenCV and of each BLAS and OpenMP library in this process."""
    from threadpoolctl import threadpool_info

    return [cv2.getNumThreads(), *(pool["num_threads"] for pool in threadpool_info())]


def thread_counts_with_torch(_: int) -> list[int]:
    """The same with torch, which is loaded late."""
    import torch

    return [torch.get_num_threads(), *thread_counts(0)]


def die_on_five(value: int) -> int:
    if value == SUICIDAL:
        os.kill(os.getpid(), signal.SIGKILL)
    return double(value)


def die_always(_: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


class CountsItsLoads:
    """Holds what is slow to load, and says how often it was brought to this process."""

    loads = 0

    def __setstate__(self, state: dict[str, Any]) -> None:
        type(self).loads += 1

    def __getstate__(self) -> dict[str, Any]:
        return {"model": "large"}

    def __call__(self, _: int) -> int:
        return type(self).loads


class UnpicklableError(Exception):
    """Can't be sent from a worker."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)
        self.line = open(os.devnull)  # noqa: PTH123, SIM115 - what a pickle can't hold


ODD_ERRORS: dict[int, Exception] = {
    1: RuntimeError("of a landmark model"),
    2: cv2.error("(-215:Assertion failed) of a detector"),
    3: NotImplementedError("of a decoder"),
    4: UnpicklableError("one", "two"),
    5: SampleRejected("no_face", "none"),
    6: RecursionError("too deep"),
    7: ShapeError("another shape"),
    8: UnicodeEncodeError("ascii", "é", 0, 1, "a name"),
}


def raise_for(value: int) -> int:
    """Raises the error of that number, if there is one."""
    if value in ODD_ERRORS:
        raise ODD_ERRORS[value]
    return value


STOPPING: dict[int, Exception] = {
    1: OSError(28, "No space left on device"),
    2: MemoryError("none left"),
    3: ConfigError("params.yaml: seed"),
    4: OutputError("cannot be written"),
    5: ModuleNotFoundError("No module named 'onnx'"),
}


def stop_at(number: int, value: int) -> int:
    """Raises what concerns every item at the third."""
    if value == 3:
        raise STOPPING[number]
    return value


def always_fail(value: int) -> int:
    raise TypeError(f"a fault of the program at {value}")


def fail_after_the_first(value: int) -> int:
    if value:
        raise TypeError("odd")
    return value
