from collections.abc import Iterator

import pytest

from pipeline.core.params import EngineParams
from tests.cluster import local_cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[EngineParams]:
    """Two Dask workers."""
    with local_cluster() as running:
        yield EngineParams(address=running.scheduler_address)
