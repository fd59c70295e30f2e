"""Real nodes for tests: a folder, a configuration, seeded providers, a process to start, kill, stop and ask.

Time: ``SCALE`` makes a day of the rules last ``DAY`` real seconds. The rules know nothing of it.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from sink import Sink

from escrowd.core.encoding import canonical
from escrowd.core.keys import ProviderKey, fingerprint
from escrowd.core.ledger import EMPTY, verify_chain
from escrowd.core.seal import seal_bytes
from escrowd.core.statements import ProviderSet
from escrowd.core.switch import Deposit, Moment, NodeFacts, enrol, set_deposit
from escrowd.core.terms import Beneficiary, NodeRun, Terms, Timings
from escrowd.core.wire import Address, ClientName, FileOf, PeopleFile, Person
from escrowd.node.config import create_key, load_key
from escrowd.node.store import Connection, Store
from escrowd.node.store.deposits import Held, put_deposit, put_terms, record_file
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.people import save_people
from escrowd.node.store.providers import NewProvider, add_provider
from escrowd.node.store.switches import load_node, save_node, save_switch

D = 86_400
#: Real seconds that a day of the rules lasts.
DAY = 0.15
SCALE = round(D / DAY)
#: The shortest terms there are: silence, warnings, announcement, three weeks in all.
SHORT = Timings(interval=7 * D, grace=7 * D, announce=7 * D)
SHARE_WORDS = " ".join(f"word{number:02}" for number in range(1, 21))

CONFIG = """\
name = "Node under test"
public_url = "{url}"
listen = "127.0.0.1:{port}"

[operator]
name = "Operator"
address = "operator@node.example"
language = "en"

[smtp]
host = "127.0.0.1"
port = {smtp}
security = "plain"
from = "node@node.example"
timeout = "{timeout}"
data_timeout = "{data_timeout}"

[time]
tick = "{tick}"
hear_every = "{hear_every}"
retry_first = "{retry_first}"
retry_last = "{retry_last}"
time_scale = {scale}

[limits]
settle = "{settle}"
blind_limit = "{blind_limit}"
deaf_limit = "{deaf_limit}"
warn_every = "{warn_every}"
"""

DEFAULTS: dict[str, Any] = {
    "tick": "50ms",
    "hear_every": "2s",
    "retry_first": "50ms",
    "retry_last": "400ms",
    "timeout": "2s",
    "data_timeout": "2s",
    "scale": SCALE,
    "settle": "24h",
    "blind_limit": "30d",
    "deaf_limit": "30d",
    "warn_every": "4d",
}


def free_port() -> int:
    """A TCP port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(check: Callable[[], Any], *, within: float, what: str = "") -> Any:
    """Wait until ``check`` is true and return what it gave; fails after so many seconds."""
    end = time.monotonic() + within
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < end, f"not within {within} s: {what}"
        time.sleep(0.01)


class Popened:
    """A process started as a program of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.pid = process.pid

    def alive(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it and what it started: a tracer stands before the node."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(60)


class Forked:
    """A process forked from one that has imported everything (`zygote.py`)."""

    def __init__(self, mother: "subprocess.Popen[str]", folder: Path, log: Path) -> None:
        self._mother = mother
        self.pid = int(self._ask(f"start {folder} {log}"))

    def _ask(self, line: str) -> str:
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.write(line + "\n")
        self._mother.stdin.flush()
        return self._mother.stdout.readline()

    def alive(self) -> bool:
        """Whether it has not ended: one that has, and was not waited for, is a zombie."""
        state = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
        return state != "Z"

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        return int(self._ask(f"wait {self.pid}"))


Process = Popened | Forked


@cache
def zygote() -> "subprocess.Popen[str]":
    """The mother of forked nodes, one for the whole run. She ends when standard input does."""
    path = Path(__file__).with_name("zygote.py")
    return subprocess.Popen(
        [sys.executable, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )


@dataclass(frozen=True)
class Seeded:
    """A provider that a node knows: id, addresses, and what its client's share reads."""

    id: str
    name: str
    provider: str
    client: str
    successor: str
    share: str


@dataclass
class NodeBox:
    """A node's folder and, while it runs, its process."""

    folder: Path
    smtp: int
    options: dict[str, Any] = field(default_factory=dict)
    port: int = 0
    url: str = ""
    process: "Process | None" = None
    starts: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o700)
        self.port = self.port or free_port()
        self.url = self.url or f"http://127.0.0.1:{self.port}"
        create_key(self.folder)
        self.configure()

    def configure(self, **options: Any) -> None:
        """Write the configuration, with options changed."""
        self.options |= options
        text = CONFIG.format(url=self.url, port=self.port, smtp=self.smtp, **(DEFAULTS | self.options))
        (self.folder / "config.toml").write_text(text, encoding="utf-8")

    @property
    def key(self) -> ProviderKey:
        """The node's own key."""
        return load_key(self.folder)

    @property
    def fingerprint(self) -> str:
        """Of that key."""
        return fingerprint(self.key.signing.public)

    # --- the process -----------------------------------------------------------------------------------

    def start(
        self, *, wait: bool = True, env: dict[str, str] | None = None, prefix: tuple[str, ...] = ()
    ) -> None:
        """Start the process; with ``wait`` until it answers. ``env`` and ``prefix`` cost a second."""
        self.starts += 1
        log = self.folder.parent / f"{self.folder.name}.log"
        if env or prefix:
            with log.open("ab") as output:
                self.process = Popened(
                    subprocess.Popen(
                        [*prefix, sys.executable, "-c", _MAIN, str(self.folder)],
                        stdout=output,
                        stderr=subprocess.STDOUT,
                        env=os.environ | (env or {}),
                        start_new_session=True,
                    )
                )
        else:
            self.process = Forked(zygote(), self.folder, log)
        if wait:
            eventually(self.answers, within=30, what="the node answers")

    def answers(self) -> bool:
        """Whether the process answers over HTTP. Fails if it ended."""
        assert self.process is not None
        assert self.process.alive(), self.log()[-3000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as reply:
                return bool(reply.status == 200)
        except OSError:
            return False

    def log(self) -> str:
        """All that the processes wrote."""
        path = self.folder.parent / f"{self.folder.name}.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self.process is not None
        self.process.send(number)

    def kill(self) -> None:
        """Kill -9."""
        if self.process is not None:
            self.process.send(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.send(signal.SIGTERM)
        code = self.process.wait()
        self.process = None
        return code

    # --- what it recorded ------------------------------------------------------------------------------

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Rows of the database, read beside the running node."""
        path = self.folder / "escrowd.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as database:
            database.row_factory = sqlite3.Row
            return database.execute(query, values).fetchall()

    def moment(self) -> Moment:
        """The clocks as committed last."""
        (row,) = self.rows("select awake, node from clock")
        return Moment(row["awake"], row["node"])

    def ledger(self, provider: str) -> list[dict[str, Any]]:
        """The provider's entries, bodies read."""
        rows = self.rows("select * from ledger where provider = ? order by seq", provider)
        return [{**dict(row), "body": json.loads(row["body_json"])} for row in rows]

    def verify_ledger(self, provider: str) -> int:
        """Verify the chain as an outsider would; how many entries it has."""
        lines = []
        for entry in self.ledger(provider):
            line = {
                k: entry[k]
                for k in ("seq", "node_time", "wall", "type", "body_sha256", "prev", "hash", "body")
            }
            lines.append(canonical({**line, "node": self.fingerprint}) + b"\n")
        return verify_chain(lines, after=EMPTY, node=self.fingerprint).seq

    def entries(self, provider: str, type_: str, **body: Any) -> list[dict[str, Any]]:
        """Ledger entries of one type whose bodies hold these values."""
        return [
            entry
            for entry in self.ledger(provider)
            if entry["type"] == type_ and body.items() <= entry["body"].items()
        ]

    def released(self) -> int:
        """How many persons got a release, of all providers."""
        query = "select count(distinct provider || json_extract(body_json, '$.person')) from ledger"
        (row,) = self.rows(f"{query} where type = 'released'")
        return int(row[0])

    def hears(self) -> bool:
        """Whether the node heard itself last."""
        (row,) = self.rows("select facts_json from clock")
        return bool(row["facts_json"]) and json.loads(row["facts_json"])["state"] == "hearing"

    def check_in_by_link(self, sink: Sink, seeded: Seeded) -> int:
        """Do what the provider does who clicks the button of the newest mail's page; the HTTP status."""
        link = re.compile(rb"http://[^\s\"<>]*/p/checkin\?[^\s\"<>]+")
        links = [found[0] for mail in sink.taken(seeded.provider) if (found := link.search(mail.content))]
        url = links[-1].decode().replace("&amp;", "&")
        with urllib.request.urlopen(url, data=b"do=checkin", timeout=10) as reply:  # noqa: S310 — our own page
            return int(reply.status)

    # --- seeding ---------------------------------------------------------------------------------------

    def seed(self, count: int = 1, *, timings: Timings = SHORT, size: int = 400) -> list[Seeded]:
        """Enrol providers straight through the store, each with one client, a successor and a deposit."""
        with Store(self.folder, node=self.fingerprint, wall=int(time.time())) as store:
            return store.write_now(
                lambda tx: [
                    self._seed_one(tx, store, number, timings=timings, size=size) for number in range(count)
                ]
            )

    def _seed_one(self, tx: Connection, store: Store, number: int, *, timings: Timings, size: int) -> Seeded:
        root = sha256(f"{self.folder}{number}".encode()).digest()
        id_ = fingerprint(root)
        name = f"p{number}"
        seeded = Seeded(
            id=id_,
            name=name,
            provider=f"{name}@provider.example",
            client=f"{name}@client.example",
            successor=f"{name}@successor.example",
            share=f"{SHARE_WORDS.removesuffix('word20')}{name}",
        )
        node = load_node(tx)
        now = Moment(0, 0)
        people = PeopleFile(
            salt="00" * 16,
            people=tuple(
                Person(
                    id=person,
                    name=f"{who} {name}",
                    language=language,
                    phrase="blue boat",
                    addresses=(Address(id=person.ljust(8, "a")[:8], address=address),),
                )
                for person, who, language, address in (
                    ("provider", "Provider", "en", seeded.provider),
                    ("clientaa", "Client", "de", seeded.client),
                    ("successo", "Successor", "en", seeded.successor),
                )
            ),
            clients=(ClientName(id="bakery", name=f"Bakery {name}"),),
        )
        add_provider(
            tx,
            NewProvider(
                id=id_,
                root=root.hex(),
                daily=sha256(root).hexdigest(),
                appointment="",
                name=name,
                invitation=f"invitation-{number}",
                people_sha256="00" * 32,
                provider_set=ProviderSet(
                    slip39_id=1,
                    proof_keys=tuple(sha256(root + bytes([n])).hexdigest() for n in range(3)),
                    key_sha256="00" * 32,
                ),
            ),
            node_time=0,
            awake=0,
            wall=int(time.time()),
        )
        save_people(tx, id_, people)
        beneficiaries = (
            Beneficiary(person="clientaa", role="client", after=0),
            Beneficiary(person="successo", role="successor", after=0),
        )
        terms = Terms(
            client="bakery",
            timings=timings,
            beneficiaries=beneficiaries,
            nodes=(NodeRun(fingerprint=self.fingerprint, operator="operator"),),
            people_sha256="00" * 32,
        )
        put_terms(tx, id_, terms, jti=f"terms-{number}", now=0, since=0)
        contents = {
            "bundle.age": (f"bundle of {name} ".encode() * size)[:size],
            "key-1.age": f"key of {name}".encode(),
            "manifest.jws": f"manifest of {name}".encode(),
            "share-1.age": seal_bytes(seeded.share.encode(), [self.key.identity.recipient]),
        }
        files = {}
        for file_name, data in contents.items():
            digest = sha256(data).hexdigest()
            (store.files / digest).write_bytes(data)
            files[file_name] = FileOf(sha256=digest, size=len(data))
            record_file(tx, files[file_name], provider=id_, awake=0)
        put_deposit(
            tx,
            id_,
            Held(
                client="bakery",
                revision=1,
                jti=f"deposit-{number}",
                sets={1: 1},
                files=files,
                made_node=0,
                made_awake=0,
                made_wall=int(time.time()),
                until_node=None,
            ),
        )
        facts = set_deposit(enrol(node, now, timings), Deposit("bakery", 1, beneficiaries))
        save_switch(tx, id_, facts)
        append_ledger(tx, id_, "enrol", {"awake": 0})
        return seeded


#: What `escrowd run DIR` does, without the command line's own start-up.
_MAIN = """
import sys
from pathlib import Path
from escrowd.node.config import load
from escrowd.node.run import main
main(load(Path(sys.argv[1])))
"""


@contextlib.contextmanager
def node(folder: Path, smtp: int, **options: Any) -> Iterator[NodeBox]:
    """A node that is surely gone afterwards."""
    box = NodeBox(folder / "node", smtp, options)
    try:
        yield box
    finally:
        box.kill()


def copy_node(box: NodeBox, folder: Path) -> NodeBox:
    """A copy of a node's folder, key and all, with the same public URL, listening elsewhere."""
    shutil.copytree(box.folder, folder)
    (folder / "lock").unlink(missing_ok=True)
    other = NodeBox.__new__(NodeBox)
    other.folder, other.smtp, other.options = folder, box.smtp, dict(box.options)
    other.port, other.url, other.process, other.starts = free_port(), box.url, None, 0
    other.configure()
    return other


__all__ = [
    "DAY",
    "SHORT",
    "D",
    "NodeBox",
    "NodeFacts",
    "Seeded",
    "Sink",
    "copy_node",
    "eventually",
    "node",
    "save_node",
]
