"""The one place where text meets a terminal: what strangers wrote can't steer it."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""C0 but for tab and end of line, DEL, C1, what turns the direction of writing, and what no encoding can spell."""


def shown(text: str) -> str:
    r"""The text with what steers a terminal as JSON spells it: in text for people and for machines alike.

    >>> shown("a\x1b[2Jb\r\n")
    'a\\u001b[2Jb\\u000d\n'
    """
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def counted(number: int, one: str, many: str = "") -> str:
    """A number and its noun; `many` where more than one isn't the noun and an s.

    >>> counted(1, "photo"), counted(0, "photo"), counted(2, "person", "people")
    ('1 photo', '0 photos', '2 people')
    """
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def say(text: str, *, err: bool = False) -> None:
    """Print a message or a row, which may hold names, labels and words of strangers."""
    click.echo(shown(text), err=err)


def hand_over(data: str) -> None:
    """Print what a program reads: as it is, but for where a terminal would."""
    click.echo(shown(data) if sys.stdout.isatty() else data, nl=False, color=True)  # which strips nothing


@contextmanager
def shown_messages() -> Iterator[None]:
    """Let what click tells of the block's words be `shown`: file names are given by a shell, not only by people."""
    try:
        yield
    except click.ClickException as error:
        error.message = shown(error.message)  # type: ignore[misc]  # a copy would lose what kind of error it is
        raise
