"""The fenced blocks of a Markdown page, and what the comment before each says about running it.

A block of commands or code is run as it stands, or the page says why not:

    <!-- run -->
    <!-- run in project, within 0.03; first: augment-masks FACES OUT -->
    <!-- not run: it asks for a GPU -->

`in` names the place it is run in (`photos` unless another is named), `within` by how much a decimal number may differ
from the one that the page shows, `first` a command that makes what the block takes for granted.
"""

import re
from dataclasses import dataclass

RUNNABLE = frozenset({"sh", "console", "python"})
"""Commands, commands with what they print, code: what must say whether it is run."""

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[^`\s]*)$")
_RUN = re.compile(
    r"<!-- run(?: in (?P<place>\w+))?(?:, within (?P<within>[\d.]+))?(?:; first: (?P<first>.+))? -->", re.ASCII
)
_NOT_RUN = re.compile(r"<!-- not run: (?P<reason>.+) -->")


@dataclass(frozen=True, slots=True)
class Run:
    """How a block is run."""

    place: str = "photos"
    within: float = 0.0
    first: str | None = None


@dataclass(frozen=True, slots=True)
class NotRun:
    """Why a block isn't run."""

    reason: str


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    Attributes:
        line: Of its opening fence, from 1.
        choice: What the comment before it says; None where there is none.
    """

    line: int
    language: str
    text: str
    choice: Run | NotRun | None

    @property
    def must_choose(self) -> bool:
        """Whether it holds what can be run and isn't a doctest, which pytest runs."""
        return self.language in RUNNABLE and not self.text.startswith(">>> ")


def blocks_of(markdown: str) -> list[Block]:
    """The fenced blocks in their order.

    >>> [block] = blocks_of("<!-- run in project -->" + chr(10) + "```sh" + chr(10) + "ls" + chr(10) + "```")
    >>> block.language, block.text, block.choice
    ('sh', 'ls', Run(place='project', within=0.0, first=None))

    Raises:
        ValueError: a fence isn't closed, or a comment begins like one of ours and can't be read.
    """
    lines = markdown.splitlines()
    found: list[Block] = []
    at = 0
    while at < len(lines):
        fence = _FENCE.match(lines[at])
        if fence is None:
            at += 1
            continue
        end = _closing(lines, at, fence["indent"])
        body = [line.removeprefix(fence["indent"]) for line in lines[at + 1 : end]]
        found.append(Block(at + 1, fence["language"], "\n".join(body), _choice(lines, at)))
        at = end + 1
    return found


def _closing(lines: list[str], start: int, indent: str) -> int:
    for at in range(start + 1, len(lines)):
        if lines[at] == f"{indent}```":
            return at
    raise ValueError(f"line {start + 1}: the fence is not closed")


def _choice(lines: list[str], fence: int) -> Run | NotRun | None:
    """What the comment says that ends on the line before the fence; it may begin some lines above."""
    if fence == 0 or not lines[fence - 1].strip().endswith("-->"):
        return None
    start = next(at for at in range(fence - 1, -1, -1) if "<!--" in lines[at])
    comment = " ".join(line.strip() for line in lines[start:fence])
    if match := _NOT_RUN.fullmatch(comment):
        return NotRun(match["reason"])
    if match := _RUN.fullmatch(comment):
        return Run(match["place"] or "photos", float(match["within"] or 0.0), match["first"])
    raise ValueError(f"line {start + 1}: neither `run` nor `not run: REASON`: {comment}")
