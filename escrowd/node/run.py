"""The process: what runs beside what, how it starts, and how it ends.

1. Everything on one event loop: HTTP, ticks, mail, hearing, housekeeping; the database's writer and the
   readers in threads of their own.
2. Start: lock and database, facts of the start (deaf until the first good answer; a new round after a day
   off; what had begun and was never answered counts as released), then the tick, then the socket, then
   READY.
3. The watchdog is fed only after a tick has committed: a node that hangs anywhere on the way there is
   restarted.
4. SIGTERM: take no more requests and no more letters, finish what is under way, the mail in DATA above all;
   30 s at most. A second signal does not wait.
5. A task that ends by itself is a defect: the process ends with it, and the service manager starts a new one.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import uvicorn
import uvloop

from escrowd.core.hearing import started
from escrowd.core.keys import ProviderKey, fingerprint, link_key
from escrowd.core.switch import NodeFacts, Policy
from escrowd.errors import UnavailableError
from escrowd.machine.child import forbid_core_dumps
from escrowd.node.answers import Answers
from escrowd.node.api import build_app
from escrowd.node.api.connections import bounded
from escrowd.node.channels.smtp import Relay
from escrowd.node.clock import NodeClock
from escrowd.node.config import LimitsConfig, NodeConfig, load_key, smtp_password
from escrowd.node.hearing import Ear, new_number
from escrowd.node.housekeeping import Housekeeper
from escrowd.node.intake import NodeContext
from escrowd.node.intake.upgrading import record_holders
from escrowd.node.orders import Desk
from escrowd.node.outbox import Outbox
from escrowd.node.service_manager import Notifier
from escrowd.node.store import Connection, Store
from escrowd.node.store.clock import load_moment
from escrowd.node.store.hearing import count_start, last_wall, note
from escrowd.node.store.switches import load_node, make_due, save_node
from escrowd.node.telling import Teller
from escrowd.node.tick import Ticked, tick

#: Seconds that a stop may take (rule 4), and a request within it.
STOP_WITHIN: Final = 30
_REQUESTS_WITHIN: Final = 10

log = logging.getLogger(__name__)


def main(config: NodeConfig) -> None:
    """Run a node until it is told to stop.

    Raises ``ConflictError("node.running")``, ``UnavailableError("node.listen")`` (host, port), and what
    ``Store``, ``load_key`` and ``smtp_password`` raise.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("schedule").setLevel(logging.WARNING)
    os.umask(0o077)
    forbid_core_dumps()
    key, password = load_key(config.folder), smtp_password(config.smtp)
    node = fingerprint(key.signing.public)
    with Store(config.folder, node=node, wall=int(time.time())) as store, _listening(config) as listener:
        uvloop.run(Node(config, key, password, store).run(listener))


@contextlib.contextmanager
def _listening(config: NodeConfig) -> Generator[socket.socket]:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((config.host, config.port))
        except OSError:
            raise UnavailableError("node.listen", host=config.host, port=config.port) from None
        yield listener


class _Server(uvicorn.Server):
    """uvicorn, leaving signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class Node:
    """One running node: builds its parts and keeps them running.

    Parameters: ``key``, the node's own; ``password`` for the mail server; ``store``, open.
    """

    def __init__(self, config: NodeConfig, key: ProviderKey, password: str | None, store: Store) -> None:
        self._config = config
        self._store = store
        self._notify = Notifier()
        time_config = config.time
        self._clock = NodeClock(
            store.read_now(load_moment), tick_ms=time_config.tick_ms, scale=time_config.time_scale
        )
        self._desk = Desk(config, link_key(key.seed))
        self._answers = Answers(self._clock, self._desk, time_config)
        helo = urlsplit(config.public_url).hostname or "localhost"
        self._relay = Relay(config.smtp, password, helo)
        self._teller = Teller(store, self._clock, self._desk)
        self._key = key
        self._number = new_number()
        self._stopping = asyncio.Event()

    async def run(self, listener: socket.socket) -> None:
        """Run until a signal or a defect (rules 4 and 5)."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled)
        await self._store.write(self._begin)
        outbox = Outbox(
            self._store,
            self._clock,
            self._answers,
            relay=self._relay,
            identity=self._key.identity,
            config=self._config,
        )
        ear = Ear(
            self._store,
            self._clock,
            self._teller,
            key=self._key.signing,
            number=self._number,
            config=self._config,
        )
        keeper = Housekeeper(
            self._store,
            self._clock,
            self._desk,
            self._teller,
            config=self._config,
            wake=outbox.wake,
            notify=self._notify,
        )
        context = NodeContext(
            config=self._config,
            store=self._store,
            key=self._key,
            clock=self._clock,
            desk=self._desk,
            number=self._number,
            wake=outbox.wake,
        )
        server = _Server(
            uvicorn.Config(
                build_app(context),
                access_log=False,  # a query may hold a link's token (P10)
                log_config=None,
                lifespan="off",
                proxy_headers=False,
                server_header=False,
                http=bounded(self._config.connections),
                timeout_graceful_shutdown=_REQUESTS_WITHIN,
            )
        )
        await self._tick(outbox)
        tasks = [
            loop.create_task(server.serve([listener]), name="http"),
            loop.create_task(self._ticks(outbox), name="ticks"),
            loop.create_task(outbox.run(), name="outbox"),
            loop.create_task(ear.run(), name="hearing"),
            loop.create_task(keeper.run(), name="housekeeping"),
        ]
        stopping = loop.create_task(self._stopping.wait(), name="signal")
        await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        self._notify("STOPPING=1")
        ended = [task for task in tasks if task.done()]
        server.should_exit = True
        ear.stop()
        keeper.stop()
        try:
            async with asyncio.timeout(STOP_WITHIN):
                await outbox.stop()
                await asyncio.wait(tasks[:1])
        except TimeoutError:
            log.warning("stopped with work under way; it goes on at the next start")
        for task in (*tasks, stopping):
            task.cancel()
        await asyncio.gather(*tasks, stopping, return_exceptions=True)
        for task in ended:
            if not self._stopping.is_set():
                raise RuntimeError(task.get_name()) from task.exception()  # rule 5

    def _signalled(self) -> None:
        if self._stopping.is_set():
            os._exit(1)  # asked twice (rule 4)
        log.info("stopping")
        self._stopping.set()

    def _begin(self, tx: Connection) -> None:
        """What a start makes of the facts (rule 2)."""
        wall, before, stored = last_wall(tx), load_node(tx), self._clock.now()
        gap = self._clock.wall() - wall if wall else 0
        node = started(replace(before, policy=_policy(self._config.limits)), stored, wall_gap=gap)
        save_node(tx, node)
        # Stamped only now: what passed since this process began is no time in which it heard.
        now = self._clock.stamp_now(tx)
        make_due(tx, everyone=_everyone(before, node))
        note(tx, now.moment, "start" if node.round == before.round else "round")
        number = count_start(tx)
        recovered = self._answers.recover(tx)
        record_holders(tx, self._store)
        log.info("start %s; round %s; %s letters had begun", number, node.round, recovered)

    async def _ticks(self, outbox: Outbox) -> None:
        """Tick on the loop's monotonic timer."""
        loop = asyncio.get_running_loop()
        length = self._config.time.tick_ms / 1000
        following = loop.time() + length
        ready = False
        while True:
            await asyncio.sleep(max(0.0, following - loop.time()))
            following = max(following + length, loop.time())
            await self._tick(outbox)
            if not ready:
                self._notify("READY=1")
                ready = True
            self._notify("WATCHDOG=1")  # rule 3

    async def _tick(self, outbox: Outbox) -> Ticked:
        ticked = await self._store.write(partial(tick, clock=self._clock, desk=self._desk))
        while ticked.more:
            ticked = await self._store.write(partial(tick, clock=self._clock, desk=self._desk))
        outbox.wake()
        return ticked


def _policy(limits: LimitsConfig) -> Policy:
    return Policy(
        notice=limits.notice,
        warn_every=limits.warn_every,
        blind_limit=limits.blind_limit,
        deaf_limit=limits.deaf_limit,
        settle=limits.settle,
    )


def _everyone(before: NodeFacts, after: NodeFacts) -> bool:
    """Whether every switch is to be looked at: another generation, or other limits."""
    return before.generation != after.generation or before.policy != after.policy
