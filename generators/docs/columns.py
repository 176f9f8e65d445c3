"""Write the tables of the columns of `metadata.jsonl` into docs/augment_masks.md, between its marks.

python -m generators.docs.columns
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.augment.columns import OF_ALL, OF_FACE, Column, described
from pipeline.storage.whole_files import write_text

PAGE = Path("docs/augment_masks.md")
BEGIN, END = "<!-- columns: python -m generators.docs.columns -->\n", "<!-- end of columns -->\n"


def tables() -> str:
    """Both tables: of a picture with one masked face, and what `--faces all` has instead."""
    common = dict(described(OF_FACE)).items()
    scene = [(name, one) for name, one in described(OF_ALL) if (name, one) not in common]
    lines = [
        *_table(list(common)), "",
        "With `--faces all` a row has `objects` and `ignored` instead of what is said of one face:", "",
        *_table(scene),
    ]  # fmt: skip
    return "\n".join(["", *lines, "", ""])


def _table(columns: list[tuple[str, Column]]) -> Iterator[str]:
    yield "| column | values | what |"
    yield "|---|---|---|"
    for name, one in columns:
        asked = f" (with `{one.asked_by}`)" if one.asked_by else ""
        yield f"| `{name}` | {one.kind} | {one.what}{asked} |"


def renewed(page: str) -> str:
    """The page with the tables as they are now."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + tables() + END + rest.partition(END)[2]


if __name__ == "__main__":
    write_text(PAGE, renewed(PAGE.read_text(encoding="utf-8")))
