"""What a stranger's file does to the child that looks at it, by what stands in it; importable there."""

import re
from pathlib import Path

from pipeline.sources.archives.gate import ArchiveLimits
from pipeline.sources.archives.unpacking import unpack_here
from pipeline.sources.inspection import Picture, look_at
from pipeline.sources.offers import Refusal
from pipeline.storage.images import ImageLimits
from tests.engine import sandboxed

_ATTACK = re.compile(rb"attack:(\w+);")


def poison(how: str) -> bytes:
    """What makes a file an attack where it stands behind its end."""
    return f"attack:{how};".encode()


def look_at_poison(data: bytes, limits: ImageLimits, boxed: bool) -> Picture:
    _suffer(data)
    return look_at(data, limits, boxed)


def unpack_poison(archive: Path, files: Path, limits: ArchiveLimits, encoding: str) -> tuple[Refusal, ...]:
    """It comes some way first."""
    refusals = unpack_here(archive, files, limits, encoding)
    _suffer(archive.read_bytes())
    return refusals


def _suffer(data: bytes) -> None:
    if found := _ATTACK.search(data):
        sandboxed.misbehave(found[1].decode())
