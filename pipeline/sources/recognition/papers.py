"""What kind of annotation a file is, by its name and what stands in it: each file is of one kind at most."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.coco import is_coco
from pipeline.sources.adapters.csv_columns import is_number
from pipeline.sources.adapters.csv_headers import HUMANS_IN_THE_LOOP
from pipeline.sources.adapters.csv_tables import ENDINGS, Table, TableSettings, read_table
from pipeline.sources.adapters.cvat import is_cvat
from pipeline.sources.adapters.imagefolder import METADATA
from pipeline.sources.adapters.label_studio import is_label_studio
from pipeline.sources.adapters.layout import annotation_bytes
from pipeline.sources.adapters.tree import TreeFile
from pipeline.sources.adapters.yolo import begins_as_labels
from pipeline.sources.adapters.yolo_classes import is_class_file, read_class_file
from pipeline.sources.offers import Refusal
from pipeline.sources.papers import UnsafeXmlError, decode_text, parse_xml

_SHOWN = 8
# fmt: off
BINARY = {
    ".parquet": "a table in Parquet", ".arrow": "a table in Arrow", ".feather": "a table in Arrow",
    ".pkl": "a pickle", ".pickle": "a pickle", ".mat": "MATLAB", ".npy": "an array", ".npz": "arrays",
    ".h5": "HDF5", ".hdf5": "HDF5", ".tfrecord": "TensorFlow records", ".record": "TensorFlow records",
    ".xlsx": "a spreadsheet", ".xls": "a spreadsheet", ".ods": "a spreadsheet",
    ".db": "a database", ".sqlite": "a database", ".mdb": "a database",
}
# fmt: on
"""Endings of what labels may stand in, and no adapter reads."""
_CLASSES = "classes"
"""A file that names classes: it belongs to YOLO's layout, and alone it is none."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What one file beside the images is.

    Attributes:
        adapter: Which one reads it; None where none does, or where it says nothing by itself.
        what: In words for a person; empty where it is no annotation file as far as its kind tells.
    """

    adapter: str | None
    what: str

    @property
    def speaks(self) -> bool:
        """Whether it says something of images for certain; else what stands in it must tell."""
        return self.adapter is not None or self.what in BINARY.values()


def judged(file: TreeFile, in_shard: bool = False) -> Paper:
    """What a file is; `in_shard` says that it came out of a tar archive that holds samples.

    Of a file that can't be read it is told that it can't.
    """
    name = file.name.lower()
    if name in METADATA:
        return Paper("imagefolder", "metadata of Hugging Face")
    if name == "mfr2_labels.txt":
        return Paper("mfr2", "labels of MFR2")
    kinds: dict[str, Callable[[TreeFile, bool], Paper]] = {
        ".json": _json, ".xml": _xml, ".txt": _text, **dict.fromkeys(ENDINGS, _table),
    }  # fmt: skip
    if in_shard and name.endswith(".cls"):
        return Paper("webdataset", "the class of a sample")
    ending = PurePosixPath(name).suffix
    try:
        if is_class_file(file):
            return _class_file(file)
        return kinds[ending](file, in_shard) if ending in kinds else Paper(None, _other(ending))
    except (ValueError, SourceError, RecursionError) as error:
        return Paper(None, f"cannot be read: {str(error)[:200]}")


def _other(ending: str) -> str:
    """Endings that labels are known to have; other files are no annotations as far as these tell."""
    return BINARY.get(ending, "JSON lines" if ending == ".jsonl" else "")


def _class_file(file: TreeFile) -> Paper:
    read = read_class_file(file)
    if isinstance(read, Refusal):
        return Paper(None, f"names of classes that can't be read: {read.detail}")
    return Paper(None, "" if read is None else f"names of {len(read.names)} classes")


def _json(file: TreeFile, in_shard: bool) -> Paper:
    document = json.loads(decode_text(annotation_bytes(file)))
    for adapter, is_one, what in _JSONS:
        if is_one(document):
            return Paper(adapter, what)
    if in_shard and isinstance(document, dict):
        return Paper("webdataset", "what is said of a sample")
    if isinstance(document, list):
        inside = document[0] if document else None
        keys = f" of objects with the keys {_listed(list(inside))}" if isinstance(inside, dict) else ""
        return Paper(None, f"a JSON list of {len(document)}{keys}")
    return Paper(None, f"JSON with the keys {_listed(list(document))}" if isinstance(document, dict) else "JSON")


def _is_humans_in_the_loop(document: Any) -> bool:
    return isinstance(document, dict) and "FileName" in document and isinstance(document.get("Annotations"), list)


_JSONS: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("coco", is_coco, "COCO"),
    ("label-studio", is_label_studio, "tasks of Label Studio"),
    ("humans-in-the-loop", _is_humans_in_the_loop, "boxes of Humans in the Loop"),
)


def _xml(file: TreeFile, _: bool) -> Paper:
    try:
        root = parse_xml(annotation_bytes(file))
    except UnsafeXmlError:
        return Paper(None, "XML that declares a document type")
    if is_cvat(root):
        return Paper("cvat", "CVAT for images")
    if root.tag == "annotation":
        return Paper("voc", "Pascal VOC")
    if root.tag == "annotations" and root.find("track") is not None:
        return Paper(None, "CVAT for video: export the task as CVAT for images")
    return Paper(None, f"XML with the root <{str(root.tag)[:60]}>")


def _text(file: TreeFile, in_shard: bool) -> Paper:
    if begins_as_labels(file):
        return Paper("yolo", "boxes of YOLO")
    if in_shard:
        return Paper("webdataset", "what is said of a sample")
    return Paper(None, "")


def _table(file: TreeFile, _: bool) -> Paper:
    found = read_table(file, TableSettings())
    if isinstance(found, Refusal):
        return Paper(None, f"a table that can't be read: {found.detail}")
    if isinstance(found, Table):
        return Paper("csv", "a table of boxes" if found.places.box else "a table of labels")
    header = tuple(name.strip().casefold() for name in found.header)
    if header == HUMANS_IN_THE_LOOP:
        return Paper("humans-in-the-loop", "boxes of Humans in the Loop")
    kind = "a table that begins with" if any(map(is_number, header)) else "a table with the columns"
    return Paper(None, f"{kind} {_listed(found.header)}" if header else "an empty table")


def _listed(names: Sequence[Any]) -> str:
    shown = ", ".join(str(name)[:40] for name in names[:_SHOWN])
    return f"{shown}, …" if len(names) > _SHOWN else shown or "(none)"
