"""Archives made to do harm, unpacked in a child process with little memory: rows, and the sound member taken."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fuzz.attacks.archives import GOOD, attacks

MEGABYTES = 160
"""What the child may ask for beyond what it has loaded; the widest window of an attack would be of 4 GB."""
CPU_SECONDS = 120

_CHILD = """
import json, resource, sys
from pathlib import Path
from benchmarks.fuzz import limit_memory
from pipeline.sources.archives.gate import ArchiveLimits
from pipeline.sources.archives.unpacking import unpack

folder, store, megabytes, seconds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
limits = ArchiveLimits(300_000, 1 << 30, 64 << 20, 200)
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
limit_memory(megabytes)
found = {}
for archive in sorted(folder.iterdir()):
    files, refusals = unpack(archive, store, limits)
    good = next(files.rglob("good.jpg"), None)
    found[archive.name] = {
        "good": None if good is None else good.read_text(),
        "count": sum(file.is_file() for file in files.rglob("*")),
        "rows": sorted({refusal.reason for refusal in refusals}),
        "detail": refusals[0].detail if refusals else "",
    }
print(json.dumps(found))
"""

NOTHING_LEFT = {
    "gzip header that breaks off", "xz that asks for a window of 4 GB", "xz header alone", "end alone", "tiny members",
    "zip64 directory of an exabyte", "zip64 directory at an exabyte",
    "zip64 of several disks",
}  # fmt: skip
"""Of these no member can be told."""
HARMLESS = {
    "name that is not UTF-8", "pax name that is not UTF-8", "pax record longer than its header", "empty gzip members",
    "version of the year 3000", "date that does not exist", "local encryption", "names that claim to be UTF-8",
    "archive in an archive",
}  # fmt: skip
"""Nothing of these is refused: what is odd about them doesn't matter."""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What one child made of all of them, by the name of the attack."""
    folder, store = tmp_path_factory.mktemp("attacks"), tmp_path_factory.mktemp("store")
    names = {}
    for number, attack in enumerate(attacks()):
        file = folder / f"{number:03}{attack.suffix}"
        file.write_bytes(attack.make())
        names[file.name] = attack.name
    told = subprocess.run(
        [sys.executable, "-c", _CHILD, folder, store, str(MEGABYTES), str(CPU_SECONDS)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3], env=os.environ,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2000:]
    return {names[file]: found for file, found in json.loads(told.stdout).items()}


@pytest.mark.parametrize("name", [attack.name for attack in attacks()])
def test_an_attack_costs_no_sound_member_and_no_memory(unpacked: dict[str, dict[str, Any]], name: str) -> None:
    found = unpacked[name]
    assert "MemoryError" not in found["detail"]
    if name not in NOTHING_LEFT and name != "names that claim to be UTF-8":
        assert found["good"] == GOOD.decode()
    assert bool(found["rows"]) is (name not in HARMLESS)


def test_members_that_share_bytes_are_a_bomb(unpacked: dict[str, dict[str, Any]]) -> None:
    found = unpacked["members that overlap"]
    assert found["rows"] == ["compression_bomb"]
    assert found["count"] == 2, "the innermost of the twenty, and the sound one"


def test_members_that_nobody_wants_are_not_written_to_be_counted(unpacked: dict[str, dict[str, Any]]) -> None:
    assert unpacked["300 MB of zeros"]["rows"] == ["damaged_archive"]
    assert unpacked["version of the year 3000"]["count"] == 2
