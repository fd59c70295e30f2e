"""The process: how it starts, what it tells the service manager, how it ends."""

import signal
import socket
import threading
import time
from pathlib import Path

from harness import eventually, node
from sink import Sink


def heard_lines(listener: socket.socket) -> list[str]:
    lines = []
    listener.settimeout(0)
    while True:
        try:
            lines.append(listener.recv(4096).decode())
        except BlockingIOError:
            return lines


def test_service_manager(tmp_path: Path) -> None:
    """READY after the first tick, WATCHDOG only while ticks commit, STOPPING at the end; SIGTERM ends with 0."""
    path = tmp_path / "notify"
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener,
        Sink() as sink,
        node(tmp_path, sink.port) as box,
    ):
        listener.bind(str(path))
        box.seed()
        box.start(env={"NOTIFY_SOCKET": str(path)})
        lines: list[str] = []
        eventually(lambda: lines.extend(heard_lines(listener)) or "WATCHDOG=1" in lines, within=20)
        assert lines.index("READY=1") < lines.index("WATCHDOG=1")
        eventually(
            lambda: lines.extend(heard_lines(listener)) or any("STATUS=" in line for line in lines), within=20
        )
        box.send(signal.SIGSTOP)
        time.sleep(0.3)
        heard_lines(listener)
        time.sleep(0.3)
        assert heard_lines(listener) == []
        box.send(signal.SIGCONT)
        eventually(lambda: "WATCHDOG=1" in heard_lines(listener), within=10)
        assert box.stop() == 0
        assert "STOPPING=1" in heard_lines(listener)


def test_stop_finishes_the_mail_in_data(tmp_path: Path) -> None:
    """SIGTERM while a server thinks about a mail: its answer is still taken and recorded, then the process ends."""
    in_data = threading.Event()

    def slow(stage: str, to: str) -> None:
        if stage == "DATA" and to.endswith("@provider.example"):
            in_data.set()
            time.sleep(1)

    with Sink(rule=slow) as sink, node(tmp_path, sink.port, data_timeout="20s") as box:
        (seeded,) = box.seed()
        box.start()
        assert in_data.wait(20)
        begun = time.monotonic()
        assert box.stop() == 0
        assert time.monotonic() - begun < 15
        sent = box.rows("select 1 from outbox where address = ? and state = 'sent'", seeded.provider)
        assert len(sent) == len(sink.taken(seeded.provider)) == 1


def test_port_in_use(tmp_path: Path) -> None:
    """A port that somebody else has is one clear error, and nothing is left running."""
    with Sink() as sink, node(tmp_path, sink.port) as box:
        box.configure()
        box.port = sink.port
        box.configure()
        box.start(wait=False)
        assert box.process is not None
        assert box.process.wait() == 1
        assert "node.listen" in box.log()
        box.process = None
