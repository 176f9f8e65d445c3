"""A server on the loopback interface that answers with any bytes at all, at any pace."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent, as it stands, and then the end of the connection.

    Attributes:
        data: Sent at once.
        drip: Sent again and again with `pause_s` between, until the client hangs up.
        cut: Whether the end is an RST instead of a FIN.
    """

    data: bytes
    drip: bytes = b""
    pause_s: float = 0.0
    cut: bool = False


_NONE = Answer(b"HTTP/1.1 404 None\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def sound(body: bytes, *headers: str) -> Answer:
    """A plain answer with this body."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return Answer("\r\n".join(lines).encode("latin-1") + body)


@dataclass(slots=True)
class LyingServer:
    """Answers by path, other paths with a 404; with a `greeting` it says that alone, to whatever comes first."""

    port: int
    greeting: Answer | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        """The address of a path here."""
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def lying_server(greeting: Answer | None = None) -> Iterator[LyingServer]:
    """Serve until the block ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        server = LyingServer(listener.getsockname()[1], greeting)
        threading.Thread(target=_accept, args=(listener, server), daemon=True).start()
        try:
            yield server
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, server: LyingServer) -> None:
    with suppress(OSError):  # the listener is closed: the end
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection, server), daemon=True).start()


def _path_asked(connection: socket.socket, server: LyingServer) -> str:
    request = b""
    while b"\r\n\r\n" not in request:
        if not (more := connection.recv(65536)):
            raise ConnectionResetError
        request += more
    path = request.split(b" ", 2)[1].decode("latin-1")
    server.asked.append(path)
    return path


def _serve(connection: socket.socket, server: LyingServer) -> None:
    with connection, suppress(OSError):  # a client that hangs up is part of it
        connection.settimeout(_PATIENCE_S)
        request = b""
        while b"\r\n\r\n" not in request:
            if not (more := connection.recv(65536)):
                return
            request += more
        path = request.split(b" ", 2)[1].decode("latin-1")
        server.asked.append(path)
        answer = server.answers.get(
            path, Answer(b"HTTP/1.1 404 None\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        )
        connection.sendall(answer.data)
        end = time.monotonic() + _PATIENCE_S
        while answer.drip and time.monotonic() < end:
            connection.sendall(answer.drip)
            time.sleep(answer.pause_s)
        if answer.cut:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
