"""Signed check-ins over HTTP at 32 connections, beside one durable commit at a time on the same store.

A commit of the reference holds what a check-in leaves on disk (clock, switch, ledger entry, head, statement
with its receipt), written by the store's own functions in a fresh transaction of the same writer, one waiting
for the other. It does not hold what a check-in costs before it is stored: HTTP, two signatures, the rules.
A commit of a single tiny row would be no reference: nothing that the node takes is stored by one.
"""

import http.client
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from bench.figures import Figure, seconds
from bench.nodes import new_node, running
from escrowd.core.keys import fingerprint, new_id
from escrowd.core.statements import Checkin, ProviderKeys, Statement, sign_statement, verify_statement
from escrowd.machine.secret_input import Secret
from escrowd.node.config import NodeConfig, load_key
from escrowd.node.invitations import make_invitation
from escrowd.node.store import Connection, Store
from escrowd.node.store.clock import load_moment, save_moment
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.providers import load_keys
from escrowd.node.store.statements import keep_statement
from escrowd.node.store.switches import load_switch, save_switch
from escrowd.provider.actions.init import init
from escrowd.provider.actions.nodes import add_node
from escrowd.provider.node_client import NodeClient
from escrowd.provider.workspace import Session, Workspace

CONNECTIONS = 32
EACH = 30
PASSPHRASE = Secret("measure this passphrase", "typed")


def figures() -> Iterator[Figure]:
    """What waits together is committed together; that is what makes it faster than one at a time."""
    with tempfile.TemporaryDirectory() as name:
        config = new_node(Path(name) / "node")
        with running(config), ThreadPoolExecutor(CONNECTIONS) as pool:
            work = _signed(Path(name) / "workspace", config)
            start = time.perf_counter()
            times = [one for many in pool.map(lambda mine: _send(config, mine), work) for one in many]
            took = time.perf_counter() - start
        commit = _one_at_a_time(config, [compact for many in work for compact in many])
    rate, single = len(times) / took, 1 / commit
    p99 = statistics.quantiles(times, n=100)[98]
    yield Figure(
        f"signed check-ins, {CONNECTIONS} connections",
        f"{rate:.0f}/s, p99 {1000 * p99:.0f} ms",
        f"one by one {single:.0f}/s",
        rate / single,
        at_least=1.5,
    )


def _one_at_a_time(config: NodeConfig, compacts: list[str]) -> float:
    """The median of a durable commit of what a check-in leaves; seconds. The node does not run."""
    key = load_key(config.folder)
    with Store(config.folder, node=fingerprint(key.signing.public), wall=int(time.time())) as store:
        read = [_read(store, compact) for compact in compacts]
        return statistics.median(
            seconds(lambda statement=statement: store.write_now(lambda tx: _rows(tx, statement)))
            for statement in read
        )


def _read(store: Store, compact: str) -> Statement:
    def keys(provider: str) -> ProviderKeys | None:
        found = store.read_now(lambda tx: load_keys(tx, provider))
        return None if found is None else found.at(store.read_now(load_moment).node)

    # The same check-in again, under a name of its own.
    return replace(verify_statement(compact, keys=keys), jti=new_id() * 3)


def _rows(tx: Connection, statement: Statement) -> None:
    now, wall, provider = load_moment(tx), int(time.time()), statement.provider
    save_moment(tx, now, wall=wall)
    body = {"jti": statement.jti, "sha256": statement.sha256, "statement": statement.compact}
    seq, _ = append_ledger(tx, provider, statement.type, body)
    save_switch(tx, provider, load_switch(tx, provider))
    # A receipt is about as long as its statement.
    keep_statement(tx, statement, receipt=statement.compact, seq=seq, now=now, wall=wall)


def _signed(folder: Path, config: NodeConfig) -> list[list[str]]:
    """Statements, each with a nonce of its own, for each connection: signing is the provider's work."""
    now = int(time.time())
    init(
        folder,
        name="Provider",
        language="en",
        addresses=["provider@provider.example"],
        passphrase=PASSPHRASE,
        deliver=lambda _papers: None,
        now=now,
    )
    with Workspace(folder) as workspace:
        session = workspace.unlock(PASSPHRASE)
        invitation = make_invitation(load_key(config.folder), url=config.public_url, wall=now)
        add_node(session, url=config.public_url, invitation=invitation, now=now)
        client = NodeClient(config.public_url)
        return [[_statement(session, client) for _ in range(EACH)] for _ in range(CONNECTIONS)]


def _statement(session: Session, client: NodeClient) -> str:
    (node,) = session.vault.nodes
    return sign_statement(
        Checkin(),
        provider=session.provider,
        signer=session.daily,
        key="daily",
        presence="typed",
        nonces={node.fingerprint: client.nonce()},
        jti=new_id() * 3,
        iat=int(time.time()),
    )


def _send(config: NodeConfig, statements: list[str]) -> list[float]:
    connection = http.client.HTTPConnection(config.host, config.port)
    times = []
    for compact in statements:
        start = time.perf_counter()
        connection.request("POST", "/v1/statements", body=compact.encode())
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        times.append(time.perf_counter() - start)
    return times
