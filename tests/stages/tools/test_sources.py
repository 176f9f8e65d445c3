from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from generators.docs.made_up import picture, write_tree
from pipeline.core.records import Image, Rejection
from pipeline.sources.provenance import Provenance
from pipeline.storage.manifests import read_manifest
from stages.cli import main
from tests.conftest import tree
from tests.sources.layouts import LAYOUTS


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_tree(tmp_path, {"one/a.jpg": picture(1), "one/b.jpg": picture(2), "two/copy.jpg": picture(1)})
    one = {"adapter": "folder", "path": "one", "labels": {".": {"mask_type": "none"}}, "licence": "CC0-1.0"}
    two = {"adapter": "folder", "path": "two", "labels": {".": {"mask_type": "cloth"}}, "author": "Ann"}
    settings = {"one": one, "two": two, "absent": {"adapter": "folder", "path": "nowhere"}}
    params = {"ingest": {"sources": ["one", "two"], "settings": settings}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def images(project: Path, source: str) -> dict[str, Image]:
    return {image.origin: image for image in read_manifest(project / f"data/raw/{source}/images.parquet", Image)}


def test_list_has_every_source_and_marks_the_taken(project: Path) -> None:
    lines = run("sources", "list").output.splitlines()
    assert any(line.startswith("* one ") and "CC0-1.0" in line for line in lines)
    assert any(line.startswith("  maskedface-net ") and "CC-BY-NC-SA-4.0" in line for line in lines)


def test_show_tells_papers_needs_and_labels(project: Path) -> None:
    output = run("sources", "show", "maskedface-net").output
    assert "CC-BY-NC-SA-4.0" in output
    assert "Download the two halves" in output
    assert "Mask_Chin                  mask_type: surgical, wear: nose_mouth_exposed" in output


def test_show_of_no_source_names_those_that_are(project: Path) -> None:
    result = run("sources", "show", "nosuch")
    assert result.exit_code == 1
    assert "'nosuch': no such source; known are sample, maskedface-net" in result.output


def test_check_says_what_is_missing(project: Path) -> None:
    assert run("sources", "check").output == (
        "one: ready\n  2 images offered, 0 items refused\n  2 images: mask_type none, wear none, masked no\n"
        "two: ready\n  1 images offered, 0 items refused\n  1 images: mask_type cloth, masked yes\n"
    )
    result = run("sources", "check", "one", "absent", "maskedface-net")
    assert result.exit_code == 1
    assert "absent: not ready\n" in result.output
    assert "nowhere does not exist" in result.output
    assert "Set ingest.settings.maskedface-net.path. Download the two halves" in result.output
    assert "not ready: absent, maskedface-net" in result.output


def test_check_counts_labels_without_reading_an_image(project: Path) -> None:
    xml = "<annotation>{}</annotation>"
    face = "<object><name>{}</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>"
    pair = xml.format(face.format("with_mask") + face.format("without_mask")).encode()
    write_tree(project / "voc", {"a.jpg": b"no image at all", "a.xml": pair, "b.jpg": b"", "ann/c.jpg": b""})
    voc = {"adapter": "voc", "path": "voc", "unannotated": "unknown", "person": "parent"}
    labels = {"with_mask": {"masked": True}, "without_mask": {"mask_type": "none"}}
    params = {"ingest": {"sources": ["voc"], "settings": {"voc": {**voc, "labels": labels}}}}
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    assert run("sources", "check").output.splitlines() == [
        "voc: ready",
        "  3 images offered, 0 items refused",
        "  2 images: no label",
        "  1 boxes: mask_type none, wear none, masked no",
        "  1 boxes: masked yes",
        "  1 people are named",
    ]
    del params["ingest"]["settings"]["voc"]["labels"]["with_mask"]  # type: ignore[index]
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    result = run("sources", "check")
    assert result.exit_code == 1
    assert "voc: not ready\n  voc: no mapping for the label(s) 'with_mask'" in result.output


def test_check_fetches_nothing(project: Path) -> None:
    assert run("sources", "check", "kaggle-dhruvmak").output.splitlines()[:2] == [
        "kaggle-dhruvmak: ready",
        "  not fetched yet, so its labels can't be counted",
    ]
    write_tree(project, {"list.csv": b"url,label\nhttp://127.0.0.1:9/a.jpg,cloth\n"})
    urls = {"adapter": "urls", "path": "list.csv", "labels": {"cloth": {"mask_type": "cloth"}}}
    (project / "params.yaml").write_text(yaml.safe_dump({"ingest": {"settings": {"web": urls}}}))
    assert "  1 images: mask_type cloth, masked yes\n" in run("sources", "check", "web").output


def test_conflicts_between_sources_become_rows(project: Path) -> None:
    assert run("ingest").exit_code == 0
    result = run("sources", "conflicts")
    assert result.output == "1 files with conflicting labels, 2 rows: reports/label_conflicts.csv\n"
    header, *rows = (project / "reports/label_conflicts.csv").read_text().splitlines()
    assert header.startswith("sha256,field,value,source,origin,")
    assert [row.split(",")[1:5] for row in rows] == [
        ["mask_type", "none", "one", "a.jpg"],
        ["mask_type", "cloth", "two", "copy.jpg"],
    ]


def test_conflicts_of_nothing_stop_and_name_the_stage_before(project: Path) -> None:
    result = run("sources", "conflicts")
    assert result.exit_code == 1
    assert "data/raw holds no source that was taken in; run `maskwright ingest` first" in result.output
    assert not (project / "reports/label_conflicts.csv").exists()


def test_provenance_keeps_the_time_of_the_first_run(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(["2026-01-01T00:00:00+00:00", "2026-02-02T00:00:00+00:00"])
    monkeypatch.setattr("pipeline.sources.ingest.utc_now", lambda: next(times))
    assert run("ingest", "--source", "one").exit_code == 0
    first = (project / "data/raw/one/images.parquet").read_bytes()
    (project / "one/new.jpg").write_bytes(picture(7))
    assert run("ingest", "--source", "one").exit_code == 0
    rows = read_manifest(project / "data/provenance/one/images.parquet", Provenance)
    assert {row.origin: row.fetched_at[:7] for row in rows} == {
        "a.jpg": "2026-01",
        "b.jpg": "2026-01",
        "new.jpg": "2026-02",
    }
    (project / "one/new.jpg").unlink()
    times = iter(["2026-03-03T00:00:00+00:00"])
    assert run("ingest", "--source", "one").exit_code == 0
    assert (project / "data/raw/one/images.parquet").read_bytes() == first, "the output depends on the clock"


@pytest.mark.usefixtures("project")
class TestTakedown:
    def test_copies_in_other_sources_go_too(self, project: Path) -> None:
        run("ingest")
        target = images(project, "one")["a.jpg"]
        result = run("takedown", "--id", target.id, "--reason", "asked by the person shown")
        assert result.exit_code == 0, result.output
        assert "one: a.jpg (one/a.jpg)\ntwo: copy.jpg (two/copy.jpg)\n2 images are taken down" in result.output
        again = run("ingest")
        assert images(project, "one").keys() == {"b.jpg"}
        assert again.exit_code == 1, "source two has nothing left"
        (row,) = read_manifest(project / "data/raw/two/rejected.parquet", Rejection)
        assert row.reason == "taken_down"
        (row,) = read_manifest(project / "data/raw/one/rejected.parquet", Rejection)
        assert (row.reason, row.detail) == ("taken_down", "asked by the person shown")

    def test_by_author(self, project: Path) -> None:
        run("ingest")
        assert "2 images are taken down" in run("takedown", "--author", "ann").output
        run("ingest")
        assert images(project, "one").keys() == {"b.jpg"}

    def test_nothing_ingested_yet_is_no_hindrance(self) -> None:
        result = run("takedown", "--author", "Ann")
        assert result.exit_code == 0
        assert "Nothing that was ingested matches. The request is in takedowns.yaml" in result.output
        assert run("ingest", "--source", "two").exit_code == 1

    def test_exactly_one_subject(self) -> None:
        result = run("takedown", "--author", "Ann", "--url", "http://x")
        assert result.exit_code == 2
        assert "Give exactly one of --url, --author, --id and --sha256." in result.output

    @pytest.mark.parametrize(("option", "value"), [("--id", "anna.jpg"), ("--sha256", "f" * 63), ("--author", "")])
    def test_what_is_no_such_thing_is_told(self, option: str, value: str) -> None:
        result = run("takedown", option, value)
        assert result.exit_code == 2
        assert f"{option}: {value!r} is not one" in result.output
        assert not Path("takedowns.yaml").exists()

    def test_damaged_list_stops_ingest(self, project: Path) -> None:
        (project / "takedowns.yaml").write_text("- {autor: Ann}\n")
        result = run("ingest", "--source", "one")
        assert result.exit_code == 1
        assert "takedowns.yaml: cannot be read" in result.output


def test_an_ingest_that_yields_nothing_leaves_what_was_there(project: Path) -> None:
    assert run("ingest", "--source", "one").exit_code == 0
    before = tree(project / "data/raw/one")
    for photo in (project / "one").glob("*.jpg"):
        photo.write_bytes(b"no picture")
    result = run("ingest", "--source", "one")
    assert result.exit_code == 1
    assert "no image could be used" in result.stderr
    assert tree(project / "data/raw/one") == before


def test_status_tells_what_changed_since(project: Path) -> None:
    assert "one: not taken in yet" in run("status").output
    run("ingest")
    assert run("status", "--check").output.splitlines() == ["one: as it was taken in", "two: as it was taken in"]
    (project / "one/new.jpg").write_bytes(b"new")
    result = run("status", "--check")
    assert result.exit_code == 1
    assert "one: 1 added (" in result.output
    assert "dvc repro --force ingest@one" in result.output


class TestCheckOfAPath:
    @pytest.fixture(autouse=True)
    def masks(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.chdir(tmp_path)
        return write_tree(tmp_path / "masks", LAYOUTS["yolo"][1])

    def test_it_works_without_params_yaml_and_writes_nothing(self, tmp_path: Path, masks: Path) -> None:
        before = tree(tmp_path)
        result = run("sources", "check", "masks")
        assert result.exit_code == 0, result.output
        assert f"{masks}: boxes of YOLO: labels/a.txt (adapter yolo)" in result.output
        assert "          no_mask: {mask_type: none}\n          with_mask: {masked: 'yes'}\n" in result.output
        assert f"        path: {masks}\n" in result.output
        assert tree(tmp_path) == before

    @pytest.mark.parametrize("names", [b"names: [[no_mask], with_mask]", "names: [a, b]".encode("utf-16"), b"names: ["])
    def test_a_known_layout_that_cannot_be_taken_in_fails(self, masks: Path, names: bytes) -> None:
        write_tree(masks, {"data.yaml": names})
        result = run("sources", "check", "masks")
        assert result.exit_code == 1
        assert "can't be taken in as it is: masks: data.yaml" in result.output
        assert f"not ready: {masks}" in result.output

    @pytest.mark.usefixtures("project")
    def test_within_a_project_the_path_is_its_own_and_sources_are_checked_too(self) -> None:
        result = run("sources", "check", "masks", "one")
        assert "        path: masks\n" in result.output
        assert "one: ready\n" in result.output
        assert "two: ready" not in result.output

    def test_what_is_neither_source_nor_path(self, project: Path) -> None:
        result = run("sources", "check", "./nosuch")
        assert result.exit_code == 1
        assert "./nosuch: no such file or folder, and no source of that name" in result.output
        assert "'nosuch': no such source" in run("sources", "check", "nosuch").output
        (project / "params.yaml").unlink()
        assert "nosuch: no such file or folder" in run("sources", "check", "nosuch").output

    def test_an_unknown_layout_fails_and_says_what_is_there(self, masks: Path) -> None:
        write_tree(masks.parent, {"odd/a.jpg": picture(), "odd/a.json": b'{"shapes": []}'})
        result = run("sources", "check", "odd", "masks")
        assert result.exit_code == 1
        assert "1 annotation files, such as a.json: JSON with the keys shapes" in result.stderr
        assert "masks: boxes of YOLO" in result.stdout


@pytest.mark.parametrize(("taken", "left"), [("yolo", "voc"), ("voc", "yolo"), ("csv", "voc"), ("folder", "coco")])
def test_annotations_that_the_adapter_leaves_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: str, left: str
) -> None:
    monkeypatch.chdir(tmp_path)
    layout = {"csv": "labels of images", "folder": "one class"}.get(taken, taken)
    write_tree(tmp_path / "in", {**LAYOUTS[left][1], **LAYOUTS[layout][1]})
    labels = {"with_mask": {"masked": "yes"}, "no_mask": {"mask_type": "none"}}
    settings = {"mine": {"adapter": taken, "path": "in", "labels": labels, "default_label": "no_mask"}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({"ingest": {"sources": ["mine"], "settings": settings}}))
    for words in (("sources", "check"), ("ingest",)):
        done = run(*words)
        assert done.exit_code == 0, done.output
        (line,) = (line for line in done.output.splitlines() if "several kinds of annotations lie here" in line)
        assert f"adapter {taken} doesn't read: " in line
        assert line.endswith(f"adapter {left})")
