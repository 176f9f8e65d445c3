"""Annotations that lie in a source and that its adapter doesn't read."""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from pipeline.sources.adapters.base import Adapter
from pipeline.sources.adapters.layout import ParsedTree
from pipeline.sources.adapters.tree import TreeAdapter
from pipeline.sources.recognition.layouts import Kind, kinds_of
from pipeline.sources.recognition.papers import BINARY

_ENDINGS = frozenset(
    {*BINARY, ".bz2", ".csv", ".gz", ".json", ".jsonl", ".lst", ".tsv", ".txt", ".xml", ".xz", ".yaml", ".yml"}
)

_READS_NONE = "folder"
"""The adapter of which every annotation is left."""


def unread_annotations(adapter: Adapter[Any], left: Iterable[str] | None = None) -> str:
    """A sentence that names the kinds of annotations that an adapter leaves; empty where there are none.

    A source is listed again for it, unless `left`, the origins that weren't taken for images, can hold no annotation.
    """
    if not isinstance(adapter, TreeAdapter) or (left is not None and not any(map(_may_annotate, left))):
        return ""
    own = adapter.settings.adapter
    kinds = kinds_of(ParsedTree(adapter.files()), in_shards=own == "webdataset")
    unknown = own == _READS_NONE  # what others don't know they may have been told to read, as a table's columns
    others = [kind for kind in kinds if kind.speaks and kind.adapter != own and (unknown or kind.adapter is not None)]
    if not others:
        return ""
    named = ", ".join(f"{kind.what} ({kind.first}; {_reader(kind)})" for kind in others)
    return f"several kinds of annotations lie here; adapter {own} doesn't read: {named}"


def _reader(kind: Kind) -> str:
    return "no adapter reads it as it is" if kind.adapter is None else f"adapter {kind.adapter}"


def _may_annotate(origin: str) -> bool:
    return PurePosixPath(origin.lower()).suffix in _ENDINGS
