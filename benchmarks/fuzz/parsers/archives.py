"""Archives: damaged ones, and those that were made to do harm."""

import tempfile
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from benchmarks.fuzz import Fuzzer
from benchmarks.fuzz.attacks import Attack
from benchmarks.fuzz.attacks.archives import attacks
from benchmarks.fuzz.damage import Damaged
from pipeline.core.params import IngestParams
from pipeline.sources.archives.gate import ArchiveLimits
from pipeline.sources.archives.unpacking import unpack

_LIMITS = ArchiveLimits.of(IngestParams().archive, 64 << 20)
_SMALL_BYTES = 20_000
_ATTACKS = attacks()
_SUFFIXES = {attack.name: attack.suffix for attack in _ATTACKS}


def unpacked(archive: Attack | Damaged) -> str:
    """What an archive came to; nothing may lie beside the folder that it is unpacked to."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        path = Path(name, "a" + (archive.suffix if isinstance(archive, Attack) else _SUFFIXES[archive.kind]))
        path.write_bytes(_data(archive) if isinstance(archive, Attack) else archive.data)
        files, refusals = unpack(path, Path(name, "store"), _LIMITS)
        strays = [file for file in Path(name).rglob("*") if file.is_file() and not file.is_relative_to(files)]
        if {file.name for file in strays} != {path.name, "refusals.json", "boot"}:
            raise AssertionError(f"written beside the folder: {strays}")
    return refusals[0].reason if refusals else "taken"


@cache
def _data(attack: Attack) -> bytes:
    """Made once, and only when it is asked for: packing the bombs takes 6 s, and who lists the fuzzers tries none."""
    return attack.make()


def _damaged() -> st.SearchStrategy[Damaged]:
    sound = {attack.name: data for attack in _ATTACKS if len(data := _data(attack)) <= _SMALL_BYTES}
    return st.builds(Damaged.of, st.just(sound), st.sampled_from(sorted(sound)), st.integers(0, 2**32 - 1))


FUZZER = Fuzzer("archives", st.deferred(_damaged), unpacked, _ATTACKS)
