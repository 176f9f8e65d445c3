"""Measure ingest on a made-up MaskedFace-Net of many small files: files a second, and the peak memory of all processes.

    python -m benchmarks.ingest [--files 20000] [--zips]

The files are distinct JPEGs under the real names, in the real layout of CMFD/ and IMFD/, with one damaged file in every
thousand. With `--zips` they are two zip archives, which are unpacked on the way.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import cv2
import numpy as np
import yaml

SUFFIXES = ("Mask", "Mask_Mouth_Chin", "Mask_Nose_Mouth", "Mask_Chin")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Build the files in a temporary folder, ingest them there, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--side", type=int, default=128, help="width and height of a picture, px")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--zips", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingest-") as name:
        project = Path(name)
        size = build(project, arguments.files, arguments.side)
        if arguments.zips:
            pack(project)
        seconds, cpu_seconds, peak = measure(project, arguments.jobs)
    kind = "two zips" if arguments.zips else "a folder"
    side, files = arguments.side, arguments.files
    print(f"{files} files of {side}x{side} px ({size / 2**20:.0f} MB) from {kind}, {arguments.jobs} jobs:")
    print(f"{seconds:.1f} s, {files / seconds:.0f} files/s, peak {peak / 2**20:.0f} MB over all processes")
    print(
        f"{cpu_seconds:.1f} s of CPU time: two cores without other work would do {2 * files / cpu_seconds:.0f} files/s"
    )


def build(project: Path, files: int, side: int) -> int:
    """Write the files below `project`/mfn and return their size in bytes."""
    rng = np.random.default_rng(0)
    portrait = cv2.resize(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8), (side, side), interpolation=cv2.INTER_CUBIC)
    total = 0
    for index in range(files):
        number, suffix = index // 2, SUFFIXES[0] if index % 2 == 0 else SUFFIXES[1 + index // 2 % 3]
        half = "CMFD" if index % 2 == 0 else "IMFD"
        path = project / "mfn" / half / f"{number // 1000 * 1000:05d}" / f"{number:05d}_{suffix}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = encoded(portrait, index)
        path.write_bytes(data[: len(data) // 2] if index % 1000 == 999 else data)
        total += len(data)
    return total


def encoded(portrait: np.ndarray, index: int) -> bytes:
    """A JPEG that differs from every other."""
    picture = portrait.copy()
    cv2.putText(picture, str(index), (4, picture.shape[0] // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255))
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def pack(project: Path) -> None:
    """Replace the tree by a zip a half."""
    for half in ("CMFD", "IMFD"):
        with zipfile.ZipFile(project / f"{half}.zip", "w") as archive:
            for file in sorted((project / "mfn" / half).rglob("*.jpg")):
                archive.write(file, file.relative_to(project / "mfn"))
                file.unlink()
        (project / f"{half}.zip").rename(project / "mfn" / f"{half}.zip")


def measure(project: Path, jobs: int) -> tuple[float, float, int]:
    """Seconds on the clock, seconds of CPU time, and the peak of the resident bytes of the stage and its workers."""
    settings = {"maskedface-net": {"path": "mfn"}}
    params = {"engine": {"jobs": jobs}, "ingest": {"sources": ["maskedface-net"], "settings": settings}}
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "stages.ingest"], cwd=project, env=environment)
    peak, stop = [0], threading.Event()
    watcher = threading.Thread(target=watch, args=(process.pid, peak, stop))
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    stop.set()
    watcher.join()
    if status:
        raise SystemExit(f"ingest failed with status {status}")
    return seconds, usage.ru_utime + usage.ru_stime, peak[0]


def watch(pid: int, peak: list[int], stop: threading.Event) -> None:
    """Keep the largest sum of resident memory over a process and its descendants; shared pages count in each."""
    while not stop.wait(0.05):
        peak[0] = max(peak[0], sum(map(resident, family(pid))))


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(descendant for child in children for descendant in family(int(child)))]


def resident(pid: int) -> int:
    """Resident bytes of one process; 0 once it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except (OSError, IndexError):
        return 0


if __name__ == "__main__":
    main()
