"""What a run says while it works: lines for people, or one JSON object a line for machines."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from stages.running.screen import say

LogFormat = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class Log:
    """Where the events of one run go.

    Attributes:
        run: The run's name, in every JSON object.
        format: `text` for people; `json` puts every event on stderr as an object with `time`, `run` and `event`.
    """

    run: str
    format: LogFormat = "text"

    def event(self, event: str, text: str | None = None, **facts: Any) -> None:
        """Tell of an event on stderr: `text` to people, its facts to machines."""
        if self.format == "json":
            row = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "run": self.run, "event": event}
            say(json.dumps(row | facts, ensure_ascii=False, default=str), err=True)
        elif text is not None:
            say(text, err=True)
