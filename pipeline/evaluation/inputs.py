"""What evaluation reads of the other stages: how faces lie, sources, and how many samples came through."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pipeline.core.locations import Location, located
from pipeline.core.paths import FACES_TABLE, KEPT, MASKED_TABLE, REJECTED, SPLIT_TABLE
from pipeline.core.records import Assignment, Face, Image, MaskedImage, MaskType, Rejection, Wear
from pipeline.evaluation.attributes import FaceGeometry
from pipeline.evaluation.flow import FlowRow, flow_row
from pipeline.evaluation.report import MaskPair
from pipeline.storage.crop_files import read_crop
from pipeline.storage.ingested import ingested_manifests
from pipeline.storage.manifests import count_records, iterate_manifest

_PAIRS = 8
_PAIR_PX = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class PosedFace:
    """The columns of a `Face` or a `MaskedImage` that say how a face stands in its photo."""

    id: str
    left: float
    top: float
    right: float
    bottom: float
    yaw_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedTwin:
    """The columns of a `MaskedImage` that a picture of it beside its bare face needs."""

    id: str
    face_id: str
    template: str
    mask_type: MaskType
    wear: Wear


def face_geometry(root: Path) -> dict[str, FaceGeometry]:
    """Yaw and size of every face, masked or bare, by sample id; of those manifests that are there."""
    manifests = ((root / FACES_TABLE, Face), (root / MASKED_TABLE, MaskedImage))
    return {
        row.id: FaceGeometry(row.yaw_deg, max(row.right - row.left, row.bottom - row.top))
        for path, kind in manifests
        for row in _rows(path, PosedFace, kind)
    }


def dataset_flow(root: Path, sources: Sequence[str]) -> list[FlowRow]:
    """One row for each stage whose manifests are there; of the sources those that are named."""
    ingested = [(path, Image, f"ingest {path.parent.name}") for path in ingested_manifests(root, sources)]
    later = [
        (root / KEPT, Image, "dedup"),
        (root / FACES_TABLE, Face, "faces"),
        (root / MASKED_TABLE, MaskedImage, "augment"),
        (root / SPLIT_TABLE, Assignment, "split"),
    ]
    units = {Image: "images", Face: "faces", MaskedImage: "masked faces", Assignment: "samples"}
    return [
        flow_row(stage, count_records(path), units[kind], _rows(path.with_name(REJECTED), Rejection))
        for path, kind, stage in (*ingested, *later)
        if path.exists()
    ]


def mask_pairs(root: Path, pixels: Location, rows: Sequence[Assignment]) -> list[MaskPair]:
    """Crops of held-out faces before and after, of each type alike; `pixels` is what their paths begin at."""
    crops = {row.sample_id: row.crop_path for row in rows if row.side == "test"}
    masked = [
        row for row in _rows(root / MASKED_TABLE, MaskedTwin, MaskedImage) if row.id in crops and row.face_id in crops
    ]
    return [
        MaskPair(
            before=read_crop(located(pixels, crops[row.face_id]), _PAIR_PX),
            after=read_crop(located(pixels, crops[row.id]), _PAIR_PX),
            caption=f"{row.mask_type}, {row.template}, worn {row.wear.replace('_', ' ')}",
        )
        for row in _of_each_type(masked, _PAIRS)
    ]


def _of_each_type(rows: Sequence[MaskedTwin], count: int) -> list[MaskedTwin]:
    """So many rows, as evenly over the types as their numbers allow, each type's spread over the manifest."""
    types = sorted({row.mask_type for row in rows})
    spread = [_spread([row for row in rows if row.mask_type == one], -(-count // len(types))) for one in types]
    return [row for turn in zip_longest(*spread) for row in turn if row is not None][:count]


def _spread(rows: Sequence[MaskedTwin], count: int) -> list[MaskedTwin]:
    return [rows[place * len(rows) // count] for place in range(count)] if len(rows) > count else list(rows)


def _rows(path: Path, kind: Any, full: Any = None) -> list[Any]:
    return list(iterate_manifest(path, kind, full)) if path.exists() else []
