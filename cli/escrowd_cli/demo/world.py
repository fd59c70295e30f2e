"""The stage of the demo: its folders, a real mail server, a real node, all on loopback."""

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.error import URLError

from escrowd.errors import UnavailableError

QUICK_DAYS = 288_000
"""The time scale at which a day lasts 0.3 s."""

BIN = Path(sys.executable).parent


@dataclass(slots=True)
class World:
    """Where everything lies. ``mails``: what the mail server took, in order, one file each."""

    folder: Path
    seen: set[str] = field(default_factory=set)

    @property
    def node(self) -> Path:
        """The node's folder."""
        return self.folder / "node"

    @property
    def workspace(self) -> Path:
        """The provider's workspace."""
        return self.folder / "workspace"

    @property
    def mails(self) -> Path:
        """The folder of the mails."""
        return self.folder / "mails"

    def kit(self, client: str) -> Path:
        """The folder of a client's stick."""
        return self.folder / f"kit-{client}"

    def new_mails(self) -> Iterator[tuple[Path, EmailMessage]]:
        """The mails that came since the last call, in order."""
        for path in sorted(self.mails.glob("*.eml")):
            if path.name not in self.seen:
                self.seen.add(path.name)
                message = message_from_bytes(path.read_bytes(), policy=policy.default)
                assert isinstance(message, EmailMessage)  # noqa: S101 — the default policy makes these
                yield path, message


def free_port() -> int:
    """A TCP port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def mail_server(folder: Path) -> Iterator[int]:
    """A real SMTP server that keeps each mail as a file, mode 0600; yields its port.

    Raises ``UnavailableError`` ``demo.extra-missing``.
    """
    try:
        from aiosmtpd.controller import Controller
    except ImportError:
        raise UnavailableError("demo.extra-missing", extra="demo") from None
    folder.mkdir(mode=0o700)
    port = free_port()
    controller = Controller(_Keeper(folder), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


class _Keeper:
    """Keeps what it is handed, numbered, whole before it says so."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 — the library's name
        self.count += 1
        to = str(envelope.rcpt_tos[0]).replace("/", "_")
        part = self.folder / f"{self.count:04}.part"
        part.write_bytes(envelope.original_content)
        part.chmod(0o600)
        part.rename(self.folder / f"{self.count:04}-{to}.eml")
        return "250 kept"


QUICK = """\
[time]
tick = "50ms"
hear_every = "5s"
retry_first = "200ms"
retry_last = "2s"
time_scale = 1
"""
"""What a demonstration shortens. No rule knows of it."""


def make_node(world: World, smtp: int) -> str:
    """Make a node with a key of its own; returns its URL."""
    from escrowd_cli.demo.terminal import run

    url = f"http://127.0.0.1:{free_port()}"
    words = {
        "--name": "Bergmann",
        "--public-url": url,
        "--listen": url.removeprefix("http://"),
        "--operator": "Bergmann Treuhand",
        "--address": "betrieb@bergmann.example",
        "--smtp-host": "127.0.0.1",
        "--from": "verwahrstelle@bergmann.example",
    }
    run([str(BIN / "escrowd"), "init", str(world.node), *(word for pair in words.items() for word in pair)])
    config = world.node / "config.toml"
    config.write_text(f"{config.read_text(encoding='utf-8')}port = {smtp}\n\n{QUICK}", encoding="utf-8")
    return url


@contextmanager
def running_node(world: World, url: str, *, time_scale: int = 1) -> Iterator[None]:
    """Run the node; with ``time_scale`` its days are shorter.

    Raises ``UnavailableError`` ``demo.node-mute`` (``url``).
    """
    config = world.node / "config.toml"
    text = re.sub(r"(?m)^time_scale = .*$", f"time_scale = {time_scale}", config.read_text(encoding="utf-8"))
    config.write_text(text, encoding="utf-8")
    with (world.folder / "node.log").open("ab") as log:
        process = subprocess.Popen([BIN / "escrowd", "run", world.node], stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_for(url, process)
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/v1/node", timeout=1) as answer:  # noqa: S310 — loopback, ours
                json.load(answer)
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise UnavailableError("demo.node-mute", url=url)
