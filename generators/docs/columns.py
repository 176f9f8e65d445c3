"""Write the tables of the columns of `metadata.jsonl` into docs/augment_masks.md, between its marks.

python -m generators.docs.columns
"""

from collections.abc import Iterable
from pathlib import Path

from generators.docs.reference.tables import table
from pipeline.augment.columns import OF_ALL, OF_FACE, Column, described
from pipeline.storage.whole_files import write_text

PAGE = Path("docs/augment_masks.md")
BEGIN, END = "<!-- columns: python -m generators.docs.columns -->\n", "<!-- end of columns -->\n"


def tables() -> str:
    """Both tables: of a picture with one masked face, and what `--faces all` has instead."""
    common = dict(described(OF_FACE)).items()
    scene = [(name, one) for name, one in described(OF_ALL) if (name, one) not in common]
    lines = [
        *_table(common), "",
        "With `--faces all` a row has `objects` and `ignored` instead of what is said of one face:", "",
        *_table(scene),
    ]  # fmt: skip
    return "\n".join(["", *lines, "", ""])


def _table(columns: Iterable[tuple[str, Column]]) -> list[str]:
    cells = ((f"`{name}`", one.kind, _what(one)) for name, one in columns)
    return table(("column", "values", "what"), cells)


def _what(column: Column) -> str:
    return f"{column.what} (with `{column.asked_by}`)" if column.asked_by else column.what


def renewed(page: str) -> str:
    """The page with the tables as they are now."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + tables() + END + rest.partition(END)[2]


if __name__ == "__main__":
    write_text(PAGE, renewed(PAGE.read_text(encoding="utf-8")))
