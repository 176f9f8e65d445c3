"""A server on the loopback interface that says what it is told to."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    """What a client asked for."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Reply:
    """What it gets; with `cut` the connection breaks after that many bytes of the body."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    delay_s: float = 0


Answer = Callable[[Request], Reply]


@dataclass
class Server:
    """A running server."""

    address: str
    seen: list[Request] = field(default_factory=list)

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(request.path == path for request in self.seen)


@contextmanager
def serve(answer: Answer, host: str = "127.0.0.1") -> Iterator[Server]:
    """Serve until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, body, time.monotonic())
            server.seen.append(request)
            reply = answer(request)
            time.sleep(reply.delay_s)
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut])
            if reply.cut is not None:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is part of the tests."""

    with Quiet((host, 0), Handler) as http:
        server = Server(f"http://{host}:{http.server_address[1]}")
        thread = threading.Thread(target=lambda: http.serve_forever(poll_interval=0.02))
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def ranged(request: Request, data: bytes, headers: dict[str, str] | None = None, cut: int | None = None) -> Reply:
    """The bytes that the request's `Range` asks for, as a file server gives them."""
    base = {"Accept-Ranges": "bytes", **(headers or {})}
    wanted = request.headers.get("range")
    if wanted is None:
        return Reply(data, headers=base, cut=cut)
    start = int(wanted.removeprefix("bytes=").removesuffix("-"))
    if start >= len(data):
        return Reply(status=416, headers={**base, "Content-Range": f"bytes */{len(data)}"})
    place = f"bytes {start}-{len(data) - 1}/{len(data)}"
    return Reply(data[start:], status=206, headers={**base, "Content-Range": place}, cut=cut)
