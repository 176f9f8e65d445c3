"""Rows that strangers hand over: a line of `metadata.jsonl` for `replay`, and manifests of wild values."""

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from benchmarks.fuzz import Fuzzer
from pipeline.augment.replay import logged_in_metadata
from pipeline.core.records import Face
from pipeline.storage.manifests import read_manifest, schema_of

_NUMBERS = st.one_of(
    st.integers(-(10**400), 10**400), st.floats(), st.sampled_from([10**400, 1e308, -1e308, float("nan"), float("inf")])
)
_WORDS = st.one_of(st.text(max_size=20), st.sampled_from(["/etc/passwd", "../../a.jpg", "a\0b", "a.jpg", "[" * 9999]))
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
_LINES = st.fixed_dictionaries(
    {"parent": _WORDS, "parent_sha256": _VALUES, "file_name": _WORDS, "draw": _VALUES, "landmarks": _VALUES}
)

SOUND: dict[str, Any] = {
    "id": "a", "image_id": "b", "left": 1.0, "top": 1.0, "right": 9.0, "bottom": 9.0, "score": 1.0, "detector": "yunet",
    "landmarks": [1.0] * 136, "yaw_deg": 0.0, "pitch_deg": 0.0, "roll_deg": 0.0, "sharpness": 1.0, "crop_path": "a.jpg",
    "mask_type": "none", "wear": "none", "valve": "no", "masked": "no", "landmarks_by": "dlib",
}  # fmt: skip
"""A row of `faces.parquet`."""
_WILD: dict[type, st.SearchStrategy[Any]] = {float: st.floats(), str: _WORDS, list: st.lists(st.floats(), max_size=200)}


def _wild_face() -> st.SearchStrategy[dict[str, Any]]:
    changed = st.fixed_dictionaries({}, optional={name: _WILD[type(value)] for name, value in SOUND.items()})
    return changed.map(lambda some: SOUND | some)


def parquet_of(row: dict[str, Any], schema: pa.Schema | None = None) -> bytes:
    """A manifest of one row."""
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row], schema or schema_of(Face)), buffer)
    return buffer.getvalue()


def read(data: str | bytes) -> str:
    """`row` where it can be computed with: a line of JSON, or a manifest."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        path = Path(name, "table")
        if isinstance(data, bytes):
            path.write_bytes(data)
            return "row" if read_manifest(path, Face) else "nothing"
        path.write_text(data, encoding="utf-8", errors="surrogatepass")
        (Path(name) / "a.jpg").touch()
        logged_in_metadata(path, 0, Path(name))
    return "row"


FUZZER = Fuzzer(
    "rows",
    st.one_of(_LINES.map(json.dumps), _wild_face().map(parquet_of)),
    read,
    (
        '{"draw": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"draw": "x", "landmarks": ' + str([10**400] * 136) + ', "parent": "a.jpg", "parent_sha256": ""}',
        '{"draw": "x", "landmarks": ' + str([1e39] * 136) + ', "parent": "a.jpg", "parent_sha256": ""}',
        "7",
        "\0",
        parquet_of(SOUND),
        parquet_of(SOUND | {"left": float("nan")}),
        parquet_of(SOUND | {"mask_type": "evil"}),
        parquet_of(SOUND | {"crop_path": "../../etc/passwd"}),
        parquet_of({"id": "a"}, pa.schema([("id", pa.string())])),
        parquet_of(SOUND | {"left": "a"}, schema_of(Face).set(2, pa.field("left", pa.string()))),
        parquet_of(SOUND)[:400],
        b"PAR1" * 9,
    ),
)
