import os

import pytest

from pipeline.core.file_names import printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [(b"plain.jpg", "plain.jpg"), ("größe.jpg".encode(), "größe.jpg"), (b"caf\xe9/\xff.jpg", r"caf\xe9/\xff.jpg")],
)
def test_bytes_that_are_no_text_come_out_as_escapes(name: bytes, shown: str) -> None:
    assert printable(os.fsdecode(name)) == shown
    shown.encode()  # it can be stored
