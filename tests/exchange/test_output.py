from pathlib import Path

import pytest

from pipeline.core.errors import OutputError
from pipeline.exchange.output import MARKER, new_export
from tests.conftest import tree


def written(out: Path, text: str = "new", *, overwrite: bool = False) -> None:
    with new_export(out, {"format": "coco"}, overwrite=overwrite) as folder:
        assert not list(folder.glob("*.txt"))
        (folder / "a.txt").write_text(text)


def beside(out: Path) -> list[str]:
    return [path.name for path in out.parent.iterdir() if path != out]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "out put"


def test_a_folder_appears_whole(out: Path) -> None:
    with new_export(out, {}, overwrite=False) as folder:
        (folder / "a.txt").write_text("new")
        assert not out.exists()
    assert set(tree(out)) == {"a.txt", MARKER}
    assert beside(out) == []


def test_what_fails_leaves_nothing(out: Path) -> None:
    def fail() -> None:
        with new_export(out, {}, overwrite=False) as folder:
            (folder / "a.txt").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(out.parent.iterdir()) == []


def test_an_export_is_not_replaced_unasked(out: Path) -> None:
    written(out, "old")
    with pytest.raises(OutputError, match="not empty; --overwrite makes it anew"):
        written(out)
    assert (out / "a.txt").read_text() == "old"
    written(out, overwrite=True)
    assert (out / "a.txt").read_text() == "new"
    assert beside(out) == []


def test_a_failed_overwriting_leaves_the_former_one(out: Path) -> None:
    written(out, "old")
    with pytest.raises(RuntimeError), new_export(out, {}, overwrite=True):
        raise RuntimeError
    assert (out / "a.txt").read_text() == "old"
    assert beside(out) == []


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_of_others_is_never_touched(out: Path, overwrite: bool) -> None:
    out.mkdir(parents=True)
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"holds 'thesis\.txt', which `export` didn't write"):
        written(out, overwrite=overwrite)
    assert tree(out) == {"thesis.txt": b"mine"}


def test_an_empty_folder_is_taken_and_a_file_is_not(out: Path) -> None:
    out.mkdir(parents=True)
    written(out)
    with pytest.raises(OutputError, match="is a file"):
        written(out / "a.txt", overwrite=True)


def test_what_a_killed_run_left_is_mended(out: Path) -> None:
    written(out, "old")
    former, following = (out.parent / f".{out.name}.export-{what}" for what in ("former", "next"))
    out.rename(former)  # killed between the two renames
    following.mkdir()
    (following / "half.txt").touch()
    with pytest.raises(OutputError, match="not empty"):
        written(out)
    assert (out / "a.txt").read_text() == "old"
    assert beside(out) == []


def test_a_link_to_a_folder_stays_one(out: Path, tmp_path: Path) -> None:
    written(out, "old")
    link = tmp_path / "link"
    link.symlink_to(out)
    written(link, overwrite=True)
    assert link.is_symlink()
    assert (out / "a.txt").read_text() == "new"


@pytest.mark.parametrize("stands_in", [".", "annotations"])
def test_the_ground_is_not_taken_from_under_anyone(out: Path, monkeypatch: pytest.MonkeyPatch, stands_in: str) -> None:
    """The shell would be left in a folder that is gone."""
    written(out, "old")
    (out / stands_in).mkdir(exist_ok=True)
    monkeypatch.chdir(out / stands_in)
    with pytest.raises(OutputError, match=r"you stand in it, .* name one in it"):
        written(out, overwrite=True)
    assert (out / "a.txt").read_text() == "old"
    written(Path("below"))
    assert (out / stands_in / "below/a.txt").is_file()


def test_a_mount_is_told_before_the_work(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out.mkdir(parents=True)
    monkeypatch.setattr("os.path.ismount", lambda place: Path(place) == out)
    with pytest.raises(OutputError, match=r"is mounted, .* name one in it"), new_export(out, {}, overwrite=False):
        pytest.fail("the work began")


def test_two_runs_do_not_write_one_folder(out: Path) -> None:
    with new_export(out, {}, overwrite=False), pytest.raises(OutputError, match="in use by another run"):
        written(out)


def test_a_disk_that_refuses_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        written(tmp_path / "file" / "out")
