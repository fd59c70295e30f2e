"""One tick, one transaction: advance the clocks, evaluate what is due, carry out what is ordered.

1. Only switches whose hint is due are read. A tick of a million silent-free providers costs what one of ten
   does.
2. A switch that cannot be evaluated delays only itself: it is undone, logged, and looked at again an hour
   later.
3. A switch of an older generation begins anew before anything else (core.switch, R11).
4. More than ``BATCH`` due at once are taken in several transactions, so that check-ins get in between.
"""

import logging
from dataclasses import dataclass
from typing import Final

from escrowd.core.switch import Due, begin_anew
from escrowd.node.clock import NodeClock, Now
from escrowd.node.orders import Desk
from escrowd.node.store import Connection
from escrowd.node.store.switches import (
    due_switches,
    load_node,
    load_switch,
    set_due,
)

#: Switches in one transaction.
BATCH: Final = 200
_AGAIN_MS: Final = 3_600_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What a tick did: ``looked`` at so many switches."""

    now: Now
    looked: int

    @property
    def more(self) -> bool:
        """Others may be due at this very moment (rule 4)."""
        return self.looked == BATCH


def tick(tx: Connection, clock: NodeClock, desk: Desk) -> Ticked:
    """Do one tick in the given transaction."""
    now = clock.stamp_now(tx)
    due = due_switches(tx, now.moment, limit=BATCH)  # rule 1
    for provider in due:
        try:
            with tx.begin_nested():
                _look(tx, now, provider, desk)
        except Exception:
            log.exception("switch %s could not be evaluated", provider)
            again = Due(node=None, awake=now.moment.awake + _AGAIN_MS)
            set_due(tx, provider, again, watched=True)  # rule 2
    return Ticked(now, len(due))


def _look(tx: Connection, now: Now, provider: str, desk: Desk) -> None:
    node = load_node(tx)
    facts = load_switch(tx, provider)
    if facts.generation != node.generation:
        desk.apply(tx, now, provider, facts, begin_anew(facts, node, now.moment))  # rule 3
    else:
        desk.look(tx, now, provider, facts, facts)
