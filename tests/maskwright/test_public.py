"""The public face: what it promises is there, documented, typed, and costs nothing before it is used."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import maskwright
from pipeline.core.version import VERSION

ROOT = Path(__file__).parents[2]
HEAVY = ("numpy", "cv2", "torch", "onnxruntime", "PIL", "dlib", "pydantic", "yaml", "pyarrow")
OF_TRAIN = {"RandomFaceMask"}
NAMES = sorted(set(maskwright.__all__) - {"__version__"})


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(maskwright, name)
    assert value.__name__ == name
    assert value.__doc__
    assert value.__doc__ != type(value).__doc__


def test_the_version_is_the_package_s() -> None:
    assert maskwright.__version__ == VERSION


def test_dir_tells_of_names_that_nobody_asked_for_yet() -> None:
    assert python("import maskwright; print(sorted(set(maskwright.__all__) - set(dir(maskwright))))") == "[]"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'maskwright' has no attribute 'predcit'"):
        maskwright.predcit  # noqa: B018 - looked up


def test_importing_it_imports_nothing_that_takes_time() -> None:
    assert python(f"import sys, maskwright; print([name for name in {HEAVY} if name in sys.modules])") == "[]"


def without_torch(names: str) -> str:
    """What importing the names says where the extra isn't installed."""
    return python(
        "import sys; sys.modules['torch'] = None\n"
        f"try: from maskwright import {names}\n"
        "except ModuleNotFoundError as error: print(error.name)\n"
        "else: print('imported')"
    )


def test_the_base_names_need_no_torch() -> None:
    assert without_torch(", ".join(sorted(set(NAMES) - OF_TRAIN))) == "imported"


@pytest.mark.parametrize("name", sorted(OF_TRAIN))
def test_a_name_of_the_extra_says_what_is_missing(name: str) -> None:
    assert without_torch(name) == "torch"


def test_what_types_see_is_what_is_imported() -> None:
    """The imports under TYPE_CHECKING, `__all__` and the table of homes name the same things at the same places."""
    tree = ast.parse(Path(maskwright.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == maskwright._HOME_OF
    assert sorted(typed) == NAMES


@pytest.mark.parametrize("package", ["maskwright", "pipeline", "stages"])
def test_each_package_of_the_wheel_is_marked_as_typed(package: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert package in project["tool"]["mypy"]["packages"]
    assert (ROOT / package / "py.typed").is_file()


def test_the_example_at_the_top_works() -> None:
    found = python("import doctest, maskwright; print(doctest.testmod(maskwright))")
    assert found == "TestResults(failed=0, attempted=6)"
