"""Every command in the documents is run, and prints what they show; what isn't run says why."""

from pathlib import Path

import pytest

from generators.docs import sources_shown
from generators.docs.blocks import Block, Run, blocks_of
from generators.docs.shown import ShownDiffersError, commands_of, difference, run_block
from tests.road.documents import written
from tests.road.places import Places

ROOT = Path(__file__).parents[2]
GENERATED = {"sources_shown.md"}
"""Pages whose generator ran the commands."""
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
PAGES += [page for page in written("*.md") if page.name not in GENERATED]


def blocks(page: Path) -> list[Block]:
    return blocks_of(page.read_text(encoding="utf-8"))


def runnable(page: Path) -> list[Block]:
    return [block for block in blocks(page) if isinstance(block.choice, Run)]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_block_of_commands_says_whether_it_is_run(page: Path) -> None:
    assert [block.line for block in blocks(page) if block.must_choose and block.choice is None] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_block_says_what_it_holds(page: Path) -> None:
    assert [block.line for block in blocks(page) if not block.language] == []


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if runnable(page)], ids=name_of)
def test_what_a_page_shows_is_what_happens(
    page: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place_of = Places(tmp_path, tmp_path_factory)
    for block in runnable(page):
        assert isinstance(block.choice, Run)
        try:
            run_block(block, place_of(block.choice.place))
        except ShownDiffersError as differs:
            pytest.fail(f"{name_of(page)}:{block.line}: {differs}", pytrace=False)


def console(text: str, choice: str = "<!-- run -->") -> Block:
    [block] = blocks_of(f"{choice}\n```console\n{text}\n```")
    return block


def test_the_page_is_believed_only_as_far_as_it_is_true(tmp_path: Path) -> None:
    run_block(console("$ printf 'a 1\\nb 2\\n'\na 1\nb 2\n$ x=3\n$ echo $x\n3"), tmp_path)
    with pytest.raises(ShownDiffersError, match="shown: b 3\nprinted: b 2"):
        run_block(console("$ printf 'a 1\\nb 2\\n'\na 1\nb 3"), tmp_path)
    with pytest.raises(ShownDiffersError, match="exit code 1"):
        run_block(console("$ false"), tmp_path)
    with pytest.raises(ShownDiffersError, match="beside what is shown"):
        run_block(console("$ printf 'a\\nb\\n'\na"), tmp_path)


@pytest.mark.parametrize(
    ("shown", "printed", "within", "same"),
    [
        ("kept 4, 2.1 s", "kept 4, 13 s", 0, True),
        ("kept 4", "kept 5", 0, False),
        ("accuracy 0.78", "accuracy 0.79", 0, False),
        ("accuracy 0.78", "accuracy 0.79", 0.02, True),
        ("change -0.02", "change 0.01", 0.04, True),
        ("accuracy 0.78", "accuracy 0.83", 0.02, False),
        ("a…z", "a, b, z", 0, True),
        ("a  b", "a      b", 0, True),
        ("a (b) 100%", "a (b) 100%", 0, True),
        ("a (b) 100%", "a (b) 99%", 0, False),
    ],
)
def test_times_and_gaps_may_differ_and_nothing_else(shown: str, printed: str, within: float, same: bool) -> None:
    assert (difference([shown], [printed], within) is None) is same


def test_a_line_of_dots_stands_for_any_lines() -> None:
    assert difference(["a", "…", "z"], ["a", "b", "c", "z"]) is None
    assert difference(["a", "…"], ["a"]) is None
    assert difference(["…", "z"], ["a"]) is not None
    assert difference(["a"], []) is not None


def test_a_comment_that_cannot_be_read_is_refused() -> None:
    for comment in ("<!-- run quickly -->", "<!-- not run -->", "<!-- not run: -->"):
        with pytest.raises(ValueError, match="line 1: neither"):
            blocks_of(f"{comment}\n```sh\nls\n```")
    with pytest.raises(ValueError, match="line 1: the fence is not closed"):
        blocks_of("```sh\nls")


def test_a_command_may_go_over_several_lines() -> None:
    [shown] = commands_of(console("$ echo a \\\n  b\na b"))
    assert (shown.command, shown.output) == ("echo a \\\n  b", ("a b",))


def test_each_source_is_shown_as_it_goes(capfd: pytest.CaptureFixture[str]) -> None:
    sources_shown.main()
    assert capfd.readouterr().out == (ROOT / "docs/sources_shown.md").read_text(encoding="utf-8")
