"""The node's two clocks: driven by the monotonic clock, kept in the database, the wall clock only for people.

1. Every transaction that sets a fact stamps the clock first (``stamp``), so a fact and the moment at which it
   holds are one commit, and the times in a ledger never go back.
2. What counts is the time on the monotonic clock since the last stamp, at most two tick lengths
   (``core.hearing``): a stop, crash, suspend or frozen process adds nothing.
3. The process remembers the moment too. A transaction that is rolled back takes no time away: otherwise a
   stream of refused statements could stop the clock, and safe would become never.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from escrowd.core.hearing import advance
from escrowd.core.switch import Moment
from escrowd.node.store import Connection
from escrowd.node.store.clock import save_moment
from escrowd.node.store.switches import load_node


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _wall() -> int:
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Now:
    """A stamped moment beside the wall clock, to tell people a date. ``scale``: ``time_scale``."""

    moment: Moment
    wall: int
    scale: int

    def wall_in(self, milliseconds: int) -> int:
        """Wall time, Unix seconds, so many milliseconds of the node's clocks from now (negative: ago)."""
        return self.wall + milliseconds // (1000 * self.scale)


class NodeClock:
    """The clocks of a running node.

    Parameters: ``moment``, as the database has it; ``tick_ms``, length of a tick in real milliseconds;
    ``scale``, by which time counts; ``monotonic`` and ``wall``, where real time comes from (milliseconds,
    seconds).
    """

    def __init__(
        self,
        moment: Moment,
        *,
        tick_ms: int,
        scale: int,
        monotonic: Callable[[], int] = _monotonic_ms,
        wall: Callable[[], int] = _wall,
    ) -> None:
        self._moment = moment
        self._tick_ms = tick_ms
        self._scale = scale
        self._monotonic = monotonic
        self._wall = wall
        self._last = monotonic()

    def now(self) -> Moment:
        """The moment of the last stamp."""
        return self._moment

    def wall(self) -> int:
        """Wall time, Unix seconds: for people, receipts and the ledger, for no rule."""
        return self._wall()

    @property
    def scale(self) -> int:
        """``time_scale`` of the configuration."""
        return self._scale

    def stamp(self, tx: Connection) -> Moment:
        """Advance the clocks to this instant and store them in the caller's transaction (rule 1).

        Only in the writer's thread.
        """
        real = self._monotonic()
        elapsed, self._last = real - self._last, real
        self._moment = advance(
            self._moment,
            hearing=load_node(tx).state == "hearing",
            elapsed=elapsed,
            tick=self._tick_ms,
            time_scale=self._scale,
        )  # rules 2 and 3
        save_moment(tx, self._moment, wall=self._wall())
        return self._moment

    def stamp_now(self, tx: Connection) -> Now:
        """As ``stamp``, with the wall clock beside it."""
        return Now(self.stamp(tx), self._wall(), self._scale)
