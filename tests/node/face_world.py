"""A real node behind a real uvicorn on loopback, and a provider who signs. What the tests of the faces share.

The node's clocks run on a counter that a test moves; nothing is patched: the clock takes where real time comes from.
"""

import contextlib
import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import urllib3
import uvicorn

from escrowd.core.hearing import heard, started
from escrowd.core.keys import ProviderKey, SigningKey, fingerprint, link_key, new_id
from escrowd.core.ledger import LedgerEntry, read_chain
from escrowd.core.manifest import ManifestGroup, ManifestSet, make_manifest, sign_manifest
from escrowd.core.seal import seal_bytes
from escrowd.core.shares import make_provider_cards, make_set
from escrowd.core.shares.sets import NewSet, ProviderCards
from escrowd.core.statements import (
    Body,
    Checkin,
    Deposit,
    Enrol,
    ProviderSet,
    Query,
    sign_appointment,
    sign_statement,
)
from escrowd.core.switch import (
    Change,
    Facts,
    Order,
    accepted,
    release_begun,
    released,
)
from escrowd.core.terms import DAY, Beneficiary, NodeRun, Terms, Timings
from escrowd.core.wire import Address, ClientName, FileOf, HeadOf, PeopleFile, Person
from escrowd.node.api import NodeContext, build_app
from escrowd.node.clock import NodeClock
from escrowd.node.config import create_key, load
from escrowd.node.invitations import make_invitation
from escrowd.node.orders import Desk
from escrowd.node.store import Store
from escrowd.node.store.clock import load_moment
from escrowd.node.store.switches import load_node, load_switch, read_order, save_node
from escrowd.node.tick import tick

WALL = 1_801_440_000
DAY_MS = DAY * 1000
CONFIG = """\
name = "Nordlicht"
public_url = "http://127.0.0.1:{port}"
listen = "127.0.0.1:{port}"
[operator]
name = "Olaf Betrieb"
address = "olaf@node.test"
[smtp]
host = "127.0.0.1"
port = 2525
security = "plain"
from = "escrowd@node.test"
[time]
tick = "400d"
"""


@dataclass
class Answer:
    """What the node answered."""

    status: int
    headers: Any
    data: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def code(self) -> str:
        return self.json["error"]["code"]

    @property
    def fields(self) -> Any:
        return self.json["error"]["fields"]

    @property
    def text(self) -> str:
        return self.data.decode()


class Node:
    """A node that serves on loopback. ``real`` milliseconds are moved by ``pass_days``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        (folder / "config.toml").write_text(CONFIG.format(port=self.port), encoding="utf-8")
        self.config = load(folder)
        self.key = create_key(folder)
        self.fingerprint = fingerprint(self.key.signing.public)
        self.providers = 0
        self.real = 0
        self.wall = WALL
        self.url = f"http://127.0.0.1:{self.port}"
        self.pool = urllib3.PoolManager(retries=False, maxsize=4)
        self.start()

    def start(self) -> None:
        self.store = Store(self.folder, node=self.fingerprint, wall=self.wall)
        moment = self.store.read_now(_moment)
        self.clock = NodeClock(
            moment, tick_ms=400 * DAY_MS, scale=1, monotonic=lambda: self.real, wall=lambda: self.wall
        )
        self.desk = Desk(self.config, link_key(self.key.seed))
        self.context = NodeContext(
            config=self.config,
            store=self.store,
            key=self.key,
            clock=self.clock,
            desk=self.desk,
            number="ab" * 16,
            wake=lambda: None,
        )
        self.context = replace(self.context, nonces=type(self.context.nonces)(lambda: self.real))
        self.store.write_now(self._hear)
        server = uvicorn.Config(
            build_app(self.context),
            host="127.0.0.1",
            port=self.port,
            access_log=False,
            log_level="error",
            lifespan="off",
        )
        self.server = uvicorn.Server(server)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.005)

    def _hear(self, tx: Any) -> None:
        now = self.clock.stamp(tx)
        save_node(tx, heard(started(load_node(tx), now), now, "self"))

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()
        self.store.close()
        self.pool.clear()

    def pass_days(self, days: float) -> None:
        """Let real time pass, in ticks of a day."""
        left = int(days * DAY_MS)
        while left > 0:
            step = min(left, DAY_MS)
            left -= step
            self.real += step
            self.wall += step // 1000
            self.store.write_now(lambda tx: tick(tx, self.clock, self.desk))

    # --- HTTP ---------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        response = self.pool.request(
            method, self.url + path, body=body, headers=headers, redirect=False, timeout=30
        )
        return Answer(response.status, response.headers, response.data)

    def nonce(self) -> str:
        return str(self.ask("POST", "/v1/nonces").json["nonce"])

    def state(self, compact: str) -> Answer:
        return self.ask("POST", "/v1/statements", compact.encode())

    def put(self, data: bytes, compact: str, name: str | None = None) -> Answer:
        return self.ask(
            "PUT", f"/v1/files/{name or digest(data)}", data, Authorization=f"Statement {compact}"
        )

    # --- what is on disk ----------------------------------------------------------------------------------

    def dump(self) -> dict[str, list[Any]]:
        """Every table's rows but the clock's, to prove that nothing changed."""

        def rows(tx: Any) -> dict[str, list[Any]]:
            tables = tx.exec_driver_sql("select name from sqlite_master where type='table'").scalars().all()
            return {
                name: [tuple(row) for row in tx.exec_driver_sql(f"select * from {name}")]  # noqa: S608 — own names
                for name in tables
                if name != "clock"
            }

        return self.store.read_now(rows)

    def rows(self, sql: str) -> list[Any]:
        return self.store.read_now(lambda tx: tx.exec_driver_sql(sql).all())

    def letters(self, kind: str) -> list[Any]:
        return self.rows(f"select order_key, person, address, message from outbox where kind='{kind}'")  # noqa: S608

    def facts(self, provider: str) -> Facts:
        return self.store.read_now(lambda tx: load_switch(tx, provider))

    def change(self, provider: str, make: Callable[[Facts, Any], Facts]) -> None:
        """Record an event of the outbox as its driver would: ``make(facts, now)``."""

        def run(tx: Any) -> None:
            now = self.clock.stamp_now(tx)
            facts = load_switch(tx, provider)
            self.desk.apply(tx, now, provider, facts, Change(make(facts, now.moment)))

        self.store.write_now(run)

    def accept(self, provider: str) -> None:
        """The mail server takes every warning and announcement to the provider."""
        node = self.store.read_now(load_node)
        for order in self.orders(provider):
            if order.kind in {"warn", "announce"} and order.person == "provider":
                self.change(provider, lambda f, now, order=order: accepted(f, node, now, order))

    def release(self, provider: str) -> list[str]:
        """Send every release that is ordered; the keys of their orders."""
        keys = []
        for order in self.orders(provider):
            if order.kind == "release":
                self.change(provider, lambda f, _, order=order: release_begun(f, order))
                self.change(provider, lambda f, now, order=order: released(f, now, order))
                keys.append(f"{provider}/{order.key}")
        return keys

    def orders(self, provider: str) -> list[Order]:
        texts = self.rows(
            f"select order_json from orders where provider='{provider}' and order_json is not null"  # noqa: S608
        )
        return [read_order(row[0]) for row in texts]


def _moment(tx: Any) -> Any:
    return load_moment(tx)


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


@cache
def card_set(identifier: int) -> NewSet:
    """Making a set takes time, and none of its words matter here."""
    return make_set(identifier)


@cache
def root_and_cards(number: int) -> tuple[ProviderKey, ProviderCards]:
    """The keys of the so-manieth provider at a node."""
    root = ProviderKey.generate()
    return root, make_provider_cards(root, 77 + number)


@dataclass
class Provider:
    """A provider and what they would keep in a workspace."""

    node: Node
    daily: SigningKey = field(default_factory=SigningKey.generate)
    timings: Timings = field(default_factory=Timings)

    def __post_init__(self) -> None:
        self.root, self.cards = root_and_cards(self.node.providers)
        self.node.providers += 1
        self.id = fingerprint(self.root.signing.public)
        self.appointment = sign_appointment(self.root.signing, daily=self.daily.public, created=WALL)
        self.seen: dict[str, HeadOf] = {}

    # --- statements ---------------------------------------------------------------------------------------

    def sign(self, body: Body, *, presence: str = "stored", nonce: str | None = None, **other: Any) -> str:
        claims: dict[str, Any] = {
            "provider": self.id,
            "signer": self.daily,
            "key": "daily",
            "presence": presence,
            "nonces": {self.node.fingerprint: nonce or self.node.nonce()},
            "jti": new_id() + new_id(),
            "iat": WALL,
            "seen": self.seen,
        }
        return sign_statement(body, **{**claims, **other})

    def tell(self, body: Body, files: tuple[bytes, ...] = (), **claims: Any) -> Answer:
        """Upload the files and hand in the statement."""
        compact = self.sign(body, **claims)
        for data in files:
            answer = self.node.put(data, compact)
            if answer.status != 204:
                return answer
        return self.node.state(compact)

    # --- bodies -------------------------------------------------------------------------------------------

    def people(self, *, without: str = "", language: str = "de") -> bytes:
        people = [
            person("provider", "Jana Winter", "Lampe, Honig, Gießkanne", "jana@winter.test", language),
            person("clientaa", "Marta Korn", "Anker, Brot, Fenster", "marta@korn.test", language),
            person("successa", "Nils Peters", "Kessel, Insel, Leiter", "nils@peters.test", language),
        ]
        file = PeopleFile(
            salt="00" * 16,
            people=tuple(p for p in people if p.id != without),
            clients=(ClientName(id="bakery", name="Bäckerei Korn"),),
        )
        return file.model_dump_json(by_alias=True).encode()

    def enrol_body(self, people: bytes, **other: Any) -> Enrol:
        invitation = make_invitation(self.node.key, url=self.node.url, wall=self.node.wall)
        body: dict[str, Any] = {
            "invitation": invitation,
            "root": self.root.signing.public.hex(),
            "name": "Jana Winter IT",
            "appointment": self.appointment,
            "provider_set": ProviderSet(
                slip39_id=self.cards.identifier,
                proof_keys=tuple(key.hex() for key in self.cards.proof_keys),
                key_sha256=digest(self.cards.key_file),
            ),
            "timings": self.timings,
            "people_sha256": digest(people),
        }
        return Enrol(**{**body, **other})

    def enrol(self, language: str = "de") -> Answer:
        people = self.people(language=language)
        return self.tell(self.enrol_body(people), (people,), presence="typed")

    def terms_body(self, people: bytes, **other: Any) -> Terms:
        body: dict[str, Any] = {
            "client": "bakery",
            "timings": self.timings,
            "beneficiaries": (
                Beneficiary(person="clientaa", role="client", after=0),
                Beneficiary(person="successa", role="successor", after=0),
            ),
            "nodes": (NodeRun(fingerprint=self.node.fingerprint, operator="provider"),),
            "people_sha256": digest(people),
        }
        return Terms(**{**body, **other})

    def agree(self, language: str = "de", **other: Any) -> Answer:
        people = self.people(language=language)
        return self.tell(self.terms_body(people, **other), (people,))

    def checkin(self, **claims: Any) -> Answer:
        return self.tell(Checkin(), presence="typed", **claims)

    def ask(self, what: str, **body: Any) -> Answer:
        compact = self.sign(Query(what=what, **body))
        return self.node.ask("POST", "/v1/query", compact.encode())

    def ledger(self) -> list[LedgerEntry]:
        lines = io.BytesIO(self.ask("ledger").data).readlines()
        return list(read_chain(lines, node=self.node.fingerprint))

    # --- deposits -----------------------------------------------------------------------------------------

    def deposit_files(self, revision: int = 1, **other: bytes) -> dict[str, bytes]:
        """The files of a good deposit, or with some of them in other bytes."""
        one = card_set(501)
        bundle = seal_bytes(f"the bundle, revision {revision}".encode(), [one.recipient])
        groups = tuple(
            ManifestGroup(name=name, k=1, n=1, proof_keys=(one.proof_keys[name][0].hex(),))
            for name in ("nodes", "client", "successor", "reserve")
        )
        files = {
            "bundle.age": bundle,
            "key-1.age": one.key_file,
            "share-1.age": seal_bytes(one.shares["nodes"][0].encode(), [self.node.key.identity.recipient]),
            "provider-key.age": self.cards.key_file,
            "workspace.age": seal_bytes(b"the sealed table", [self.root.identity.recipient]),
            **{name.replace("_", "-").replace("-age", ".age"): data for name, data in other.items()},
        }
        manifest = make_manifest(
            root=self.root.signing.public,
            client="bakery",
            revision=revision,
            created=WALL + revision,
            bundle_sha256=digest(bundle),
            chain=[self.appointment],
            sets=[
                ManifestSet(
                    set=1,
                    slip39_id=one.identifier,
                    recipient=one.recipient,
                    key_sha256=digest(one.key_file),
                    groups=groups,
                )
            ],
        )
        files["manifest.jws"] = sign_manifest(manifest, self.daily).encode()
        return files

    def deposit_body(self, files: dict[str, bytes], client: str = "bakery") -> Deposit:
        named = {name: FileOf(sha256=digest(data), size=len(data)) for name, data in files.items()}
        return Deposit(client=client, files=named)

    def deposit(self, files: dict[str, bytes] | None = None, **claims: Any) -> Answer:
        files = files or self.deposit_files()
        return self.tell(self.deposit_body(files), tuple(files.values()), **claims)


def person(id_: str, name: str, phrase: str, address: str, language: str) -> Person:
    return Person(
        id=id_,
        name=name,
        language=language,
        phrase=phrase,
        addresses=(Address(id="addr" + id_[:4], address=address),),
    )


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Node]:
    node = Node(folder)
    try:
        yield node
    finally:
        node.stop()


def raw(node: Node, head: str, body: bytes = b"", *, patience: float = 10) -> bytes:
    """Send bytes as they are and read until the node closes or answers."""
    with socket.create_connection(("127.0.0.1", node.port), timeout=patience) as line:
        line.sendall(head.replace("\n", "\r\n").encode() + body)
        response = http.client.HTTPResponse(line)
        response.begin()
        return f"{response.status} ".encode() + response.read()
