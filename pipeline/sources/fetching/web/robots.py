"""What a site allows: robots.txt (RFC 9309), and the headers by which it opts its images out of training sets."""

from dataclasses import dataclass
from threading import Lock
from urllib.parse import urlsplit

import requests
from protego import Protego

from pipeline.core.errors import SampleRejected
from pipeline.sources.fetching.http import body_chunks
from pipeline.sources.fetching.web.asking import ask, next_hop
from pipeline.sources.fetching.web.guard import check_address
from pipeline.sources.fetching.web.time_limit import TimeLimit

AGENT = "maskwright"
"""The product token that robots.txt rules are looked up by."""

_MAX_ROBOTS_BYTES = 500 * 1024
_MAX_SECONDS = 30.0
_MAX_REDIRECTS = 5
_OPT_OUT = frozenset({"noai", "noimageai"})


@dataclass(frozen=True, slots=True)
class Rules:
    """One site's robots.txt; without text everything is allowed, and nothing where it couldn't be had."""

    parsed: Protego | None
    reachable: bool = True

    def refusal(self, url: str) -> SampleRejected | None:
        """Why an address may not be fetched, or None."""
        if not self.reachable:
            return SampleRejected("robots_unreachable", "robots.txt could not be had, so nothing there may be fetched")
        if self.parsed is not None and not self.parsed.can_fetch(url, AGENT):
            return SampleRejected("robots_disallowed", "the site's robots.txt disallows it")
        return None

    @property
    def delay_s(self) -> float:
        """The pause between two requests that the site asks for."""
        return max(0.0, float(self.parsed.crawl_delay(AGENT) or 0)) if self.parsed is not None else 0.0


class RobotsBook:
    """The rules of every site that was asked for, each fetched once."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session
        self._rules: dict[str, Rules] = {}
        self._locks: dict[str, Lock] = {}
        self._lock = Lock()

    def rules(self, url: str, limit: TimeLimit) -> Rules:
        """The rules of the site that an address belongs to, asked for in the address's own time.

        Raises:
            SampleRejected: the site itself may not be asked at all.
            requests.exceptions.Timeout: the address's time is over; another one of the site asks again.
        """
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            lock = self._locks.setdefault(site, Lock())
        with lock:
            if site not in self._rules:
                self._rules[site] = self._fetch(f"{site}/robots.txt", limit)
            return self._rules[site]

    def _fetch(self, url: str, limit: TimeLimit) -> Rules:
        check_address(url)
        try:
            with limit.running(_MAX_SECONDS):
                return self._follow(url)
        except requests.exceptions.RequestException:
            if limit.is_over:
                raise
            return Rules(None, reachable=False)

    def _follow(self, url: str) -> Rules:
        """The rules behind at most so many redirects; more mean that there are none (RFC 9309)."""
        for hop in range(_MAX_REDIRECTS + 1):
            try:
                check_address(url)
                with ask(self._session, url) as response:
                    if not response.is_redirect:
                        return _rules_of(response)
                    url = next_hop(url, response.headers["Location"])
            except SampleRejected:
                if hop == 0:
                    raise
                return Rules(None, reachable=False)
        return Rules(None)


def _rules_of(response: requests.Response) -> Rules:
    if response.status_code == 429 or response.status_code >= 500:
        return Rules(None, reachable=False)
    if response.status_code >= 400:
        return Rules(None)
    text = b""
    for chunk in body_chunks(response):
        text += chunk
        if len(text) >= _MAX_ROBOTS_BYTES:
            break
    return Rules(Protego.parse(text[:_MAX_ROBOTS_BYTES].decode("utf-8", "replace")))


def opted_out(response: requests.Response) -> str | None:
    """The header by which a response forbids its use for training, or None.

    `X-Robots-Tag: noai` and `noimageai`, for every agent or for this one, and the `TDM-Reservation` of the W3C's text
    and data mining protocol.
    """
    agent = ""
    for entry in response.headers.get("X-Robots-Tag", "").lower().split(","):
        name, colon, rest = entry.partition(":")
        agent, directive = (name.strip(), rest.strip()) if colon else (agent, entry.strip())
        if directive in _OPT_OUT and agent in {"", "*", AGENT}:
            return f"X-Robots-Tag: {entry.strip()}"
    return "TDM-Reservation: 1" if response.headers.get("TDM-Reservation", "").strip() == "1" else None
