import pytest

from pipeline.core.json_rows import json_object


def test_an_object_is_a_row() -> None:
    assert json_object(b'{"a": [1, null]}\n') == {"a": [1, None]}


@pytest.mark.parametrize("line", ["", "{", "[1]", "null", '"a"', "[" * 100_000, b"\xff{}"])
def test_anything_else_is_a_value_error(line: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_object(line)
