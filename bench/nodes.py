"""A node to measure: its folder, and a process while it is wanted."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from escrowd.node.config import NodeConfig, load
from escrowd.node.founding import Founding, found

ESCROWD = Path(sys.executable).parent / "escrowd"


def free_port() -> int:
    """A TCP port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def new_node(folder: Path, *, smtp_port: int = 9) -> NodeConfig:
    """A node with a key of its own that hands its mail to ``smtp_port`` (9: nobody there)."""
    port = free_port()
    founding = Founding(
        name="Node to measure",
        public_url=f"http://127.0.0.1:{port}",
        listen=f"127.0.0.1:{port}",
        operator="Operator",
        address="operator@node.example",
        language="en",
        smtp_host="127.0.0.1",
        security="plain",
        sender="node@node.example",
    )
    found(folder, founding)
    path = folder / "config.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}port = {smtp_port}\n", encoding="utf-8")
    return load(folder)


@contextmanager
def running(config: NodeConfig) -> Iterator["subprocess.Popen[bytes]"]:
    """The node's process, once it answers."""
    with (config.folder / "log").open("wb") as log:
        process = subprocess.Popen([ESCROWD, "run", config.folder], stdout=log, stderr=log)
        try:
            _wait(config.public_url)
            yield process
        finally:
            process.terminate()
            process.wait()


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"{url}/v1/node", timeout=1) as answer:  # noqa: S310 — loopback, ours
                json.load(answer)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise TimeoutError(url)
