"""`pip install maskwright` in an empty environment gives a working `augment-masks`, from any folder."""

import json
import os
import re
import resource
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from hatch_build import compiler
from pipeline.core.paths import FACES_TABLE, IMAGES, KEPT, LINKS, RAW, SPLIT_TABLE
from pipeline.core.version import VERSION
from stages.cli import STAGES, TOOLS
from tests.conftest import MakePhotos
from tests.prediction.kit import CLASSES, tiny_model
from tests.shared import made_once

ROOT = Path(__file__).parent.parent.parent
MAX_INSTALL_MB = 700
MAX_HELP_S = 0.5

pytestmark = pytest.mark.slow


def run(*words: str | Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Without this repository on the path and without what the tests' own environment sets."""
    environment = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    return subprocess.run(
        [str(word) for word in words], check=False, cwd=cwd, env=environment, capture_output=True, text=True
    )


def pip(*words: str | Path, cwd: Path) -> None:
    done = run(sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *words, cwd=cwd)
    if done.returncode and "CI" not in os.environ and "Could not find a version" in done.stderr:
        pytest.skip(f"no package index can be reached: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it needs; the versions are those of constraints.txt."""
    wheel = built_wheel(tmp_path_factory)
    return made_once(tmp_path_factory, "wheel", lambda folder: install(folder, wheel)) / "environment"


def built_wheel(factory: pytest.TempPathFactory) -> Path:
    """This checkout's, built once for all tests that install it."""
    (wheel,) = made_once(factory, "dist", build).glob("maskwright-*.whl")
    return wheel


def build(folder: Path) -> None:
    pip("wheel", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)


def install(folder: Path, wheel: Path) -> None:
    """By the pip of the tests' environment: to give the new one its own costs as much as all that is installed."""
    venv.create(folder / "environment")
    into = ("--python", folder / "environment/bin/python")
    pip(*into, "install", "-c", ROOT / "constraints.txt", wheel, cwd=folder)


def test_masks_a_photo_from_another_folder(installed: Path, make_photos: MakePhotos, tmp_path: Path) -> None:
    make_photos("anna.jpg")
    done = run(installed / "bin/augment-masks", "faces", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "out/metadata.jsonl").read_text().splitlines()]
    assert [row["mask_type"] for row in rows] == ["cloth", "surgical", "ffp2"]


def test_tells_the_masks_on_a_photo_from_another_folder(
    installed: Path, make_photos: MakePhotos, tmp_path: Path
) -> None:
    make_photos("anna.jpg")
    (tmp_path / "model.onnx").write_bytes(tiny_model())
    done = run(installed / "bin/maskwright", "predict", "faces", "--model", "model.onnx", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["mask_type"] in CLASSES["mask_type"]


def test_the_templates_are_inside(installed: Path, tmp_path: Path) -> None:
    listed = run(installed / "bin/augment-masks", "templates", "list", cwd=tmp_path).stdout
    shipped = sorted(file.parent.name for file in (ROOT / "masks_templates").glob("*/template.yaml"))
    assert [name for name in shipped if name not in listed] == []


def test_the_public_package_works_without_extras(installed: Path, tmp_path: Path) -> None:
    code = "import maskwright; print(len(maskwright.load_templates()), maskwright.__version__)"
    done = run(installed / "bin/python", "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shipped = len(list((ROOT / "masks_templates").glob("*/template.yaml")))
    assert done.stdout.split() == [str(shipped), VERSION]
    typed = {file.parent.name for file in installed.glob("lib/python*/site-packages/*/py.typed")}
    assert typed >= {"maskwright", "pipeline", "stages"}


def test_the_kernels_come_along_where_there_is_a_compiler(installed: Path, tmp_path: Path) -> None:
    code = (
        "from pipeline.faces.compiled.calls import KERNELS; from pipeline.masks.compiled.library import LIBRARY;"
        "print(None not in (KERNELS.library, LIBRARY))"
    )
    done = run(installed / "bin/python", "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (tag,) = [
        line
        for file in installed.glob("lib/python*/site-packages/maskwright-*/WHEEL")
        for line in file.read_text().splitlines()
        if line.startswith("Tag: ")
    ]
    assert (done.stdout == "True\n", tag != "Tag: py3-none-any") == (bool(compiler(os.environ)),) * 2


def test_the_base_install_is_small_and_has_no_torch(installed: Path) -> None:
    files = [path for path in (installed / "lib").rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in files) / 1e6 < MAX_INSTALL_MB
    packages = {path.name for path in installed.glob("lib/python*/site-packages/*")}
    assert packages.isdisjoint({"torch", "dvc", "pyarrow", "pandas", "tests", "generators"})


def test_help_answers_at_once(installed: Path, tmp_path: Path) -> None:
    """CPU time: the clock would measure what else the machine does."""
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert run(installed / "bin/augment-masks", "--help", cwd=tmp_path).stdout.startswith("Usage: augment-masks")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent) < MAX_HELP_S


COMMANDS = {
    "init made": None,
    "init mine --faces faces": None,
    "ingest": "pipeline",
    "dedup": "pipeline",
    "faces": "pipeline",
    "augment": "pipeline",
    "split": "pipeline",
    "curation-report": "pipeline",
    "train": "train",
    "evaluate --model model.pt --external a=classes": "train",
    "audit-leaks faces faces": "pipeline",
    "cross-validate": "train",
    "find-lr": "train",
    "calibrate-dedup --help": None,
    "calibrate-dedup --photos faces": "pipeline",
    "replay out/metadata.jsonl --row 0 --faces faces -o again.jpg": None,
    "replay masked.parquet --id 0 -o again.jpg": "pipeline",
    "predict faces": None,
    "predict faces --model model.pt": "train",
    "preset cpu": None,
    "browse out": None,
    "export out --format coco": None,
    "export-model --model model.pt": "train",
    "review-labels": "pipeline",
    "sources list": None,
    "sources show sample": None,
    "sources check classes": None,
    "sources add classes --yes": None,
    "sources conflicts": "pipeline",
    "status": None,
    "takedown --url https://a.example/1.jpg": "pipeline",
}
"""What is asked of `maskwright`, and the extra that it needs; None where the base install is enough."""


READ_FIRST = (SPLIT_TABLE, KEPT, LINKS, FACES_TABLE, RAW / "sample" / IMAGES)
"""What commands look for before they load what an extra brings."""


@pytest.fixture(scope="module")
def base_project(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with parameters, a photo and an output of `augment-masks`, with tables and models to find."""
    folder = tmp_path_factory.mktemp("base")
    (folder / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    (folder / "faces").mkdir()
    (folder / "faces/anna.jpg").write_bytes((ROOT / "samples/faces/person-000-a.jpg").read_bytes())
    (folder / "classes/no_mask").mkdir(parents=True)
    (folder / "classes/no_mask/anna.jpg").write_bytes((folder / "faces/anna.jpg").read_bytes())
    for name in ("masked.parquet", "model.pt", *READ_FIRST):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    assert run(installed / "bin/augment-masks", "faces", "out", "--mask", "cloth", cwd=folder).returncode == 0
    return folder


def test_every_command_is_asked() -> None:
    assert {words.split()[0] for words in COMMANDS} == {*STAGES, *TOOLS}


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_works_or_names_the_extra_in_one_sentence(installed: Path, base_project: Path, words: str) -> None:
    done = run(installed / "bin/maskwright", *words.split(), cwd=base_project)
    extra = COMMANDS[words]
    if extra is None:
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode == 1
        assert re.fullmatch(rf"Error: \w+ is not installed: pip install 'maskwright\[{extra}\]'\n", done.stderr)


MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "stages").rglob("*.py")
    if '__name__ == "__main__"' in path.read_text()
)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_that_can_be_run_answers(installed: Path, tmp_path: Path, module: str) -> None:
    done = run(installed / "bin/python", "-m", module, "--help", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: ")
