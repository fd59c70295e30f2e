"""A real node for the tests of the provider's side: ``escrowd``'s own process on a loopback port."""

import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from escrowd.errors import EscrowdError
from escrowd.node.config import load_key
from escrowd.node.founding import Founding, found
from escrowd.node.invitations import make_invitation
from escrowd.provider.node_client import NodeClient

_RUN = (
    "from pathlib import Path; from escrowd.node import config, run; run.main(config.load(Path({folder!r})))"
)
_FAST = '\n[time]\ntick = "50ms"\nhear_every = "200ms"\ntime_scale = {scale}\n'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class ANode:
    """A node in a folder. Nobody listens on its mail server's port: letters wait."""

    folder: Path
    scale: int = 1
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def found(self) -> "ANode":
        founding = Founding(
            name="Verwahrstelle Nord",
            public_url=self.url,
            listen=f"127.0.0.1:{self.port}",
            operator="Olaf Nord",
            address="olaf@nord.example",
            language="de",
            smtp_host="127.0.0.1",
            security="plain",
            sender="node@nord.example",
        )
        found(self.folder, founding)
        path = self.folder / "config.toml"
        text = path.read_text().replace('security = "plain"', f'security = "plain"\nport = {free_port()}')
        path.write_text(text + _FAST.format(scale=self.scale))
        return self

    def moved(self, port: int) -> "ANode":
        """The copy of a node that listened on ``port`` listens on its own."""
        path = self.folder / "config.toml"
        path.write_text(path.read_text().replace(f"127.0.0.1:{port}", f"127.0.0.1:{self.port}"))
        return self

    def start(self) -> "ANode":
        log = (self.folder.parent / f"{self.folder.name}.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _RUN.format(folder=str(self.folder))], stdout=log, stderr=log
            )
        deadline = time.monotonic() + 30
        client = NodeClient(self.url, patient=False)
        while True:
            try:
                client.info()
                break
            except EscrowdError:
                assert time.monotonic() < deadline, "the node does not start"
                assert self.process.poll() is None, "the node ended"
                time.sleep(0.05)
        client.close()
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(40)
            self.process = None

    def invite(self) -> str:
        return make_invitation(load_key(self.folder), url=self.url, wall=int(time.time()))
