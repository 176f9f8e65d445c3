"""CPU time of decoding alone and of decoding with fingerprints, on the images of a folder.

python -m benchmarks.hashing_speed FOLDER
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import click
import cv2
from threadpoolctl import threadpool_limits

from pipeline.core.errors import SampleRejected
from pipeline.dedup.fingerprints.face_patch import make_aligner
from pipeline.dedup.fingerprints.fingerprint import DRAFT_SIDE_PX, Fingerprint, fingerprint, fingerprint_grey
from pipeline.storage.images import EXTENSIONS, decode_grey, decode_image

decode_draft = partial(decode_image, draft_side_px=DRAFT_SIDE_PX)
decode_grey_draft = partial(decode_grey, draft_side_px=DRAFT_SIDE_PX)
Times = dict[str, list[float]]


def hash_from_grey(data: bytes) -> Fingerprint:
    """As `dedup` does it without aligned faces."""
    return fingerprint_grey("", decode_grey_draft(data))


def hash_from_colours(data: bytes) -> Fingerprint:
    """As `dedup` does it with aligned faces, less the faces."""
    return fingerprint("", decode_draft(data))


WAYS: dict[str, Callable[[bytes], object]] = {
    "decode": decode_image,
    "decode draft": decode_draft,
    "decode grey draft": decode_grey_draft,
    "decode grey draft, hash": hash_from_grey,
    "decode draft, hash": hash_from_colours,
}


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--limit", default=300, show_default=True)
@click.option("--rounds", default=15, show_default=True)
@click.option("--faces", is_flag=True, help="Also with an aligned face.")
def main(folder: Path, limit: int, rounds: int, faces: bool) -> None:
    """Print milliseconds of CPU time a photo, the median of the rounds and their range; all ways take turns."""
    cv2.setNumThreads(1)
    files = [file for file in sorted(folder.rglob("*")) if file.suffix.lower() in EXTENSIONS][:limit]
    photos = [data for data in (file.read_bytes() for file in files) if _decodes(data)]
    ways = dict(WAYS)
    if faces:
        align = make_aligner()
        ways["decode draft, hash, face"] = lambda data: fingerprint("", decode_draft(data), align)
    with threadpool_limits(1):
        times = _take_turns(photos, ways, rounds)
    print(f"{len(photos)} photos, {rounds} rounds, ms a photo")
    for name, rows in times.items():
        print(f"  {name:26} {median(rows):.3f} [{min(rows):.3f}, {max(rows):.3f}]")
    print("speed with hashing as a share of the speed of decoding alone, median of the rounds' ratios [range]")
    for hashing in (name for name in times if "hash" in name):
        shares = ", ".join(f"{alone} {_share(times[alone], times[hashing])}" for alone in list(WAYS)[:3])
        print(f"  {hashing:26} of {shares}")


def _decodes(data: bytes) -> bool:
    try:
        decode_image(data)
    except SampleRejected:
        return False
    return True


def _take_turns(photos: list[bytes], ways: dict[str, Callable[[bytes], object]], rounds: int) -> Times:
    times: Times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, function in ways.items():
            started = time.process_time()
            for data in photos:
                function(data)
            times[name].append(1000 * (time.process_time() - started) / max(len(photos), 1))
    return times


def _share(alone: list[float], hashing: list[float]) -> str:
    ratios = [one / other for one, other in zip(alone, hashing, strict=True)]
    return f"{median(ratios):.0%} [{min(ratios):.0%}, {max(ratios):.0%}]"


if __name__ == "__main__":
    main()
