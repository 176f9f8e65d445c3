"""One run of a stage as others see it: its log, its progress, its record, where its time went.

The record is `reports/runs/<name>.json`. It holds times and a host, so it is no output that DVC tracks.
"""

import hashlib
import json
import os
import platform
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import click

from pipeline.core.errors import OutputError
from pipeline.core.step_times import StepTimes, collecting
from pipeline.core.version import VERSION
from stages.running.logs import Log

_CODE = Path(__file__).parents[2]


@dataclass(slots=True)
class Run:
    """A run and what it has done so far.

    Attributes:
        log: Where its events go.
        record: Where its record is written; None writes none.
        profile: Whether to measure where the time goes.
        params_sha256: A digest of what it was asked for.
        counts: What came in, was kept and rejected, by what it was done on.
        resumed: Results that an earlier run had finished.
        workers: Times of the steps, in workers or in this process on their behalf.
        main: Times of the steps of this process; `other` is waiting for workers, and the rest.
    """

    log: Log
    record: Path | None = None
    profile: bool = False
    params_sha256: str | None = None
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)
    resumed: int = 0
    workers: StepTimes = field(default_factory=StepTimes)
    main: StepTimes | None = None
    started: float = field(default_factory=time.monotonic)
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def count(self, of: str, taken: int, kept: int, rejected: Mapping[str, int], unit: str = "images") -> None:
        """Note what came in, what was kept and what was rejected, by reason."""
        reasons = dict(sorted(rejected.items()))
        counts: dict[str, Any] = {"in": taken, "kept": kept, "unit": unit, "rejected": reasons}
        self.counts[of] = counts
        if self.log.format == "json":
            self.log.event("counts", of=of, **counts)

    def take_resumed(self, count: int) -> None:
        """Note that an earlier run had finished so many results."""
        if count:
            self.resumed += count
            self.log.event("resumed", f"{self.log.run}: {count} finished by an earlier run", results=count)

    def finish(self, status: str, message: str | None = None) -> None:
        """Tell the end and write the record."""
        self._write(status, message)
        if self.profile:
            self.log.event("profile", profile_table(self._times()), steps=self._times())
        facts = self._facts(status, message)
        self.log.event("finished", **{key: facts[key] for key in ("status", "message", "seconds", "counts")})

    def begin(self) -> None:
        """Write the record of a run that has begun: what a kill leaves says so."""
        self.log.event("started", pid=os.getpid(), host=socket.gethostname())
        self._write("running", None)

    def _write(self, status: str, message: str | None) -> None:
        if self.record is None:
            return
        from pipeline.storage.whole_files import write_text

        try:
            write_text(self.record, json.dumps(self._facts(status, message), indent=2) + "\n")
        except OSError as error:
            raise OutputError(f"{self.record}: cannot be written: {error.strerror or error}") from error

    def _facts(self, status: str, message: str | None) -> dict[str, Any]:
        seconds = time.monotonic() - self.started
        return {
            "run": self.log.run,
            "status": status,
            "message": message,
            "started_at": self.started_at,
            "seconds": round(seconds, 3),
            "counts": {
                of: row | {"in_per_s": round(row["in"] / max(seconds, 1e-3), 3)} for of, row in self.counts.items()
            },
            "resumed": self.resumed,
            "params_sha256": self.params_sha256,
            "git_commit": _git_commit(),
            "versions": _versions(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "cpus": os.cpu_count(),
            "profile": self._times() if self.profile else None,
        }

    def _times(self) -> dict[str, dict[str, dict[str, float]]]:
        return {
            who: {
                step: {"seconds": round(seconds, 3), "calls": times.calls[step]}
                for step, seconds in sorted(times.seconds.items(), key=lambda pair: -pair[1])
            }
            for who, times in (("workers", self.workers), ("main", self.main or StepTimes()))
        }


def current_run() -> Run:
    """The run of the command that is being executed; one that records nothing where there is none."""
    context = click.get_current_context(silent=True)
    found = context.find_object(Run) if context else None
    return found or Run(Log("run"))


@contextmanager
def recorded(run: Run) -> Iterator[None]:
    """Record the block as `run`: that it began, how it ended, and with `profile` where its time went."""
    run.begin()
    status, message = "failed", None
    try:
        with collecting() if run.profile else _deaf() as run.main:
            yield
        status = "complete"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    except Exception as error:
        message = str(error) or type(error).__name__
        raise
    finally:
        try:
            run.finish(status, message)
        except OutputError:
            if status == "complete":  # else what went wrong before is what to tell
                raise


@contextmanager
def _deaf() -> Iterator[None]:
    yield


def digest(value: Any) -> str:
    """A digest of JSON values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def profile_table(times: dict[str, dict[str, dict[str, float]]]) -> str:
    """Where the time went, for people: a line a step."""
    lines = [
        f"{who:8} {step:10} {row['seconds']:9.2f} s {row['calls']:9.0f} calls"
        for who, steps in times.items()
        for step, row in steps.items()
    ]
    return "\n".join(["where the time went, summed over workers:", *lines])


@cache
def _git_commit() -> str | None:
    """The commit of the code that runs, `-dirty` behind it where files differ; None outside a checkout."""
    git = shutil.which("git")
    if git is None or not (_CODE / ".git").exists():
        return None
    # `describe --dirty` writes the index whatever it is told, and holds its lock while someone else may commit.
    asked = ["status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    words = [git, "--no-optional-locks", "-C", str(_CODE), *asked]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 - git itself
    except (OSError, subprocess.TimeoutExpired):
        return None
    return _commit_told(done.stdout.splitlines())


def _commit_told(status: Sequence[str]) -> str | None:
    """What `git status --porcelain=v2 --branch` says: the commit's line among those with `#`, a line a file behind."""
    commit = next((line.split()[-1] for line in status if line.startswith("# branch.oid ")), "(initial)")
    differs = any(not line.startswith("#") for line in status)
    return None if commit == "(initial)" else commit + ("-dirty" if differs else "")


@cache
def _versions() -> dict[str, str]:
    from pipeline.core.libraries import PIXEL_LIBRARIES, installed_versions

    libraries = installed_versions((*PIXEL_LIBRARIES, "pyarrow", "torch"))
    return {"maskwright": VERSION, "python": platform.python_version(), **libraries}
