"""Versions of the libraries that this package stands on."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

PIXEL_LIBRARIES = ("dlib-bin", "numpy", "onnxruntime", "opencv-python-headless", "pillow")
"""What decides pixels, landmarks and boxes beside this package's own code."""


def installed_versions(names: Iterable[str]) -> dict[str, str]:
    """Version by name of those distributions that are installed.

    >>> installed_versions(["no-such-library"])
    {}
    """
    found = {name: _version(name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:  # of an extra that isn't installed
        return None
