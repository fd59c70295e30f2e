"""What keeps a node healthy and hurries nobody: the digest, the scrub, the clean-up, the heartbeat.

1. `schedule` plans by the wall clock, and a clock that is set back would stop it for as long: measured. So
   the plan is shifted by every jump: by as much as the wall clock moved against the monotonic one.
2. No rule and no wait depends on it. What must happen by the node's own time (that the operator is mailed
   once a day awake, which shows that the mail server is alive) carries the day in its key, so that planning
   it too often does no harm.
3. A damaged file is told to operator and provider once a day awake, as long as it is damaged; the release
   offers older revisions beside the newest.
4. Files without a reference go a day after they came: a deposit's files come before the statement that
   names them.
5. Older revisions go when their time has come (``retention``), and not only at the next deposit: a provider
   whose room is full has it emptied.
"""

import asyncio
import datetime as dt
import logging
import shutil
import time
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.metadata import version
from typing import Any, Final, Literal

import schedule

from escrowd.core.hearing import BEHIND_MOST, BEHIND_WITHIN, Mark, behind, noted
from escrowd.core.switch import Facts, evaluate
from escrowd.core.terms import DAY, PROVIDER
from escrowd.machine.files import is_whole
from escrowd.node import letters
from escrowd.node.clock import NodeClock, Now
from escrowd.node.config import NodeConfig
from escrowd.node.orders import OPERATOR, Common, Desk
from escrowd.node.retention import thin_out, to_thin_out
from escrowd.node.store import Connection, Store
from escrowd.node.store.hearing import load_silence
from escrowd.node.store.outbox import drop_stale
from escrowd.node.store.switches import load_marks, load_node, load_switch, save_marks
from escrowd.node.store.upkeep import (
    count,
    forget_messages,
    forget_unneeded,
    is_known,
    known_files,
    users_of,
    watched,
)
from escrowd.node.telling import News, Teller

_DAY_MS: Final = DAY * 1000
_HOUR: Final = 3600
#: Files without a reference are kept so long, letters that went so long. Milliseconds awake.
KEEP_FILES: Final = _DAY_MS
KEEP_LETTERS: Final = 90 * _DAY_MS
#: A smaller difference between the clocks is a slow thread, no jump. Seconds.
_JUMP: Final = 2

log = logging.getLogger(__name__)


class Plan:
    """Jobs at intervals, kept on time while the wall clock jumps (rule 1).

    Parameters: ``monotonic``, seconds; ``now``, local wall time as `schedule` reads it.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], dt.datetime] = dt.datetime.now,
    ) -> None:
        self._scheduler = schedule.Scheduler()
        self._monotonic = monotonic
        self._now = now
        self._seen = (monotonic(), now())
        self._due: list[Callable[[], Awaitable[None]]] = []

    def every(self, seconds: int, job: Callable[[], Awaitable[None]]) -> None:
        """Plan a job at an interval, for the first time after one."""
        self._scheduler.every(seconds).seconds.do(self._due.append, job)

    def due(self) -> list[Callable[[], Awaitable[None]]]:
        """The jobs that are due now, each once."""
        self._shift()
        self._scheduler.run_pending()
        found, self._due[:] = list(dict.fromkeys(self._due)), []
        return found

    def _shift(self) -> None:
        monotonic, now = self._monotonic(), self._now()
        jump = (now - self._seen[1]) - dt.timedelta(seconds=monotonic - self._seen[0])
        self._seen = (monotonic, now)
        if abs(jump) > dt.timedelta(seconds=_JUMP):
            for job in self._scheduler.jobs:
                if job.next_run is not None:
                    job.next_run += jump


class Housekeeper:
    """Does the jobs. ``notify``: says a line to the service manager."""

    def __init__(
        self,
        store: Store,
        clock: NodeClock,
        desk: Desk,
        teller: Teller,
        *,
        config: NodeConfig,
        wake: Callable[[], None],
        notify: Callable[[str], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._desk = desk
        self._teller = teller
        self._config = config
        self._wake = wake
        self._notify = notify
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Begin no further job."""
        self._stop.set()

    async def run(self) -> None:
        """Do the jobs as they fall due, until ``stop``. A job that fails is logged and comes again."""
        plan = Plan()
        hour = max(1, _HOUR // self._config.time.time_scale)
        plan.every(hour, self.digest)
        plan.every(hour, self.lag)
        plan.every(_HOUR, self.heartbeat)
        plan.every(_HOUR, self.clean_up)
        plan.every(DAY, self.scrub)
        for first in (self.digest, self.lag, self.heartbeat):
            await self._try(first)
        while not self._stop.is_set():
            for job in plan.due():
                await self._try(job)
            try:
                await asyncio.wait_for(self._stop.wait(), min(hour, 30))
            except TimeoutError:
                continue

    async def _try(self, job: Callable[[], Awaitable[None]]) -> None:
        try:
            await job()
        except Exception:
            log.exception("housekeeping: %s", getattr(job, "__name__", "job"))

    async def digest(self) -> None:
        """Write to the operator once a day awake (rule 2)."""
        await self._store.write(self._digest)
        self._wake()

    def _digest(self, tx: Connection) -> None:
        now = self._clock.stamp_now(tx)
        key = f"digest/{now.moment.awake // _DAY_MS}"
        make = partial(self._digest_context, tx, now)
        if self._desk.order(tx, now, key=key, provider="", person=OPERATOR, kind="digest", make=make):
            drop_stale(tx, "node/digest/", now, but=f"node/{key}")  # yesterday's news

    def _digest_context(
        self, tx: Connection, now: Now, common: dict[str, Any], _link: object
    ) -> letters.Context:
        node = load_node(tx)
        seen = count(tx, now.moment, within_ms=_DAY_MS)
        phases = {"current": 0, "overdue": 0, "announced": 0, "released": 0}
        late = watched(tx)
        for provider in late:
            phases[evaluate(load_switch(tx, provider), node, now.moment).phase] += 1
        oldest = 0 if seen.oldest_awake is None else now.wall_in(seen.oldest_awake - now.moment.awake)
        return letters.Digest(
            **common,
            at=now.wall,
            providers=seen.providers,
            clients=seen.clients,
            current=phases["current"] + max(0, seen.providers - len(late)),
            overdue=phases["overdue"],
            announced=phases["announced"],
            released=phases["released"],
            sent=seen.sent,
            waiting=seen.waiting,
            oldest_waiting=oldest,
            hearing=_hearing(node.state, silent=load_silence(tx).since_awake is not None),
            behind=behind(load_marks(tx), Mark(now.moment.node, now.wall)),
            disk_free=shutil.disk_usage(self._store.folder).free,
            stored=seen.stored,
            version=version("escrowd"),
        )

    async def lag(self) -> None:
        """Note node time beside the wall clock; safe must not become never: a lag is told, once in 30 d."""
        seconds = await self._store.write(self._note_lag)
        if seconds > BEHIND_MOST:

            def make(common: Common, audience: letters.Audience, _: Now, __: Facts | None) -> letters.Context:
                return letters.AlarmLags(**common, audience=audience, behind=seconds)

            key = f"lags/{self._clock.wall() // BEHIND_WITHIN}"
            await self._teller.everyone(News(key, "alarm-lags", make, clients=True))
            self._wake()

    def _note_lag(self, tx: Connection) -> int:
        now = self._clock.stamp_now(tx)
        mark = Mark(now.moment.node, now.wall)
        marks = load_marks(tx)
        with_mark = noted(marks, mark)
        if with_mark != marks:
            save_marks(tx, with_mark)
        return behind(with_mark, mark)

    async def heartbeat(self) -> None:
        """One line for log and service manager: what state the node is in."""
        now = self._clock.now()
        counts, node = await self._store.read(lambda tx: (count(tx, now, within_ms=_DAY_MS), load_node(tx)))
        text = f"{node.state}; {counts.providers} providers; {counts.waiting} letters wait"
        self._notify(f"STATUS={text}")
        log.info("%s", text)

    async def clean_up(self) -> None:
        """Thin out (rule 5), remove files that nothing refers to (4), and empty old letters."""
        node_time = self._clock.now().node
        for provider, client in await self._store.read(partial(to_thin_out, node_time=node_time)):
            await self._store.write(partial(thin_out, provider=provider, client=client, node_time=node_time))
        unneeded = await self._store.write(self._forget)
        for sha256 in unneeded:
            await self._store.write(partial(self._unlink, sha256=sha256))
        known = await self._store.read(known_files)
        await asyncio.to_thread(self._sweep, known)

    def _forget(self, tx: Connection) -> list[str]:
        now = self._clock.stamp_now(tx).moment
        forget_messages(tx, before_awake=now.awake - KEEP_LETTERS)
        return forget_unneeded(tx, before_awake=now.awake - KEEP_FILES)

    def _unlink(self, tx: Connection, sha256: str) -> None:
        # In the writer's thread, where uploads are recorded: the same file may just have come again.
        if not is_known(tx, sha256):
            (self._store.files / sha256).unlink(missing_ok=True)

    def _sweep(self, known: dict[str, int]) -> None:
        """Files in place without a row: their upload ended between the two."""
        limit = time.time() - DAY
        for path in self._store.files.iterdir():
            if path.name not in known and path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)

    async def scrub(self) -> None:
        """Read every file again and compare it with its hash (rule 3)."""
        for sha256, size in (await self._store.read(known_files)).items():
            if self._stop.is_set():
                return
            if not await asyncio.to_thread(is_whole, self._store.files / sha256, sha256, size):
                log.error("file %s is damaged or missing", sha256)
                await self._store.write(partial(self._damaged, sha256=sha256))
                self._wake()

    def _damaged(self, tx: Connection, sha256: str) -> None:
        now = self._clock.stamp_now(tx)
        for provider, client, name in users_of(tx, sha256):
            for person in (OPERATOR, PROVIDER):
                audience: letters.Audience = "operator" if person == OPERATOR else "provider"

                def make(
                    common: Any,
                    _: object,
                    audience: letters.Audience = audience,
                    client: str = client,
                    name: str = name,
                ) -> letters.Context:
                    return letters.AlarmDamaged(
                        **common, audience=audience, client=client, file=name, at=now.wall
                    )

                day = now.moment.awake // _DAY_MS
                key = f"damaged/{sha256}/{client}/{name}/{day}/{person}"
                self._desk.order(
                    tx, now, key=key, provider=provider, person=person, kind="alarm-damaged", make=make
                )


def _hearing(
    state: Literal["hearing", "deaf", "held"], *, silent: bool
) -> Literal["good", "deaf", "held", "unknown"]:
    """What the operator reads: after a start nothing is known until the first question is answered."""
    if state == "hearing":
        return "good"
    return state if silent or state == "held" else "unknown"
