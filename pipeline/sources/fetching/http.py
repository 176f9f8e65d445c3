"""What every request to a stranger's server has in common: time-outs, waiting, resuming."""

import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import IO, Any

import requests
import urllib3

CONNECT_TIMEOUT_S, READ_TIMEOUT_S = 10.0, 30.0
_TIMEOUT = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
MAX_WAIT_S = 300.0
"""A server that asks for a longer wait than this is left for the next run."""

TRANSIENT_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
TRANSIENT_ERRORS = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
_CHUNK = 1 << 16
_CONTENT_RANGE = re.compile(r"bytes (?:(?P<start>[0-9]{1,18})-[0-9]{1,18}|\*)/(?P<total>[0-9]{1,18}|\*)")
_LENGTH = re.compile(r"[0-9]{1,18}")


def utc_now() -> str:
    """The time as ISO 8601, to the second, in UTC."""
    return utc_text(datetime.now(UTC).timestamp())


def utc_text(seconds: float) -> str:
    """A time since the epoch as ISO 8601, to the second, in UTC.

    >>> utc_text(0)
    '1970-01-01T00:00:00+00:00'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` header asks to wait, by RFC 9110; None where it is missing or unreadable.

    >>> retry_after_s("120", datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    >>> retry_after_s("Thu, 01 Jan 2026 00:00:30 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    30.0
    """
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except (ValueError, TypeError, LookupError, OverflowError):  # it raises all of them on dates that aren't
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


def wait_s(attempt: int, header: str | None) -> float:
    """Seconds to wait before the next attempt: what the server asks for, else 1, 2, 4, … at most a minute."""
    asked = retry_after_s(header, datetime.now(UTC))
    return asked if asked is not None else min(60.0, 2.0**attempt)


class TimedAdapter(requests.adapters.HTTPAdapter):
    """An adapter that never waits for ever, whoever forgot to give a time-out."""

    def send(self, request: requests.PreparedRequest, *args: Any, **settings: Any) -> requests.Response:
        """Send with the project's time-outs unless the caller gave its own."""
        return super().send(request, *args, **{**settings, "timeout": settings.get("timeout") or _TIMEOUT})


def starts_at(response: requests.Response, wanted: int) -> bool:
    """Whether a response to a `Range` request really carries the bytes from `wanted` on."""
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return response.status_code == 206 and match is not None and match["start"] == str(wanted)


def total_of(response: requests.Response) -> int | None:
    """The size of the whole file by its `Content-Range` header, where it tells."""
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return int(match["total"]) if match and match["total"] != "*" else None


def length_of(response: requests.Response) -> int | None:
    """The length of the body by its `Content-Length` header, where that is a number that a length can be."""
    header = response.headers.get("Content-Length", "").strip()
    return int(header) if _LENGTH.fullmatch(header) else None


def append_body(
    response: requests.Response, part: IO[bytes], max_bytes: int, check: Callable[[], None] = lambda: None
) -> bool:
    """Append the body to an open file; False where the file grew over `max_bytes`, with nothing written beyond.

    The bytes reach the disk as they come, so that a killed process leaves what it had.
    """
    size = part.seek(0, os.SEEK_END)
    for chunk in body_chunks(response):
        size += len(chunk)
        if size > max_bytes:
            return False
        part.write(chunk)
        part.flush()
        check()
    return True


def body_chunks(response: requests.Response) -> Iterator[bytes]:
    """The bytes as they arrive: `iter_content` drops up to a whole chunk where the connection breaks."""
    while True:
        try:
            data = response.raw.read1(_CHUNK)
        except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
            raise requests.exceptions.ChunkedEncodingError(error) from error
        if not data:
            return
        yield data
