import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.core.errors import ConfigError, SampleRejected, SourceError, WorkerError
from pipeline.engine.sandbox import Sandbox, SandboxBrokenError, SandboxLimits, require_sandbox
from tests.engine import sandboxed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's"),
]

LIMITS = SandboxLimits(seconds=60, memory_bytes=256 << 20, file_bytes=1 << 20)
SHORT = SandboxLimits(seconds=2, memory_bytes=256 << 20, file_bytes=1 << 20)


@pytest.fixture(scope="module")
def troubled() -> Iterator[Sandbox[int]]:
    with closing(Sandbox(sandboxed.misbehave, int, LIMITS)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def impatient() -> Iterator[Sandbox[int]]:
    with closing(Sandbox(sandboxed.misbehave, int, SHORT)) as sandbox:
        yield sandbox


def test_the_limits_hold_in_the_child() -> None:
    with closing(Sandbox(sandboxed.limits, dict[str, int], LIMITS)) as sandbox:
        held = sandbox.run(0)
    room, cpu = held.pop("room"), held.pop("cpu")
    assert held == {"FSIZE": 1 << 20, "NOFILE": 64, "CORE": 0, "no_new_privileges": 1}
    assert 200 << 20 < room <= 256 << 20
    assert 60 < cpu < 90


@pytest.mark.parametrize(
    ("how", "cause"),
    [
        ("kill", "killed by SIGKILL"),
        ("segfault", "killed by SIGSEGV"),
        ("abort", "killed by SIGABRT"),
        ("leave", "ended with exit code 3"),
        ("allocate", "over 0.25 GB of memory"),
        ("allocate_unseen", "killed by SIGABRT"),
        ("reject_for_memory", "over 0.25 GB of memory"),
        ("write_much", "a file of over 1048576 bytes"),
        ("write_much_for_the_disk", "a file of over 1048576 bytes"),
        ("open_many", "over 64 open files"),
        ("babble", "what it answered is no answer"),
        ("nest", "what it answered is no answer"),
        ("answer_another_type", "what it answered is no answer"),
        ("raise_nothing_known", "what it answered is no answer"),
    ],
)
def test_what_breaks_the_child_is_told_and_the_next_is_answered(troubled: Sandbox[int], how: str, cause: str) -> None:
    with pytest.raises(SandboxBrokenError, match=f"^{cause}$"):
        troubled.run(how)
    assert troubled.run("") == 0


@pytest.mark.parametrize("how", ["hang", "stop", "drip"])
def test_no_answer_is_not_waited_for(impatient: Sandbox[int], how: str) -> None:
    with pytest.raises(SandboxBrokenError, match=r"^no answer in 2 s$"):
        impatient.run(how)
    assert impatient.run("") == 0


def test_an_answer_that_claims_a_gigabyte_is_not_taken(troubled: Sandbox[int]) -> None:
    with pytest.raises(SandboxBrokenError, match=r"^what it answered is no answer$"):
        troubled.run("flood")
    assert troubled.run("") == 0


def test_cpu_time_is_limited_where_the_clock_is_not() -> None:
    """The parent's clock is put off."""
    with closing(Sandbox(sandboxed.misbehave, int, SHORT)) as sandbox, pytest.MonkeyPatch.context() as patch:
        sandbox.run("")
        patch.setattr("threading.Timer", _NoTimer)
        with pytest.raises(SandboxBrokenError, match=r"^over 2 s of CPU time$"):
            sandbox.run("spin")


class _NoTimer:
    def __init__(self, *_: object) -> None:
        pass

    def start(self) -> None:
        pass

    def cancel(self) -> None:
        pass


def test_one_child_answers_until_it_breaks() -> None:
    with closing(Sandbox(sandboxed.process_id, int, LIMITS)) as sandbox:
        first = sandbox.run(0)
        assert first == sandbox.run(0) != os.getpid()
    assert not Path(f"/proc/{first}").exists()


def test_a_failure_counts_where_the_child_was_fresh() -> None:
    """A worn-out child dies over something sound."""
    with closing(Sandbox(sandboxed.process_id, int, LIMITS)) as sandbox:
        first = sandbox.run(0)
        os.kill(first, 9)
        assert sandbox.run(0) != first


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (sandboxed.reject, SampleRejected, "^too_small: 8x8$"),
        (sandboxed.blame_the_disk, SourceError, "^8x8$"),
        (sandboxed.fail, RuntimeError, "^in the sandbox: KeyError: '8x8'$"),
    ],
)
def test_verdicts_and_faults_come_through(function: Callable[..., int], error: type[Exception], message: str) -> None:
    with closing(Sandbox(function, int, LIMITS)) as sandbox, pytest.raises(error, match=message):
        sandbox.run("8x8")


def test_any_text_comes_through() -> None:
    with closing(Sandbox(sandboxed.same, str, LIMITS)) as sandbox:
        assert sandbox.run("é\ud800\0") == "é\ud800\0"


def test_a_child_that_cannot_start_is_nobodys_fault() -> None:
    cause = r"ingest\.sandbox can't be started: ended with exit code 1"
    with closing(Sandbox(sandboxed.KillsWhoLoadsIt(), int, LIMITS)) as child, pytest.raises(WorkerError, match=cause):
        child.run()


def test_elsewhere_than_on_linux_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(ConfigError, match=r"params\.yaml: ingest\.sandbox: true needs Linux, and this is darwin"):
        require_sandbox()


PARENT = """
import sys
from contextlib import closing
from tests.engine.sandboxed import tell_and_hang
from tests.engine.test_sandbox import LIMITS, Sandbox

with closing(Sandbox(tell_and_hang, int, LIMITS)) as sandbox:
    sandbox.run(sys.argv[1])
"""


def test_a_hung_child_whose_parent_was_killed_is_gone(tmp_path: Path) -> None:
    told = tmp_path / "process_id"
    with subprocess.Popen([sys.executable, "-c", PARENT, str(told)]) as parent:
        _wait_until(lambda: told.is_file() and told.read_text() != "")
        parent.kill()
    child = Path("/proc", told.read_text())
    _wait_until(lambda: not child.exists())


def _wait_until(is_so: Callable[[], bool]) -> None:
    """It fails after a minute, which is no measure of anything."""
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)
