import re

import pytest

from pipeline.core.errors import SampleRejected
from pipeline.exchange.names import FileNames


@pytest.mark.parametrize("name", ["a" * 32, "images/cloth/anna-0-cloth0.jpg", "images/cloth/2020/anna_b-0-cloth0.JPG"])
def test_plain_names_can_be_read_back(name: str) -> None:
    assert FileNames().stem(name) == name.removeprefix("images/").partition(".")[0].replace("/", "__")


ODD = [
    "images/none/a b.jpg", "images/none/Zoë.jpg", "images/none/a.b.jpg", "../../etc/passwd", "images/none/.jpg", "",
    "images/none/" + "x" * 90 + ".jpg",
    "images/none/" + "x" * 300 + ".jpg", "images/none/a\nb.jpg", "images/none/\ud800.jpg", "images/none/a__b.jpg",
    "images/none/-rf.jpg", "日本.jpg", "con?.jpg", 'a"b.jpg', "/",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_any_name_comes_out_plain(name: str) -> None:
    """A tar takes 100 characters, the ending among them."""
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,94}", FileNames().stem(name))


def test_no_name_is_used_twice_on_a_disk_that_ignores_case() -> None:
    names = FileNames()
    given = ["a/b.jpg", "a__b.jpg", "A/b.jpg", "a/B.jpg", "a-b.jpg", "a b.jpg", "a_b.jpg", "a.b.jpg", *ODD]
    stems = [names.stem(name).casefold() for name in given]
    assert len(set(stems)) == len(given)


def test_one_picture_is_not_named_twice() -> None:
    names = FileNames()
    names.stem("a.jpg")
    with pytest.raises(SampleRejected, match="repeated_origin"):
        names.stem("a.jpg")


def test_a_name_does_not_depend_on_what_else_is_exported() -> None:
    first, second = FileNames(), FileNames()
    assert [first.stem(name) for name in ODD] == list(reversed([second.stem(name) for name in reversed(ODD)]))
