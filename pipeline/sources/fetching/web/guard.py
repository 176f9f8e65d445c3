"""Requests that can't be led into the local network: addresses are checked where the connection is made."""

import socket
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pipeline.core.errors import SampleRejected
from pipeline.sources.fetching.http import CONNECT_TIMEOUT_S, TimedAdapter
from pipeline.sources.fetching.web import addresses
from pipeline.sources.fetching.web.time_limit import current_limit

is_public = addresses.is_public
_MAX_HOST_CHARACTERS = 253


def check_address(url: str) -> str:
    """The host of an address that may be asked at all.

    Raises:
        SampleRejected: `bad_address` where it is no http(s) address, carries a user name, or its host can't be a name.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SampleRejected("bad_address", f"{url[:200]}: {error}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise SampleRejected("bad_address", f"{url[:200]}: only http and https addresses with a host are fetched")
    if parts.username is not None or any(ord(character) <= 32 for character in url):
        raise SampleRejected("bad_address", f"{url[:200]}: a user name, blank or control character in it")
    _check_name(host)
    return host


def _check_name(host: str) -> None:
    """Refuse what no look-up takes: an empty label, one of over 63 characters, or a name of over 253."""
    try:
        if len(host) > _MAX_HOST_CHARACTERS:
            raise ValueError("a host name has 253 characters at most")
        host.encode("idna")
    except ValueError as error:
        raise SampleRejected("bad_address", f"{host[:200]}: no host name: {error}") from error


def resolve(host: str, port: int, allow_private: bool) -> str:
    """One IP address of a host; every address that its name has must be public.

    Raises:
        SampleRejected: `private_address`.
        OSError: the name can't be resolved, or not in time.
    """
    found = _look_up(host, port, _seconds(CONNECT_TIMEOUT_S))
    if not allow_private:
        private = [address for address in found if not is_public(address)]
        if private:
            named = host if host == private[0] else f"{host} means {private[0]}, which"
            raise SampleRejected("private_address", f"{named} is no public address")
    return found[0]


def _look_up(host: str, port: int, seconds: float) -> list[str]:
    """Every IP address of a name. The system's look-up can't be broken off, so a thread is left to it.

    Raises:
        OSError: as `resolve`.
    """
    answers: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
            answers.put(found or OSError(f"{host}: no address"))
        except (OSError, ValueError) as error:
            answers.put(error if isinstance(error, OSError) else OSError(f"{host}: {error}"))

    Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"{host}: no answer from the resolver") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _connected(address: str, port: int, seconds: float) -> socket.socket:
    """A connection to this very address: nothing is looked up again.

    Raises:
        OSError: there is none, or not in time; TLS's handshake has the same time.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(_seconds(seconds))
        connection.connect((address, port))
    except BaseException:
        connection.close()
        raise
    return connection


def _seconds(most: float) -> float:
    """So long, or what is left of the running time limit.

    Raises:
        TimeoutError: nothing is left.
    """
    limit = current_limit()
    return most if limit is None else min(most, limit.remaining())


class _Guarded(HTTPConnection):
    """Connects to the very address that was checked, so that a name can't change its meaning in between.

    The running time limit holds for the look-up, the connection, the TLS handshake and the headers; cookies are dropped
    unread.
    """

    allow_private = False

    def _new_conn(self) -> socket.socket:
        try:
            address = resolve(self._dns_host, self.port or self.default_port, self.allow_private)
            return _connected(address, self.port or self.default_port, float(self.timeout or CONNECT_TIMEOUT_S))
        except TimeoutError as error:
            raise urllib3.exceptions.ConnectTimeoutError(self, f"{self.host}: timed out") from error
        except OSError as error:
            raise urllib3.exceptions.NewConnectionError(self, f"{self.host}: {error}") from error

    def connect(self) -> None:
        """Connect, and let the time limit cut the connection."""
        super().connect()
        self._watch()

    def getresponse(self) -> urllib3.response.HTTPResponse:  # type: ignore[override]
        """The answer without its cookies."""
        self._watch()  # the connection may be one of an earlier request
        reply = super().getresponse()
        for name in ("Set-Cookie", "Set-Cookie2"):
            del reply._original_response.msg[name]  # type: ignore[union-attr]
        return reply

    def _watch(self) -> None:
        limit = current_limit()
        if limit is not None and self.sock is not None:
            limit.watch(self.sock)


class _GuardedTls(_Guarded, HTTPSConnection):
    pass


class _OpenDoor(_Guarded):
    allow_private = True


class _OpenDoorTls(_GuardedTls):
    allow_private = True


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTls


class _OpenPool(HTTPConnectionPool):
    ConnectionCls = _OpenDoor


class _OpenTlsPool(HTTPSConnectionPool):
    ConnectionCls = _OpenDoorTls


class _GuardedAdapter(TimedAdapter):
    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        super().__init__(pool_connections=64, pool_maxsize=16)

    def init_poolmanager(self, *args: Any, **settings: Any) -> None:
        super().init_poolmanager(*args, **settings)
        pools = (_OpenPool, _OpenTlsPool) if self._allow_private else (_Pool, _TlsPool)
        self.poolmanager.pool_classes_by_scheme = {"http": pools[0], "https": pools[1]}


def guarded_session(user_agent: str, allow_private: bool = False) -> requests.Session:
    """A session for strangers' servers: public addresses only, no proxy, no netrc, no cookies kept.

    A proxy from the environment is not used: the address would then be looked up where it can't be checked.
    """
    session = _Session()
    session.trust_env = False
    session.headers.update({"User-Agent": user_agent, "Accept": "image/*,*/*;q=0.5", "Accept-Encoding": "identity"})
    session.cookies.set_policy(_NoCookies())
    for scheme in ("http://", "https://"):
        session.mount(scheme, _GuardedAdapter(allow_private))
    return session


class _Session(requests.Session):
    """Looks at no redirect itself: it would parse any `Location`, and read the body behind it whole."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: redirects are followed by hand."""


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):  # type: ignore[name-defined,misc]
    def set_ok(self, *_: object) -> bool:
        return False
