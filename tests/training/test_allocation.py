"""Freed memory is kept for the next tensors where the allocator can."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes
import torch
from pipeline.training.allocation import keep_freed_memory

class Usage(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd a b c d keepcost".split()]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Usage
if {keep}:
    assert keep_freed_memory()
tensor = torch.ones(16_000_000)
mapped = libc.mallinfo2().hblkhd
del tensor
print(mapped, libc.mallinfo2().arena)
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or platform.libc_ver()[1] < "2.33", reason="no glibc that tells what it holds"
)
def test_the_memory_of_a_tensor_is_kept_when_it_is_freed():
    usual, kept = (
        [int(size) for size in subprocess.check_output([sys.executable, "-c", PROGRAM.format(keep=keep)]).split()]
        for keep in (False, True)
    )

    assert usual[0] >= 64_000_000  # a block of its own, which is handed back
    assert kept[0] < 64_000_000
    assert kept[1] >= 64_000_000
