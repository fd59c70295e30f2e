"""Letters that the outbox hands over, beside a bare SMTP client on the same server, four connections each."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiosmtplib
import uvloop

from bench.figures import Figure
from bench.nodes import free_port, new_node
from escrowd.core.keys import fingerprint, link_key
from escrowd.node.answers import Answers
from escrowd.node.channels.smtp import Relay
from escrowd.node.clock import NodeClock, Now
from escrowd.node.config import NodeConfig, load_key
from escrowd.node.orders import Desk
from escrowd.node.outbox import Outbox
from escrowd.node.store import Connection, Store
from escrowd.node.store.clock import load_moment
from escrowd.node.store.outbox import put_letter, record_order

LETTERS = 2000
CONNECTIONS = 4
BODY = b"".join(b"A line of a letter that says what happened and what to do.\r\n" for _ in range(60))


def figures() -> Iterator[Figure]:
    """The outbox commits each answer and asks the rules before each letter; the bare client does neither."""
    with tempfile.TemporaryDirectory() as name, _sink() as port:
        config = new_node(Path(name) / "node", smtp_port=port)
        # In turn, so that the machine's moods hit both alike; each tells how long the handing over took,
        # without opening a store or writing the letters.
        pairs = [(uvloop.run(_outbox(config, run)), uvloop.run(_bare(port))) for run in range(7)]
    ours, bare = (statistics.median(times) for times in zip(*pairs, strict=True))
    yield Figure(
        f"{LETTERS} letters, {CONNECTIONS} connections",
        f"{LETTERS / ours:.0f} mails/s",
        f"bare client {LETTERS / bare:.0f} mails/s",
        bare / ours,
        at_least=0.9,
    )


@contextmanager
def _sink() -> Iterator[int]:
    port = free_port()
    words = [sys.executable, "-m", "bench.sink", str(port)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield port
        finally:
            process.kill()


def _message(number: str) -> bytes:
    return f"From: node@node.example\r\nTo: p@x.example\r\nMessage-ID: <{number}@x>\r\n\r\n".encode() + BODY


async def _outbox(config: NodeConfig, run: int) -> float:
    key = load_key(config.folder)
    with Store(config.folder, node=fingerprint(key.signing.public), wall=int(time.time())) as store:
        clock = NodeClock(store.write_now(load_moment), tick_ms=10_000, scale=1)
        await store.write(lambda tx: _fill(tx, clock.stamp_now(tx), run))
        answers = Answers(clock, Desk(config, link_key(key.seed)), config.time)
        relay = Relay(config.smtp, None, "bench")
        outbox = Outbox(store, clock, answers, relay=relay, identity=key.identity, config=config)
        start = time.perf_counter()
        working = asyncio.create_task(outbox.run())
        while await store.read(_waiting):  # noqa: ASYNC110 — from outside, as an operator would look
            await asyncio.sleep(0.01)
        passed = time.perf_counter() - start
        await outbox.stop()
        await working
        return passed


def _fill(tx: Connection, now: Now, run: int) -> None:
    for number in range(LETTERS):
        key = f"node/bench/{run}/{number}"
        about = {"provider": "", "kind": "digest", "client": "", "person": "operator"}
        record_order(tx, now, key=key, **about, order=None, revision=None)
        put_letter(
            tx,
            now,
            key=key,
            provider="",
            person="operator",
            kind="digest",
            address_id="operator",
            address=f"p{number}@x.example",
            message_id=f"{run}.{number}@x",
            message=_message(f"{run}.{number}"),
            parts=None,
        )


def _waiting(tx: Connection) -> bool:
    return tx.exec_driver_sql("select 1 from outbox where state = 'waiting' limit 1").first() is not None


async def _bare(port: int) -> float:
    numbers = iter(range(LETTERS))

    async def one_connection() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False) as client:
            for number in numbers:
                await client.mail("node@node.example")
                await client.rcpt(f"p{number}@x.example")
                await client.data(_message(str(number)))

    start = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))
    return time.perf_counter() - start
