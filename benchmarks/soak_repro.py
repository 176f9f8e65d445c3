"""Run the whole road over many photos while the run and its workers are killed, until it ends; then compare its outs.

    python -m benchmarks.soak_repro [--photos FOLDER] [--count 2000] [--every 5] [--until faces]

Its photos are those of a folder, or of the sample, again and darker each time; they are the only source of two
copies of the last commit. One is reproduced undisturbed, the other under fire: every few seconds SIGKILL goes to one of
the processes of `dvc repro`, itself included, upon which the same command is given again. Ends with exit code 1 where
the outs differ.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.storage.images import EXTENSIONS, read_image, write_image

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "samples" / "faces"
_KILLS_AT_MOST = 10_000


def main() -> None:
    """Make the photos and the two copies, run both, and compare what they made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=SAMPLE)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two kills, on average")
    parser.add_argument("--until", default="", help="the last stage; by default all of them")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        photos = Path(name, "photos")
        make_photos(options.photos, photos, options.count)
        calm, shot = (copy_project(Path(name, one), photos, options.jobs) for one in ("calm", "shot"))
        command = [sys.executable, "-m", "dvc", "repro", *([options.until] if options.until else [])]
        calm_s = timed(lambda: subprocess.run(command, cwd=calm, env=environment(calm), check=True))
        kills = 0

        def under_fire() -> None:
            nonlocal kills
            kills = run_under_fire(command, shot, options.every)

        shot_s = timed(under_fire)
        different = compared(calm, shot)
    print(f"{options.count} photos, {kills} kills; {calm_s:.0f} s undisturbed, {shot_s:.0f} s under fire")
    print(f"{len(different)} outs differ" + "".join(f"\n    {path}" for path in different))
    sys.exit(bool(different))


def make_photos(source: Path, folder: Path, count: int) -> None:
    """So many photos: those of the source, again and again, each round darker than the one before."""
    folder.mkdir()
    sound = [rgb for file in sorted(source.rglob("*")) if (rgb := sound_photo(file)) is not None][:count]
    for number in range(count):
        turn, place = divmod(number, len(sound))
        rgb = sound[place]
        write_image(folder / f"{number:05}.jpg", np.asarray(rgb * 0.98**turn, dtype=np.uint8))


def sound_photo(file: Path) -> Rgb | None:
    """The photo; None where it is none, such as the damaged ones of the sample."""
    try:
        return read_image(file).rgb if file.suffix.lower() in EXTENSIONS else None
    except SampleRejected:
        return None


def copy_project(target: Path, photos: Path, jobs: int) -> Path:
    """The project as it is committed, with the photos as its only source."""
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, target], check=True)  # noqa: S607
    document: dict[str, Any] = yaml.safe_load((target / "params.yaml").read_text(encoding="utf-8"))
    document.setdefault("engine", {})["jobs"] = jobs
    document["ingest"]["sources"] = ["soak"]
    document["ingest"]["settings"] = {"soak": {"adapter": "folder", "path": str(photos), "labels": {".": UNMASKED}}}
    (target / "params.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return target


UNMASKED = {"mask_type": "none", "wear": "none", "masked": "no"}


def environment(project: Path) -> dict[str, str]:
    """That of a run in the project, whose own code wins."""
    return {**os.environ, "PYTHONPATH": str(project)}


def run_under_fire(command: list[str], project: Path, every_s: float) -> int:
    """Repeat the command until it ends well; how often something was killed."""
    rng, kills = random.Random(0), 0
    while kills < _KILLS_AT_MOST:
        run = subprocess.Popen(command, cwd=project, env=environment(project), start_new_session=True)
        while run.poll() is None:
            time.sleep(rng.expovariate(1 / every_s))
            if victims := processes_of(run.pid):
                kills += kill(rng.choice(victims))
        if run.returncode == 0:
            return kills
        for left in processes_of(run.pid):  # what a killed parent leaves would write beside the next run
            kill(left)
        drop_torn_lock(project)
    raise RuntimeError(f"not done after {_KILLS_AT_MOST} kills")


def drop_torn_lock(project: Path) -> None:
    """Do what docs/runs.md tells: DVC writes its table of locks in place, and refuses one that a kill has torn."""
    locks = project / ".dvc" / "tmp" / "rwlock"
    try:
        json.loads(locks.read_text(encoding="utf-8") or "{}")
    except FileNotFoundError:
        return
    except ValueError:
        print("soak: DVC's table of locks was torn: removed", flush=True)
        locks.unlink()


def kill(process: int) -> bool:
    """End a process, if it is still there."""
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def processes_of(session: int) -> list[int]:
    """The living processes of a session."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = status.read_text(encoding="utf-8").rpartition(")")[2].split()[:4]
        except (OSError, ValueError):  # it has ended
            continue
        if int(its_session) == session and state != "Z":
            found.append(int(status.parent.name))
    return found


def timed(work: Any) -> float:
    """Seconds that it took."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def compared(calm: Path, shot: Path) -> list[str]:
    """The outs that have other hashes, by the lock files."""
    first, second = (outs(project / "dvc.lock") for project in (calm, shot))
    return sorted(path for path in first.keys() | second.keys() if first.get(path) != second.get(path))


def outs(lock: Path) -> dict[str, str]:
    """The hash of each out."""
    stages = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"].values()
    return {out["path"]: out.get("md5", "") for stage in stages for out in stage.get("outs", ())}


if __name__ == "__main__":
    main()
