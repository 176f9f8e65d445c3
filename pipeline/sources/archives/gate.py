"""Which members of an archive may be written, decided by their headers alone."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from pipeline.core.file_names import printable
from pipeline.core.params import ArchiveParams
from pipeline.sources.offers import Refusal

SMALL_BYTES = 1 << 20
"""Below this an unpacked member is harmless whatever its ratio: a flat picture packs 1000:1 too."""
_PATH_BYTES = 2048
"""Of a name with its folders: half of what Linux takes, the rest is for where the archive is unpacked."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How far an archive is unpacked; see `ArchiveParams`. A member over `max_member_bytes` is left out."""

    max_members: int
    max_total_bytes: int
    max_member_bytes: int
    max_ratio: float

    @classmethod
    def of(cls, params: ArchiveParams, max_member_bytes: int) -> "ArchiveLimits":
        """The limits of params.yaml in bytes."""
        return cls(params.max_members, int(params.max_total_gb * 2**30), max_member_bytes, params.max_ratio)


class Gate:
    """Decides member by member, with what the whole archive has used up so far."""

    def __init__(self, limits: ArchiveLimits) -> None:
        self._limits = limits
        self._seen: set[str] = set()
        self._total = 0

    def refuse(self, name: str, size: int, packed: int | None) -> Refusal | None:
        """Why a member may not be written, or None; `packed` is its size in the archive where that is known."""
        unsafe = unsafe_name(name)
        if unsafe is not None:
            return Refusal(origin=shown_name(name), reason="unsafe_path", detail=unsafe)
        if size > self._limits.max_member_bytes:
            detail = f"{size} bytes unpacked, at most {self._limits.max_member_bytes} are taken"
            return Refusal(origin=shown_name(name), reason="member_too_large", detail=detail)
        if packed is not None and size > max(SMALL_BYTES, packed * self._limits.max_ratio):
            detail = f"{packed} bytes would unpack to {size}: over {self._limits.max_ratio:g} to 1"
            return Refusal(origin=shown_name(name), reason="compression_bomb", detail=detail)
        if name in self._seen:
            return Refusal(origin=shown_name(name), reason="repeated_member", detail="the name stands there twice")
        self._seen.add(name)
        self._total += size
        return None

    def full(self) -> bool:
        """Whether the archive has used up the space it may take."""
        return self._total > self._limits.max_total_bytes


def unsafe_name(name: str) -> str | None:
    """What is wrong with a member's name, or None.

    >>> unsafe_name("a/../../etc/passwd")
    'a .. component'
    >>> unsafe_name("images/1.jpg") is None
    True
    """
    if _is_too_long(name):
        return "a name too long or nested too deep"
    path = PurePosixPath(name)
    if not path.parts:
        return "an empty name"
    if path.is_absolute() or name[1:2] == ":":
        return "an absolute path"
    if ".." in path.parts:
        return "a .. component"
    return "a control character" if any(ord(character) < 32 for character in name) else None


def _is_too_long(name: str) -> bool:
    """Whether a file system wouldn't take it; one of a megabyte isn't looked into."""
    parts = name.split("/") if len(name) <= _PATH_BYTES else []
    return _bytes(name) > _PATH_BYTES or len(parts) > 32 or any(_bytes(part) > 255 for part in parts)


def _bytes(name: str) -> int:
    return len(name.encode("utf-8", "surrogateescape"))


def shown_name(name: str) -> str:
    """A member's name as text that can be stored and shown, at most its first 500 characters."""
    return printable(name[:500])[:500].replace("\0", "\\0")
