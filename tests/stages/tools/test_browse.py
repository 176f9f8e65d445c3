"""The command and, where Chromium is installed, the page itself: filters, keys, an opened picture, no word from it."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from generators.chromium import Page, installed_browser
from stages.cli import main
from tests.review.browse.examples import HOSTILE, ROW, make_output, make_project
from tests.shared import made_once

PHOTOS = 100
BROWSER = installed_browser()
in_a_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["browse", *arguments, "--jobs", "1"])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a project with 100 photos and a licence that would do harm."""

    def make(folder: Path) -> None:
        make_project(folder / "project é", photos=PHOTOS, licence=HOSTILE)
        run(str(folder / "project é/data"))

    return made_once(tmp_path_factory, "browse-page", make) / "project é/reports/browse.html"


@pytest.mark.parametrize(("stands_in", "words"), [("out", "."), ("out/images", ".."), (".", "out")])
def test_the_page_of_an_output_lies_beside_it_from_wherever_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stands_in: str, words: str
) -> None:
    out = make_output(tmp_path / "out")
    (out / "images").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / stands_in)
    run(words)
    assert (tmp_path / "out.browse.html").is_file()
    assert not list(out.glob("*.html"))


@pytest.fixture(params=[1280, 390])
def page(written: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page at the width of a desk and of a phone; whatever is done, it stays silent and asks no network."""
    assert BROWSER is not None
    with Page(BROWSER) as browser:
        browser.resize(request.param, 800, phone=request.param < 600)
        browser.open(written.as_uri())
        browser.wait_for("performance.getEntriesByName('first tile').length")
        yield browser
        assert browser.evaluate("1") == 1  # takes in what it still has to say
        assert browser.problems == []
        assert [address for address in browser.requests if not address.startswith(("file:", "data:"))] == []


def shown(page: Page) -> str:
    return str(page.evaluate("document.getElementById('shown').textContent"))


def choose(page: Page, value: str) -> None:
    assert page.evaluate(
        "(() => { const label = [...document.querySelectorAll('#facets label')]"
        f".find(one => one.querySelector('.value').textContent === {json.dumps(value)});"
        " label?.click(); return Boolean(label); })()"
    )


def count_beside(page: Page, value: str) -> str:
    return str(
        page.evaluate(
            "[...document.querySelectorAll('#facets label')]"
            f".find(one => one.querySelector('.value').textContent === {json.dumps(value)})"
            ".querySelector('.count').textContent"
        )
    )


@pytest.mark.slow
@in_a_browser
def test_filters_count_what_they_would_show(page: Page) -> None:
    assert shown(page) == "303 pictures"
    assert count_beside(page, "ffp2") == "100"
    choose(page, "ffp2")
    assert shown(page) == "100 of 303 pictures"
    assert (count_beside(page, "cloth"), count_beside(page, "drawn mask"), count_beside(page, "rejected")) == (
        "100",
        "99",
        "1",
    )
    choose(page, "rejected")
    assert shown(page) == "1 of 303 pictures"
    choose(page, "cloth")
    assert shown(page) == "1 of 303 pictures"
    page.evaluate("document.getElementById('clear').click()")
    assert shown(page) == "303 pictures"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.slow
@in_a_browser
def test_only_what_is_in_view_is_in_the_document(page: Page) -> None:
    assert page.evaluate("document.querySelectorAll('.tile').length") < 120
    first = page.evaluate("document.querySelector('#grid li').textContent")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for("[...document.querySelectorAll('#grid li')].some(one => one.getAttribute('aria-posinset') === '303')")
    assert page.evaluate("document.querySelectorAll('.tile').length") < 120
    assert first == "no mask"
    painted = "[...document.querySelectorAll('.tile .picture')].every(one => one.style.background.includes('webp'))"
    page.wait_for(painted)


@pytest.mark.slow
@in_a_browser
def test_more_rows_than_a_browser_has_room_for_are_reached_all_the_same(written: Path, tmp_path: Path) -> None:
    """Millions of pictures, in effect: the page is told that elements may be 3,000 px tall."""
    assert BROWSER is not None
    text = written.read_text(encoding="utf-8")
    script = text[text.index("<script>") + 8 : text.rindex("</script>")]
    short = script.replace("TALLEST_PX = 16e6", "TALLEST_PX = 3000")
    assert short != script
    before, after = (base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in (script, short))
    shutil.copytree(written.parent, tmp_path / "short")
    page_file = tmp_path / "short/short.html"
    page_file.write_text(text.replace(script, short).replace(before, after), encoding="utf-8")
    with Page(BROWSER) as page:
        page.resize(1280, 800)
        page.open(page_file.as_uri())
        page.wait_for("performance.getEntriesByName('first tile').length")
        seen = (
            "(() => { const { top, bottom } = document.activeElement.getBoundingClientRect();"
            " return top > 60 && bottom <= innerHeight; })()"
        )
        page.evaluate("document.querySelector('.tile').focus()")
        for keys, place in ((["End"], "303"), (["Home"], "1"), (["PageDown"] * 3, "55"), (["ArrowDown"] * 9, "109")):
            page.press(*keys)
            assert page.evaluate("document.activeElement.closest('li').getAttribute('aria-posinset')") == place
            assert page.evaluate(seen)
        assert page.problems == []


@pytest.mark.slow
@in_a_browser
def test_sorting_goes_both_ways_and_shows_the_score(page: Page) -> None:
    ask = "(() => { const sort = document.getElementById('sort'); sort.value = 'yaw_deg'; sort.onchange(); })()"
    page.evaluate(ask)
    assert page.evaluate("document.querySelector('.tile').textContent").endswith("· -20")
    page.evaluate("document.getElementById('direction').click()")
    assert page.evaluate("document.querySelector('.tile').textContent").endswith("· 970")
    assert page.evaluate("location.hash") == "#sort=-yaw_deg"


@pytest.mark.slow
@in_a_browser
def test_everything_goes_without_a_mouse(page: Page) -> None:
    page.evaluate("document.querySelector('.tile').focus()")
    page.press("ArrowRight", "ArrowDown", "ArrowUp", "End", "Home", "ArrowRight")
    assert page.evaluate("document.activeElement.closest('li').getAttribute('aria-posinset')") == "2"
    page.press("x", "Enter")
    page.wait_for("document.getElementById('detail').open && document.getElementById('name').textContent")
    assert page.evaluate("document.getElementById('mark').getAttribute('aria-pressed')") == "true"
    before = page.evaluate("document.getElementById('place').textContent")
    page.press("j")
    page.wait_for(f"document.getElementById('place').textContent !== {json.dumps(before)}")
    page.press("k", "Escape")
    page.wait_for("!document.getElementById('detail').open")
    assert page.evaluate("document.activeElement.className") == "tile"
    assert page.evaluate("document.getElementById('copy').textContent") == "Copy 1 marked ids"


@pytest.mark.slow
@in_a_browser
def test_an_opened_mask_has_its_outline_its_face_and_its_row(page: Page) -> None:
    page.evaluate("location.hash = '#mask_type=ffp2&kind=drawn%20mask'")
    page.wait_for("document.getElementById('shown').textContent.startsWith('99 of')")
    page.evaluate("document.querySelector('.tile').click()")
    page.wait_for("document.querySelectorAll('#pictures svg image').length === 2")
    drawn = (
        "[document.querySelectorAll('#pictures .mask').length, document.querySelectorAll('#pictures .point').length]"
    )
    assert page.evaluate(drawn) == [1, 0]
    page.press("l", "m")
    assert page.evaluate(drawn) == [0, 2]  # of the face alone: this mask has no landmarks
    page.press("b", "w")
    assert page.evaluate("document.querySelectorAll('#pictures .box').length") == 2
    text = page.evaluate("document.getElementById('detail').textContent")
    assert "Also made from its parent" in text
    assert "Made from: face in a photo, no mask, train" in text
    assert HOSTILE in text  # shown, and no more than that
    assert page.evaluate("location.hash").startswith("#kind=drawn%20mask&mask_type=ffp2&picture=")
    assert page.evaluate("document.getElementById('file').href").startswith("file:///")


@pytest.mark.slow
@in_a_browser
def test_copies_are_told_in_words_and_an_address_opens_a_picture(page: Page, written: Path) -> None:
    from tests.dedup.examples import image_row

    copy = image_row("copy.png").id
    page.evaluate(f"location.hash = '#picture={copy}'")
    page.wait_for("document.getElementById('why').textContent")
    assert page.evaluate("document.getElementById('why').textContent") == (
        "Rejected: dedup: near duplicate: detail of near_duplicate"
    )
    told = page.evaluate("document.getElementById('relatives').textContent")
    assert "the same picture in another file; coarse patterns 95 % alike" in told


@pytest.mark.slow
@in_a_browser
def test_ids_are_copied_in_the_order_shown(page: Page) -> None:
    page.evaluate("location.hash = '#kind=rejected'")
    page.wait_for("document.getElementById('shown').textContent.startsWith('4 of')")
    page.evaluate("globalThis.copied = []; navigator.clipboard.writeText = async text => { copied.push(text); }")
    page.evaluate("document.getElementById('copy').click()")
    text = page.wait_for("copied[0]")
    assert len(text.split("\n")) == 4
    assert "lost" in text.split("\n")
    page.evaluate("navigator.clipboard.writeText = async () => { throw new Error('refused'); }")
    page.evaluate("document.getElementById('copy').click()")
    page.wait_for("document.getElementById('ids').open")
    assert page.evaluate("document.getElementById('ids-text').value") == text


@pytest.mark.slow
@in_a_browser
def test_a_photo_that_has_gone_shows_its_tile(written: Path, tmp_path: Path) -> None:
    assert BROWSER is not None
    shutil.copytree(written.parent, tmp_path / "alone")  # the page and its data, sent to someone without the photos
    with Page(BROWSER) as page:
        page.open((tmp_path / "alone/browse.html").as_uri())
        page.wait_for("performance.getEntriesByName('first tile').length")
        page.evaluate("document.querySelector('.tile').click()")
        page.wait_for("Boolean(document.querySelector('#pictures svg svg image'))")
        assert page.evaluate("document.querySelector('#pictures svg svg image').getAttribute('href')").endswith(".webp")


@pytest.mark.slow
@in_a_browser
def test_a_page_without_its_data_says_so(written: Path, tmp_path: Path) -> None:
    assert BROWSER is not None
    shutil.copy(written, tmp_path)
    with Page(BROWSER) as page:
        page.open((tmp_path / written.name).as_uri())
        page.wait_for("document.getElementById('shown').textContent.includes('is missing')")


def axe_core() -> Path | None:
    """axe-core where npm has it: named by AXE_CORE, or among npm's global packages."""
    npm = shutil.which("npm")
    folders = [Path(os.environ["AXE_CORE"])] if "AXE_CORE" in os.environ else []
    if npm and not folders:
        found = subprocess.run([npm, "root", "--global"], capture_output=True, text=True, check=False).stdout.strip()
        folders = [Path(found) / "axe-core"]
    return next((folder / "axe.min.js" for folder in folders if (folder / "axe.min.js").is_file()), None)


@pytest.mark.slow
@in_a_browser
def test_axe_finds_nothing(page: Page) -> None:
    script = axe_core()
    if script is None:
        pytest.skip("axe-core is not installed: npm install --global axe-core, or name its folder in AXE_CORE")
    page.evaluate(script.read_text(encoding="utf-8") + "; 1")
    violations = "axe.run().then(found => found.violations.map(one => one.id + ': ' + one.nodes[0].html))"
    for scheme in ("light", "dark"):
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        page.evaluate("document.getElementById('filters').open = true; document.getElementById('detail').close()")
        assert page.evaluate(violations) == []
        page.evaluate("document.querySelectorAll('.tile')[1].click()")
        page.wait_for("document.getElementById('name').textContent")
        page.evaluate("document.querySelector('.row').open = true")
        assert page.evaluate(violations) == []


def test_a_project_is_taken_by_its_data_or_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(tmp_path / "p")
    text = run(str(tmp_path / "p"))
    assert "27 pictures, 1 without a picture" in text
    first = (tmp_path / "p/reports/browse.html").read_bytes()
    monkeypatch.chdir(tmp_path / "p")
    run()
    assert (tmp_path / "p/reports/browse.html").read_bytes() == first
    (tmp_path / "p/data").rename(tmp_path / "p/former data")
    run("former data", "-o", "elsewhere/x.html")
    assert (tmp_path / "p/elsewhere/x.html").is_file()


def test_an_output_has_its_page_beside_it(tmp_path: Path) -> None:
    out = make_output(tmp_path / "out é", ROW)
    before = sorted(out.rglob("*"))
    assert "1 pictures" in run(str(out))
    assert (tmp_path / "out é.browse.html").is_file()
    assert (tmp_path / "out é.browse/link.css").is_file()
    assert sorted(out.rglob("*")) == before  # imagefolder would take tiles for pictures


def test_what_is_neither_is_told_apart(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "gone"):
        result = CliRunner().invoke(main, ["browse", str(folder)])
        assert result.exit_code == 1
        assert "neither the data of a project" in result.output


def test_a_wrong_parameter_stops_it(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "params.yaml").write_text("faces: {crop_scale: wide}\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["browse", str(tmp_path)])
    assert result.exit_code == 1
    assert "faces.crop_scale" in result.output
    assert not (tmp_path / "reports").exists()
