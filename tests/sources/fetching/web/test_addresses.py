"""Which addresses may be asked: by IANA's registries, however they are spelled, and by what is connected to."""

import socket
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fuzz.lying_server import Answer, lying_server, sound
from benchmarks.fuzz.parsers.addresses import PRIVATE, PUBLIC, SPELLINGS
from pipeline.core.errors import SampleRejected
from pipeline.sources.fetching.web import guard
from pipeline.sources.fetching.web.fetch import Fetcher, FetchRules
from pipeline.sources.fetching.web.guard import check_address, guarded_session, is_public
from pipeline.sources.fetching.web.pace import Pace
from pipeline.sources.fetching.web.store import Outcome, WebStore


@pytest.mark.parametrize("address", PRIVATE)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_reachable_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_an_address_is_judged_by_what_it_means(spelling: str) -> None:
    host = check_address(f"http://{spelling}/a.jpg")
    with pytest.raises(SampleRejected, match="private_address"):
        guard.resolve(host, 80, allow_private=False)


@pytest.mark.parametrize("host", ["a..example", "a" * 64 + ".example", ".example", "a." * 127 + "example"])
def test_names_that_no_look_up_takes_are_refused(host: str) -> None:
    with pytest.raises(SampleRejected, match=r"bad_address: .*no host name"):
        check_address(f"http://{host}/a.jpg")


def test_longest_names_are_asked() -> None:
    assert check_address("http://" + "a" * 63 + ".example./") == "a" * 63 + ".example."


class _Fickle:
    """A resolver that gives a name another address at each look-up; 127.0.0.1 passes for public."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answers: list[str]) -> None:
        self.asked: list[str] = []
        self._answers, self._real = answers, socket.getaddrinfo
        judged = guard.is_public
        monkeypatch.setattr(guard, "is_public", lambda text: text == "127.0.0.1" or judged(text))
        monkeypatch.setattr(socket, "getaddrinfo", self)

    def __call__(self, host: str, *rest: Any, **settings: Any) -> Any:
        self.asked.append(host)
        if not host.endswith(".example"):
            return self._real(host, *rest, **settings)
        return self._real(self._answers[min(len(self.asked), len(self._answers)) - 1], *rest, **settings)


def _fetch(url: str, folder: Path) -> Outcome:
    rules = FetchRules(max_bytes=1000, attempts=1, max_seconds=5, robots=False)
    with guarded_session("test") as session:
        return Fetcher(session, WebStore(folder), Pace(0), rules).fetch(url)


def test_address_that_was_judged_is_the_one_connected_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lying_server() as server:
        server.answers["/a.jpg"] = sound(b"a photo")
        fickle = _Fickle(monkeypatch, ["127.0.0.1", "10.0.0.1", "169.254.169.254"])
        outcome = _fetch(f"http://fickle.example:{server.port}/a.jpg", tmp_path)
    assert outcome.status == "fetched"
    assert fickle.asked == ["fickle.example"], "a second look-up could have meant another machine"


def test_every_hop_is_judged_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lying_server() as server:
        location = f"http://fickle.example:{server.port}/b.jpg".encode()
        head = b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: " + location + b"\r\n\r\n"
        server.answers = {"/a.jpg": Answer(head), "/b.jpg": sound(b"a secret")}
        _Fickle(monkeypatch, ["127.0.0.1", "127.0.0.2"])
        outcome = _fetch(f"http://fickle.example:{server.port}/a.jpg", tmp_path)
    assert (outcome.status, outcome.reason) == ("refused", "private_address")
    assert server.asked == ["/a.jpg"]


def test_redirect_to_an_embedded_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lying_server() as server:
        head = b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: http://[64:ff9b:1::7f00:1]/\r\n\r\n"
        server.answers["/a.jpg"] = Answer(head)
        _Fickle(monkeypatch, ["127.0.0.1"])
        outcome = _fetch(f"http://fickle.example:{server.port}/a.jpg", tmp_path)
    assert outcome.reason == "private_address"
