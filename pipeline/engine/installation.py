"""What must be equal on two machines for the same bytes to come out."""

import platform

from pipeline.core.libraries import PIXEL_LIBRARIES, installed_versions
from pipeline.core.version import VERSION
from pipeline.storage.digests import digest_of_modules

_PACKAGES = (*PIXEL_LIBRARIES, "face_recognition_models", "dask", "distributed")
_CODE = digest_of_modules("pipeline")[:12]
"""Read once: a worker that started before the code was changed still runs the old one."""


def installation() -> dict[str, str]:
    """Versions by name: of Python, of the packages that decide a byte, and of this package with its code's digest."""
    python = ".".join(platform.python_version_tuple()[:2])
    packages = dict.fromkeys(_PACKAGES, "missing") | installed_versions(_PACKAGES)
    return {"python": python, **packages, "maskwright": VERSION, "maskwright's code": _CODE}


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """What differs, such as `numpy 2.3.1, not 2.4.6`."""
    return [f"{name} {found.get(name)}, not {value}" for name, value in expected.items() if found.get(name) != value]
