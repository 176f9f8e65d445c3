"""The workers of a Dask cluster that is already running. docs/cluster.md tells how to start one."""

import asyncio
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait
from contextlib import chdir, suppress
from pathlib import Path
from typing import Any

from distributed import Client, KilledWorker, Security, WorkerPlugin
from distributed.comm import connect
from threadpoolctl import threadpool_limits

from pipeline.core.errors import WorkerError, without_credentials
from pipeline.engine.installation import differences, installation
from pipeline.engine.worker import WorkerDiedError, limit_threads, run_all

_CONNECT_S = 5.0
_LOOK_EVERY_S = 2.0
_NO_WORKERS_S = 60.0
"""A nanny needs some seconds to replace a worker."""


class ClusterWorkers:
    """Sends batches to a cluster; each of its workers gets the function once, also those that join later."""

    def __init__(self, function: Callable[[Any], Any], address: str) -> None:
        self._where = without_credentials(address)
        self._client = _connect(address, self._where)
        self._plugin = _FunctionPlugin(function, _expected())
        try:
            self.slots = self._checked_workers()
            self._client.register_plugin(self._plugin)
        except BaseException:
            self._client.close()
            raise
        self._executor = self._client.get_executor(pure=False)

    def _checked_workers(self) -> int:
        """How many workers there are.

        Raises:
            WorkerError: there are none, or one would give other bytes.
        """
        answers = self._client.run(_describe, Path.cwd(), on_error="return")
        if not answers:
            raise WorkerError(f"the Dask cluster at {self._where} has no workers")
        problems = [_problem("scheduler", self._scheduler(), installation())]
        problems += [_problem(worker, answer, self._plugin.expected) for worker, answer in sorted(answers.items())]
        if any(problems):
            told = "\n".join(filter(None, problems))
            raise WorkerError(f"the Dask cluster at {self._where} cannot do this work; see docs/cluster.md\n{told}")
        return len(answers)

    def _scheduler(self) -> dict[str, str] | Exception:
        """What the scheduler is, which unpacks the work too, or why it can't tell."""
        try:
            return dict(self._client.run_on_scheduler(installation))
        except Exception as error:  # noqa: BLE001 - whatever it raised there
            return error

    def submit(self, batch: list[Any]) -> "Future[list[Any]]":
        """Take a batch."""
        future: Future[list[Any]] = self._executor.submit(_run_batch, self._plugin.name, batch)
        return future

    def wait(self, future: "Future[list[Any]]") -> None:
        """Return when the batch is done or has failed.

        Raises:
            WorkerError: the cluster is gone, or has had no workers for a minute.
        """
        seen = time.monotonic()
        while not wait([future], _LOOK_EVERY_S).done:
            if self._has_workers():
                seen = time.monotonic()
            elif time.monotonic() - seen > _NO_WORKERS_S:
                raise WorkerError(f"the Dask cluster at {self._where} has had no workers for {_NO_WORKERS_S:.0f} s")

    def _has_workers(self) -> bool:
        try:
            return bool(self._client.nthreads())
        except OSError as error:
            raise WorkerError(f"the Dask cluster at {self._where} is gone") from error

    def result(self, future: "Future[list[Any]]") -> list[Any]:
        """Wait for the batch's results."""
        self.wait(future)
        try:
            return future.result()
        except KilledWorker as error:
            raise WorkerDiedError(error.allowed_failures + 1) from error
        except CancelledError as error:
            raise WorkerError(f"the Dask cluster at {self._where} is gone, or dropped the work") from error

    def close(self) -> None:
        """Cancel what is not done; the cluster stays."""
        with suppress(OSError):  # the cluster is gone
            self._executor.shutdown(wait=False)
            self._client.unregister_worker_plugin(self._plugin.name)
        self._client.close()


def _connect(address: str, where: str) -> Client:
    try:
        asyncio.run(asyncio.wait_for(_greet(address), _CONNECT_S))
        return Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError, MemoryError) as error:  # the last where another protocol's words pass for a length
        reason = without_credentials(str(error)) or f"no word in {_CONNECT_S:.0f} s"
        raise WorkerError(f"engine.address: no Dask scheduler answers at {where}: {reason}") from None


async def _greet(address: str) -> None:
    """Shake hands: `Client` would wait for ever for a port that takes the call and says nothing."""
    security = Security().get_connection_args("client")
    await (await connect(address, timeout=_CONNECT_S, **security)).close()


class _FunctionPlugin(WorkerPlugin):  # type: ignore[misc]
    """Brings the function to each worker, when it is registered and when a worker joins."""

    def __init__(self, function: Callable[[Any], Any], expected: dict[str, str]) -> None:
        self.name = f"maskwright-{secrets.token_hex(8)}"
        self.function = function
        self.expected = expected
        self.problem = ""

    def setup(self, worker: Any) -> None:
        """Keep the function; a worker that joined late and differs says so when it gets work."""
        self.problem = _problem(worker.address, _describe(Path(self.expected["folder"]), worker), self.expected)
        _plugins[self.name] = self

    def teardown(self, worker: Any) -> None:  # noqa: ARG002 - Dask's signature
        """Let the function go."""
        _plugins.pop(self.name, None)


_plugins: dict[str, _FunctionPlugin] = {}
"""What this process, a worker, was given: by run."""

_one_batch = threading.Lock()
"""Models are no more than one thread's."""


def _expected() -> dict[str, str]:
    return installation() | {"threads": "1", "folder": str(Path.cwd())}


def _describe(folder: Path, dask_worker: Any) -> dict[str, str]:
    """What a worker is; called there. Dask fills `dask_worker` in."""
    threads = dask_worker.state.nthreads
    return installation() | {"threads": str(threads), "folder": str(folder) if folder.is_dir() else "missing"}


def _problem(who: str, answer: dict[str, str] | BaseException, expected: dict[str, str]) -> str:
    """Why this worker or scheduler can't be used; empty where it can."""
    if isinstance(answer, BaseException):
        return f"{who}: cannot tell its versions; is maskwright installed there? {answer}"
    found = differences(expected, answer)
    return f"{who}: {', '.join(found)}" if found else ""


def _run_batch(name: str, batch: list[Any]) -> list[Any]:
    plugin = _plugins[name]
    if plugin.problem:
        raise WorkerError(plugin.problem)
    with _one_batch, chdir(plugin.expected["folder"]):  # manifests name paths from the project's folder
        limit_threads()
        with threadpool_limits(1):
            return run_all(plugin.function, batch)
