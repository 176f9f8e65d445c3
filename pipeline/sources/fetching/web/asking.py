"""Ask for one address without following anything; whatever the answer does is an error of requests."""

from collections.abc import Mapping
from http.client import HTTPException
from urllib.parse import urljoin

import requests
import urllib3

from pipeline.core.errors import SampleRejected


def ask(session: requests.Session, address: str, headers: Mapping[str, str] | None = None) -> requests.Response:
    """The answer with its body still to be read.

    Raises:
        requests.exceptions.RequestException: there is none, or none that can be understood.
        SampleRejected: the address may not be asked.
    """
    try:
        return session.get(address, stream=True, allow_redirects=False, headers=dict(headers or {}))
    except requests.exceptions.RequestException:
        raise
    except OSError as error:  # of the socket: nothing is written here
        raise requests.exceptions.ConnectionError(error) from error
    except (urllib3.exceptions.HTTPError, HTTPException, ValueError) as error:
        raise requests.exceptions.RequestException(f"{type(error).__name__}: {error}") from error


def next_hop(address: str, location: str) -> str:
    r"""Where a redirect leads; bytes that aren't UTF-8 are percent-encoded, as browsers do.

    >>> next_hop("http://h/a", "/caf\xe9")
    'http://h/caf%E9'

    Raises:
        SampleRejected: `bad_address` where it can't be read.
    """
    try:
        return urljoin(address, _as_text(location))
    except ValueError as error:
        raise SampleRejected("bad_address", f"redirected to {location[:200]!r}: {error}") from error


def _as_text(header: str) -> str:
    """Headers come as Latin-1, whatever they were sent as."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return "".join(letter if ord(letter) < 128 else f"%{ord(letter):02X}" for letter in header)
