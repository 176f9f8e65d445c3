import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hatch_build import SOURCE, compile_kernels
from pipeline.masks.compiled import library
from pipeline.masks.compiled.library import loaded_library, source_digest


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kernels, compiled anew."""
    source = tmp_path_factory.mktemp("kernels") / "source"
    shutil.copytree(SOURCE, source)
    return compile_kernels(source) or pytest.skip("no C compiler")


def test_a_library_of_this_source_is_used(built: Path) -> None:
    found = loaded_library(built)
    assert found
    assert found.source() == source_digest().encode()


@pytest.mark.parametrize("file", ["images.c", "triangles.h"])
def test_a_library_of_another_source_is_not(tmp_path: Path, built: Path, file: str) -> None:
    source = tmp_path / "source"
    shutil.copytree(built.with_name("source"), source)
    with (source / file).open("a") as changed:
        changed.write("/* changed since */\n")
    older = compile_kernels(source)
    assert older
    assert loaded_library(older) is None


@pytest.mark.parametrize("content", [b"", b"\x7fELF no more", None], ids=["empty", "cut short", "absent"])
def test_what_is_no_library_is_not_used(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "kernels.so").write_bytes(content)
    assert loaded_library(tmp_path / "kernels.so") is None


def test_a_library_that_knows_no_source_is_not_used(tmp_path: Path, built: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/stranger.c").write_text("int nothing(void) { return 0; }\n")
    stranger = compile_kernels(tmp_path / "source")
    assert stranger
    assert loaded_library(stranger) is None


def test_the_switch_turns_them_off() -> None:
    code = "from pipeline.masks.compiled.library import LIBRARY; print(LIBRARY)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={library.SWITCH: "0", "PYTHONPATH": str(SOURCE.parents[3])},
    )
    assert done.stdout == "None\n"
