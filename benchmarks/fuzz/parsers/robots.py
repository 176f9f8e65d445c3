"""robots.txt of a server that lies: rules of any text, and an address that is judged by them."""

from hypothesis import strategies as st

from benchmarks.fuzz import Fuzzer
from benchmarks.fuzz.lying_server import Answer, sound
from benchmarks.fuzz.parsers.http import fetch_all

_FIELDS = ("User-agent", "user-agent", "Disallow", "Allow", "Crawl-delay", "Sitemap", "Request-rate", "Visit-time")
_VALUES = ("*", "maskwright", "/", "/it", "/*", "$", "/*a*a*a*a$", "nan", "inf", "-5", "1e400", "9" * 5000, "0", "0.01")
_MORE_VALUES = ("100000", "1/5", "1/0", "0600-0845", "9999-9999", "%", "%ff", "\x00", "\ud7ff")
_LINES = st.one_of(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(_FIELDS),
        st.sampled_from([":", ": ", " : ", ""]),
        st.one_of(st.sampled_from(_VALUES + _MORE_VALUES), st.text(max_size=10)),
    ),
    st.text(max_size=20),
)


def _delay(value: str) -> bytes:
    return f"User-agent: *\nCrawl-delay: {value}\n".encode()


EXAMPLES: tuple[bytes, ...] = (
    *map(_delay, ("100000", "inf", "nan", "-5", "1e400", "9" * 5000, "1" * 300)),
    b"User-agent: *\nDisallow: /" + b"*a" * 2000 + b"$\n",
    b"Disallow: /\n" * 40_000,
    b"\xff\xfe\0" * 1000,
    b"User-agent: *\nRequest-rate: 1/0\nVisit-time: 9999-9999\n",
    b"User-agent:" + b"*" * 400_000,
    b"User-agent: *\nDisallow: /%zz%\nAllow: " + b"%" * 1000,
)


def run(text: bytes) -> str:
    """Fetch an address of a site with this robots.txt; the reason of its row."""
    outcome = fetch_all({"/robots.txt": Answer(sound(text).data), "/it": sound(b"a photo")}, robots=True)["/it"]
    if outcome.reason == "processing_failed":
        raise AssertionError(str(outcome))
    return outcome.reason or outcome.status


FUZZER = Fuzzer(
    "robots",
    st.one_of(
        st.lists(_LINES, max_size=8).map(lambda lines: "\n".join(["User-agent: *", *lines]).encode()),
        st.lists(_LINES, max_size=8).map(lambda lines: "\n".join(lines).encode()),
        st.binary(max_size=200),
    ),
    run,
    EXAMPLES,
)
