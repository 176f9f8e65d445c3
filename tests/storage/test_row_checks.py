"""Manifests of strangers: what can't be a row is refused by file, row and column before it is computed with."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.fuzz.parsers.rows import SOUND, parquet_of
from pipeline.core.errors import ManifestError
from pipeline.core.records import Face, Image
from pipeline.storage import row_checks
from pipeline.storage.manifests import iterate_columns, read_manifest, schema_of

WILD: dict[str, tuple[dict[str, Any], str]] = {
    "NaN": ({"left": float("nan")}, "left: 'nan' is no finite number"),
    "infinity in a list": ({"landmarks": [1.0, float("inf")]}, "landmarks: 'inf' is no finite number"),
    "beyond any picture": ({"right": 1e300}, r"right: '1e\+300' is beyond any picture"),
    "a word of no column": ({"mask_type": "evil"}, "mask_type: 'evil' is none of none, cloth"),
    "NUL": ({"detector": "a\0b"}, "detector: .* holds NUL"),
    "a path that leads up": ({"crop_path": "a/../../b.jpg"}, "crop_path: .* leads up"),
}


@pytest.mark.parametrize("case", WILD)
def test_a_wild_value_is_named_by_file_row_and_column(tmp_path: Path, case: str) -> None:
    changed, told = WILD[case]
    path = tmp_path / "faces.parquet"
    pq.write_table(pa.Table.from_pylist([SOUND, SOUND, SOUND | changed], schema_of(Face)), path)
    with pytest.raises(ManifestError, match=rf"faces\.parquet: row 2, {told}"):
        read_manifest(path, Face)


def test_a_wild_value_in_a_record_within_a_list_is_found(tmp_path: Path) -> None:
    box = {"left": 1.0, "top": 1.0, "right": float("nan"), "bottom": 9.0, "original_label": "a"}
    box |= {"mask_type": "none", "wear": "none", "valve": "no", "masked": "no"}
    row: dict[str, Any] = {field.name: None for field in schema_of(Image)}
    row |= dict.fromkeys(("mask_type", "wear"), "none") | dict.fromkeys(("valve", "masked"), "no")
    row |= dict.fromkeys(("id", "sha256", "path", "source", "origin", "licence"), "a") | {"synthetic": False}
    row |= {"width_px": 9, "height_px": 9, "boxes": [box]}
    pq.write_table(pa.Table.from_pylist([row | {"boxes": []}, row], schema_of(Image)), tmp_path / "images.parquet")
    with pytest.raises(ManifestError, match="row 1, boxes: 'nan' is no finite number"):
        read_manifest(tmp_path / "images.parquet", Image)


def test_columns_read_alone_are_checked_too(tmp_path: Path) -> None:
    (tmp_path / "faces.parquet").write_bytes(parquet_of(SOUND | {"left": float("nan")}))
    with pytest.raises(ManifestError, match="row 0, left"):
        list(iterate_columns(tmp_path / "faces.parquet", Face, ["left"]))
    assert list(iterate_columns(tmp_path / "faces.parquet", Face, ["top"]))


def test_a_small_file_that_claims_many_values_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "faces.parquet"
    pq.write_table(pa.Table.from_pylist([SOUND | {"landmarks": [1.0] * 200_000}], schema_of(Face)), path)
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(row_checks, "_MOST_VALUES", 100_000)
    with pytest.raises(ManifestError, match="landmarks: 200000 values in one group"):
        read_manifest(path, Face)


def test_the_sound_row_is_taken(tmp_path: Path) -> None:
    (tmp_path / "faces.parquet").write_bytes(parquet_of(SOUND))
    assert json.dumps(read_manifest(tmp_path / "faces.parquet", Face)[0].landmarks)
