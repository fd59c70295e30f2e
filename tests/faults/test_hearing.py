"""P2: silence counts only while the node can hear, and a copy of it is noticed."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

from harness import SCALE, D, NodeBox, copy_node, eventually, free_port, node
from history import Limits, breaches
from sink import Sink


class Proxy:
    """What stands between the world and a node. It can be closed, and led elsewhere."""

    def __init__(self) -> None:
        self.port = free_port()
        self.target = 0
        self.open = True
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            if not self.open:
                return
            with socket.create_connection(("127.0.0.1", self.target), 2) as server:
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join(5)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def state(box: NodeBox) -> str:
    (row,) = box.rows("select json_extract(facts_json, '$.state') from clock")
    return str(row[0])


def behind_proxy(box: NodeBox, proxy: Proxy) -> None:
    proxy.target = box.port
    box.url = f"http://127.0.0.1:{proxy.port}"
    box.configure(hear_every="150ms")


def test_unreachable(tmp_path: Path) -> None:
    """Unreachable, node time stands, people are told and nothing is released; after deaf_limit it goes on (P2)."""
    proxy = Proxy()
    with Sink() as sink, node(tmp_path, sink.port, deaf_limit="30d") as box:
        (seeded,) = box.seed()
        behind_proxy(box, proxy)
        box.start()
        eventually(box.hears, within=10)
        proxy.open = False
        eventually(lambda: state(box) == "deaf", within=10)
        stands = box.moment()
        eventually(
            lambda: sink.taken(seeded.provider, "does not hear itself"),
            within=20,
            what="the provider is told",
        )
        assert sink.taken("operator@node.example", "does not hear itself")
        eventually(lambda: box.moment().awake > stands.awake + 20 * D * 1000, within=30)
        assert box.moment().node == stands.node
        assert not box.entries(seeded.id, "ordered", kind="release")
        eventually(lambda: box.released() == 2, within=90)
        assert box.moment().node == stands.node
        released = box.entries(seeded.id, "ordered", kind="release")
        assert all(entry["body"]["deaf_counted"] > 0 for entry in released)
        assert box.entries(seeded.id, "deaf-limit")
        assert box.stop() == 0
        assert breaches(box, seeded.id, sink.mails, limits=Limits(deaf_limit=30 * D)) == []
    proxy.close()


def test_now_and_then(tmp_path: Path) -> None:
    """Reachable only now and then, only the time in which it hears counts, and nothing is told to be silence (P2)."""
    proxy = Proxy()
    stop = threading.Event()

    def flap() -> None:
        while not stop.wait(0.5):
            proxy.open = not proxy.open

    with Sink() as sink, node(tmp_path, sink.port) as box:
        (seeded,) = box.seed()
        behind_proxy(box, proxy)
        threading.Thread(target=flap, daemon=True).start()
        box.start()
        eventually(lambda: box.rows("select 1 from orders where kind = 'announce'"), within=60)
        stop.set()
        proxy.open = True
        eventually(lambda: box.released() == 2, within=60)
        assert box.stop() == 0
        assert breaches(box, seeded.id, sink.mails) == []
        assert len(box.rows("select 1 from journal where what = 'none'")) >= 2
    proxy.close()


def test_copy(tmp_path: Path) -> None:
    """A second process on the same folder is refused; on a copy it is held, and what ends held ends it (P2)."""
    proxy = Proxy()
    with Sink() as sink, node(tmp_path, sink.port, scale=SCALE) as box:
        (seeded,) = box.seed()
        behind_proxy(box, proxy)
        box.start()
        eventually(box.hears, within=10)
        twin = NodeBox.__new__(NodeBox)
        twin.__dict__.update(box.__dict__)
        twin.process = None
        twin.start(wait=False)
        assert twin.process is not None
        assert twin.process.wait() == 1
        assert "node.running" in box.log()
        box.stop()
        copy = copy_node(box, tmp_path / "copy")
        box.start()
        eventually(box.hears, within=10)
        try:
            copy.start()
            eventually(lambda: state(copy) == "held", within=10)
            eventually(
                lambda: sink.taken(seeded.provider, "a copy of"), within=20, what="the provider is told"
            )
            eventually(lambda: box.moment().node > 30 * D * 1000, within=60)
            assert state(box) == "hearing"
            assert copy.released() == 0
            box.kill()
            proxy.target = copy.port
            eventually(lambda: state(copy) == "hearing", within=10)
            eventually(lambda: copy.entries(seeded.id, "ordered", kind="anew"), within=20)
        finally:
            copy.kill()
    proxy.close()
