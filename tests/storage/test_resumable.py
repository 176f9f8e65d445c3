import errno
import hashlib
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.errors import OutputError
from pipeline.core.paths import BUILDS
from pipeline.storage import resumable as build_module
from pipeline.storage.journal import Journal
from pipeline.storage.resumable import building, finished, is_as_written
from pipeline.storage.shards import WrittenFile
from pipeline.storage.whole_files import crc32_of, note_boot, sha256_of, sync_file_system
from tests.conftest import tree

PLACE = Path("data/doubled")


@dataclass(frozen=True, slots=True)
class Doubled:
    value: float
    paths: list[str] = field(default_factory=list)


class Killed(BaseException):
    """As a kill does, it leaves things as they are."""


class Project:
    """Doubles numbers into files, and is killed after some."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.made: list[float] = []

    def run(self, values: list[float], key_parts: object = 0, dies_after: int = 99) -> list[float]:
        self.made = []
        with building(PLACE, key_parts, self.root) as build:

            def double(rest: Iterator[float]) -> Iterator[Doubled]:
                for value in rest:
                    if len(self.made) == dies_after:
                        raise Killed
                    self.made.append(value)
                    path = PLACE / f"{value}.txt"
                    (build.root / path).write_text(str(2 * value))
                    yield Doubled(2 * value, [path.as_posix()])

            results = build.through(values, double, key=str, kind=Doubled, files_of=self._written)
            values = [result.value for result in results]
            (build.folder / "all.txt").write_text(str(values))
        return values

    def _written(self, found: Doubled) -> list[WrittenFile]:
        contents = [(path, str(found.value).encode()) for path in found.paths]
        return [WrittenFile(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in contents]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def killed_after(project: Project, count: int) -> None:
    with pytest.raises(Killed):
        project.run([1.5, 2.5, 3.5], dies_after=count)


def test_an_output_is_put_in_place_whole_and_nothing_else_is_left(project: Project) -> None:
    assert project.run([1.5, 2.5]) == [3.0, 5.0]
    assert sorted(tree(project.root / PLACE)) == ["1.5.txt", "2.5.txt", "all.txt"]
    assert not list((project.root / BUILDS).iterdir())


def test_a_second_run_replaces_the_first(project: Project) -> None:
    project.run([1.5, 2.5])
    project.run([2.5])
    assert project.made == [2.5]
    assert sorted(tree(project.root / PLACE)) == ["2.5.txt", "all.txt"]


def test_a_killed_run_loses_what_was_in_flight_and_leaves_the_former_output(project: Project) -> None:
    project.run([9.0])
    killed_after(project, 2)
    assert sorted(tree(project.root / PLACE)) == ["9.0.txt", "all.txt"]
    assert project.run([1.5, 2.5, 3.5]) == [3.0, 5.0, 7.0]
    assert project.made in ([3.5], [2.5, 3.5])
    fresh = Project(project.root / "fresh")
    fresh.run([1.5, 2.5, 3.5])
    assert tree(project.root / PLACE) == tree(fresh.root / PLACE)


def test_other_parameters_or_other_code_start_anew(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_after(project, 2)
    with pytest.raises(Killed):
        project.run([1.5, 2.5, 3.5], key_parts=1, dies_after=2)
    assert project.made == [1.5, 2.5]
    assert len(list((project.root / BUILDS / "data-doubled").iterdir())) == 1
    monkeypatch.setattr(build_module, "code_digest", lambda: "another")
    project.run([1.5, 2.5, 3.5], key_parts=1)
    assert project.made == [1.5, 2.5, 3.5]


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("")])
def test_a_file_that_is_gone_or_cut_short_is_made_again(project: Project, damage: Callable[..., Any]) -> None:
    killed_after(project, 2)
    (first,) = (project.root / BUILDS).rglob("1.5.txt")
    damage(first)
    project.run([1.5, 2.5, 3.5])
    assert 1.5 in project.made
    assert (project.root / PLACE / "1.5.txt").read_text() == "3.0"


def test_what_no_result_names_does_not_come_along(project: Project) -> None:
    killed_after(project, 2)
    (first,) = (project.root / BUILDS).rglob("1.5.txt")
    (first.parent / ".1234.part").write_text("half")
    project.run([2.5, 3.5])
    assert sorted(tree(project.root / PLACE)) == ["2.5.txt", "3.5.txt", "all.txt"]


def test_killed_between_publishing_and_clearing_everything_is_made_again(project: Project) -> None:
    with pytest.raises(Killed):
        project.run([1.5, 2.5, 3.5, 4.5], dies_after=3)
    (folder,) = (project.root / BUILDS).rglob("doubled")
    (project.root / "data").mkdir()
    folder.rename(project.root / PLACE)
    assert project.run([1.5, 2.5, 3.5]) == [3.0, 5.0, 7.0]
    assert sorted(tree(project.root / PLACE)) == ["1.5.txt", "2.5.txt", "3.5.txt", "all.txt"]


def test_across_file_systems_it_is_copied(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if ".cache" in path.parts:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    project.run([1.5])
    assert sorted(tree(project.root / "data")) == ["doubled/1.5.txt", "doubled/all.txt"]


def test_a_disk_that_refuses_is_one_message(project: Project) -> None:
    (project.root / ".cache").write_text("a file where a folder should be")
    with pytest.raises(OutputError, match="cannot be written: Not a directory"):
        project.run([1.5])


def test_an_output_is_on_the_disk_before_it_has_its_name(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    sync, rename = sync_file_system, Path.rename

    def synced(folder: Path) -> None:
        events.append("synced")
        sync(folder)

    def renamed(path: Path, target: Path) -> Path:
        events.append(target.name)
        return rename(path, target)

    monkeypatch.setattr(build_module, "sync_file_system", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    project.run([1.5])
    assert events == ["synced", "doubled"]


ANOTHER_BOOT = "the boot before"


@pytest.mark.parametrize(
    ("noted", "synced", "compared"),
    [
        ("this", False, False),
        ("this", True, False),
        (ANOTHER_BOOT, False, True),
        (ANOTHER_BOOT, True, True),
        (None, False, True),
        (None, True, False),
    ],
)
def test_contents_are_compared_where_a_power_cut_may_have_lost_them(
    tmp_path: Path, noted: str | None, synced: bool, compared: bool
) -> None:
    boot, asked = tmp_path / "boot", []
    if noted == "this":
        note_boot(boot)
    elif noted:
        boot.write_text(noted)

    def is_whole(record: str, compare: bool) -> bool:
        asked.append(compare)
        return record == "whole"

    with Journal(tmp_path / "journal") as journal:
        journal.append("a", "torn")
        journal.append("b", "whole")
        assert list(finished(journal, boot, is_whole, synced=synced)) == [("b", "whole")]
        assert list(journal) == (["b"] if compared else ["a", "b"]), "what is lost is forgotten for good"
        assert list(finished(journal, boot, is_whole)) == [("b", "whole")]
    assert asked[:2] == [compared] * 2
    assert not any(asked[2:]), "this boot is named, so nothing is compared twice"


@pytest.mark.parametrize(
    ("content", "by_size", "by_content"),
    [(b"pixels", True, True), (bytes(6), True, False), (b"pix", False, False), (None, False, False)],
)
def test_a_file_is_as_it_was_written_by_size_and_where_asked_by_content(
    tmp_path: Path, content: bytes | None, by_size: bool, by_content: bool
) -> None:
    file, sha256 = tmp_path / "a.jpg", hashlib.sha256(b"pixels").hexdigest()
    if content is not None:
        file.write_bytes(content)
    assert is_as_written(file, 6, sha256, None) == by_size
    assert is_as_written(file, 6, sha256, sha256_of) == by_content
    assert is_as_written(file, 6, zlib.crc32(b"pixels"), crc32_of) == by_content
