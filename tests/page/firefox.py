"""Firefox ESR by WebDriver BiDi, the W3C's protocol, over its WebSocket: just what one visit needs.

playwright would want a Firefox of its own, and Debian has no geckodriver.
"""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

START = 60
"""Seconds that a start may take on a busy machine."""
STEP = 20
_KEYS = {" ": " ", "\n": "\ue007", "\t": "\ue004"}
_PREFERENCES = {
    # Every address but files goes to a proxy that is not there.
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.allow_hijacking_localhost": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "browser.aboutConfig.showWarning": False,
}


class Firefox:
    """One tab."""

    def __init__(self, socket: ClientConnection):
        self._socket = socket
        self._last = 0
        self.logged: list[str] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self._tab = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **params: object) -> Any:
        """One command and its result."""
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(timeout=STEP))
            if answer.get("method") == "log.entryAdded":
                entry = answer["params"]
                if entry["level"] in {"error", "warn"}:
                    self.logged.append(entry["text"])
            elif answer.get("id") == self._last:
                if answer["type"] == "error":
                    raise AssertionError(answer["message"])
                return answer["result"]

    def go(self, path: Path) -> None:
        self.call("browsingContext.navigate", context=self._tab, url=path.as_uri(), wait="complete")

    def size(self, width: int, height: int) -> None:
        viewport = {"width": width, "height": height}
        self.call("browsingContext.setViewport", context=self._tab, viewport=viewport)

    def run(self, expression: str) -> Any:
        """The value of an expression: a text, a number, a truth, or a node."""
        result = self.call(
            "script.evaluate", expression=expression, target={"context": self._tab}, awaitPromise=True
        )
        assert result["type"] == "success", result
        return result["result"].get("value", result["result"])

    def node(self, selector: str) -> dict[str, str]:
        found = self.call(
            "browsingContext.locateNodes", context=self._tab, locator={"type": "css", "value": selector}
        )
        return {"sharedId": found["nodes"][0]["sharedId"]}

    def give(self, *paths: Path) -> None:
        """Choose files."""
        files = [str(path) for path in paths]
        self.call("input.setFiles", context=self._tab, element=self.node("input[type=file]"), files=files)
        self.wait("!document.querySelector('[aria-busy]')")

    def type(self, text: str) -> None:
        """Press the keys of a text, wherever the focus is."""
        keys = [{"type": kind, "value": _KEYS.get(key, key)} for key in text for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": keys}
        self.call("input.performActions", context=self._tab, actions=[keyboard])

    def click(self, selector: str) -> None:
        origin = {"type": "element", "element": self.node(selector)}
        self.run(f"document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
        mouse = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.call(
            "input.performActions",
            context=self._tab,
            actions=[{"type": "pointer", "id": "mouse", "actions": mouse}],
        )

    def wait(self, condition: str) -> None:
        """Until an expression is true."""
        until = time.monotonic() + STEP
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < until, condition
            time.sleep(0.05)

    def shot(self) -> str:
        """The whole page as a PNG in base64."""
        return self.call("browsingContext.captureScreenshot", context=self._tab, origin="document")["data"]


@contextmanager
def firefox(program: str, profile: Path, languages: str) -> Iterator[Firefox]:
    """A Firefox with a fresh profile; it ends with the block."""
    profile.mkdir()
    preferences = {**_PREFERENCES, "intl.accept_languages": languages}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [
        program,
        "--headless",
        "--no-remote",
        "--remote-debugging-port",
        "0",
        "--profile",
        str(profile),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            with connect(f"{_address(process)}/session", max_size=None) as socket:
                yield Firefox(socket)
        finally:
            process.terminate()
            process.communicate(timeout=STEP)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    until = time.monotonic() + START
    for line in process.stderr:
        found = re.search(r"WebDriver BiDi listening on (ws://\S+)", line)
        if found:
            return found[1]
        assert time.monotonic() < until, line
    raise AssertionError("Firefox ended before it listened")
