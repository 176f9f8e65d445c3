import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hatch_build import SOURCES, compile_kernels
from pipeline.core.kernels import SWITCH, loaded_library, source_digest

ROOT = Path(__file__).parents[2]
MASKS = ROOT / "pipeline" / "masks" / "compiled" / "source"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kernels, compiled anew."""
    source = tmp_path_factory.mktemp("kernels") / "source"
    shutil.copytree(MASKS, source)
    libraries = compile_kernels([source])
    return libraries[0] if libraries else pytest.skip("no C compiler")


def test_a_library_of_this_source_is_used(built: Path) -> None:
    found = loaded_library(built)
    assert found
    assert found.source() == source_digest(MASKS).encode()


@pytest.mark.parametrize("file", ["images.c", "triangles.h"])
def test_a_library_of_another_source_is_not(tmp_path: Path, built: Path, file: str) -> None:
    source = tmp_path / "source"
    shutil.copytree(built.with_name("source"), source)
    (older,) = compile_kernels([source])
    with (source / file).open("a") as changed:
        changed.write("/* changed since */\n")
    assert loaded_library(older) is None


@pytest.mark.parametrize("content", [b"", b"\x7fELF no more", None], ids=["empty", "cut short", "absent"])
def test_what_is_no_library_is_not_used(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "kernels.so").write_bytes(content)
    assert loaded_library(tmp_path / "kernels.so") is None


def test_a_library_that_knows_no_source_is_not_used(tmp_path: Path, built: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/stranger.c").write_text("int nothing(void) { return 0; }\n")
    (stranger,) = compile_kernels([tmp_path / "source"])
    assert loaded_library(stranger) is None


@pytest.mark.parametrize("source", SOURCES, ids=[source.parents[1].name for source in SOURCES])
def test_the_switch_turns_them_off(source: Path) -> None:
    code = "import sys, pathlib, pipeline.core.kernels as c; print(c.Kernels.of(pathlib.Path(sys.argv[1])).library)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(source.parent)],
        check=True,
        capture_output=True,
        text=True,
        env={SWITCH: "0", "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == "None\n"
