"""Headless Chromium, driven over its debugging pipe: for tests of pages, their measurement, and pictures of them.

The protocol is https://chromedevtools.github.io/devtools-protocol/: JSON messages that end with a NUL byte, which the
browser reads from file descriptor 3 and writes to 4.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe",
)  # fmt: skip


_ON_THREE_AND_FOUR = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
os.dup2(ends[0], 3), os.dup2(ends[1], 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""Starts a program with two pipes where Chromium expects them; some shells know no descriptors above 9."""


def installed_browser() -> str | None:
    """The command of a Chromium of this machine."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class PageError(Exception):
    """What a script in the page threw, or what the browser refused."""


class Page:
    """One page in a browser of its own, without a network.

    Attributes:
        problems: What went to its console as an error or was thrown, and what couldn't be loaded.
        requests: The addresses of all that it asked for.
    """

    def __init__(self, browser: str, *, patience_s: float = 60) -> None:
        self.problems: list[str] = []
        self.requests: list[str] = []
        self._patience_s = patience_s
        self._profile = TemporaryDirectory(ignore_cleanup_errors=True)
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        pipes = (to_browser, from_browser)
        command = [sys.executable, "-c", _ON_THREE_AND_FOUR, *map(str, pipes), browser, *_FLAGS]
        command += [f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = subprocess.Popen(  # noqa: S603 - a browser of this machine
            command, pass_fds=pipes, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for pipe in pipes:
            os.close(pipe)
        self._buffer = b""
        self._sent = 0
        self._session: str | None = None
        try:
            self._attach()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the browser and remove its profile."""
        os.close(self._write)
        os.close(self._read)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._profile.cleanup()

    def _attach(self) -> None:
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(one["targetId"] for one in targets if one["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """The browser's answer to a message.

        Raises:
            PageError: it refuses, or doesn't answer.
        """
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + self._patience_s
        while (answer := self._next(deadline)).get("id") != self._sent:
            self._note(answer)
        if "error" in answer:
            raise PageError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            more = os.read(self._read, 1 << 20) if ready else b""
            if not more:
                raise PageError("the browser doesn't answer")
            self._buffer += more
        text, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(text)
        return found

    def _note(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(told["request"]["url"])
            case "Runtime.exceptionThrown":
                details = told["exceptionDetails"]
                self.problems.append(details.get("exception", {}).get("description") or details["text"])
            case "Runtime.consoleAPICalled" if told["type"] in {"error", "warning", "assert"}:
                self.problems.append(" ".join(str(one.get("value", one.get("description"))) for one in told["args"]))
            case "Log.entryAdded" if told["entry"]["level"] in {"error", "warning"}:
                self.problems.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")

    def open(self, address: str) -> None:
        """Go to an address, and return when the page and what it names are loaded."""
        self.call("Page.navigate", url=address)
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    def resize(self, width: int, height: int, *, scale: float = 1, phone: bool = False) -> None:
        """Give the page a size in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )

    def evaluate(self, script: str) -> Any:
        """The value of an expression in the page; a promise is waited for.

        Raises:
            PageError: it threw.
        """
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> Any:
        """The first value of an expression that holds.

        Raises:
            PageError: it doesn't, for a minute.
        """
        deadline = time.monotonic() + self._patience_s
        while time.monotonic() < deadline:
            if found := self.evaluate(condition):
                return found
            time.sleep(0.02)
        raise PageError(f"never held: {condition}")

    def press(self, *keys: str) -> None:
        """Press keys one after the other, by their names in `KeyboardEvent.key`."""
        for key in keys:
            code = {"Enter": 13, "Escape": 27, "Tab": 9, " ": 32}.get(key, 0)
            told = {"key": key, "windowsVirtualKeyCode": code}
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **told)
            self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def screenshot(self, picture: Path) -> None:
        """Write what is seen to a PNG file."""
        picture.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))
