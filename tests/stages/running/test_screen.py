import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pipeline.core.errors import MaskwrightError
from stages import cli
from stages.augment_masks import command as augment_masks
from stages.running.commands import with_messages
from stages.running.logs import Log
from stages.running.screen import hand_over, say, shown
from stages.running.utf8 import Utf8Command
from stages.tools.templates import command as templates

STAGES = Path(__file__).parents[3] / "stages"
STEERING = "\x1b]0;title\x07\x1b[2J\r\x08\x7f\x9b31m\u202e\u2066\udce9\x00"


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def printed(call: Callable[[], None], terminal: bool = True) -> str:
    """What a terminal or a file gets."""
    buffer = io.BytesIO()
    stream = (Terminal if terminal else io.TextIOWrapper)(buffer, encoding="utf-8", errors="surrogateescape")
    with redirect_stdout(stream), redirect_stderr(stream):
        call()
        stream.flush()
    return buffer.getvalue().decode("utf-8", "surrogateescape")


def steers(text: str) -> bool:
    return any(char in text for char in STEERING if not char.isalnum() and char not in "];[")


def test_ordinary_text_stays() -> None:
    text = "caf\u00e9 \u5199\u771f \U0001f637 \u0639\u0631\u0628\u064a\ta\nb \\u001b"
    assert shown(text) == text


@pytest.mark.parametrize("character", [chr(code) for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"])
def test_every_control_character_is_shown(character: str) -> None:
    assert shown(f"a{character}b") == f"a\\u{ord(character):04x}b"


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("err", [True, False])
def test_messages_and_rows_steer_nothing(terminal: bool, err: bool) -> None:
    for text in (printed(lambda: say(STEERING, err=err), terminal), printed(lambda: Log("x").event("e", STEERING))):
        assert "title" in text
        assert not steers(text)


def test_lines_of_json_steer_nothing_and_say_the_same() -> None:
    line = printed(lambda: Log("x", "json").event("happened", label=STEERING))
    assert not steers(line)
    assert json.loads(line)["label"] == STEERING


@pytest.mark.parametrize("terminal", [True, False])
def test_data_is_handed_to_programs_as_it_is(terminal: bool) -> None:
    expected = shown(STEERING) if terminal else STEERING
    assert printed(lambda: hand_over(f"name\n{STEERING}\n"), terminal) == f"name\n{expected}\n"


def failing(error: Exception) -> click.Command:
    def run() -> None:
        raise error

    return click.command("failing", cls=Utf8Command)(lambda: with_messages(run))


@pytest.mark.parametrize(
    "error",
    [
        MaskwrightError(STEERING),
        OSError(2, "gone", STEERING),
        click.UsageError(STEERING),
        click.ClickException(STEERING),
    ],
)
def test_errors_steer_nothing(error: Exception) -> None:
    result = CliRunner().invoke(failing(error), [])
    assert "title" in result.stderr
    assert not steers(result.stderr)


def test_words_of_the_command_line_steer_nothing(tmp_path: Path) -> None:
    for command in (augment_masks, cli.main):
        result = CliRunner().invoke(command, ["audit-leaks", str(tmp_path / "\x1b[31m"), f"--\x9b{STEERING[:-1]}"])
        assert result.exit_code == 2
        assert not steers(result.stderr)


def commands(command: click.Command, context: click.Context) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, context)


def test_every_command_is_of_the_kind_that_says_so() -> None:
    found = [one for top in (cli.main, augment_masks, templates) for one in commands(top, click.Context(top))]
    assert len(found) > 20
    assert [one.name for one in found if not isinstance(one, Utf8Command)] == []


def test_nothing_is_printed_elsewhere() -> None:
    printing = ("click.echo", "click.secho", "print(", "sys.stdout.write", "sys.stderr.write")
    found = {
        file.name for file in STAGES.rglob("*.py") if any(f" {call}" in file.read_text("utf-8") for call in printing)
    }
    assert found == {"screen.py"}
