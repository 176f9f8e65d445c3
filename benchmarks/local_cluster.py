"""A Dask cluster on this machine, on loopback and without its dashboard."""

from collections.abc import Iterator
from contextlib import contextmanager

import dask
from distributed import LocalCluster

from pipeline.engine.worker import ONE_THREAD

SETTINGS = {
    "distributed.scheduler.allowed-failures": 0,  # the engine repeats what a worker died over
    "distributed.deploy.lost-worker-timeout": "1 hour",  # a worker that dies again after so long would not be replaced
    "distributed.nanny.pre-spawn-environ": ONE_THREAD,  # without Dask's MALLOC_TRIM_THRESHOLD_, which costs speed
}


@contextmanager
def local_cluster(workers: int = 2, threads: int = 1) -> Iterator[LocalCluster]:
    """Worker processes under nannies, which replace those that die."""
    with (
        dask.config.set(SETTINGS),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=threads,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=50,
        ) as cluster,
    ):
        yield cluster
