"""Lists of addresses and saved pages, of any text."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from benchmarks.fuzz import Fuzzer
from benchmarks.fuzz.parsers.addresses import EXAMPLES as ADDRESSES
from pipeline.core.errors import SampleRejected
from pipeline.sources.fetching.web.guard import check_address
from pipeline.sources.fetching.web.lists import SUFFIXES, read_list

_PAGES = (
    '<a href="http://[">',
    '<base href="http://[">',
    '<img src="http://[::1">',
    '["http://[::1/photo.jpg",900,1200]',
    *(
        '<img width="' + "9" * 5000 + '">',
        '<img srcset="a ' + "9" * 5000 + 'w">',
        '<img src="a\0b">',
        "<img src='%00'>",
    ),
    *(
        '<img src="' + "a" * 5000 + '">',
        '["https://\\ud800.example/a.jpg",90,90]',
        '<img src="data:image/png;base64,&">',
    ),
    *(
        '<a href="/imgres?imgurl=http://[">',
        "<![",
        "<!--",
        "<a " * 2000,
        "&#xd800;&#9999999999;",
        "<img src='//'>",
        "</" * 2000,
    ),
)
_TABLES = (
    *(
        "[" * 20_000,
        '{"url": ' * 5000,
        '[{"url": 1e999}]',
        '[{"url": null}]',
        '{"url": "a"}',
        "[1]",
        "null",
        '"url"',
        "1",
    ),
    *(
        '{"url": "http://h/\\ud800"}',
        '{"url": "h", "label": {"a": 1}}',
        '{"url": "h", "label": ["a"]}',
        '{"url": ' + "9" * 5000 + "}",
    ),
    *(
        "url\n" + "a" * 200_000,
        'url,label\n"a',
        "url\na,b,c",
        "label\na",
        "url\n\0",
        "\ufeffurl\nhttp://h/a.jpg",
        '[{"url": "a", "author": 5}]',
    ),
)
EXAMPLES = tuple((suffix, text.encode()) for text in (*_PAGES, *_TABLES) for suffix in SUFFIXES)

_PIECES = st.one_of(
    st.sampled_from([*_PAGES, *_TABLES[2:]]),
    st.sampled_from(ADDRESSES).map(json.dumps),
    st.just("http://h.example/a.jpg"),
    st.text(max_size=20),
)
_TEXTS = st.lists(_PIECES, max_size=6).map(lambda pieces: "\n".join(pieces).encode("utf-8", "surrogatepass"))


def run(given: tuple[str, bytes]) -> str:
    """Read a list, and judge each of its addresses."""
    suffix, data = given
    with TemporaryDirectory() as folder:
        path = Path(folder, "list" + suffix)
        path.write_bytes(data)
        images = read_list(path)
    for image in images:
        for text in (image.url, image.name, image.label, image.licence, image.author):
            (text or "").encode()  # what can't be stored would end the run later
    return "addresses" if any(map(_is_asked, (image.url for image in images))) else "none to ask"


def _is_asked(url: str | None) -> bool:
    try:
        return url is not None and bool(check_address(url))
    except SampleRejected:
        return False


FUZZER = Fuzzer("lists", st.tuples(st.sampled_from(SUFFIXES), st.one_of(_TEXTS, st.binary(max_size=60))), run, EXAMPLES)
