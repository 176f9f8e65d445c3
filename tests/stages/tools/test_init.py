import os
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from generators.docs.made_up import picture, write_tree
from pipeline.core.params import load_params
from stages.cli import main
from tests.conftest import MakePhotos, tree
from tests.sources.layouts import LAYOUTS

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def init(*words: str) -> Result:
    return CliRunner().invoke(main, ["init", *words])


def test_the_sample_is_what_comes_without_options(tmp_path: Path) -> None:
    assert init("a").exit_code == init("b", "--sample").exit_code == 0
    made = tree(tmp_path / "a")
    assert made == tree(tmp_path / "b")
    assert made["params.yaml"] == (ROOT / "params.yaml").read_bytes()
    faces = {f"samples/faces/{name}": data for name, data in tree(ROOT / "samples/faces").items()}
    assert faces.items() < made.items()
    assert set(made) - set(faces) == {
        ".dvc/.gitignore", ".dvc/config", ".dvcignore", ".gitignore", "README.md", "dvc.yaml", "params.yaml",
        "samples/LICENSE", "samples/README.md", "samples/manifest.csv", "takedowns.yaml",
    }  # fmt: skip


def test_what_comes_next_is_told() -> None:
    assert "Next: cd 'my project' && dvc repro" in init("my project").output


@pytest.mark.parametrize("name", ["faces", "Mes photos d'été", "7", "sample", "été", "a: b #c", "-"])
@pytest.mark.parametrize("absolute", [True, False])
def test_photos_are_taken_in_where_they_lie(
    tmp_path: Path, make_photos: MakePhotos, monkeypatch: pytest.MonkeyPatch, name: str, absolute: bool
) -> None:
    folder = make_photos("a.JPG", "sub folder/b.png").rename(tmp_path / f"{name}.x").rename(tmp_path / name)
    done = init("project", "--faces", str(folder) if absolute else f"./{name}")
    assert done.exit_code == 0, done.output
    assert "2 photos as the source" in done.output
    (source,) = load_params(tmp_path / "project/params.yaml").ingest.sources
    monkeypatch.chdir(tmp_path / "project")
    checked = CliRunner().invoke(main, ["sources", "check"])
    assert checked.output == f"{source}: ready\n  2 images offered, 0 items refused\n  2 images: mask_type none, " + (
        "wear none, masked no\n"
    )
    taken = CliRunner().invoke(main, ["ingest", "--source", source])
    assert taken.exit_code == 0, taken.output
    assert "2 kept" in taken.output


def ready(project: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.chdir(project)
    return CliRunner().invoke(main, ["sources", "check"])


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if LAYOUTS[name][0] not in {"sample", "urls"}])
def test_the_photos_are_taken_in_as_the_layout_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    folder = write_tree(tmp_path / "Mes photos d'été", LAYOUTS[layout][1])
    proposed = CliRunner().invoke(main, ["sources", "check", str(folder)]).output
    block = yaml.safe_load(proposed.partition("For params.yaml:\n")[2])["ingest"]
    done = init("project", "--faces", str(folder))
    assert (done.exit_code, "Recognised: " in done.output) == (0, True), done.output
    made = load_params(tmp_path / "project/params.yaml").ingest
    (name,) = made.sources
    expected = {**block["settings"][name], "path": "../Mes photos d'été"}
    if layout == "people":
        expected["labels"] = {"photo": {"mask_type": "none"}}
    assert made.settings == {name: expected}
    assert f"`{name}` was recognised: " in (tmp_path / "project/README.md").read_text(encoding="utf-8")
    assert ready(tmp_path / "project", monkeypatch).exit_code == 0


def test_annotations_of_several_kinds_are_told(tmp_path: Path) -> None:
    write_tree(tmp_path / "set", {**LAYOUTS["voc"][1], **LAYOUTS["yolo"][1]})
    done = init("project", "--faces", "set")
    assert "But several kinds of annotations lie here, boxes of YOLO: " in done.output
    assert "But several kinds of annotations lie here" in (tmp_path / "project/README.md").read_text(encoding="utf-8")


def test_classes_are_told_by_their_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path / "set", {"With Mask/a.JPG": picture(1), "WITHOUT_MASK/b.png": picture(2)})
    done = init("project", "--faces", "set")
    assert "2 photos as the source set\nRecognised: class folders such as WITHOUT_MASK (adapter folder)" in done.output
    checked = ready(tmp_path / "project", monkeypatch).output
    assert "1 images: mask_type none" in checked
    assert "1 images: masked yes" in checked


@pytest.mark.parametrize("beside", [{}, {"notes.txt": b"hello"}, {"table.csv": b"Bild;l\nx.jpg;1\n"}])
def test_plain_photos_are_bare_and_that_is_said(tmp_path: Path, beside: dict[str, bytes]) -> None:
    write_tree(tmp_path / "set", {"a.jpg": picture(1), "b.jpg": picture(2), **beside})
    done = init("project", "--faces", "set")
    assert "every photo counts as bare" in done.output
    settings = load_params(tmp_path / "project/params.yaml").ingest.settings["set"]
    assert (settings["default_label"], settings["labels"]) == ("bare", {"bare": {"mask_type": "none"}})
    said = "nothing tells of masks here, so every photo counts as bare"
    assert said in (tmp_path / "project/params.yaml").read_text(encoding="utf-8")
    assert "every photo counts\n  as bare" in (tmp_path / "project/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"a.jpg": b"", "labels.json": b'{"a.jpg": "with_mask"}'}, "labels.json: JSON with the keys a.jpg"),
        ({"masks/a.jpg": b"", "masks/a.json": b'{"shapes": [{"label": "no_mask"}]}'}, "masks/a.json: JSON with"),
        ({"a.jpg": b"", "labels.xlsx": b"PK"}, "labels.xlsx: a spreadsheet"),
        ({"images/a.jpg": b"", "masks/a.jpg": b""}, "masks/a.jpg: pictures that mark pixels"),
        ({"with_mask_1.jpg": b"", "no_mask_1.jpg": b""}, "with_mask_1.jpg: a name that tells of masks"),
        ({f"{name}/{name}_1.jpg": b"" for name in ("Ann", "Bo", "Cy")} | {"l.mat": b"M"}, "l.mat: MATLAB"),
    ],
)
def test_photos_of_which_something_unknown_tells_are_not_all_bare(
    tmp_path: Path, files: dict[str, bytes], told: str
) -> None:
    write_tree(tmp_path / "set", {name: data or picture(len(name)) for name, data in files.items()})
    done = init("project", "--faces", "set")
    assert (done.exit_code, told in done.output, "sources add set" in done.output) == (1, True, True), done.output
    assert not (tmp_path / "project").exists()


def test_what_no_name_tells_is_left_to_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path / "set", {"com/a.jpg": picture(1), "sem/b.jpg": picture(2)})
    assert "First say in params.yaml, under labels, what this means: com, sem" in init("p", "--faces", "set").output
    assert "what `com`, `sem` means" in (tmp_path / "p/README.md").read_text(encoding="utf-8")
    checked = ready(tmp_path / "p", monkeypatch)
    assert (checked.exit_code, "no mapping for the label" in checked.output) == (1, True), checked.output


def test_of_two_kinds_of_annotations_the_one_that_can_be_read_is_taken(tmp_path: Path) -> None:
    files = {**LAYOUTS["yolo"][1], **LAYOUTS["voc"][1], "labels/classes.txt": b"with_mask\nno_mask\n"}
    write_tree(tmp_path / "set", files)
    assert init("project", "--faces", "set").exit_code == 0
    assert load_params(tmp_path / "project/params.yaml").ingest.settings["set"]["adapter"] == "voc"


def test_annotations_that_contradict_themselves_leave_no_project(tmp_path: Path) -> None:
    write_tree(tmp_path / "set", {**LAYOUTS["yolo"][1], "labels/classes.txt": b"with_mask\nno_mask\n"})
    done = init("project", "--faces", "set")
    assert (done.exit_code, "name the classes of labels differently" in done.output) == (1, True), done.output
    assert not (tmp_path / "project").exists()


def test_photos_far_away_are_named_by_their_whole_path(tmp_path: Path, make_photos: MakePhotos) -> None:
    faces = make_photos("a.jpg")
    assert init("deep/er/project", "--faces", str(faces)).exit_code == 0
    settings = load_params(tmp_path / "deep/er/project/params.yaml").ingest.settings
    assert settings["faces"]["path"] == str(faces)


@pytest.mark.parametrize(
    ("faces", "told"),
    [
        ("absent", "absent: is no folder of photos"),
        ("empty", "empty: holds no photo"),
        ("file", "is no folder"),
        ("a b.ZIP", "maskwright sources add 'a b.ZIP'"),
    ],
)
def test_faces_that_are_none_leave_no_project(tmp_path: Path, faces: str, told: str) -> None:
    (tmp_path / "empty/sub").mkdir(parents=True)
    (tmp_path / "empty/notes.txt").touch()
    (tmp_path / "file").touch()
    (tmp_path / "a b.ZIP").touch()
    done = init("project", "--faces", faces)
    assert (done.exit_code, told in done.output) == (1, True), done.output
    assert not (tmp_path / "project").exists()


@pytest.mark.parametrize("held", ["notes.txt", ".hidden", ".git"])
def test_a_folder_with_anything_in_it_is_refused(tmp_path: Path, held: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / held).write_text("mine")
    done = init("full")
    assert (done.exit_code, done.output) == (
        1,
        f"Error: full: is not empty, it holds {held}; a project starts in an empty folder\n",
    )
    assert tree(tmp_path / "full") == {held: b"mine"}


def test_a_repository_that_holds_nothing_yet_will_do(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path / "new"], check=True)
    assert init("new").exit_code == 0
    assert "no_scm" not in (tmp_path / "new/.dvc/config").read_text()
    assert (tmp_path / "new/.git/HEAD").is_file()
    (tmp_path / "new/.dvc/config").unlink()
    again = init("new")
    assert (again.exit_code, "is not empty, it holds .dvc;" in again.output) == (1, True)


def test_a_file_or_a_dangling_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    assert "file: is a file" in init("file").output
    assert "link: is a file" in init("link").output


def test_the_empty_folder_that_one_stands_in_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert init(".").output.splitlines()[-1] == "Next: dvc repro"
    assert (tmp_path / "here/dvc.yaml").is_file()


def test_both_at_once_is_wrong_use(make_photos: MakePhotos) -> None:
    assert init("a", "--sample", "--faces", str(make_photos("a.jpg"))).exit_code == 2


@pytest.mark.parametrize("inside", [True, False])
def test_git_is_used_where_the_folder_lies_in_a_working_tree(tmp_path: Path, inside: bool) -> None:
    if inside:
        subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    assert init("sub/project").exit_code == 0
    config = (tmp_path / "sub/project/.dvc/config").read_text()
    readme = (tmp_path / "sub/project/README.md").read_text()
    assert ("no_scm = true" in config, "no_scm = true" in readme) == (not inside, not inside)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    done = init("project")
    tmp_path.chmod(0o755)
    assert (done.exit_code, "project: cannot be written" in done.output) == (1, True)


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    done = init("project")
    assert (done.exit_code, done.output) == (1, "Error: project: cannot be written: No space left on device\n")
    assert list((tmp_path / "project").iterdir()) == []


def test_letters_of_any_kind_reach_the_files(tmp_path: Path, portrait_jpeg: bytes) -> None:
    (tmp_path / "фото").mkdir()
    (tmp_path / "фото/a.jpg").write_bytes(portrait_jpeg)
    assert init("проект", "--faces", "фото").exit_code == 0
    assert "path: ../фото" in (tmp_path / "проект/params.yaml").read_text(encoding="utf-8")
