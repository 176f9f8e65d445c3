"""Requests that can't be led into the local network: addresses are checked where the connection is made."""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.connection import create_connection

from pipeline.core.errors import SampleRejected
from pipeline.sources.fetching.http import TimedAdapter

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def check_address(url: str) -> str:
    """The host of an address that may be asked at all.

    Raises:
        SampleRejected: `bad_address` where it is no http(s) address, or carries a user name.
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
    return host


def is_public(text: str) -> bool:
    """Whether an IP address is one of the open internet, also where IPv6 wraps an IPv4 address.

    >>> is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("8.8.8.8")
    (False, False, True)
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast


def resolve(host: str, port: int, allow_private: bool) -> str:
    """One IP address of a host; every address that its name has must be public.

    Raises:
        SampleRejected: `private_address`.
        OSError: the name can't be resolved.
    """
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not allow_private:
        private = [address for address in found if not is_public(address)]
        if private:
            named = host if host == private[0] else f"{host} means {private[0]}, which"
            raise SampleRejected("private_address", f"{named} is no public address")
    return found[0]


class _Guarded(HTTPConnection):
    """Connects to the very address that was checked, so that a name can't change its meaning in between."""

    allow_private = False

    def _new_conn(self) -> socket.socket:
        try:
            address = resolve(self._dns_host, self.port or self.default_port, self.allow_private)
            return create_connection(
                (address, self.port or self.default_port),
                self.timeout,
                source_address=self.source_address,
                socket_options=self.socket_options,
            )
        except TimeoutError as error:
            raise urllib3.exceptions.ConnectTimeoutError(self, f"{self.host}: timed out") from error
        except OSError as error:
            raise urllib3.exceptions.NewConnectionError(self, f"{self.host}: {error}") from error


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
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"User-Agent": user_agent, "Accept": "image/*,*/*;q=0.5", "Accept-Encoding": "identity"})
    session.cookies.set_policy(_NoCookies())
    for scheme in ("http://", "https://"):
        session.mount(scheme, _GuardedAdapter(allow_private))
    return session


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):  # type: ignore[name-defined,misc]
    def set_ok(self, *_: object) -> bool:
        return False
