"""Sound bytes, damaged: bits, fields, lengths and parts, from a seed."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

Generator = np.random.Generator
_EXTREMES = (0, 1, 2, 3, 7, 8, 15, 16, 127, 128, 255, 256, 32767, 32768, 65535, 2**31 - 1, 2**31, 2**32 - 1)


@dataclass(frozen=True, slots=True)
class Damaged:
    """A damaged copy of one of some sound files.

    Attributes:
        kind: Which of them.
        number: The seed of the damage.
        data: What came of it.
    """

    kind: str
    number: int
    data: bytes = field(repr=False)

    @classmethod
    def of(cls, sound: dict[str, bytes], kind: str, number: int) -> "Damaged":
        """The copy that a seed stands for."""
        rng, names = np.random.default_rng(number), sorted(sound)
        return cls(kind, number, damage(sound[kind], rng, sound[names[int(rng.integers(len(names)))]]))


def damage(data: bytes, rng: Generator, other: bytes) -> bytes:
    """The file with one to four kinds of damage."""
    for _ in range(int(rng.integers(1, 5))):
        way = _WAYS[int(rng.integers(len(_WAYS)))]
        data = way(data or b"\0", rng, other)
    return data


def _flip_bits(data: bytes, rng: Generator, _: bytes) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(len(data), size=int(rng.integers(1, 17))):
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _edit_header(data: bytes, rng: Generator, _: bytes) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(min(64, len(data)), size=int(rng.integers(1, 4))):
        changed[place] = int(rng.integers(256))
    return bytes(changed)


def _set_field(data: bytes, rng: Generator, _: bytes) -> bytes:
    """A length, count or offset becomes extreme."""
    width = int(rng.choice([1, 2, 4]))
    order: Literal["little", "big"] = "little" if rng.random() < 0.5 else "big"
    value: int = int(rng.choice(np.array(_EXTREMES, dtype=np.uint64))) % 2 ** (8 * width)
    place = int(rng.integers(min(len(data), 1024)))
    return data[:place] + value.to_bytes(width, order) + data[place + width :]


def _cut(data: bytes, rng: Generator, _: bytes) -> bytes:
    return data[: int(rng.integers(len(data)))]


def _remove(data: bytes, rng: Generator, _: bytes) -> bytes:
    start, size = int(rng.integers(len(data))), int(rng.integers(1, 300))
    return data[:start] + data[start + size :]


def _repeat(data: bytes, rng: Generator, _: bytes) -> bytes:
    start, size = int(rng.integers(len(data))), int(rng.integers(1, 300))
    return data[: start + size] + data[start:]


def _insert(data: bytes, rng: Generator, _: bytes) -> bytes:
    place = int(rng.integers(len(data)))
    return data[:place] + rng.bytes(int(rng.integers(1, 100))) + data[place:]


def _splice(data: bytes, rng: Generator, other: bytes) -> bytes:
    start, size = int(rng.integers(len(other))), int(rng.integers(1, 400))
    place = int(rng.integers(len(data)))
    return data[:place] + other[start : start + size] + data[place + (size if rng.random() < 0.5 else 0) :]


_WAYS = (_flip_bits, _edit_header, _set_field, _set_field, _cut, _remove, _repeat, _insert, _splice)
