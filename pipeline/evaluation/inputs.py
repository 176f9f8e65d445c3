"""What evaluation reads of the other stages: facts about faces, sources, and how many samples came through."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.evaluation.attributes import FaceFacts
from pipeline.evaluation.flow import FlowRow, flow_row
from pipeline.evaluation.report import MaskPair
from pipeline.manifests import read_manifest, read_manifests
from pipeline.records import Assignment, Face, Image, MaskedImage, Rejection
from pipeline.training.data import read_crop

RAW, DEDUP, FACES, MASKED, SPLIT = (Path("data") / name for name in ("raw", "dedup", "faces", "masked", "split"))

_PAIRS = 8
_PAIR_PX = 160


def face_facts(root: Path) -> dict[str, FaceFacts]:
    """Yaw and size of every face, masked or bare, by sample id; of those manifests that are there."""
    faces = _rows(root / FACES / "faces.parquet", Face)
    masked = _rows(root / MASKED / "masked.parquet", MaskedImage)
    return {
        row.id: FaceFacts(row.yaw_deg, max(row.right - row.left, row.bottom - row.top)) for row in (*faces, *masked)
    }


def ingested_images(root: Path) -> list[Image]:
    """The images of every source."""
    return read_manifests(sorted((root / RAW).glob("*/images.parquet")), Image)


def dataset_flow(root: Path) -> list[FlowRow]:
    """One row for each stage whose manifests are there."""
    ingested = [(path, Image, f"ingest {path.parent.name}") for path in sorted((root / RAW).glob("*/images.parquet"))]
    later = [
        (root / DEDUP / "kept.parquet", Image, "dedup"),
        (root / FACES / "faces.parquet", Face, "faces"),
        (root / MASKED / "masked.parquet", MaskedImage, "augment"),
        (root / SPLIT / "split.parquet", Assignment, "split"),
    ]
    units = {Image: "images", Face: "faces", MaskedImage: "masked faces", Assignment: "samples"}
    return [
        flow_row(stage, len(_rows(path, kind)), units[kind], _rows(path.with_name("rejected.parquet"), Rejection))
        for path, kind, stage in (*ingested, *later)
        if path.exists()
    ]


def mask_pairs(root: Path, rows: Sequence[Assignment]) -> list[MaskPair]:
    """Crops of held-out faces before and after, spread over the manifest."""
    crops = {row.sample_id: row.crop_path for row in rows if row.side == "test"}
    masked = [
        row for row in _rows(root / MASKED / "masked.parquet", MaskedImage) if row.id in crops and row.face_id in crops
    ]
    return [
        MaskPair(
            before=read_crop(root / crops[row.face_id], _PAIR_PX),
            after=read_crop(root / crops[row.id], _PAIR_PX),
            caption=f"{row.mask_type}, {row.template}, worn {row.wear.replace('_', ' ')}",
        )
        for row in masked[:: max(1, len(masked) // _PAIRS)][:_PAIRS]
    ]


def _rows(path: Path, kind: Any) -> list[Any]:
    return read_manifest(path, kind) if path.exists() else []
