import numpy as np

from pipeline.core.libraries import PIXEL_LIBRARIES, installed_versions


def test_versions_are_those_of_what_is_imported() -> None:
    assert installed_versions(["numpy", "no-such-library"]) == {"numpy": np.__version__}


def test_what_decides_pixels_is_installed() -> None:
    """One that has another name one day would no longer be in any key."""
    assert set(installed_versions(PIXEL_LIBRARIES)) == set(PIXEL_LIBRARIES)
