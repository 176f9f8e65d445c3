import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pipeline.storage import succession as module
from pipeline.storage.succession import Succession

NAMES = (Path("images"), Path("table"), Path(".ours", "journal"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / ".ours").mkdir()
    for name in ("images/a", "table", ".ours/journal", "notes", ".ours/lock"):
        (tmp_path / name).write_text("old")
    return tmp_path


def content(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


OLD = dict.fromkeys(("images/a", "table", ".ours/journal", "notes", ".ours/lock"), "old")
NEW = {"notes": "old", ".ours/lock": "old", "images/b": "new", ".ours/journal": "new"}


def replace(folder: Path) -> None:
    succession = Succession(folder, Path(".ours"), NAMES)
    coming = succession.begin()
    for name in ("images/b", ".ours/journal"):
        (coming / name).parent.mkdir()
        (coming / name).write_text("new")
    assert {name: text for name, text in content(folder).items() if "next" not in name} == OLD
    succession.succeed()


class Killed(BaseException):
    """What no code catches, as a SIGKILL."""


def test_the_successor_takes_the_place_of_what_is_named_alone(folder: Path) -> None:
    replace(folder)
    assert content(folder) == NEW
    assert {path.name for path in (folder / ".ours").iterdir()} == {"lock", "journal"}


def test_a_successor_that_is_given_up_leaves_no_trace(folder: Path) -> None:
    succession = Succession(folder, Path(".ours"), NAMES)
    (succession.begin() / "table").write_text("new")
    succession.settle()
    assert content(folder) == OLD
    assert not (folder / ".ours/next").exists()


@pytest.mark.parametrize("step", range(1, 40))
def test_killed_at_any_step_one_of_the_two_is_whole(folder: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Every call that changes a name is a moment at which the process may end; so is each of the run that tidies up."""
    left = [step]

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                raise Killed
            return call(*args, **options)

        return run

    with monkeypatch.context() as patched:
        for name in ("rename", "rmdir", "unlink", "mkdir"):
            patched.setattr(os, name, counted(getattr(os, name)))
        try:
            replace(folder)
        except Killed:
            left[0] = 2
            with suppress(Killed):
                Succession(folder, Path(".ours"), NAMES).settle()
    Succession(folder, Path(".ours"), NAMES).settle()
    assert content(folder) in (OLD, NEW)
    assert {path.name for path in (folder / ".ours").iterdir()} <= {"lock", "journal"}


def test_pictures_are_on_the_disk_before_the_former_ones_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(module, "sync_file_system", lambda _: seen.append((folder / "images/a").exists()))
    replace(folder)
    assert seen == [True]
