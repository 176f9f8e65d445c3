"""Fixtures of the sources' tests."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.sources.ingest import Ingested, ingest_source
from tests.sources.kit import Ingest, ingest_params


@pytest.fixture
def ingest(tmp_path: Path) -> Ingest:
    """Ingest one source in a project at `tmp_path`."""

    def run(name: str = "mine", **settings: Any) -> Ingested:
        return ingest_source(name, ingest_params(name, **settings), tmp_path)

    return run
