"""Where fetched files wait: each address has its own folder, and is done when its outcome stands in there.

The outcome is written last and whole. A process can be killed at any moment: what was finished stays finished, what was
begun can go on.
"""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.storage.whole_files import write_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one address.

    Attributes:
        status: `fetched`, `refused` for good, or `failed` this time: the next run tries that one again.
        reason: A snake_case word unless it was fetched.
        address: Where the redirects ended.
        policy: The rules that it was fetched or refused by; under others it is asked for again.
    """

    url: str
    status: str
    reason: str | None = None
    detail: str | None = None
    http_status: int | None = None
    address: str | None = None
    size_bytes: int | None = None
    fetched_at: str | None = None
    policy: str = ""


class WebStore:
    """The folder of one source's addresses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def body(self, url: str) -> Path:
        """The file of a fetched address."""
        return self._of(url) / "body"

    def outcome(self, url: str) -> Outcome | None:
        """The final outcome of an address, or None where there is none yet."""
        path = self._of(url) / "outcome.json"
        return Outcome(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None

    def begin(self, url: str) -> Path:
        """The folder of an address; it may hold part of the body from a run that broke off."""
        folder = self._of(url)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def finish(self, outcome: Outcome) -> None:
        """Make an outcome final; the body of a fetched address is whole by now."""
        folder = self.begin(outcome.url)
        (folder / "resume.json").unlink(missing_ok=True)
        if outcome.status == "fetched":
            _flush(folder / "body")
        else:
            (folder / "body").unlink(missing_ok=True)
        write_text(folder / "outcome.json", json.dumps(asdict(outcome)))

    def forget(self, url: str) -> None:
        """Remove an address and its file."""
        shutil.rmtree(self._of(url), ignore_errors=True)

    def _of(self, url: str) -> Path:
        key = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return self._folder / key[:2] / key


def _flush(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
