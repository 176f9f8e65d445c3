"""Worker processes on this machine."""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from pipeline.core.errors import WorkerError
from pipeline.engine.worker import ONE_THREAD, WorkerDiedError, limit_threads, run_all

_STARTS = 3
_ENVIRONMENT = threading.Lock()


class LocalWorkers:
    """Processes of one batch each: when one dies, it is known over which batch, and the others go on.

    A thread waits for each process.
    """

    def __init__(self, function: Callable[[Any], Any], jobs: int) -> None:
        self.slots = jobs
        self._function = function
        self._threads = ThreadPoolExecutor(jobs)
        self._free: SimpleQueue[_Process | None] = SimpleQueue()
        for _ in range(jobs):
            self._free.put(None)  # started when there is work for it

    def submit(self, batch: list[Any]) -> "Future[list[Any]]":
        """Take a batch."""
        return self._threads.submit(self._run, batch)

    def _run(self, batch: list[Any]) -> list[Any]:
        process = self._free.get()
        try:
            if process is None or not process.is_alive():
                process = _started(self._function)
            return process.run(batch)
        except _GoneError as error:
            raise WorkerDiedError(1) from error
        finally:
            self._free.put(process)

    def wait(self, future: "Future[list[Any]]") -> None:
        """Return when the batch is done or has failed."""
        wait([future])

    def result(self, future: "Future[list[Any]]") -> list[Any]:
        """Wait for the batch's results."""
        return future.result()

    def close(self) -> None:
        """Let each process end its batch, then end it."""
        self._threads.shutdown(cancel_futures=True)
        while not self._free.empty():
            if process := self._free.get():
                process.end()


_OF_A_TERMINAL = tuple(getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name))
"""It sends them to every process; the parent stops, and ends the workers."""


class _GoneError(Exception):
    """A process ended without an answer."""


class _Process:
    """One process and the line to it.

    `ProcessPoolExecutor` would wait for ever for the rest of an answer when its process is killed while it writes:
    here this process holds no other end of the line, which therefore breaks.
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        context = multiprocessing.get_context("spawn")  # forking a process that holds OpenCV's threads can deadlock
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, function), daemon=True)
        with theirs, _one_thread_environment(), _held_back():
            self._process.start()

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def run(self, batch: list[Any]) -> list[Any]:
        """The results of a batch; what the function raises is raised here.

        Raises:
            _GoneError: the process ended.
        """
        try:
            self._line.send(batch)
            results, error = self._line.recv()
        except (EOFError, OSError) as broken:
            self.end()
            raise _GoneError from broken
        if error is not None:
            raise error
        return list(results)

    def end(self) -> None:
        """Hang up, upon which the process ends."""
        self._line.close()
        self._process.join()


def _started(function: Callable[[Any], Any]) -> _Process:
    """A process that has answered: a death while it starts is nobody's fault."""
    for _ in range(_STARTS):
        process = _Process(function)
        try:
            process.run([])
        except _GoneError:
            continue
        return process
    raise WorkerError(f"a worker process died while it started, {_STARTS} times; perhaps for lack of memory")


@contextmanager
def _one_thread_environment() -> Iterator[None]:
    with _ENVIRONMENT:
        before = {name: os.environ.get(name) for name in ONE_THREAD}
        os.environ.update(ONE_THREAD)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


@contextmanager
def _held_back() -> Iterator[None]:
    """Hold a terminal's signals back in this thread, and in a process that it starts until `_serve` ignores them.

    A worker that is still importing would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _OF_A_TERMINAL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(line: Connection, function: Callable[[Any], Any]) -> None:
    """Answer batches until the parent hangs up or is gone. Ctrl-C is the parent's to handle: it ends the workers."""
    for number in _OF_A_TERMINAL:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _OF_A_TERMINAL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    limit_threads()
    while True:
        try:
            _answer(line, function, line.recv())
        except (EOFError, ConnectionError):  # the function's own errors are answers
            return


def _answer(line: Connection, function: Callable[[Any], Any], batch: list[Any]) -> None:
    """Send the results, or what was raised instead; it is pickled whole before anything is sent."""
    try:
        line.send((run_all(function, batch), None))
    except Exception as error:  # noqa: BLE001 - it is raised again in the parent
        error.add_note(f"in a worker process:\n{traceback.format_exc()}")
        line.send(([], error))


def _end_with_parent() -> None:
    """A worker whose parent was killed would finish its batch first."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
