"""How the process gets memory from the system while it trains."""

import ctypes

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
"""Names of mallopt's dials in glibc's malloc.h."""

_TOP_PAD_BYTES = 256 << 20


def keep_freed_memory() -> bool:
    """Have the allocator keep freed memory for the next tensors; says whether it could.

    glibc maps each large block anew and hands it back when it is freed, so that every step of training asks the system
    for the same pages again, and the system clears them. Kept, they cost nothing; the process stays as large as it was
    at its largest. Without glibc nothing changes.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    dials = ((_TRIM_THRESHOLD, -1), (_TOP_PAD, _TOP_PAD_BYTES), (_MMAP_MAX, 0))
    accepted = [mallopt(dial, value) for dial, value in dials]
    return all(accepted)
