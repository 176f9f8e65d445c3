"""Commands that know every file name: in a locale of ASCII Python can't even spell `é.jpg`.

Every command is one of these, whichever way it is started.
"""

import os
import sys
from typing import Any

import click

from stages.running.screen import shown_messages


def start_in_utf8() -> None:
    """Start this program anew in Python's UTF-8 mode, where the locale has another encoding for file names.

    The encoding is chosen when Python starts and can't be changed later. The same words are run in the same process.
    """
    known = sys.getfilesystemencoding().lower() in {"utf-8", "utf8"}
    if known or os.environ.get("PYTHONUTF8") == "1" or os.name != "posix" or not sys.executable:
        return
    os.execve(sys.executable, sys.orig_argv, os.environ | {"PYTHONUTF8": "1"})  # noqa: S606 - this program itself


class Utf8Command(click.Command):
    """A command that is started in UTF-8 mode; called from Python with its words it runs as it is.

    What it says of its words can't steer a terminal.
    """

    def main(self, args: Any = None, *rest: Any, **settings: Any) -> Any:
        """Run the command line."""
        if args is None:
            start_in_utf8()
        return super().main(args, *rest, **settings)

    def make_context(self, *words: Any, **settings: Any) -> click.Context:
        """Parse the command line."""
        with shown_messages():
            return super().make_context(*words, **settings)

    def invoke(self, ctx: click.Context) -> Any:
        """Run what was parsed."""
        with shown_messages():
            return super().invoke(ctx)


class Utf8Text(click.ParamType[str]):
    """An option's words that go into files: the bytes of another encoding can't be written there."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The words as they are."""
        try:
            str(value).encode()
        except UnicodeEncodeError:
            self.fail(f"{value!r} is not UTF-8", param, ctx)
        return str(value)


class Utf8Group(Utf8Command, click.Group):
    """A group that is started in UTF-8 mode, as are its commands."""

    command_class = Utf8Command
    group_class = type
