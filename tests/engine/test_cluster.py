import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client

from benchmarks.local_cluster import local_cluster
from pipeline.core.errors import SampleRejected, WorkerError
from pipeline.core.params import EngineParams
from pipeline.engine import map_records
from pipeline.engine.installation import installation
from tests.engine.functions import (
    CountsItsLoads,
    die_on_five,
    double,
    fail_on_seven,
    process_id,
    thread_counts,
    working_folder,
)


def test_results_come_in_the_order_of_the_items(cluster: EngineParams) -> None:
    assert list(map_records(double, range(40), cluster, batch_size=3)) == [2 * value for value in range(40)]


def test_the_workers_work(cluster: EngineParams) -> None:
    with Client(cluster.address, set_as_default=False) as client:
        workers = set(client.run(process_id, 0).values())
    assert set(map_records(process_id, range(200), cluster, batch_size=1)) == workers


def test_the_function_is_sent_once_to_each_worker(cluster: EngineParams) -> None:
    assert set(map_records(CountsItsLoads(), range(20), cluster, batch_size=2)) == {1}


def test_nothing_of_a_run_stays_on_the_workers(cluster: EngineParams) -> None:
    list(map_records(double, range(4), cluster))
    with Client(cluster.address, set_as_default=False) as client:
        assert set(client.run(plugins_left).values()) == {0}


def plugins_left() -> int:
    from pipeline.engine.cluster import _plugins

    return len(_plugins)


def test_what_the_function_raises_stops_the_run(cluster: EngineParams) -> None:
    with pytest.raises(ValueError, match="seven"):
        list(map_records(fail_on_seven, range(100), cluster, batch_size=2))


def test_items_are_taken_as_they_are_needed(cluster: EngineParams) -> None:
    taken = []

    def items() -> Iterator[int]:
        for value in range(10_000):
            taken.append(value)
            yield value

    results = map_records(double, items(), cluster, batch_size=2)
    assert next(results) == 0
    results.close()
    assert len(taken) <= 2 * 4 * 2


def test_a_worker_has_one_thread_of_each_library(cluster: EngineParams) -> None:
    for counts in map_records(thread_counts, range(4), cluster, batch_size=1):
        assert len(counts) > 1
        assert set(counts) == {1}


def test_relative_paths_mean_the_same_on_a_worker(
    cluster: EngineParams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert set(map_records(working_folder, range(4), cluster, batch_size=1)) == {str(tmp_path)}


@pytest.mark.slow
def test_an_item_that_kills_its_worker_is_told_and_costs_no_other(cluster: EngineParams) -> None:
    results = list(map_records(die_on_five, range(12), cluster, batch_size=6, crashed=tell))
    assert results == [*(2 * value for value in range(5)), "5 worker_crash", *(2 * value for value in range(6, 12))]


def tell(item: int, verdict: SampleRejected) -> str:
    return f"{item} {verdict.reason}"


@pytest.mark.slow
@pytest.mark.parametrize("answers", [False, True])
def test_a_wrong_address_is_told_within_ten_seconds(answers: bool) -> None:
    """Nobody is there, or somebody takes the call and says nothing."""
    server = socket.create_server(("127.0.0.1", 0))
    address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    if not answers:
        server.close()
    begun = time.monotonic()
    with server, pytest.raises(WorkerError, match=address):
        list(map_records(double, range(3), EngineParams(address=address)))
    assert time.monotonic() - begun < 10


def test_credentials_in_an_address_are_not_shown() -> None:
    with pytest.raises(WorkerError) as caught:
        list(map_records(double, range(3), EngineParams(address="tcp://anna:secret@127.0.0.1:1")))
    assert "secret" not in str(caught.value)
    assert "127.0.0.1:1" in str(caught.value)


def test_a_cluster_without_workers_is_told() -> None:
    with local_cluster(workers=0) as empty, pytest.raises(WorkerError, match="has no workers"):
        list(map_records(double, range(3), EngineParams(address=empty.scheduler_address)))


def test_workers_of_several_threads_are_named() -> None:
    with (
        local_cluster(workers=1, threads=2) as wide,
        pytest.raises(WorkerError, match=r"tcp://127.0.0.1:\d+: threads 2, not 1$"),
    ):
        list(map_records(double, range(3), EngineParams(address=wide.scheduler_address)))


def test_other_versions_are_named_before_work_begins(cluster: EngineParams, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = installation()
    ours = {**theirs, "numpy": "1.0", "pillow": "2.0"}
    monkeypatch.setattr("pipeline.engine.installation.installed_versions", lambda _: ours)
    expected = rf"tcp://.*: numpy {theirs['numpy']}, not 1.0, pillow {theirs['pillow']}, not 2.0"
    with pytest.raises(WorkerError, match=expected):
        next(map_records(double, not_to_be_taken(), cluster))


def not_to_be_taken() -> Iterator[int]:
    pytest.fail("work began")
    yield 0


def test_other_code_is_named(cluster: EngineParams, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.engine.installation._CODE", "edited")
    with pytest.raises(WorkerError, match=r"maskwright's code \w{12}, not edited"):
        list(map_records(double, range(3), cluster))


def test_a_worker_without_this_package_is_named(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['pipeline'] = None"  # this Python may have the package installed
    (tmp_path / "sitecustomize.py").write_text(hidden)
    with local_cluster(workers=0) as cluster:
        address = cluster.scheduler_address
        words = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
        words += ["--host", "127.0.0.1", "--no-nanny", "--local-directory", str(tmp_path)]
        worker = subprocess.Popen(words, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, stderr=subprocess.DEVNULL)
        try:
            with Client(address, set_as_default=False) as client:
                client.wait_for_workers(1, timeout=30)
            with pytest.raises(WorkerError, match="is maskwright installed there\\?"):
                list(map_records(double, range(3), EngineParams(address=address)))
        finally:
            worker.terminate()
            worker.wait()
