"""The adapter that docs/extending.md shows, as it stands there."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.sources import adapters
from tests.sources.kit import Ingest, reasons

PAGE = Path(__file__).parents[3] / "docs/extending.md"


def test_the_example_reads_its_cards(ingest: Ingest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n( +\"\"\"Cards: .*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    made: dict[str, Any] = {}
    exec(textwrap.dedent(code), made)  # noqa: S102 - the document's own text
    monkeypatch.setitem(adapters.ADAPTERS, "cards", made["CardsAdapter"])
    write_tree(tmp_path / "in", {"a.jpg": picture(1), "a.txt": b"N95\n", "b.jpg": picture(2), "notes.pdf": b"x"})
    taken = ingest("mine", adapter="cards", path="in", labels={"N95": {"mask_type": "ffp2"}})
    assert {image.origin: image.mask_type for image in taken.images} == {"a.jpg": "ffp2"}
    assert reasons(taken.rejections) == {"b.jpg": "no_label", "notes.pdf": "not_an_image"}
