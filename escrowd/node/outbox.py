"""The outbox at work: letters that wait are handed to the mail server, several at once.

1. A letter is claimed in memory only: one process owns the database, and a letter that was under way when
   it ended is simply tried again, under its own Message-ID (P4). The one exception is a release past its
   point of no return.
2. A slow transaction does not stop the others: after ``SLOW`` seconds it no longer counts as one of the
   configured connections, and no further letter goes to its domain until it ends.
3. A mail server that cannot be reached at all is asked again after ``retry_first``, not by each letter.
4. The next letter goes while the answer to the one before is being committed; answers of many letters
   share a commit.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Final

from escrowd.core.keys import Identity
from escrowd.core.seal import unseal_bytes
from escrowd.core.switch import Gate
from escrowd.errors import UnavailableError
from escrowd.node import message
from escrowd.node.answers import Answered, Answers
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
#: Letters read at once, and letters that may be under way or whose answers may still be uncommitted.
_READ: Final = 64
_UNRECORDED: Final = 256
#: Seconds after which a worker without letters hangs up, for which answers are gathered, and after which slow
#: transactions are looked for.
_IDLE: Final = 10
_GATHER: Final = 0.01
_LOOK: Final = 1

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
        self._ready: deque[Waiting] = deque()
        self._more = asyncio.Event()  # letters lie ready, or the workers are to end
        self._workers: set[asyncio.Task[None]] = set()
        self._running: dict[int, tuple[float, str]] = {}  # letter -> when its transaction began, domain
        self._answered: list[Answered] = []
        self._recording: asyncio.Task[None] | None = None
        self._away_until = 0.0

    def wake(self) -> None:
        """Look again: a commit may have put letters into the outbox, or a tick made some due."""
        self._wake.set()

    async def run(self) -> None:
        """Work until ``stop``."""
        loop = asyncio.get_running_loop()
        while not self._stopping:
            self._wake.clear()
            away = self._away_until - loop.time()
            if away > 0:
                await self._pause(away)
                continue
            full = len(self._claimed) >= _UNRECORDED or self._ready
            found = [] if full else await self._read()
            slow = self._slow()
            held: list[tuple[Waiting, Gate]] = []
            for letter, gate in found:
                if gate is not Gate.GO:
                    held.append((letter, gate))
                elif _domain(letter.address) in slow:
                    held.append((letter, Gate.WAIT))  # rule 2: put off, or it would stand before the others
                else:
                    self._claimed.add(letter.id)
                    self._ready.append(letter)
            if held:
                await self._withhold(held)
            if self._ready:
                self._hire()
                self._more.set()
            if self._ready or not held:
                await self._pause(_LOOK if self._running or self._ready else None)

    async def _pause(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def stop(self) -> None:
        """Claim no more, and finish the letters under way: the one in DATA above all."""
        self._stopping = True
        self._ready.clear()
        self._wake.set()
        self._more.set()
        if self._workers:
            await asyncio.wait(set(self._workers))
        while self._recording is not None:
            await self._recording

    async def _read(self) -> list[tuple[Waiting, Gate]]:
        """Letters that may be tried now, with what the rules say about each."""
        awake = self._clock.now().awake

        def read(tx: Transaction) -> list[tuple[Waiting, Gate]]:
            found = next_letters(tx, awake, limit=_READ, but=self._claimed)
            return [(letter, self._answers.gate(tx, letter)) for letter in found]

        return await self._store.read(read)

    async def _withhold(self, held: Sequence[tuple[Waiting, Gate]]) -> None:
        with contextlib.suppress(UnavailableError):  # a full disk: asked again at the next look
            await self._store.write(partial(self._answers.withhold_all, held=held))

    def _slow(self) -> set[str]:
        """Domains with a transaction that takes long."""
        late = asyncio.get_running_loop().time() - SLOW
        return {domain for began, domain in self._running.values() if began < late}

    def _hire(self) -> None:
        """As many workers as there are connections, those in a slow transaction not counted (rule 2)."""
        late = asyncio.get_running_loop().time() - SLOW
        slow = sum(began < late for began, _ in self._running.values())
        wanted = min(self._connections + slow, _MOST * self._connections)
        for _ in range(min(wanted - len(self._workers), len(self._ready))):
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def _work(self) -> None:
        """One connection's worker: hands over what lies ready; goes home when nothing came for a while."""
        connection = self._relay.connection()
        loop = asyncio.get_running_loop()
        try:
            while not self._stopping and not self._crowded():
                if not self._ready or loop.time() < self._away_until:
                    self._more.clear()
                    self._wake.set()  # ask for more
                    try:
                        await asyncio.wait_for(self._more.wait(), _IDLE)
                    except TimeoutError:
                        return
                    continue
                letter = self._ready.popleft()
                if _domain(letter.address) in self._slow():
                    self._claimed.discard(letter.id)  # put off when it is read again
                    continue
                await self._deliver(connection, letter)
        finally:
            await connection.close()

    def _crowded(self) -> bool:
        """More workers than connections, and the slow transaction that called for them has ended."""
        extra = len(self._workers) - self._connections
        return extra > 0 and extra > len(self._slow())

    async def _deliver(self, connection: Connection, letter: Waiting) -> None:
        """One attempt, from the finished message to the answer that is to be committed."""
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

        loop = asyncio.get_running_loop()
        self._running[letter.id] = (loop.time(), _domain(letter.address))
        try:
            if letter.parts is None:
                result = await connection.send(letter.address, letter.message)
            else:
                content = await asyncio.to_thread(self._complete, letter, letter.parts)
                result = await connection.send(letter.address, content, before_data)
        except Exception:
            # A file of ours that cannot be read, say: it delays this letter only, and the scrub finds it too.
            log.exception("letter %s could not be made ready", letter.message_id)
            result = Result("unreachable", 0, "content")
        finally:
            del self._running[letter.id]
        away = result.kind == "unreachable" and not begun and result.cause != "content"
        self._away_until = loop.time() + self._retry if away else 0.0  # rule 3
        if away:
            self._give_back()
        self._answered.append(Answered(letter, result, gate, begun))
        if self._recording is None:
            self._recording = asyncio.create_task(self._record())

    def _give_back(self) -> None:
        """Unclaim what lies ready: the server is away, and each would only be tried in vain."""
        while self._ready:
            self._claimed.discard(self._ready.popleft().id)

    async def _record(self) -> None:
        """Commit answers as long as there are any, all that wait at once (rule 4)."""
        while self._answered:
            if len(self._answered) < _READ and not self._stopping:
                await asyncio.sleep(_GATHER)  # more answers come, and one commit does for all
            answered, self._answered = self._answered, []
            for one in answered:
                if one.result.kind not in {"accepted", "withheld"}:
                    result = one.result
                    log.warning(
                        "letter %s: %s %s %s", one.letter.message_id, result.kind, result.code, result.cause
                    )
            try:
                await self._store.write(partial(self._answers.record_all, answered=answered))
            except UnavailableError:
                # A full disk. The answers stay in memory, so that a letter that was taken is not sent again.
                self._answered = answered + self._answered
                if self._stopping:
                    break
                await asyncio.sleep(self._retry)
                continue
            except Exception:
                log.exception(
                    "answers of %s letters could not be recorded; they are tried again", len(answered)
                )
            self._claimed.difference_update(one.letter.id for one in answered)
            self._wake.set()
        self._recording = None

    def _complete(self, letter: Waiting, parts: tuple[tuple[str, str], ...]) -> bytes:
        """The release with its attachments, and the shares opened with the node's key: only here and now."""
        shares: dict[int, list[str]] = {}
        attached: list[tuple[str, bytes]] = []
        for name, sha256 in parts:
            data = (self._store.files / sha256).read_bytes()
            if name.startswith("share-"):
                number = int(name.removeprefix("share-").partition(".")[0])
                shares[number] = unseal_bytes(data, [self._identity.text]).decode("ascii").split()
            else:
                attached.append((name, data))
        return message.complete(
            letter.message,
            letter.message_id,
            shares=[shares[number] for number in sorted(shares, reverse=True)],
            parts=attached,
        )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
