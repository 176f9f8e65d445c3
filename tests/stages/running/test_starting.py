import gc
import importlib

import pytest

from stages.running.starting import uncollected


def rested(module: str = "gc") -> bool:
    """Whether the collector is on while a module is imported."""
    with uncollected():
        importlib.import_module(module)
        return gc.isenabled()


@pytest.mark.parametrize("is_on", [True, False])
def test_the_collector_rests_and_is_then_as_before(is_on: bool) -> None:
    was_on = gc.isenabled()
    try:
        (gc.enable if is_on else gc.disable)()
        assert rested() is False
        with pytest.raises(ImportError):
            rested("no_such_module")
        assert gc.isenabled() == is_on
    finally:
        (gc.enable if was_on else gc.disable)()
