"""Peak memory of every manifest step at a number of records, without a pixel: each step in a process of its own.

    python -m benchmarks.manifest_memory --count 100000

The records are made up, as long as real ones: 68 landmarks, outlines of 60 points, draws of 1 KB, three masked pictures
a face; every tenth photo is a copy of another. `dedup` and `split` are the real stages, with fingerprints in the cache;
the others run what those stages run around the pixels. `evaluation_inputs` imports PyTorch, which is most of what it
takes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np

from pipeline.augment.manifest_masker import Masking, unmasked_photos
from pipeline.augment.manifests import write_maskings
from pipeline.core.paths import FACE_CROPS, FACES, FACES_TABLE, FINGERPRINTS, IMAGES, KEPT, MASKED, RAW
from pipeline.core.records import Face, Image, MaskedImage, MaskType
from pipeline.dedup.fingerprints.fingerprint import Fingerprint, fingerprint_version
from pipeline.faces.extraction import Extraction
from pipeline.faces.writing import write_extractions
from pipeline.sources.inspection import record_id
from pipeline.sources.labels import LabelMap
from pipeline.sources.offers import Inspected, Offer
from pipeline.sources.rows import RowMaker
from pipeline.sources.settings import SourceSettings
from pipeline.storage.manifests import iterate_manifest, read_manifest, write_manifest
from pipeline.storage.shards import StoredFile

MADE = RAW / "made" / IMAGES
MASKS: tuple[MaskType, ...] = ("cloth", "surgical", "ffp2")
LIMIT_MB = 1024


def ingest(count: int) -> None:
    """Rows from inspected offers."""
    settings = SourceSettings.model_validate({"adapter": "folder", "labels": {"bare": {"mask_type": "none"}}})
    maker = RowMaker("made", settings, LabelMap(settings.labels))
    offers = (Offer(origin=f"bare/{n:09d}.jpg", file=Path("x"), labels=("bare",)) for n in range(count))
    found = (Inspected(o, record_id("sha", o.origin) * 2, str(RAW / o.origin), 1024, 1024, 40_000) for o in offers)
    write_manifest(MADE, [row for one in found for row in maker.rows(one)], Image)


def fingerprints(_: int) -> None:
    """What the stage would have found in the pixels: every tenth photo is a copy of the one before."""
    rng = np.random.default_rng(0)
    rows = (_fingerprint(n, image.sha256, rng) for n, image in enumerate(iterate_manifest(MADE, Image)))
    path = FINGERPRINTS / f"{fingerprint_version(with_faces=True)}.parquet"
    write_manifest(path, rows, Fingerprint)


def _fingerprint(number: int, sha256: str, rng: np.random.Generator, last: list[bytes] = []) -> Fingerprint:  # noqa: B006
    if number % 10 != 1:
        last[:] = [rng.bytes(848)]
    data = last[0]
    hashes = [data[start : start + 8].hex() for start in range(0, 48, 8)]
    return Fingerprint(
        sha256=sha256, phash=hashes[0], dhash=hashes[1], mirror=hashes[2], upper=hashes[3], half=hashes[2][::-1],
        quarter=hashes[3][::-1], thumbnail=data[80:336],
        face_phash=hashes[4], face_upper=hashes[5], face_thumbnail=data[336:592], surroundings=data[592:848],
        beside_others=False, passers_by=0, brightness=120.0, contrast=60.0, sharpness=0.1, compression=0.1,
    )  # fmt: skip


def dedup(_: int) -> None:
    """The stage."""
    _stage("dedup")


def faces(_: int) -> None:
    """One face a kept photo, and an index of the crops."""
    images = read_manifest(KEPT, Image)
    write_extractions(map(_extraction, images), FACES, index=True)


def _extraction(image: Image) -> Extraction:
    crop = StoredFile(
        key=image.id, member="jpg", shard=f"{FACE_CROPS}/{image.id}-0.jpg", offset=0, size=9000, sha256=image.sha256
    )
    face = Face(
        id=f"{image.id}-0", image_id=image.id, left=300.1, top=310.2, right=700.3, bottom=800.4, score=0.93,
        detector="yunet", landmarks=_numbers(136), yaw_deg=3.1, pitch_deg=1.2, roll_deg=0.3, sharpness=210.5,
        crop_path=crop.shard, mask_type="none", wear="none", valve="no",
    )  # fmt: skip
    return Extraction([face], [], [crop])


def _numbers(count: int) -> tuple[float, ...]:
    return tuple(300 + 1.7 * place for place in range(count))


def augment(_: int) -> None:
    """Three masked pictures a face, in shards with their index."""
    photos = unmasked_photos(iterate_manifest(KEPT, Image), iterate_manifest(FACES_TABLE, Face))
    maskings = (_masking(photo.image, face) for photo in photos for face in photo.faces)
    write_maskings(maskings, MASKED, index=True)


def _masking(image: Image, face: Face) -> Masking:
    rows = [_masked(image, face, mask) for mask in MASKS]
    members = [(folder, member) for folder in ("images", "crops") for member in ("jpg", "json")]
    files = [
        StoredFile(
            key=row.id, member=member, shard=f"{MASKED}/{folder}/000001.tar", offset=10**6, size=10**5,
            sha256=image.sha256,
        )
        for row in rows
        for folder, member in members
    ]  # fmt: skip
    return Masking(rows, [], files)


def _masked(image: Image, face: Face, mask: MaskType) -> MaskedImage:
    return MaskedImage(
        id=f"{face.id}-{mask}0", face_id=face.id, image_id=image.id, parent_sha256=image.sha256,
        path=f"{MASKED}/images/000001.tar#1000000+{len(mask)}", alpha_path=None,
        crop_path=f"{MASKED}/crops/000001.tar#1000000+{len(mask)}", template=f"{mask}_pleated", mask_type=mask,
        wear="correct", valve="no", seed=7, draw=json.dumps({"values": _numbers(120)}), polygon=_numbers(120),
        mask_left=1.0, mask_top=2.0, mask_right=3.0, mask_bottom=4.0, left=face.left, top=face.top, right=face.right,
        bottom=face.bottom, landmarks=face.landmarks, yaw_deg=1.0, pitch_deg=1.0, roll_deg=1.0, licence="unknown",
    )  # fmt: skip


def split(_: int) -> None:
    """The stage."""
    _stage("split")


def evaluation_inputs(_: int) -> None:
    """What `evaluate` reads of the manifests."""
    from pipeline.evaluation.inputs import dataset_flow, face_geometry

    print(len(face_geometry(Path())), [row.kept for row in dataset_flow(Path(), ["unit"])])


def _stage(name: str) -> None:
    from importlib import import_module

    import_module(f"stages.{name}").command.main([], standalone_mode=False)


STEPS: dict[str, Callable[[int], None]] = {
    step.__name__: step for step in (ingest, fingerprints, dedup, faces, augment, split, evaluation_inputs)
}


@click.command()
@click.option("--count", default=100_000, show_default=True, help="Photos.")
@click.option("--step", type=click.Choice(list(STEPS)), hidden=True)
def main(count: int, step: str | None) -> None:
    """Print seconds and peak memory of each step; exit code 1 where one takes more than a gigabyte."""
    if step:
        STEPS[step](count)
        return
    with tempfile.TemporaryDirectory(prefix="manifests-") as folder:
        project = Path(folder)
        (project / "params.yaml").write_text("ingest: {sources: [made]}\nengine: {jobs: 1}\n")
        peaks = dict(_measured(count, project))
    over = [name for name, peak in peaks.items() if peak > LIMIT_MB]
    sys.exit(f"over {LIMIT_MB} MB: {', '.join(over)}" if over else 0)


def _measured(count: int, project: Path) -> Iterator[tuple[str, float]]:
    root = str(Path(__file__).parents[1])
    for name in STEPS:
        begin = time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.manifest_memory", "--count", str(count), "--step", name]
        process = subprocess.Popen(
            command, cwd=project, env=os.environ | {"PYTHONPATH": root}, stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"{name} failed")
        peak = usage.ru_maxrss / 1024
        print(
            f"{name:20}{time.perf_counter() - begin:8.1f} s{usage.ru_utime + usage.ru_stime:8.1f} CPU s{peak:8.0f} MB"
        )
        yield name, peak


if __name__ == "__main__":
    main()
