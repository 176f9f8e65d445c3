import pytest
from jinja2 import UndefinedError

from pipeline.pages.rendering import render_page
from pipeline.review.page import Section, Table, bars, page


def test_every_value_is_escaped() -> None:
    bad = "<script>1</script> & co"
    shown = page(
        bad, [Section("a", bad, bad, [Table((bad,), [(bad,)])], bars({bad: 1.0}, 1.0))], [Section(bad, "short")]
    )
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;1&lt;/script&gt; &amp; co") == 8  # the title twice, and each other place


def test_a_value_that_a_template_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render_page("pipeline.review", "sections.html.j2", title="no sections")


def test_numbers_stand_right_and_texts_left() -> None:
    shown = page("Counts", [Section("a", "A", tables=[Table(("name", "count", "share"), [("x", 12345, 0.5)])])])
    assert '<th class="text">name</th><th>count</th><th>share</th>' in shown
    assert '<td class="text">x</td>' in shown
    assert "<td>12,345</td>" in shown
    assert "<td>0.500</td>" in shown


def test_the_longest_bar_is_full() -> None:
    assert [bar.percent for bar in bars({"a": 1.0, "b": 4.0}, 4.0)] == [25.0, 100.0]
    assert [bar.percent for bar in bars({"a": 0.0}, 0.0)] == [0.0]
