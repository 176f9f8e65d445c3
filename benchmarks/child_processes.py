"""What a command costs in a process of its own: CPU time, peak memory; and how large the base install is."""

import compileall
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent


def cpu_seconds(words: Sequence[str], folder: Path = ROOT) -> float:
    """User and system time of a command and of what it started.

    Raises:
        RuntimeError: it failed.
    """
    child = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime


def own_peak_mb() -> int:
    """Peak memory of this process alone: `getrusage` counts that of the process which started it, too."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def start_seconds(photo: Path, work: Path, runs: int) -> dict[str, float]:
    """CPU time until there is help and until a photo has its mask, models loaded: medians over so many starts.

    The code is compiled before, as pip leaves it: 0.15 to 0.2 s of a start where Python may not keep its bytecode.
    """
    for room in ("pipeline", "stages"):
        compileall.compile_dir(ROOT / room, quiet=1)
    photos = work / "one"
    photos.mkdir()
    shutil.copy(photo, photos)
    command = [sys.executable, "-m", "stages.augment_masks", str(photos)]
    first = [*command, str(work / "first"), "--jobs", "1", "--overwrite"]
    kinds = {"--help": [sys.executable, "-m", "stages.cli", "--help"], "first picture": first}
    return {name: statistics.median(cpu_seconds(words) for _ in range(runs)) for name, words in kinds.items()}


def peer_seconds(peer: Path, photos: Sequence[Path], work: Path) -> float:
    """CPU time a photo that MaskTheFace takes from file to file; `peer` is its checkout with the model it wants.

    Its start is taken off: a run over all photos less one over the first, by the photos between.
    """
    seconds = []
    for name, some in (("few", photos[:1]), ("many", photos)):
        folder = work / f"peer-{name}"
        folder.mkdir()
        for photo in some:
            shutil.copy(photo, folder)
        words = [sys.executable, "mask_the_face.py", "--path", str(folder), "--mask_type", "surgical"]
        seconds.append(cpu_seconds(words, peer))
        shutil.rmtree(folder)
        shutil.rmtree(folder.with_name(f"{folder.name}_masked"), ignore_errors=True)
    return (seconds[1] - seconds[0]) / (len(photos) - 1)


def installed_mb(name: str = "maskwright") -> float:
    """Size in MB of all that a distribution needs without extras, as it lies in this environment."""
    sizes: dict[str, int] = {}
    waiting = [name]
    while waiting:
        wanted = waiting.pop()
        if wanted in sizes:
            continue
        try:
            found = distribution(wanted)
        except PackageNotFoundError:
            sizes[wanted] = 0
            continue
        files = [Path(str(file.locate())) for file in found.files or ()]
        sizes[wanted] = sum(file.stat().st_size for file in files if file.is_file())
        needed = [Requirement(line) for line in found.requires or ()]
        waiting += [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return sum(sizes.values()) / 1e6
