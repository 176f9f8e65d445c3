"""Whether the docs site was built before decides on no test."""

import shutil
from pathlib import Path

import pytest

from tests.road.documents import ROOT, built_folders, written


def test_the_site_and_its_generated_pages_are_built() -> None:
    assert {"docs/_build", "docs/reference"} == {folder.relative_to(ROOT).as_posix() for folder in built_folders()}


@pytest.mark.parametrize("built", ["_build/_downloads/4b81", "reference"])
def test_what_is_built_adds_no_document(tmp_path: Path, built: str) -> None:
    shutil.copy(ROOT / ".gitignore", tmp_path)
    for name in ("page.md", "decisions/one.md", "reference.md", f"{built}/copy.md"):
        (tmp_path / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "docs" / name).write_text("# A heading\n")
    names = [path.relative_to(tmp_path / "docs").as_posix() for path in written("*.md", tmp_path)]
    assert names == ["decisions/one.md", "page.md", "reference.md"]
