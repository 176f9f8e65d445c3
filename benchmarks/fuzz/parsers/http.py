"""Answers of a server that lies: each address is its own row, and the sound one beside it is fetched."""

import socket
from contextlib import AbstractContextManager, ExitStack
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st

from benchmarks.fuzz import Fuzzer
from benchmarks.fuzz.lying_server import Answer, LyingServer, lying_server, sound
from pipeline.sources.fetching.web.download import download_all
from pipeline.sources.fetching.web.fetch import Fetcher, FetchRules
from pipeline.sources.fetching.web.guard import guarded_session
from pipeline.sources.fetching.web.pace import Pace
from pipeline.sources.fetching.web.robots import AGENT
from pipeline.sources.fetching.web.store import Outcome, WebStore

MAX_BYTES = 1 << 20
_OK = b"HTTP/1.1 200 OK\r\n"
_FOUND = b"HTTP/1.1 302 Found\r\n"
_PHOTO = sound(b"a photo")


def _with(start: bytes, *headers: bytes, body: bytes = b"body") -> bytes:
    return start + b"".join(header + b"\r\n" for header in headers) + b"\r\n" + body


HOSTILE: dict[str, bytes] = {
    "location of half an address": _with(_FOUND, b"Location: http://[::1"),
    "location of no text": _with(_FOUND, b"Location: /\xff\xfe"),
    "location with a host of no text": _with(_FOUND, b"Location: http://\xff.example/"),
    "location of another scheme": _with(_FOUND, b"Location: gopher://h/1"),
    "location of a script": _with(_FOUND, b"Location: javascript:alert(1)"),
    "location of a file": _with(_FOUND, b"Location: file:///etc/passwd"),
    "location of nothing": _with(_FOUND, b"Location: "),
    "location with a NUL": _with(_FOUND, b"Location: /a\0b"),
    "location with a port of 5,000 digits": _with(_FOUND, b"Location: http://h:" + b"9" * 5000 + b"/"),
    "location with an empty label": _with(_FOUND, b"Location: http://a..example/"),
    "location with a label of 70": _with(_FOUND, b"Location: http://" + b"a" * 70 + b".example/"),
    "location of 60,000 characters": _with(_FOUND, b"Location: http://" + b"a" * 60_000 + b"/"),
    "location to itself": _with(_FOUND, b"Location: /it"),
    "endless redirect body": _with(_FOUND, b"Location: /it", body=b"x" * 100_000),
    "length of 5,000 digits": _with(_OK, b"Content-Length: " + b"9" * 5000),
    "length below none": _with(_OK, b"Content-Length: -5"),
    "length that is no number": _with(_OK, b"Content-Length: 4, 5"),
    "length in other digits": _with(_OK, "Content-Length: \u0664".encode()),
    "range of 5,000 digits": _with(
        b"HTTP/1.1 206 Part\r\n", b"Content-Range: bytes " + b"9" * 5000 + b"-" + b"9" * 5000 + b"/" + b"9" * 5000
    ),
    "total of 5,000 digits": _with(b"HTTP/1.1 416 No\r\n", b"Content-Range: bytes */" + b"9" * 5000),
    "bad cookies": _with(_OK, b"Set-Cookie: =;;;=\xff; expires=99999", b"Set-Cookie: \0", b"Set-Cookie2: x"),
    "chunk of no size": _with(_OK, b"Transfer-Encoding: chunked", body=b"xyz\r\nabc"),
    "chunk below none": _with(_OK, b"Transfer-Encoding: chunked", body=b"-5\r\nabc"),
    "chunk of 60,000 digits": _with(_OK, b"Transfer-Encoding: chunked", body=b"f" * 60_000 + b"\r\nabc"),
    "chunk that ends early": _with(_OK, b"Transfer-Encoding: chunked", body=b"ff\r\nabc"),
    "trailers": _with(_OK, b"Transfer-Encoding: chunked", body=b"0\r\n" + b"a: b\r\n" * 10_000),
    "bogus encoding": _with(_OK, b"Content-Encoding: bogus, gzip, br", b"Content-Length: 4"),
    "gzip that isn't": _with(_OK, b"Content-Encoding: gzip", b"Content-Length: 4"),
    "200,000 headers": _with(_OK, *([b"a: b"] * 200_000)),
    "header of a megabyte": _with(_OK, b"a: " + b"b" * 2**20),
    "header without a colon": _with(_OK, b"nonsense", b" folded", b": empty"),
    "HTTP/0.9": b"a photo without any header",
    "no answer": b"",
    "half a status": b"HTTP/1.1",
    "status of 5,000 digits": b"HTTP/1.1 " + b"9" * 5000 + b" OK\r\n\r\n",
    "status below none": b"HTTP/1.1 -20 OK\r\n\r\n",
    "status of nothing": b"HTTP/1.1 \r\n\r\n",
    "version of another age": b"HTTP/9.9 200 OK\r\n\r\nbody",
    "10,000 times continue": b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000 + _with(_OK),
    "switching protocols": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nxyz",
    "come back never": _with(b"HTTP/1.1 503 No\r\n", b"Retry-After: " + b"9" * 5000),
    "come back at no date": _with(b"HTTP/1.1 503 No\r\n", b"Retry-After: Thu, 99 Xxx 99999999999 00:00:00 GMT"),
    "come back before time": _with(b"HTTP/1.1 503 No\r\n", b"Retry-After: Mon, 01 Jan 0001 00:00:00 +2359"),
    "mark with control characters": _with(_OK, b'ETag: "\x01\x0b\xff"', b"Last-Modified: \x7f", b"Content-Length: 9"),
    "words for agents": _with(_OK, b"X-Robots-Tag: " + b":" * 5000 + b",\xff", b"Content-Length: 4"),
    "more than is taken": _with(_OK, body=b"x" * (MAX_BYTES + 1)),
}
"""Answers that were once a traceback, or lost the good address beside them, or could have been."""

_STATUS = st.sampled_from([100, 200, 204, 206, 301, 302, 303, 307, 308, 304, 400, 404, 416, 429, 500, 503, 999])
_NAMES = ("Location", "Content-Length", "Content-Range", "Transfer-Encoding", "Content-Encoding", "Set-Cookie", "ETag")
_MORE_NAMES = (
    "Retry-After",
    "X-Robots-Tag",
    "TDM-Reservation",
    "Last-Modified",
    "Connection",
    "Content-Type",
    "Trailer",
)
_VALUES = (
    *(
        b"0",
        b"4",
        b"-1",
        b"9" * 20,
        b"9" * 5000,
        b"4, 4",
        b"4, 5",
        b"0x4",
        b"",
        b" ",
        b"chunked",
        b"gzip",
        b"bogus",
        b"close",
    ),
    *(
        b"/it",
        b"/photo",
        b"//",
        b"///",
        b"http:",
        b"http://",
        b"http://[",
        b"http://[::1",
        b"http://[::1]:x/",
        b"?\xff",
    ),
    *(
        b"http://a..b/",
        b"http://%00/",
        b"http://h:0/",
        b"http://h:99999/",
        b"ftp://h/",
        b"data:,x",
        b"//u:p@h/",
        b"\xc3\xa9",
    ),
    *(
        b"bytes 0-3/4",
        b"bytes */4",
        b"bytes 9-1/x",
        b"bytes 0-3/" + b"9" * 4400,
        b"\xb2",
        b"noai",
        b"1",
        b"\t",
        b"a\0b",
    ),
)


@st.composite
def _answers(draw: st.DrawFn) -> bytes:
    """A status line, headers and a body, most of them nearly right."""
    names = st.sampled_from([*_NAMES, *_MORE_NAMES]).map(str.encode)
    values = st.one_of(st.sampled_from(_VALUES), st.binary(max_size=12).map(lambda data: data.replace(b"\n", b"")))
    headers = draw(st.lists(st.tuples(names, values), max_size=5))
    status = b"HTTP/1.1 %d x\r\n" % draw(_STATUS)
    bodies = st.sampled_from([b"", b"body", b"4\r\nbody\r\n0\r\n\r\n", b"4\r\nbo", b"zz\r\n", b"\xff" * 300])
    answer = _with(status, *(name + b": " + value for name, value in headers), body=draw(bodies))
    cut = draw(st.sampled_from([len(answer)] * 4 + [0, 5, 20, len(answer) // 2]))
    return answer[:cut] + draw(st.sampled_from([b""] * 5 + [b"\0", b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]))


_OPEN = ExitStack()


@cache
def _server() -> LyingServer:
    """One for all inputs, until the process ends."""
    return _OPEN.enter_context(lying_server())


_ASK = socket.getaddrinfo


def _look_up(host: str, *rest: Any, **settings: Any) -> Any:
    return _ASK(host, *rest, **{**settings, "flags": socket.AI_NUMERICHOST})


def offline() -> AbstractContextManager[object]:
    """Numbers are looked up in the block, names are not: what strangers name is not asked for."""
    return patch("socket.getaddrinfo", _look_up)


def fetch_all(answers: dict[str, Answer], *, robots: bool = False, max_seconds: float = 2) -> dict[str, Outcome]:
    """What becomes of each path that a server answers so; robots.txt is asked for by the fetcher alone."""
    server = _server()
    server.answers = answers
    urls = {server.url(path): path for path in answers if path != "/robots.txt"}
    rules = FetchRules(
        max_bytes=MAX_BYTES, attempts=2, max_seconds=max_seconds, robots=robots, allow_private=True, max_crawl_delay_s=1
    )
    with offline(), TemporaryDirectory() as folder, guarded_session(AGENT, allow_private=True) as session:
        fetcher = Fetcher(session, WebStore(Path(folder)), Pace(0, sleep=lambda _: None), rules)
        outcomes = download_all(urls, fetcher, workers=2, per_host=2)
    return {path: outcomes[url] for url, path in urls.items()}


def run(answer: bytes) -> str:
    """Fetch an address that is answered so, and a sound one of the same host; the reason of the first.

    On a busy machine the sound one may be late; then both are given more time.
    """
    answers = {"/it": Answer(answer), "/photo": _PHOTO}
    outcomes = fetch_all(answers)
    if outcomes["/photo"].status != "fetched":
        outcomes = fetch_all(answers, max_seconds=20)
    reason = outcomes["/it"].reason
    if outcomes["/photo"].status != "fetched" or reason == "processing_failed":
        raise AssertionError(str(outcomes))
    return reason or "fetched"


FUZZER = Fuzzer("http", _answers(), run, tuple(HOSTILE.values()))
