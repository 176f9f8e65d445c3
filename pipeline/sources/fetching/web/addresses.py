"""Which IP addresses belong to the open internet, by IANA's special-purpose registries.

https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry,
with multicast, which has registries of its own. Python's `is_global` knows a part of them, another in each version.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_SPECIAL_V4 = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)
"""Not globally reachable; 192.88.99.0/24 led to relays that are withdrawn."""

_REACHABLE_V4 = tuple(map(IPv4Network, ("192.0.0.9/32", "192.0.0.10/32")))
"""Within a block of `_SPECIAL_V4`, and globally reachable all the same."""

_UNICAST_V6 = IPv6Network("2000::/3")
"""All that is given out; whatever lies outside is special or nobody's."""

_SPECIAL_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
_REACHABLE_V6 = tuple(
    map(
        IPv6Network,
        (
            *("2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:3::/32", "2001:4:112::/48"),
            *("2001:20::/28", "2001:30::/28"),
        ),
    )
)

_LAST_32_BITS = tuple(map(IPv6Network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")))
"""IPv4-compatible, mapped, translated and NAT64: the IPv4 address stands at the end."""
_TEREDO, _SIX_TO_FOUR = IPv6Network("2001::/32"), IPv6Network("2002::/16")


def is_public(text: str) -> bool:
    """Whether an IP address is one of the open internet; IPv4 addresses inside an IPv6 one are judged in its stead.

    >>> is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("8.8.8.8")
    (False, False, True)
    """
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return _is_public_v4(address)
    inner = list(_embedded(address))
    return all(map(_is_public_v4, inner)) if inner else _is_public_v6(address)


def _is_public_v4(address: IPv4Address) -> bool:
    return not _within(address, _SPECIAL_V4) or _within(address, _REACHABLE_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    if address not in _UNICAST_V6:
        return False
    return not _within(address, _SPECIAL_V6) or _within(address, _REACHABLE_V6)


def _within(address: IPv4Address | IPv6Address, blocks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(address in block for block in blocks)


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    """Every IPv4 address that the IPv6 address leads to."""
    bits = int(address)
    if _within(address, _LAST_32_BITS) and bits > 1:  # :: and ::1 are no IPv4 addresses
        yield IPv4Address(bits & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        yield IPv4Address(bits >> 80 & 0xFFFFFFFF)
    if address in _TEREDO:  # its server, and its client with all bits turned (RFC 4380)
        yield IPv4Address(bits >> 64 & 0xFFFFFFFF)
        yield IPv4Address(~bits & 0xFFFFFFFF)
