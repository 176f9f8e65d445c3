"""What compiles the kernels: which compiler, and what becomes of an installation without one."""

import shutil
from pathlib import Path

import pytest

from hatch_build import SOURCES, SWITCH, compile_kernels, compiler


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of a room's kernels, beside which an older library lies."""
    (tmp_path / "kernels.so").write_bytes(b"older")
    return Path(shutil.copytree(SOURCES[0], tmp_path / "source"))


def test_the_compiler_is_the_one_that_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert compiler({"CC": "python -m ziglang cc"}) == ["python", "-m", "ziglang", "cc"]
    (tmp_path / "clang").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compiler({}) == ["clang"]
    (tmp_path / "clang").unlink()
    assert compiler({}) is None


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({SWITCH: "0"}, f"{SWITCH} is 0"),
        ({"CC": "false"}, "false failed: "),
        ({"CC": "no-such-compiler -x"}, "no-such-compiler -x failed: "),
    ],
)
def test_without_a_compiler_there_is_no_library_and_one_line_says_so(
    source: Path, environment: dict[str, str], why: str
) -> None:
    said: list[str] = []
    assert compile_kernels([source], environment, said.append) == []
    (line,) = said
    assert line.startswith("maskwright: masks are drawn by NumPy alone, without compiled kernels (" + why)
    assert [path.name for path in source.parent.iterdir()] == ["source"]


def test_what_does_not_compile_is_told_by_its_first_error(source: Path) -> None:
    if not compiler({}):
        pytest.skip("no C compiler")
    (source / "wrong.c").write_text("int f(void) { return nothing; }\n")
    said: list[str] = []
    assert compile_kernels([source], {}, said.append) == []
    assert "failed" in said[0]
    assert len(said[0].splitlines()) == 1


def test_an_older_library_is_replaced_and_nothing_else_is_left(source: Path) -> None:
    if not compiler({}):
        pytest.skip("no C compiler")
    (built,) = compile_kernels([source])
    assert built == source.with_name("kernels.so")
    assert built.read_bytes().startswith(b"\x7fELF")
    assert sorted(path.name for path in source.parent.iterdir()) == ["kernels.so", "source"]


def test_every_room_that_has_a_source_is_compiled() -> None:
    assert sorted(SOURCES) == sorted((Path(__file__).parents[2] / "pipeline").glob("*/compiled/source"))


def test_where_one_does_not_compile_there_is_none(source: Path, tmp_path: Path) -> None:
    if not compiler({}):
        pytest.skip("no C compiler")
    (tmp_path / "wrong" / "source").mkdir(parents=True)
    wrong = tmp_path / "wrong" / "source"
    (wrong / "wrong.c").write_text("int f(void) { return nothing; }\n")
    assert compile_kernels([source, wrong], {}, lambda _: None) == []
    assert not source.with_name("kernels.so").exists()
