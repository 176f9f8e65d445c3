from collections.abc import Iterator

import pytest

from benchmarks.local_cluster import local_cluster
from pipeline.core.params import EngineParams


@pytest.fixture(scope="module")
def cluster() -> Iterator[EngineParams]:
    """Two Dask workers."""
    with local_cluster() as running:
        yield EngineParams(address=running.scheduler_address)
