import gc
import importlib
import os
import subprocess
import sys

import pytest

from stages.running.starting import start_lean, uncollected

_THREADS_OF_A_COMMAND = """
import os, sys
from stages.augment_masks import command
sys.argv = ["augment-masks", "--version"]
try:
    command()
except SystemExit:
    import cv2, numpy
    print(len(os.listdir("/proc/self/task")))
"""


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


def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"OPENBLAS_NUM_THREADS": "3"})
    start_lean()
    assert os.environ == {"OPENBLAS_NUM_THREADS": "3", "PYDANTIC_DISABLE_PLUGINS": "__all__"}


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel for this process's threads")
def test_a_command_has_one_thread_when_its_libraries_are_loaded() -> None:
    free = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", _THREADS_OF_A_COMMAND]
    assert subprocess.run(command, check=True, capture_output=True, text=True, env=free).stdout.split()[-1] == "1"
