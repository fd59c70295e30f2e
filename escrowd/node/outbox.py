"""The outbox at work: letters that wait are handed to the mail server, several at once.

1. A letter is claimed in memory only: one process owns the database, and a letter that was under way when
   it ended is simply tried again, under its own Message-ID (P4). The one exception is a release past its
   point of no return.
2. A slow transaction does not stop the others: after ``SLOW`` seconds it no longer counts as one of the
   configured connections, and no further letter goes to its domain until it ends.
3. A mail server that cannot be reached at all is asked again after ``retry_first``, with one letter.
4. The next letter goes while the answer to the one before is being committed; answers of many letters
   share a commit.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any, Final

from escrowd.core.keys import Identity
from escrowd.core.seal import unseal_bytes
from escrowd.core.switch import Gate
from escrowd.errors import EscrowdError, UnavailableError
from escrowd.node import message
from escrowd.node.answers import Answers
from escrowd.node.channels.smtp import Connection, Relay, Result
from escrowd.node.clock import NodeClock
from escrowd.node.config import NodeConfig
from escrowd.node.store import Connection as Transaction
from escrowd.node.store import Store
from escrowd.node.store.outbox import Waiting, next_letters

#: Seconds after which a transaction no longer holds back the others (rule 2).
SLOW: Final = 5
#: All connections together, the slow ones included, as a multiple of those configured.
_MOST: Final = 4
#: Letters read at once, and letters whose answers may still be uncommitted.
_READ: Final = 64
_UNRECORDED: Final = 256

log = logging.getLogger(__name__)


class Outbox:
    """Hands over letters until it is told to stop.

    Parameters: ``identity``, the node's age identity, which opens the node's shares.
    """

    def __init__(
        self,
        store: Store,
        clock: NodeClock,
        answers: Answers,
        *,
        relay: Relay,
        identity: Identity,
        config: NodeConfig,
    ) -> None:
        self._store = store
        self._clock = clock
        self._answers = answers
        self._relay = relay
        self._identity = identity
        self._retry = config.time.retry_first_ms / 1000
        self._connections = config.smtp.connections
        self._wake = asyncio.Event()
        self._stopping = False
        self._claimed: set[int] = set()
        self._running: dict[int, tuple[float, str]] = {}  # letter -> when it began, domain
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: list[Connection] = []
        self._away_until = 0.0

    def wake(self) -> None:
        """Look again: a commit may have put letters into the outbox, or a tick made some due."""
        self._wake.set()

    async def run(self) -> None:
        """Work until ``stop``."""
        loop = asyncio.get_running_loop()
        while not self._stopping:
            self._wake.clear()
            if loop.time() < self._away_until:
                await self._pause(self._away_until - loop.time())
                continue
            batch = await self._read()
            if not batch:
                await self._pause(None)
                continue
            await self._start(batch)

    async def _pause(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def stop(self) -> None:
        """Claim no more, and finish the letters under way: the one in DATA above all."""
        self._stopping = True
        self._wake.set()
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        for connection in self._idle:
            await connection.close()
        self._idle.clear()

    async def _read(self) -> list[tuple[Waiting, Gate]]:
        """Letters that may be tried now, with what the rules say about each."""
        awake = self._clock.now().awake

        def read(tx: Transaction) -> list[tuple[Waiting, Gate]]:
            found = next_letters(tx, awake, limit=_READ, but=self._claimed)
            return [(letter, self._answers.gate(tx, letter)) for letter in found]

        return await self._store.read(read)

    async def _start(self, batch: list[tuple[Waiting, Gate]]) -> None:
        """Start the letters of a batch, each as soon as there is room. Those of a slow domain stay behind."""
        started = False
        for letter, gate in batch:
            if self._stopping or asyncio.get_running_loop().time() < self._away_until:
                return
            if gate is not Gate.GO:
                self._claim(letter, self._withhold(letter, gate))
                started = True
                continue
            await self._room()
            if _domain(letter.address) in self._slow():
                continue
            self._running[letter.id] = (asyncio.get_running_loop().time(), _domain(letter.address))
            self._claim(letter, self._deliver(letter))
            started = True
        if not started:
            await self._pause(SLOW / 2)  # all that waits goes to slow domains

    def _claim(self, letter: Waiting, work: Coroutine[Any, Any, None]) -> None:
        self._claimed.add(letter.id)
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _slow(self) -> set[str]:
        late = asyncio.get_running_loop().time() - SLOW
        return {domain for began, domain in self._running.values() if began < late}

    async def _room(self) -> None:
        """Wait until one more transaction may begin (rule 2) and answers are not piling up (rule 4)."""
        while True:
            late = asyncio.get_running_loop().time() - SLOW
            quick = sum(began >= late for began, _ in self._running.values())
            room = quick < self._connections and len(self._running) < _MOST * self._connections
            if (room and len(self._claimed) < _UNRECORDED) or self._stopping:
                return
            await asyncio.wait(set(self._tasks), timeout=SLOW / 5, return_when=asyncio.FIRST_COMPLETED)

    async def _withhold(self, letter: Waiting, gate: Gate) -> None:
        await self._store.write(lambda tx: self._answers.withhold(tx, letter, gate))
        self._claimed.discard(letter.id)

    async def _deliver(self, letter: Waiting) -> None:
        """One attempt, from the finished message to the committed answer."""
        connection = self._idle.pop() if self._idle else self._relay.connection()
        begun = False
        gate = Gate.GO

        async def before_data() -> bool:
            nonlocal begun, gate
            try:
                gate = await self._store.write(lambda tx: self._answers.begin(tx, letter))
            except UnavailableError:
                gate = Gate.WAIT  # a full disk: nothing is committed, so nothing leaves
            begun = gate is Gate.GO
            return begun

        try:
            content = await self._content(letter)
            ask = before_data if letter.parts is not None else None
            result = await connection.send(letter.address, content, ask)
        except (EscrowdError, OSError, ValueError):
            # A file of ours that cannot be read delays this letter only, and is found by the scrub too.
            log.exception("letter %s could not be made ready", letter.message_id)
            result = Result("unreachable", 0, "content")
        finally:
            del self._running[letter.id]
        away = result.kind == "unreachable" and not begun and result.cause != "content"
        self._away_until = asyncio.get_running_loop().time() + self._retry if away else 0.0  # rule 3
        self._idle.append(connection)
        self._wake.set()
        await self._record(letter, result, gate, begun=begun)

    async def _record(self, letter: Waiting, result: Result, gate: Gate, *, begun: bool) -> None:
        def record(tx: Transaction) -> None:
            if result.kind == "withheld":
                self._answers.withhold(tx, letter, gate)
            else:
                self._answers.record(tx, letter, result, begun=begun)

        if result.kind not in {"accepted", "withheld"}:
            log.warning("letter %s: %s %s %s", letter.message_id, result.kind, result.code, result.cause)
        while True:
            try:
                await self._store.write(record)
                break
            except UnavailableError:
                # A full disk. The answer stays in memory, so that a letter that was taken is not sent again.
                await asyncio.sleep(self._retry)
                if self._stopping:
                    return
        self._claimed.discard(letter.id)
        self._wake.set()

    async def _content(self, letter: Waiting) -> bytes:
        if letter.parts is None:
            return letter.message
        return await asyncio.to_thread(self._complete, letter, letter.parts)

    def _complete(self, letter: Waiting, parts: tuple[tuple[str, str], ...]) -> bytes:
        """The release with its attachments, and its share opened with the node's key: only here, only now."""
        share: list[str] | None = None
        attached: list[tuple[str, bytes]] = []
        for name, sha256 in parts:
            data = (self._store.files / sha256).read_bytes()
            if name.startswith("share-"):
                share = unseal_bytes(data, [self._identity.text]).decode("ascii").split()
            else:
                attached.append((name, data))
        return message.complete(letter.message, letter.message_id, share=share, parts=attached)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
