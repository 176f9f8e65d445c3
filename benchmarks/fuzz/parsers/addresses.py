"""Addresses as lists and redirects give them: what may be asked at all, and what is public."""

import ipaddress
import string

from hypothesis import strategies as st

from benchmarks.fuzz import Fuzzer
from benchmarks.fuzz.parsers.http import offline
from pipeline.sources.fetching.web.asking import next_hop
from pipeline.sources.fetching.web.guard import check_address, resolve

PRIVATE = (
    *(
        "::127.0.0.1",
        "::ffff:0:7f00:1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "fec0::1",
        "5f00::1",
    ),
    *(
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:0:808:808::80ff:fffe",
        "fe80::1%eth0",
        "fc00::1",
        "100::1",
        "100:0:0:1::1",
    ),
    "2001:db8::1",
    "3fff::1",
    "ff02::1",
    "::",
    "::1",
    "4000::1",
    "2001:2::1",
    "2001:10::1",
    "1000::1",
    "fec0::1%1",
    "0.0.0.1",
    "10.1.2.3",
    "100.64.0.1",
    "127.1.2.3",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
)
PUBLIC = (
    "8.8.8.8",
    "1.1.1.1",
    "192.0.0.9",
    "192.31.196.1",
    "192.52.193.1",
    "192.175.48.1",
    "172.32.0.1",
    "100.128.0.1",
    "2001:4860:4860::8888",
    "2620:4f:8000::1",
    "2001:1::1",
    "2001:3::1",
    "2001:4:112::1",
    "2001:20::1",
    "2001:30::1",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "::ffff:8.8.8.8",
)
SPELLINGS = (
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0x7f.1",
    "127.1",
    "017700000001",
    "[::ffff:7f00:1]",
)
"""Ways to write 127.0.0.1 that the system's look-up understands."""

EXAMPLES = (
    *(
        "http://[::1",
        "http://a..b/",
        "http://" + "a" * 70 + ".example/",
        "http://" + "a." * 200 + "example/",
        "http://./",
    ),
    *(
        "http://h:" + "9" * 5000 + "/",
        "http://h:-1/",
        "http://h:x/",
        "http://[v1.x]/",
        "http://[::1%25eth0]/",
        "http://[]/",
    ),
    *(
        "http://\ud800/",
        "http://h/\0",
        "http://\xff/",
        "http://xn--\xff/",
        "http://xn--/",
        "http://%/",
        "http:///a",
        "//",
        "",
    ),
    *(
        "http://\u2100.example/",
        "http://a\u3002b/",
        "http://u:p@h/",
        "HTTP://H/",
        "http://h\\@i/",
        "a" * 70_000,
        "http://-/",
    ),
    *(f"http://{spelling}/" for spelling in SPELLINGS),
)

_HOSTS = st.one_of(
    st.ip_addresses().map(lambda address: f"[{address}]" if address.version == 6 else str(address)),
    st.text(string.ascii_letters + string.digits + ".-_%:[]@\\\xff\u3002\u2100", max_size=80),
    st.sampled_from(SPELLINGS),
)
_ADDRESSES = st.one_of(
    st.builds(
        "{}://{}{}{}".format,
        st.sampled_from(["http", "https", "HTTP", "ftp", "file", "javascript", ""]),
        _HOSTS,
        st.sampled_from(["", ":80", ":0", ":99999", ":x", ":-1"]),
        st.text(max_size=10).map("/{}".format),
    ),
    st.text(max_size=40),
)


_PYTHON_REFUSES = ipaddress.ip_network("2001::/23")
"""Older versions know none of its globally reachable blocks."""


def run(address: str) -> str:
    """Check an address as its fetch would, resolve its host, and see that no private one gets through."""
    host = check_address(next_hop("http://site.example/a", address))
    with offline():
        try:
            found = resolve(host, 80, allow_private=False)
        except OSError:
            return "no such name"
    address_found = ipaddress.ip_address(found.partition("%")[0])
    if found in PRIVATE or not (address_found.is_global or address_found in _PYTHON_REFUSES):
        raise AssertionError(f"{address}: {found} is taken for public")
    return "asked"


FUZZER = Fuzzer("addresses", _ADDRESSES, run, EXAMPLES)
