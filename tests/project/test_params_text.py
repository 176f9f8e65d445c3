"""A source is put into params.yaml however the file is written, or the file is left alone."""

from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError
from pipeline.core.yaml_files import parse_yaml
from pipeline.project.params_text import with_source

SHIPPED = (Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8")
BLOCK = ("adapter: folder", "path: photos", "labels:", "  a: {}", "  # b: {}  # what is it?")
MEANT = {"adapter": "folder", "path": "photos", "labels": {"a": {}}}


def added(text: str, name: str = "new") -> str:
    return with_source(text, name, BLOCK, "params.yaml")


def test_two_sources_in_the_shipped_file_leave_every_other_line() -> None:
    once = added(SHIPPED, "one")
    twice = added(once, "two")
    block = [f"      {line}" for line in BLOCK]
    old = SHIPPED.splitlines()
    settings = next(place for place, line in enumerate(old) if line.startswith("  settings: {}"))
    new = twice.splitlines()
    assert new[settings + 1 : settings + 1 + 12] == ["    one:", *block, "    two:", *block]
    assert [new[settings], new[settings - 1]] == [
        old[settings].replace("{}", "  "),
        old[settings - 1].replace("[sample]          ", "[sample, one, two]"),
    ]
    assert new[: settings - 1] + new[settings + 13 :] == old[: settings - 1] + old[settings + 1 :]


@pytest.mark.parametrize(
    "text",
    [
        "", "seed: 0", "ingest:\n  min_side_px: 3\n", "ingest:\n  sources: []\n  settings:\n",
        "ingest:\n  sources:\n  - a # x\n  # tail\n  settings: null # c\n  min_side_px: 3",
        "ingest:\n    settings:\n        a: {path: b}\n        # above\n\n    # below\n"
        "    sources: [a,\n      b, # q\n    ]\n",
        "ingest:\n  settings:\n    a:\n      note: |\n        two\n\n        parts\n\nseed: 3\n",
        "ingest:\n  settings: {}\n  sources:\n    - a\n# the end\n",
        "\ufeffingest:\n  sources: [é, 😀]  # 😀\n  settings: ~\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_file_means_the_old_one_and_the_source(text: str, line_end: str) -> None:
    made = added(text.replace("\n", line_end))
    before, after = parse_yaml(text.encode(), "old") or {}, parse_yaml(made.encode(), "new")
    assert after["ingest"].pop("settings") == {**(before.get("ingest", {}).get("settings") or {}), "new": MEANT}
    assert after["ingest"].pop("sources") == [*before.get("ingest", {}).get("sources", ["sample"]), "new"]
    assert after["ingest"] == {key: one for key, one in before.get("ingest", {}).items() if key == "min_side_px"}
    assert after.get("seed") == before.get("seed")
    comments = [line.partition("#")[2].strip() for line in text.splitlines() if "#" in line]
    assert [made.count(comment) for comment in comments] == [text.count(comment) for comment in comments]
    assert made.count("\r") == (made.count("\n") if "\r" in text.replace("\n", line_end) else 0)


@pytest.mark.parametrize(
    "text",
    [
        "ingest: {sources: [a]}\n",
        "ingest:\n  sources: [a]\n  settings: {a: {path: b}}\n",
        "names: &names [a]\ningest:\n  sources: *names\n",
    ],
)
def test_what_would_be_rewritten_is_left_to_its_author(text: str) -> None:
    with pytest.raises(
        ConfigError, match=r"params\.yaml: can't be added to .*\n.*\n.*new\]\n.*\n    new:\n      adapter"
    ):
        added(text)
