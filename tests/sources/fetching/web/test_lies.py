"""Servers that lie: each address is its own row, in bounded time, and the good one beside it is taken."""

import errno
import time
from pathlib import Path

import pytest

from benchmarks.fuzz.lying_server import Answer, lying_server, sound
from benchmarks.fuzz.parsers.http import HOSTILE, fetch_all, run
from generators.docs.made_up import picture
from pipeline.sources.adapters.urls import AddressStatus
from pipeline.sources.fetching import http
from pipeline.sources.fetching.web import guard
from pipeline.sources.fetching.web.fetch import Fetcher, FetchRules
from pipeline.sources.fetching.web.pace import Pace
from pipeline.sources.fetching.web.store import WebStore
from pipeline.storage.manifests import read_manifest
from tests.sources.kit import Ingest, by_origin, reasons

PATIENCE_S = 15
"""The servers here would go on for 30 s."""
DRIPS = {
    "headers": Answer(b"HTTP/1.1 200 OK\r\n", b"a", 0.05),
    "whole headers": Answer(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", 0.4),
    "continue": Answer(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "body": Answer(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05),
    "chunk size": Answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0", 0.05),
    "trailers": Answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n", 0.01),
    "nothing": Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b" ", 20),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_is_answered_is_a_row_and_the_photo_beside_it_is_fetched(name: str) -> None:
    run(HOSTILE[name])


@pytest.mark.parametrize("name", DRIPS)
def test_one_limit_of_time_holds_for_all_of_an_answer(name: str) -> None:
    started = time.monotonic()
    outcomes = fetch_all({"/it": DRIPS[name], "/photo": sound(b"a photo")}, max_seconds=0.5)
    assert (outcomes["/it"].status, outcomes["/it"].reason) == ("failed", "unreachable")
    assert outcomes["/it"].detail == "ReadTimeout: not done after 0.5 s"
    assert outcomes["/photo"].status == "fetched"
    assert time.monotonic() - started < PATIENCE_S


def test_it_holds_for_redirects_together() -> None:
    moved = Answer(b"HTTP/1.1 302 Found\r\nLocation: /it\r\n", b"a: b\r\n", 0.25)
    assert fetch_all({"/it": moved}, max_seconds=0.5)["/it"].detail == "ReadTimeout: not done after 0.5 s"


def test_it_holds_for_the_handshake_of_tls(tmp_path: Path) -> None:
    rules = FetchRules(max_bytes=1000, max_seconds=0.5, robots=False, allow_private=True)
    with lying_server(greeting=Answer(b"\x16\x03\x03\x40\x00", b"\x02", 0.05)) as server:
        url = server.url("/it").replace("http:", "https:")
        with guard.guarded_session("test", allow_private=True) as session:
            outcome = Fetcher(session, WebStore(tmp_path), Pace(0), rules).fetch(url)
    assert outcome.detail == "ReadTimeout: not done after 0.5 s"


def test_it_holds_for_robots() -> None:
    dripping = Answer(b"HTTP/1.1 200 OK\r\n\r\n", b"#", 0.05)
    outcome = fetch_all({"/robots.txt": dripping, "/it": sound(b"a photo")}, robots=True, max_seconds=0.5)["/it"]
    assert outcome.detail == "ReadTimeout: not done after 0.5 s"


def test_it_holds_for_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> list[object]:
        time.sleep(PATIENCE_S)
        return []

    monkeypatch.setattr("benchmarks.fuzz.parsers.http._look_up", slow)
    started = time.monotonic()
    assert fetch_all({"/it": sound(b"a photo")}, max_seconds=0.3)["/it"].reason == "unreachable"
    assert time.monotonic() - started < PATIENCE_S


def test_polite_pauses_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.sources.fetching.web.pace.Pace.wait", lambda *_: time.sleep(0.4))
    assert fetch_all({"/it": sound(b"a photo")}, max_seconds=0.3)["/it"].status == "fetched"


@pytest.mark.parametrize(("delay", "reason"), [("100000", "crawl_delay_too_long"), ("0.001", None), ("-5", None)])
def test_pause_that_robots_asks_for_is_capped(delay: str, reason: str | None) -> None:
    rules = sound(f"User-agent: *\nCrawl-delay: {delay}\n".encode())
    assert fetch_all({"/robots.txt": rules, "/it": sound(b"a photo")}, robots=True)["/it"].reason == reason


def test_fault_of_the_program_is_its_address_s_and_one_of_the_disk_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    real = http.append_body

    def fail(reply: object, *rest: object) -> bool:
        if getattr(reply, "url", "").endswith("/it"):
            raise error
        return real(reply, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("pipeline.sources.fetching.web.fetch.append_body", fail)
    error: Exception = KeyError("of a library")
    outcomes = fetch_all({"/it": sound(b"it"), "/photo": sound(b"a photo")})
    assert (outcomes["/it"].status, outcomes["/it"].reason) == ("failed", "processing_failed")
    assert "KeyError: 'of a library'" in (outcomes["/it"].detail or "")
    assert outcomes["/photo"].status == "fetched"
    error = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="No space left"):
        fetch_all({"/it": sound(b"it")})


def test_addresses_that_cannot_be_asked_lose_nothing_beside_them(ingest: Ingest, tmp_path: Path) -> None:
    bad = ["http://a..example/1.jpg", f"http://{'a' * 70}.example/1.jpg", "http://[::1/1.jpg", "http://h:99999/1.jpg"]
    with lying_server() as server:
        server.answers["/photo.jpg"] = sound(picture(1, (200, 150)))
        (tmp_path / "list.txt").write_text("\n".join([*bad, server.url("/photo.jpg")]))
        taken = ingest(
            adapter="urls", path="list.txt", delay_s=0, allow_private_addresses=True, label="cloth", attempts=1,
            labels={"cloth": {"mask_type": "cloth"}},
        )  # fmt: skip
        assert list(by_origin(taken)) == [server.url("/photo.jpg")]
    assert reasons(taken.rejections) == dict.fromkeys(bad, "bad_address")
    rows = read_manifest(tmp_path / "data/provenance/mine/addresses.parquet", AddressStatus)
    assert [row.status for row in rows] == ["refused"] * 4 + ["fetched"]


def test_cookies_are_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("a cookie was parsed")

    monkeypatch.setattr("http.cookiejar.parse_ns_headers", fail)
    assert run(HOSTILE["bad cookies"]) == "fetched"
    assert guard.guarded_session("test").cookies.get_dict() == {}
