"""Seconds, CPU seconds and peak memory of every export of 100,000 boxes: each in a process of its own.

    python -m benchmarks.export_formats --boxes 100000

The records are made up, as long as real ones: 68 landmarks, outlines of 130 points, draws of 1 KB, three masked
pictures a photo of one face. `project` exports them from manifests, `folder` from the rows of an output of
`augment-masks`, which are JSON of 6 KB each. The pictures are small JPEGs, a file each, linked into the export unless
`--files` says otherwise.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from typing import Literal

import click
import numpy as np

from pipeline.core import paths
from pipeline.core.records import Assignment, Face, Image, MaskedImage, MaskType
from pipeline.exchange.formats import WRITERS
from pipeline.storage.images import encode_image
from pipeline.storage.manifests import write_manifest

MASKS: tuple[MaskType, ...] = ("cloth", "surgical", "ffp2")
MOST_SECONDS, MOST_MB = 20, 500
_SIDE_PX = 1024
_POINTS = 130
_OUTLINE = tuple(float(300 + place) for place in range(2 * _POINTS))
"""Of a drawn mask: it follows the pixels."""

Data = Literal["project", "folder"]
_FOLDERS: dict[Data, Path] = {"project": paths.DATA, "folder": Path("OUT")}


def write_project(root: Path, photos: int) -> None:
    """Manifests of photos with a face and three masked pictures each, and a file for each picture."""
    ids = [f"{number:032x}" for number in range(photos)]
    write_manifest(root / paths.KEPT, map(_image, ids), Image)
    write_manifest(root / paths.FACES_TABLE, map(_face, ids), Face)
    write_manifest(root / paths.MASKED_TABLE, (_masked(one, mask) for one in ids for mask in MASKS), MaskedImage)
    write_manifest(root / paths.SPLIT_TABLE, (row for one in ids for row in _assignments(one)), Assignment)
    _write_files(root, (name for one in ids for name in (_photo(one), *(_picture(one, mask) for mask in MASKS))))


def write_folder(root: Path, pictures: int) -> None:
    """The rows of as many pictures, and a file for each."""
    out = root / _FOLDERS["folder"]
    out.mkdir()
    names = [f"images/{MASKS[number % 3]}/{number // 3:09d}-0-{MASKS[number % 3]}0.jpg" for number in range(pictures)]
    with (out / "metadata.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(_row(number, name)) + "\n" for number, name in enumerate(names))
    _write_files(out, names)


def _write_files(root: Path, names: Iterator[str] | list[str]) -> None:
    """A small JPEG under each name."""
    data = encode_image(np.full((64, 64, 3), 128, dtype=np.uint8))
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _photo(image_id: str) -> str:
    return f"photos/{image_id[-4:-2]}/{image_id}.jpg"


def _picture(image_id: str, mask: MaskType) -> str:
    return f"{paths.MASKED}/images/{image_id}-0-{mask}0.jpg"


def _image(image_id: str) -> Image:
    return Image(
        id=image_id, sha256=image_id * 2, path=_photo(image_id), source="made", origin=f"{image_id}.jpg",
        width_px=_SIDE_PX, height_px=_SIDE_PX, licence="CC-BY-4.0", author="Someone", mask_type="none", wear="none",
        masked="no",
    )  # fmt: skip


def _face(image_id: str) -> Face:
    return Face(
        id=f"{image_id}-0", image_id=image_id, left=300.1, top=310.2, right=700.3, bottom=800.4, score=0.93,
        detector="yunet", landmarks=_numbers(136), yaw_deg=3.1, pitch_deg=1.2, roll_deg=0.3, sharpness=210.5,
        crop_path="x.jpg", mask_type="none", wear="none", valve="no", masked="no",
    )  # fmt: skip


def _masked(image_id: str, mask: MaskType) -> MaskedImage:
    return MaskedImage(
        id=f"{image_id}-0-{mask}0", face_id=f"{image_id}-0", image_id=image_id, parent_sha256=image_id * 2,
        path=_picture(image_id, mask), alpha_path=None, crop_path="x.jpg", template=f"{mask}_pleated", mask_type=mask,
        wear="correct", valve="no", seed=7, draw=json.dumps({"values": _numbers(120)}), polygon=_OUTLINE,
        mask_left=300.0, mask_top=500.0, mask_right=700.0, mask_bottom=820.0, left=300.1, top=310.2, right=700.3,
        bottom=800.4, landmarks=_numbers(136), yaw_deg=1.0, pitch_deg=1.0, roll_deg=1.0, licence="CC-BY-4.0",
    )  # fmt: skip


def _assignments(image_id: str) -> Iterator[Assignment]:
    for sample in (f"{image_id}-0", *(f"{image_id}-0-{mask}0" for mask in MASKS)):
        yield Assignment(
            sample_id=sample, image_id=image_id, group=image_id, side=("train", "val", "test")[int(image_id, 16) % 3],
            mask_type="none", wear="none", valve="no", source="made", synthetic=False, template=None, crop_path="x.jpg",
        )  # fmt: skip


def _row(number: int, name: str) -> dict[str, object]:
    points = [list(pair) for pair in zip(_OUTLINE[::2], _OUTLINE[1::2], strict=True)]
    return {
        "file_name": name, "mask_type": MASKS[number % 3], "wear": "correct", "valve": "no", "template": "any",
        "seed": 7, "polygon": points, "mask_box": [300.0, 500.0, 700.0, 820.0],
        "draw": json.dumps({"values": _numbers(120)}), "face_box": [300.1, 310.2, 700.3, 800.4], "face_score": 0.93,
        "landmarks": points[:68], "yaw_deg": 1.0, "pitch_deg": 1.0, "roll_deg": 1.0, "face_index": 0,
        "faces_in_photo": 1, "width_px": _SIDE_PX, "height_px": _SIDE_PX, "parent": f"{number // 3:09d}.jpg",
        "parent_sha256": f"{number // 3:064x}",
    }  # fmt: skip


def _numbers(count: int) -> tuple[float, ...]:
    return tuple(round(300 + 1.7 * place, 2) for place in range(count))


@click.command()
@click.option("--boxes", default=100_000, show_default=True, help="How many faces are exported.")
@click.option("--files", default="link", show_default=True, type=click.Choice(["copy", "link", "none"]))
@click.option("--of", default="faces", show_default=True, type=click.Choice(["faces", "masks"]))
@click.option("--format", "forms", multiple=True, type=click.Choice(list(WRITERS)), help="Repeatable.  [all]")
@click.option("--data", "kinds", multiple=True, type=click.Choice(list(_FOLDERS)), help="Repeatable.  [both]")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where it works.  [a temporary one]")
def main(
    *, boxes: int, files: str, of: str, forms: tuple[str, ...], kinds: tuple[Data, ...], folder: Path | None
) -> None:
    """Print the figures of each export; exit code 1 where one takes more than 20 CPU seconds or 500 MB."""
    over = []
    with tempfile.TemporaryDirectory(prefix="exports-", dir=folder) as place:
        for kind in kinds or _FOLDERS:
            root = Path(place) / kind
            root.mkdir()
            (write_project if kind == "project" else write_folder)(root, boxes // 4 if kind == "project" else boxes)
            for form in forms or WRITERS:
                # a shard holds the pixels
                seconds, peak = _measured(root, kind, form, "copy" if WRITERS[form].needs_pixels else files, of)
                over += [f"{form} of a {kind}"] if seconds > MOST_SECONDS or peak > MOST_MB else []
    sys.exit(f"over {MOST_SECONDS} CPU s or {MOST_MB} MB: {', '.join(over)}" if over else 0)


def _measured(root: Path, kind: Data, form: str, files: str, of: str) -> tuple[float, float]:
    """CPU seconds and megabytes of one export."""
    command = [sys.executable, "-m", "stages.cli", "export", str(root / _FOLDERS[kind]), "--format", form]
    command += ["--files", files, "--of", of, "--out", str(root / "export")]
    begin = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    rmtree(root / "export", ignore_errors=True)
    if status:
        raise SystemExit(f"{form} of a {kind} failed")
    spent, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    print(f"{kind:8}{form:12}{files:6}{time.perf_counter() - begin:8.1f} s{spent:8.1f} CPU s{peak:8.0f} MB", flush=True)
    return spent, peak


if __name__ == "__main__":
    main()
