import subprocess
from pathlib import Path

import pytest

from generators import stage_deps, touched_tests

FILES = {
    "pipeline/core/records.py": "x = 1\n",
    "pipeline/masks/template.py": "from pipeline.core.records import x\n",
    "stages/augment.py": "def run():\n    from pipeline.masks import template\n",
    "tests/core/test_records.py": "from pipeline.core.records import x\n",
    "tests/masks/test_template.py": "",
    "tests/masks/test_head.py": "",
    "tests/masks/kit.py": "from stages.augment import run\n",
    "tests/stages/test_augment.py": "from tests.masks.kit import run\n",
    "tests/faults/conftest.py": "",
    "tests/faults/test_kills.py": "",
    "tests/faults/test_slowly.py": "import pytest\n\npytestmark = pytest.mark.slow\n",
}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit on main."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    for module in (stage_deps, touched_tests):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, check=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=x")


def touched(house: Path, *names: str) -> list[str]:
    found = touched_tests.touched_tests(house / name for name in names)
    return [path.relative_to(house).as_posix() for path in found]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            "pipeline/core/records.py",
            ["tests/core/test_records.py", "tests/stages/test_augment.py"],
        ),
        ("pipeline/masks/template.py", ["tests/masks/test_template.py", "tests/stages/test_augment.py"]),
        ("tests/masks/kit.py", ["tests/stages/test_augment.py"]),
        ("tests/masks/test_head.py", ["tests/masks/test_head.py"]),
        ("tests/faults/conftest.py", ["tests/faults/test_kills.py"]),
        ("README.md", []),
    ],
)
def test_tests_are_found_by_imports_and_by_their_place(house: Path, changed: str, expected: list[str]) -> None:
    assert touched(house, changed) == expected


def test_the_own_tests_come_first_then_the_nearest(house: Path) -> None:
    (house / "tests/augment").mkdir()
    (house / "tests/augment/test_near.py").write_text("from pipeline.masks import template\n")
    assert touched(house, "pipeline/masks/template.py") == [
        "tests/masks/test_template.py", "tests/augment/test_near.py", "tests/stages/test_augment.py",
    ]  # fmt: skip


def test_rooms_take_turns(house: Path) -> None:
    for name in ("augment/test_a.py", "augment/test_b.py", "faces/test_a.py"):
        (house / "tests" / name).parent.mkdir(exist_ok=True)
        (house / "tests" / name).write_text("import pipeline.core.records\n")
    rooms = [name.removeprefix("tests/") for name in touched(house, "pipeline/core/records.py")]
    assert rooms == [
        "core/test_records.py", "augment/test_a.py", "faces/test_a.py", "augment/test_b.py", "stages/test_augment.py",
    ]  # fmt: skip


def test_a_deleted_module_touches_its_own_tests(house: Path) -> None:
    (house / "pipeline/masks/template.py").unlink()
    assert "tests/masks/test_template.py" in touched(house, "pipeline/masks/template.py")


def test_changed_is_what_the_branch_and_the_working_tree_add(house: Path) -> None:
    git(house, "checkout", "--quiet", "-b", "mine")
    (house / "committed.py").write_text("")
    commit(house)
    (house / "new.py").write_text("")
    (house / "stages/augment.py").write_text("")
    git(house, "checkout", "--quiet", "main")
    (house / "theirs.py").write_text("")
    git(house, "add", "theirs.py")
    git(house, "commit", "--quiet", "--message=x", "theirs.py")
    git(house, "checkout", "--quiet", "mine")
    names = ("committed.py", "new.py", "stages/augment.py")
    assert touched_tests.changed_files("main") == {house / name for name in names}


def test_no_more_are_named_than_run_in_a_minute(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(touched_tests, "MOST", 1)
    monkeypatch.setattr("sys.argv", ["touched_tests"])
    (house / "pipeline/core/records.py").write_text("x = 2\n")
    touched_tests.main()
    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["tests/core/test_records.py", *touched_tests.SMOKE]
    assert "2 files of tests are touched" in printed.err


def test_the_files_that_are_always_run_exist() -> None:
    assert all((Path(stage_deps.__file__).parents[1] / name).is_file() for name in touched_tests.SMOKE)
