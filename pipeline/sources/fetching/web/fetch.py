"""Fetch one address: redirects followed by hand, each hop checked, the body resumed where it broke off."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests

from pipeline.core.errors import SampleRejected
from pipeline.engine.containment import Contained, Failed
from pipeline.sources.fetching.http import (
    MAX_WAIT_S,
    TRANSIENT_ERRORS,
    TRANSIENT_STATUS,
    append_body,
    length_of,
    starts_at,
    total_of,
    utc_now,
    wait_s,
)
from pipeline.sources.fetching.web.asking import ask, next_hop
from pipeline.sources.fetching.web.guard import check_address
from pipeline.sources.fetching.web.pace import Pace
from pipeline.sources.fetching.web.robots import RobotsBook, opted_out
from pipeline.sources.fetching.web.store import Outcome, WebStore
from pipeline.sources.fetching.web.time_limit import TimeLimit
from pipeline.storage.whole_files import size_of, write_text

_TRANSIENT_REASONS = frozenset({"robots_unreachable", "crawl_delay_too_long"})


@dataclass(frozen=True, slots=True)
class FetchRules:
    """How far a fetch goes; see `UrlsSettings`."""

    max_bytes: int
    max_redirects: int = 5
    attempts: int = 4
    max_seconds: float = 120
    max_crawl_delay_s: float = 60
    robots: bool = True
    opt_out: bool = True
    allow_private: bool = False

    def policy(self, status: str) -> str:
        """What an outcome of this status depends on: other limits can't change what was fetched."""
        kept = f"robots {self.robots}, opt-out {self.opt_out}, private {self.allow_private}"
        return kept if status == "fetched" else f"{kept}, {self.max_bytes} bytes, {self.max_redirects} redirects"


class Fetcher:
    """Fetches addresses into a store; safe to share between threads."""

    def __init__(self, session: requests.Session, store: WebStore, pace: Pace, rules: FetchRules) -> None:
        self._session = session
        self._store = store
        self._pace = pace
        self._rules = rules
        self._robots = RobotsBook(session)

    def fetch(self, url: str) -> Outcome:
        """The outcome of an address; from the store where it is final, by the rules that hold now."""
        known = self._store.outcome(url)
        if known is not None and known.policy == self._rules.policy(known.status):
            return known
        if known is not None:
            self._store.forget(url)
        outcome = self._contained(url)
        if outcome.status != "failed":
            outcome = replace(outcome, policy=self._rules.policy(outcome.status))
            self._store.finish(outcome)
        return outcome

    def _contained(self, url: str) -> Outcome:
        """Whatever one address makes the program raise is that address's, and the others are fetched.

        Raises:
            OSError, MemoryError, ImportError, MaskwrightError: what concerns every address.
        """
        result = Contained(self._try)(url)
        if not isinstance(result, Failed):
            return result
        return Outcome(url=url, status="failed", reason=result.reason, detail=result.detail)

    def _try(self, url: str) -> Outcome:
        limit = TimeLimit(self._rules.max_seconds)
        problem = Outcome(url=url, status="failed", reason="unreachable", detail="nothing was tried")
        for attempt in range(self._rules.attempts):
            try:
                return self._attempt(url, limit)
            except SampleRejected as error:
                status = "failed" if error.reason in _TRANSIENT_REASONS else "refused"
                return Outcome(url=url, status=status, reason=error.reason, detail=error.detail)
            except _RetryError as error:
                problem, wait = error.outcome, wait_s(attempt, error.retry_after)
            except TRANSIENT_ERRORS as error:
                detail = f"{type(error).__name__}: {error}"[:300]
                problem, wait = (
                    Outcome(url=url, status="failed", reason="unreachable", detail=detail),
                    wait_s(attempt, None),
                )
            except requests.exceptions.RequestException as error:
                detail = f"{type(error).__name__}: {error}"[:300]
                return Outcome(url=url, status="refused", reason="bad_response", detail=detail)
            if wait > MAX_WAIT_S or limit.is_over:
                return problem
            self._pace.pause(check_address(url), wait)
        return problem

    def _attempt(self, url: str, limit: TimeLimit) -> Outcome:
        address = url
        for _ in range(self._rules.max_redirects + 1):
            host = check_address(address)
            self._check_robots(address, host, limit)
            self._pace.wait(host)
            folder = self._store.begin(url)
            with limit.running(), ask(self._session, address, _resume_headers(folder)) as reply:
                if not reply.is_redirect:
                    return self._receive(url, address, folder, reply, limit)
                address = next_hop(address, reply.headers["Location"])
        raise SampleRejected("too_many_redirects", f"more than {self._rules.max_redirects}")

    def _check_robots(self, address: str, host: str, limit: TimeLimit) -> None:
        if not self._rules.robots:
            return
        rules = self._robots.rules(address, limit)
        refusal = rules.refusal(address)
        if refusal is not None:
            raise refusal
        if rules.delay_s > self._rules.max_crawl_delay_s:
            detail = f"robots.txt asks for {rules.delay_s:g} s between two requests"
            raise SampleRejected(
                "crawl_delay_too_long", f"{detail}, at most {self._rules.max_crawl_delay_s:g} are kept"
            )
        self._pace.slow_down(host, rules.delay_s)

    def _receive(self, url: str, address: str, folder: Path, reply: requests.Response, limit: TimeLimit) -> Outcome:
        body = folder / "body"
        if reply.status_code in TRANSIENT_STATUS:
            detail = f"the server answers {reply.status_code}"
            reason = f"http_{reply.status_code}"
            raise _RetryError(
                Outcome(url=url, status="failed", reason=reason, detail=detail, http_status=reply.status_code),
                reply.headers.get("Retry-After"),
            )
        if reply.status_code == 416:
            if total_of(reply) != size_of(body):  # not the file that was begun
                raise _restart(url, folder)
        elif reply.status_code not in {200, 206}:
            raise SampleRejected(f"http_{reply.status_code}", f"the server answers {reply.status_code}")
        else:
            self._store_body(url, folder, reply, limit)
        fields: dict[str, Any] = {"address": address, "size_bytes": size_of(body), "fetched_at": utc_now()}
        return Outcome(url=url, status="fetched", http_status=reply.status_code, **fields)

    def _store_body(self, url: str, folder: Path, reply: requests.Response, limit: TimeLimit) -> None:
        sign = opted_out(reply) if self._rules.opt_out else None
        if sign is not None:
            raise SampleRejected("opted_out", f"the site forbids this use: {sign}")
        body = folder / "body"
        have = size_of(body)
        if reply.status_code == 206 and not starts_at(reply, have):
            raise _restart(url, folder)
        if reply.status_code == 200:
            have = 0
            _begin_body(folder, reply)
        most, announced = self._rules.max_bytes, length_of(reply)
        if announced is not None and announced + have > most:
            raise SampleRejected("file_too_large", f"{announced} bytes, at most {most} are fetched")
        with body.open("ab") as part:
            if not append_body(reply, part, most, limit.check):
                body.unlink()
                raise SampleRejected("file_too_large", f"over {most} bytes")


class _RetryError(Exception):
    """This attempt failed in a way that may pass."""

    def __init__(self, outcome: Outcome, retry_after: str | None = None) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome
        self.retry_after = retry_after


def _restart(url: str, folder: Path) -> _RetryError:
    """Drop what was begun: the server no longer has that file."""
    (folder / "body").unlink(missing_ok=True)
    (folder / "resume.json").unlink(missing_ok=True)
    return _RetryError(
        Outcome(url=url, status="failed", reason="changed", detail="the file changed while it was fetched")
    )


def _begin_body(folder: Path, reply: requests.Response) -> None:
    """Start from nothing, and note by what the same file can be told again, if the server gives a mark."""
    (folder / "body").write_bytes(b"")
    etag = reply.headers.get("ETag", "")
    mark = reply.headers.get("Last-Modified") if etag.startswith("W/") or not etag else etag
    if mark:
        write_text(folder / "resume.json", json.dumps({"mark": mark}))
    else:
        (folder / "resume.json").unlink(missing_ok=True)


def _resume_headers(folder: Path) -> dict[str, str]:
    """Ask for the rest of a body whose beginning is here, if it is still the same file."""
    have, note = size_of(folder / "body"), folder / "resume.json"
    if not have or not note.is_file():
        return {}
    return {"Range": f"bytes={have}-", "If-Range": json.loads(note.read_text(encoding="utf-8"))["mark"]}
