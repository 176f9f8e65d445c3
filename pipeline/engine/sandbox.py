"""A child process for what strangers' bytes are done to: when it dies, hangs or asks for too much, it alone ends.

What it answers is JSON, checked against a type: were it a pickle, whoever took the child over would have the parent.
"""

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from pipeline.core.errors import ConfigError, SampleRejected, SourceError, WorkerError
from pipeline.engine.worker import ONE_THREAD

Answer = TypeVar("Answer")

_START = "import json, sys; sys.path[:] = json.loads(sys.argv[2]); import pipeline.engine.sandbox_child as c; c.serve()"
_START_SECONDS = 120
"""To load the libraries, on a slow disk too."""
_ANSWER_BYTES = 256 << 20
"""The rows of 300,000 refused members have some 60 MB."""
_NO_ANSWER = "what it answered is no answer"
_ANSWER, _RAISED = TypeAdapter(tuple[str, Any]), TypeAdapter(tuple[str, str])


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What one call may take.

    Attributes:
        seconds: By the clock, from question to answer; of CPU time, in all threads, so many too.
        memory_bytes: Address space beyond what the child has when it has loaded its libraries.
        file_bytes: Length of any file that it writes.
    """

    seconds: int
    memory_bytes: int
    file_bytes: int


class SandboxBrokenError(Exception):
    """The child gave no answer; the message is the cause, such as `killed by SIGSEGV`."""


class Sandbox(Generic[Answer]):
    """Calls a function in a child process, which is started when needed and again when it is gone."""

    def __init__(self, function: Callable[..., Answer], kind: Any, limits: SandboxLimits) -> None:
        """`function` is picklable by its name, and `kind` the type of its answers, which JSON can hold."""
        self._function, self._limits = function, limits
        self._adapter: TypeAdapter[Answer] = TypeAdapter(kind)
        self._child: _Child | None = None
        self._lock = threading.Lock()

    def run(self, *given: Any) -> Answer:
        """The function's answer. Only of a fresh child a failure is believed: what came before may have worn it out.

        Raises:
            SandboxBrokenError: it died, took longer or more than it may, or answered what is no answer.
            SampleRejected, SourceError: what the function raised.
            RuntimeError: the function raised something else.
            WorkerError: the child can't be started.
        """
        with self._lock:
            if self._child is not None:
                with suppress(SandboxBrokenError):
                    return self._asked(given)
            return self._asked(given)

    def _asked(self, given: tuple[Any, ...]) -> Answer:
        if self._child is None:
            self._child = _Child(self._function, self._limits)
        try:
            return _settled(self._child.ask(given, self._limits.seconds), self._adapter)
        except BaseException as error:
            if not isinstance(error, SampleRejected | SourceError):
                self.close()
            raise

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.end()
        self._child = None


def _settled(answer: bytes, adapter: TypeAdapter[Answer]) -> Answer:
    """The value of an answer, or what it says was raised."""
    try:
        kind, value = _ANSWER.validate_python(json.loads(answer))
        if kind == "done":
            return adapter.validate_python(value)
        first, second = _RAISED.validate_python(value)
    except (ValueError, ValidationError, RecursionError) as error:
        raise SandboxBrokenError(_NO_ANSWER) from error
    if kind == "rejected":
        raise SampleRejected(first, second)
    if kind == "source":
        raise SourceError(second)
    if kind == "too_much":
        raise SandboxBrokenError(second)
    raise RuntimeError(f"in the sandbox: {first}: {second}")


class _Child:
    """The process and the line to it."""

    def __init__(self, function: Callable[..., Any], limits: SandboxLimits) -> None:
        self._socket, theirs = socket.socketpair()
        self._line = Connection(os.dup(self._socket.fileno()))
        command = [sys.executable, "-c", _START, str(theirs.fileno()), json.dumps(sys.path)]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this program itself
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=os.environ | ONE_THREAD,
                pass_fds=[theirs.fileno()], start_new_session=True,
            )  # fmt: skip
        try:
            self._exchange(pickle.dumps((function, limits)), _START_SECONDS)
        except SandboxBrokenError as error:
            raise WorkerError(f"the process of ingest.sandbox can't be started: {error}") from error

    def ask(self, given: tuple[Any, ...], seconds: int) -> bytes:
        """What the child answers.

        Raises:
            SandboxBrokenError: nothing, or not in time.
        """
        return self._exchange(pickle.dumps(given), seconds)

    def _exchange(self, question: bytes, seconds: int) -> bytes:
        """A child that is stopped or drips its answer blocks reading and writing alike: the clock kills it."""
        late = threading.Event()
        clock = threading.Timer(seconds, self._kill, [late])
        clock.start()
        try:
            self._line.send_bytes(question)
            return self._line.recv_bytes(_ANSWER_BYTES)
        except (EOFError, OSError) as error:
            ended = self.end()
            cause = self._how_it_ended(seconds) if ended else _NO_ANSWER
            raise SandboxBrokenError(f"no answer in {seconds} s" if late.is_set() else cause) from error
        finally:
            clock.cancel()

    def _kill(self, late: threading.Event) -> None:
        """End the child and the line, whose other end something that the child started may hold."""
        late.set()
        self._process.kill()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _how_it_ended(self, seconds: int) -> str:
        code = self._process.returncode
        if code == -signal.SIGXCPU:
            return f"over {seconds} s of CPU time"
        if code >= 0:
            return f"ended with exit code {code}"
        return f"killed by {signal.Signals(-code).name}"

    def end(self) -> bool:
        """Hang up, and kill what doesn't end upon that; whether it did."""
        self._line.close()
        self._socket.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return False
        return True


def require_sandbox() -> None:
    """Stop where there is no sandbox.

    Raises:
        ConfigError: this isn't Linux.
    """
    if sys.platform != "linux":
        raise ConfigError(f"params.yaml: ingest.sandbox: true needs Linux, and this is {sys.platform}; expected false")
