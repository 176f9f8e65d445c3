"""sources.lock.yaml: which version of each downloaded data set this project stands on. Commit it."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.core.errors import SourceError
from pipeline.core.yaml_files import read_yaml
from pipeline.storage.whole_files import write_text

FILE = "sources.lock.yaml"
_HEADER = "# Versions and hashes of downloaded data sets, written by `maskwright ingest`. Commit this file.\n"


def locked(root: Path, handle: str) -> dict[str, Any]:
    """What the lock says about a data set; empty where it says nothing.

    Raises:
        SourceError: the file can't be read.
    """
    return dict(_read(root / FILE).get(handle) or {})


def write_lock(root: Path, handle: str, version: int, sha256: str) -> None:
    """Pin a data set to a version and the hash of its archive."""
    entries = {**_read(root / FILE), handle: {"version": version, "sha256": sha256}}
    write_text(root / FILE, _HEADER + yaml.safe_dump(dict(sorted(entries.items()))))


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    document = read_yaml(path, SourceError) or {}
    if not isinstance(document, dict) or not all(isinstance(entry, dict) for entry in document.values()):
        raise SourceError(f"{path}: expected one mapping a data set")
    return document
