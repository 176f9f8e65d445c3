"""A stranger who follows the documents finds each page, source, heading and option that they name."""

import re
from pathlib import Path

import click
import pytest

from pipeline.sources.entries import catalogue
from stages.augment_masks import main as augment_masks
from stages.cli import main as maskwright

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES]
CALL = re.compile(r"(?:^ *|`|&& |\$ )(?:[\w./]+/bin/)?(augment-masks|maskwright) ([^\s`][^#`&\n]*)", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")


def test_the_readme_lists_every_page() -> None:
    assert [page.name for page in PAGES if f"](docs/{page.name})" not in README] == []


def test_the_readme_lists_every_source() -> None:
    listed = set(re.findall(r"^\| `([\w-]+)` \|", README, re.MULTILINE))
    assert sorted(set(catalogue()) - listed) == []


def anchors(document: Path) -> set[str]:
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_headings_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", document.read_text(encoding="utf-8"))
    targets = [(document.parent / name if name else document, anchor) for name, anchor in links]
    assert [(path.name, anchor) for path, anchor in targets if anchor not in anchors(path)] == []


def command_of(words: list[str]) -> click.Command:
    """The command that the words call, through its groups."""
    command: click.Command = augment_masks if words[0] == "augment-masks" else maskwright
    for word in words[1:]:
        if not isinstance(command, click.Group):
            break
        command = command.get_command(click.Context(command), word) or command
    return command


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_options_in_documents_exist(document: Path) -> None:
    unknown = []
    for program, words in CALL.findall(document.read_text(encoding="utf-8")):
        command = command_of([program, *words.split()])
        known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {
            "--help",
            "--version",
        }
        unknown += [f"{program} {words}: {option}" for option in OPTION.findall(words) if option not in known]
    assert unknown == []
