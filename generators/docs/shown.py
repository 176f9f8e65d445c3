"""Run a block of a page as a reader would, and compare what is printed with what the page shows."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generators.docs.blocks import Block, Run

ROOT = Path(__file__).parents[2]
_MARK = "<<end of command {}>>"
_LIMIT_S = 600
_PIECE = re.compile(r"(?P<gap>…)|(?P<seconds>\d+(?:\.\d+)? s\b)|(?P<number>-?\d+\.\d+)|(?P<space>\s+)|(?P<digits>\d+)")


class ShownDiffersError(Exception):
    """A command failed, or printed something else than the page shows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One command of a block and what the page says that it prints."""

    command: str
    output: tuple[str, ...]


def commands_of(block: Block) -> list[Shown]:
    """The commands of a block; one without `$ ` in front shows no output, and python is one command."""
    if block.language == "python":
        return [Shown(block.text, ())]
    if block.language == "sh":
        return [Shown(block.text, ())]
    found: list[Shown] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(Shown(line.removeprefix("$ "), ()))
        elif found and found[-1].command.endswith("\\"):
            found[-1] = Shown(f"{found[-1].command}\n{line}", ())
        elif found:
            found[-1] = Shown(found[-1].command, (*found[-1].output, line))
        else:
            raise ShownDiffersError(f"a console block begins with `$ `, not with {line!r}")
    return found


def run_block(block: Block, folder: Path) -> None:
    """Run the commands of a block one after another in `folder`.

    Raises:
        ShownDiffersError: a command fails or prints something else.
    """
    choice = block.choice if isinstance(block.choice, Run) else Run()
    shown = commands_of(block)
    if block.language == "python":
        code = "\n".join([choice.first or "", block.text])
        _said([sys.executable, "-c", code], folder)
        return
    before = [choice.first] if choice.first else []
    script = "\n".join([*before, "echo '" + _MARK.format(0) + "'"])
    for number, one in enumerate(shown, 1):
        script += f"\n{one.command}\necho '{_MARK.format(number)}'"
    printed = _said(["bash", "-euo", "pipefail", "-c", script], folder)
    for number, one in enumerate(shown, 1):
        part = printed.partition(_MARK.format(number - 1) + "\n")[2].partition(_MARK.format(number))[0]
        if block.language == "console" and (differs := difference(one.output, part.splitlines(), choice.within)):
            raise ShownDiffersError(f"$ {one.command}\n{differs}")


def _said(words: Sequence[str], folder: Path) -> str:
    """What a command prints, errors too, in the environment of a reader who has installed the project."""
    paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    settings = {"PATH": paths, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "160", "NO_COLOR": "1"}
    done = subprocess.run(  # noqa: S603 - the commands of our own pages
        words,
        cwd=folder,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        check=False,
        timeout=_LIMIT_S,
    )
    if done.returncode:
        raise ShownDiffersError(f"exit code {done.returncode} of {words[-1]}\n{done.stdout}")
    return done.stdout


def difference(shown: Sequence[str], printed: Sequence[str], within: float = 0) -> str | None:
    r"""What of `shown` wasn't printed, None where all was.

    In a line `…` stands for any text, alone in a line for any lines. Times in seconds may be others, spaces as many as
    there are, and decimal numbers differ by `within`. Empty lines don't count.

    >>> difference(["kept 4, 2.1 s", "…", "accuracy 0.78"], ["kept 4, 3.4 s", "x", "accuracy 0.79"], within=0.02)
    >>> difference(["kept 4"], ["kept 5"])
    'shown: kept 4\nprinted: kept 5'
    """
    wanted = [line.rstrip() for line in shown if line.strip()]
    left = [line.rstrip() for line in printed if line.strip()]
    free = False
    for line in wanted:
        if line.strip() == "…":
            free = True
            continue
        at = next((at for at, one in enumerate(left) if _same(line, one, within)), None) if free else 0
        if at is None or not left or not _same(line, left[at], within):
            return f"shown: {line}\nprinted: " + "\n".join(left[:40])
        left, free = left[at + 1 :], False
    return "printed beside what is shown: " + "\n".join(left[:40]) if left and not free else None


def _same(shown: str, printed: str, within: float) -> bool:
    numbers: list[float] = []
    pattern, at = "", 0
    for piece in _PIECE.finditer(shown):
        pattern += re.escape(shown[at : piece.start()]) + _pattern_of(piece, within)
        if piece["number"] and within:
            numbers.append(float(piece["number"]))
        at = piece.end()
    match = re.fullmatch(pattern + re.escape(shown[at:]), printed)
    if match is None:
        return False
    return all(abs(float(got) - wanted) <= within for got, wanted in zip(match.groups(), numbers, strict=True))


def _pattern_of(piece: re.Match[str], within: float) -> str:
    if piece["gap"]:
        return ".*?"
    if piece["seconds"]:
        return r"\d+(?:\.\d+)? s"
    if piece["space"]:
        return r"\s+"
    return r"(-?\d+\.\d+)" if piece["number"] and within else re.escape(piece[0])
