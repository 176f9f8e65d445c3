import pytest

from pipeline.core.errors import TemplateError
from pipeline.masks.parts.prints import print_names, read_print


def test_prints_hold_palette_indices() -> None:
    for name in print_names("tile_") + print_names("motif_"):
        assert set(read_print(name).ravel()) <= {0, 1, 2, 3}


def test_an_unknown_print_is_an_error() -> None:
    with pytest.raises(TemplateError, match="no such print"):
        read_print("tile_nothing")
