"""Whatever strangers call their licences, a card shows it and nothing comes of it."""

import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.pages.markdown import front_matter, one_line, plain, table

HOSTILE = [
    '"><img src=x onerror=alert(1)>',
    "a | b | c",
    "a\n---\nlicense: mit\n---\n# Mine",
    "```\ncode",
    "[click](javascript:alert(1))",
    "![x](http://h/a.png)",
    "**bold** _thin_ ~~gone~~",
    "back\\slash \\| \\",
    "&lt;script&gt;",
    "\u202egnp.exe",
    "{{ 7*7 }} ${x} *alias &anchor !!python/object",
    "x" * 100_000,
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_stays_a_cell(text: str) -> None:
    (line,) = table(("source", "licence"), [("mine", text)])[2:]
    assert "\n" not in line
    assert len(re.findall(r"(?<!\\)\|", line)) == 3
    assert not set('<>"\u202e\ud800') & set(line)
    assert re.search(r"(?<!\\)[`*\[\]~]", line) is None
    assert len(line) < 4000


@pytest.mark.parametrize("text", HOSTILE)
def test_front_matter_reads_as_what_was_written(text: str) -> None:
    written = front_matter({"license_name": one_line(text), "tags": ["a", one_line(text)]})
    assert not set("<>") & set(written)
    assert written.count("---\n") == 2
    read = yaml.safe_load(written.split("---\n")[1])
    assert read == {"license_name": one_line(text), "tags": ["a", one_line(text)]}


@settings(max_examples=100, derandomize=True)
@given(st.text(max_size=60))
def test_any_text_is_one_line_that_reads_back(text: str) -> None:
    assert yaml.safe_load(front_matter({"a": one_line(text)}).split("---\n")[1]) == {"a": one_line(text)}
    assert len(plain(text).splitlines()) <= 1


def test_plain_words_stay_as_they_are() -> None:
    assert plain("CC-BY-4.0, LicenseRef-US_Government (near_duplicate 3)") == (
        "CC-BY-4.0, LicenseRef-US_Government (near_duplicate 3)"
    )
