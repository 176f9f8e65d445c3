"""The kinds of source, by the name that the catalogue and params.yaml use."""

from typing import Any

from pipeline.sources.adapter import Adapter
from pipeline.sources.adapters.folder import FolderAdapter
from pipeline.sources.adapters.sample import SampleAdapter

ADAPTERS: dict[str, type[Adapter[Any]]] = {
    "folder": FolderAdapter,
    "sample": SampleAdapter,
}
