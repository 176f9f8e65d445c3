"""The same bytes on another processor: the libraries' kernels for older and newer ones are asked for by name."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import tree

ROOT = Path(__file__).parents[2]
FACES = sorted((ROOT / "samples" / "faces").glob("person-00*-a.jpg"))[:6]

KERNELS = {
    "OpenBLAS, AMD": {"OPENBLAS_CORETYPE": "Zen"},
    "OpenBLAS, 2008": {"OPENBLAS_CORETYPE": "Nehalem"},
    "OpenBLAS, AVX-512": {"OPENBLAS_CORETYPE": "SkylakeX"},
    "numpy without AVX-512": {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR"},
    "OpenCV without AVX-512": {"OPENCV_CPU_DISABLE": "AVX512-SKX"},
    "PyTorch without AVX-512": {"ATEN_CPU_CAPABILITY": "avx2"},
    "NumPy in the place of our own": {"MASKWRIGHT_NATIVE": "0"},
}


def written(folder: Path, environment: dict[str, str]) -> dict[str, bytes]:
    """All that `augment-masks` writes for a few faces of the sample: boxes, landmarks, pose, masks and pictures."""
    photos = folder / "photos"
    photos.mkdir(parents=True)
    for face in FACES:
        shutil.copy(face, photos)
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "stages.augment_masks",
        str(photos),
        str(folder / "out"),
        "--alpha",
    ]
    known = {
        "OPENBLAS_CORETYPE",
        "NPY_DISABLE_CPU_FEATURES",
        "OPENCV_CPU_DISABLE",
        "ATEN_CPU_CAPABILITY",
        "MASKWRIGHT_NATIVE",
    }
    inherited = {name: value for name, value in os.environ.items() if name not in known}
    subprocess.run([*command, "--jobs", "1"], check=True, cwd=ROOT, env=inherited | environment, capture_output=True)
    return {name: data for name, data in tree(folder / "out").items() if not name.startswith(".")}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What this processor's kernels give."""
    return written(tmp_path_factory.mktemp("here"), {})


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the promise is about x86-64")
@pytest.mark.parametrize("kernels", KERNELS)
def test_other_kernels_change_no_byte(tmp_path: Path, here: dict[str, bytes], kernels: str) -> None:
    assert len(here) > 3 * len(FACES)
    assert written(tmp_path, KERNELS[kernels]) == here


def test_nothing_is_asked_of_opencv_that_depends_on_addresses() -> None:
    """By Intel's kernels their last digits depend on where in memory planes lie: one mask in 500 differed."""
    asked = [
        f"{file.relative_to(ROOT)}: {call}"
        for folder in ("pipeline", "stages")
        for file in sorted((ROOT / folder).rglob("*.py"))
        for call in ("cv2.magnitude(", "cv2.cartToPolar(", "cv2.phase(")
        if call in file.read_text()
    ]
    assert asked == []
