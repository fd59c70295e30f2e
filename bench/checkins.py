"""Signed check-ins over HTTP at 32 connections, beside one durable commit at a time on the same store."""

import http.client
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import text

from bench.figures import Figure, seconds
from bench.nodes import new_node, running
from escrowd.core.keys import fingerprint, new_id
from escrowd.core.statements import Checkin, sign_statement
from escrowd.machine.secret_input import Secret
from escrowd.node.config import NodeConfig, load_key
from escrowd.node.invitations import make_invitation
from escrowd.node.store import Store
from escrowd.provider.actions.init import init
from escrowd.provider.actions.nodes import add_node
from escrowd.provider.node_client import NodeClient
from escrowd.provider.workspace import Session, Workspace

CONNECTIONS = 32
EACH = 30
COMMITS = 300
PASSPHRASE = Secret("measure this passphrase", "typed")


def figures() -> Iterator[Figure]:
    """What waits together is committed together; that is what makes it faster than one at a time."""
    with tempfile.TemporaryDirectory() as name:
        config = new_node(Path(name) / "node")
        commit = _one_at_a_time(config)
        with running(config), ThreadPoolExecutor(CONNECTIONS) as pool:
            work = _signed(Path(name) / "workspace", config)
            start = time.perf_counter()
            times = [one for many in pool.map(lambda mine: _send(config, mine), work) for one in many]
            took = time.perf_counter() - start
    rate, single = len(times) / took, 1 / commit
    p99 = statistics.quantiles(times, n=100)[98]
    yield Figure(
        f"signed check-ins, {CONNECTIONS} connections",
        f"{rate:.0f}/s, p99 {1000 * p99:.0f} ms",
        f"single commits {single:.0f}/s",
        rate / single,
        at_least=1.5,
    )


def _one_at_a_time(config: NodeConfig) -> float:
    """The median of a durable commit of one row; seconds."""
    row = text("insert into meta (key, value) values (:key, 'x')")
    key = load_key(config.folder)
    with Store(config.folder, node=fingerprint(key.signing.public), wall=int(time.time())) as store:

        def commit(number: int) -> None:
            store.write_now(lambda tx: tx.execute(row, {"key": f"bench-{number}"}) and None)

        return statistics.median(seconds(lambda number=number: commit(number)) for number in range(COMMITS))


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
