"""What a release is checked with: licences by a package's own words, and Pythons by what they made."""

from email.message import Message
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any, cast

import pytest

from generators.release.licences import NOT_STATED, licence_of, packages, table
from generators.release.matrix import Outcome, digest_of, interpreter, verdict


class Package:
    """As `importlib.metadata` gives one."""

    version = "1.0"

    def __init__(self, name: str | None, *fields: tuple[str, str]) -> None:
        self.metadata = Message()
        for key, value in (("Name", name), *fields):
            if value is not None:
                self.metadata[key] = value


def package(name: str | None, *fields: tuple[str, str]) -> Distribution:
    return cast("Distribution", cast("Any", Package(name, *fields)))


OSI = "License :: OSI Approved"


@pytest.mark.parametrize(
    ("fields", "licence", "asks"),
    [
        ([("License-Expression", "MIT"), ("License", "x")], "MIT", False),
        ([("Classifier", f"{OSI} :: MIT License"), ("License", "The MIT\nlong text")], "MIT License", False),
        ([("Classifier", OSI), ("License", " BSD-3 \nand so on")], "BSD-3", False),
        ([("Classifier", f"{OSI} :: GNU General Public License (GPL)")], "GNU General Public License (GPL)", True),
        ([("License-Expression", "Apache-2.0 OR LGPL-2.1-or-later")], "Apache-2.0 OR LGPL-2.1-or-later", True),
        ([("License", "UNKNOWN")], NOT_STATED, True),
        ([], NOT_STATED, True),
    ],
)  # fmt: skip
def test_a_licence_is_what_the_package_says(fields: list[tuple[str, str]], licence: str, asks: bool) -> None:
    assert licence_of(package("a", *fields)) == licence
    assert [one.asks for one in packages([package("a", *fields)])] == [asks]


def test_each_package_stands_once_by_its_name() -> None:
    mit = ("License-Expression", "MIT")
    found = packages([package("b", mit), package("A"), package("B"), package(None)])
    assert [(one.name, one.licence) for one in found] == [("A", NOT_STATED), ("b", "MIT")]
    assert [line.split() for line in table(found)] == [["A", "1.0", "not", "stated"], ["b", "1.0", "MIT"]]


def test_a_digest_tells_names_and_bytes_and_not_the_clock(tmp_path: Path) -> None:
    (tmp_path / "data/provenance").mkdir(parents=True)
    (tmp_path / "data/a").write_text("1")
    first = digest_of(tmp_path)
    (tmp_path / "data/provenance/when").write_text("now")
    assert digest_of(tmp_path) == first
    (tmp_path / "data/a").write_text("2")
    other = digest_of(tmp_path)
    (tmp_path / "data/a").rename(tmp_path / "data/b")
    assert len({first, other, digest_of(tmp_path)}) == 3


def test_pythons_must_run_and_agree() -> None:
    good, absent = Outcome("3.11", "d", "ran"), Outcome("3.14", "", "no interpreter here", absent=True)
    assert verdict([good, Outcome("3.12", "d", "ran"), absent]) == []
    assert verdict([good, Outcome("3.12", "e", "ran")]) == ["3.12: other bytes than 3.11"]
    assert verdict([good, Outcome("3.12", "", "failed: pip")]) == ["3.12: failed: pip"]
    assert verdict([absent]) == ["no Python ran"]
    assert interpreter("2.0") is None
