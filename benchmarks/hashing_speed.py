"""CPU time of decoding alone and of decoding with fingerprints, on the images of a folder.

python -m benchmarks.hashing_speed FOLDER
"""

import time
from collections.abc import Callable
from pathlib import Path

import click
import cv2

from pipeline.curation.face_alignment import make_aligner
from pipeline.curation.fingerprints import DRAFT_SIDE_PX, fingerprint
from pipeline.errors import SampleRejected
from pipeline.images import EXTENSIONS, decode_image


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--limit", default=300, show_default=True)
def main(folder: Path, limit: int) -> None:
    """Print milliseconds of CPU time a photo, the best of three rounds."""
    cv2.setNumThreads(1)
    files = [file for file in sorted(folder.rglob("*")) if file.suffix.lower() in EXTENSIONS][:limit]
    photos = [data for data in (file.read_bytes() for file in files) if _decodes(data)]
    align = make_aligner()
    full = _time(photos, decode_image)
    draft = _time(photos, lambda data: decode_image(data, draft_side_px=DRAFT_SIDE_PX))
    plain = _time(photos, lambda data: fingerprint("", decode_image(data, draft_side_px=DRAFT_SIDE_PX)))
    faces = _time(photos, lambda data: fingerprint("", decode_image(data, draft_side_px=DRAFT_SIDE_PX), align))
    print(f"{len(photos)} photos, ms each: decode {full:.2f}, decode as draft {draft:.2f}")
    print(f"draft and fingerprint {plain:.2f}: {full / plain:.0%} of the speed of decode, {draft / plain:.0%} of draft")
    print(f"the same with an aligned face {faces:.2f}")


def _decodes(data: bytes) -> bool:
    try:
        decode_image(data)
    except SampleRejected:
        return False
    return True


def _time(photos: list[bytes], function: Callable[[bytes], object]) -> float:
    rounds = []
    for _ in range(3):
        started = time.process_time()
        for data in photos:
            function(data)
        rounds.append(time.process_time() - started)
    return 1000 * min(rounds) / max(len(photos), 1)


if __name__ == "__main__":
    main()
