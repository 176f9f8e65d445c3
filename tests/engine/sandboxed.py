"""What the tests let a sandbox's child do; importable there."""

import ctypes
import json
import os
import resource
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

from pipeline.core.errors import SampleRejected, SourceError

GREAT = 1 << 30


def double(value: int) -> int:
    return 2 * value


def process_id(_: int) -> int:
    return os.getpid()


def same(data: str) -> str:
    return data


def limits(_: int) -> dict[str, int]:
    """What holds in the child: the soft limits, in bytes and files, and whether it may gain privileges."""
    kinds = ("FSIZE", "NOFILE", "CORE")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = {kind: resource.getrlimit(getattr(resource, f"RLIMIT_{kind}"))[1] for kind in kinds}
    found["room"] = resource.getrlimit(resource.RLIMIT_AS)[1] - _mapped()
    found["cpu"] = resource.getrlimit(resource.RLIMIT_CPU)[0]
    return found | {"no_new_privileges": int("NoNewPrivs:\t1" in status)}


def _mapped() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


# The ways in which stranger's bytes may bring it down, each by its name


def hang() -> None:
    time.sleep(3600)


def stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def segfault() -> None:
    ctypes.string_at(0)


def abort() -> None:
    os.abort()


def leave() -> None:
    os._exit(3)


def spin() -> None:
    while True:
        pass


def allocate() -> None:
    bytearray(GREAT)


def allocate_unseen() -> None:
    """As a library in C that gives up where it gets no memory."""
    if not ctypes.CDLL(None).malloc(ctypes.c_size_t(GREAT)):
        os.abort()


def reject_for_memory() -> None:
    """As `decode_image` does."""
    try:
        allocate()
    except MemoryError as error:
        raise SampleRejected("damaged_image", "MemoryError") from error


def write_much() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(bytes(2 << 20))
        file.flush()


def write_much_for_the_disk() -> None:
    """As `unpack_here` does."""
    try:
        write_much()
    except OSError as error:
        raise SourceError("unpacking stopped") from error


def open_many() -> None:
    held = [open(os.devnull) for _ in range(100)]  # noqa: PTH123, SIM115
    held.clear()


def _say(data: bytes) -> None:
    line = socket.socket(fileno=os.dup(int(sys.argv[1])))
    line.sendall(data)
    time.sleep(3600)


def _frame(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def drip() -> None:
    _say((1 << 20).to_bytes(4, "big"))


def flood() -> None:
    _say((1 << 30).to_bytes(4, "big"))


def babble() -> None:
    _say(_frame(b"\x80\x05no JSON"))


def nest() -> None:
    _say(_frame(b"[" * 100_000))


def answer_another_type() -> None:
    _say(_frame(json.dumps(["done", "../../evil"]).encode()))


def raise_nothing_known() -> None:
    _say(_frame(json.dumps(["rejected", 7]).encode()))


def misbehave(how: str) -> int:
    """Answers 0 unless it is told to do one of the above."""
    if how:
        globals()[how]()
    return 0


def tell_and_hang(file: str) -> int:
    Path(file).write_text(str(os.getpid()))
    hang()
    return 0


def reject(detail: str) -> int:
    raise SampleRejected("too_small", detail)


def blame_the_disk(message: str) -> int:
    raise SourceError(message)


def fail(message: str) -> int:
    raise KeyError(message)


class KillsWhoLoadsIt:
    def __reduce__(self) -> tuple[object, tuple[int]]:
        return (os._exit, (1,))

    def __call__(self) -> int:
        return 0
