import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.errors import OutputError
from pipeline.core.params import EngineParams
from pipeline.review.browse import writing
from pipeline.review.browse.details import ROWS_A_FILE, Family, address_from
from pipeline.review.browse.records import Key
from pipeline.review.browse.writing import write_browser
from tests.conftest import tree
from tests.review.browse.examples import HOSTILE, make_project, project_of

ONE = EngineParams(jobs=1)


def said(script: Path) -> list[Any]:
    """The arguments that a script of data hands over."""
    text = re.fullmatch(r"maskwright\.\w+\((.*)\);\n", script.read_text(encoding="utf-8"))
    assert text is not None
    found: list[Any] = json.loads(f"[{text[1]}]")
    return found


def data_of(page: Path) -> Path:
    found = re.search(r'const DATA = "([^"]*)"', page.read_text(encoding="utf-8"))
    assert found is not None
    return page.parent / found[1]


def test_the_bytes_depend_on_the_data_alone(tmp_path: Path) -> None:
    for name, jobs in (("one", 1), ("two", 2)):
        make_project(tmp_path / name / "same")
        write_browser(project_of(tmp_path / name / "same"), tmp_path / name / "r/browse.html", EngineParams(jobs=jobs))
    one, two = tree(tmp_path / "one"), tree(tmp_path / "two")
    assert one == two
    assert len([name for name in one if name.startswith("r/browse/")]) == 5  # index, ids, rows, tiles, link.css


def test_rows_are_told_by_place_and_files_by_addresses_from_the_page(tmp_path: Path) -> None:
    images = make_project(tmp_path, photos=30)
    page = tmp_path / "reports/browse.html"
    written = write_browser(project_of(tmp_path), page, ONE)
    data = data_of(page)
    ids = said(data / "ids.js")[0]
    assert len(ids) == written.pictures == said(data / "index.js")[0]["count"] == 93
    rows = [row for file in sorted((data / "rows").iterdir()) for row in said(file)[1]]
    assert [row["id"] for row in rows] == ids
    assert [said(file)[0] for file in sorted((data / "rows").iterdir())] == [0, 1]
    masked = rows[ids.index(f"{images[3].id}-0-a")]
    assert ids[masked["parent"]] == f"{images[3].id}-0"
    assert [ids[place] for place in masked["siblings"]] == [f"{images[3].id}-0-b"]
    assert masked["picture"] == f"../data/masked/images/{images[3].id}-0-a.png"
    assert rows[ids.index(f"{images[0].id}-0")]["picture"] == "../data/raw/unit/p0%20%C3%A9.png"
    assert written.unread == 1
    assert len(said(data / "rows/00000.js")[1]) == ROWS_A_FILE


def test_names_cannot_inject_anything(tmp_path: Path) -> None:
    root = tmp_path / "a <b> & 'c' \"d\""
    make_project(root, licence=HOSTILE)
    page = root / 'reports/b"r>.html'
    write_browser(project_of(root), page, ONE)
    text = page.read_text(encoding="utf-8")
    assert "onerror=" not in text
    assert "<b>" not in text
    assert text.count("<script") == 1
    assert data_of(page).name
    assert "innerHTML" not in text
    assert "eval(" not in text


def test_nothing_else_is_overwritten(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "mine.html").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="name another"):
        write_browser(project_of(tmp_path), tmp_path / "mine.html", ONE)
    with pytest.raises(OutputError, match=r"ends in \.html"):
        write_browser(project_of(tmp_path), tmp_path / "mine", ONE)
    assert (tmp_path / "mine.html").read_text(encoding="utf-8") == "mine"


def test_what_is_mine_in_the_folder_of_data_stays_and_former_data_goes(tmp_path: Path) -> None:
    make_project(tmp_path)
    page = tmp_path / "browse.html"
    write_browser(project_of(tmp_path), page, ONE)
    former = data_of(page)
    (page.with_suffix("") / "mine.txt").write_text("mine", encoding="utf-8")
    (page.with_suffix("") / ".0123456789abcdef.part").mkdir()
    make_project(tmp_path, photos=9)
    write_browser(project_of(tmp_path), page, ONE)
    assert not former.exists()
    assert {path.name for path in page.with_suffix("").iterdir()} == {"mine.txt", "link.css", data_of(page).name}


def test_a_run_that_fails_leaves_the_former_page_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(tmp_path)
    page = tmp_path / "browse.html"
    write_browser(project_of(tmp_path), page, ONE)
    before = tree(tmp_path)

    def full(*_: object) -> Any:
        raise OSError(28, "No space left on device")

    make_project(tmp_path, photos=9)
    changed = tree(tmp_path).keys() - before.keys()
    monkeypatch.setattr(writing, "make_sheets", full)
    with pytest.raises(OutputError, match="No space left"):
        write_browser(project_of(tmp_path), page, ONE)
    after = tree(tmp_path)
    assert {name: data for name, data in after.items() if name.startswith("browse")} == {
        name: data for name, data in before.items() if name.startswith("browse")
    }
    assert after.keys() == before.keys() | changed


def test_the_same_again_is_no_fault(tmp_path: Path) -> None:
    make_project(tmp_path)
    page = tmp_path / "browse.html"
    write_browser(project_of(tmp_path), page, ONE)
    (data_of(page) / "index.js").write_text("damaged", encoding="utf-8")
    before = data_of(page)
    write_browser(project_of(tmp_path), page, ONE)
    assert data_of(page) == before
    assert said(before / "index.js")[0]["count"] == 27


def test_of_two_records_with_one_id_the_first_is_meant() -> None:
    family = Family.of([Key("a"), Key("a"), Key("b", "a"), Key("c", "gone")])
    assert family.place == {"a": 0, "b": 2, "c": 3}
    assert family.made_of("a", but=0) == [2]
    assert family.made_of(None, but=0) == []


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("p/a b#?%.jpg", "../p/a%20b%23%3F%25.jpg"),
        ("r/javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("é", "../%C3%A9"),
    ],
)
def test_addresses_mean_files_only(place: str, address: str) -> None:
    assert address_from(Path("r"), Path(place)) == address
