"""One tick, one transaction: advance the clocks, evaluate what is due, carry out what is ordered.

1. Only switches whose hint is due are read. A tick of a million silent-free providers costs what one of ten
   does.
2. A switch that cannot be evaluated delays only itself: it is undone, logged, and looked at again an hour
   later.
3. A switch of an older generation begins anew before anything else (core.switch, R11).
4. More than ``BATCH`` due at once are taken in several transactions, so that check-ins get in between.
5. Requests are looked at in the same way, a deposit at a time, by awake time; so are clients' lists.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from escrowd.core.switch import Due, begin_anew
from escrowd.node import printed
from escrowd.node.asking import Place, look
from escrowd.node.clock import NodeClock, Now
from escrowd.node.orders import Desk
from escrowd.node.store import Connection
from escrowd.node.store.papers import due_papers, set_paper_due
from escrowd.node.store.rights import due_rights, set_rights_due
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
    again = now.moment.awake + _AGAIN_MS
    due = due_switches(tx, now.moment, limit=BATCH)  # rule 1
    for provider in due:
        if not _tried(tx, provider, partial(_look, tx, now, provider, desk)):
            set_due(tx, provider, Due(node=None, awake=again), watched=True)  # rule 2
    asked = due_rights(tx, now.moment.awake, limit=BATCH)  # rule 5
    for provider, client in asked:
        place = Place(tx, now, provider, client)
        if not _tried(tx, provider, partial(look, desk, place)):
            set_rights_due(tx, provider, client, again)
    lists = due_papers(tx, now.moment.awake, limit=BATCH)
    for provider, client in lists:
        place = Place(tx, now, provider, client)
        if not _tried(tx, provider, partial(printed.look, desk, place)):
            set_paper_due(tx, provider, client, again)
    return Ticked(now, max(len(due), len(asked), len(lists)))


def _tried(tx: Connection, provider: str, work: Callable[[], object]) -> bool:
    """Rule 2: what fails is undone and logged."""
    try:
        with tx.begin_nested():
            work()
    except Exception:
        log.exception("%s could not be evaluated", provider)
        return False
    return True


def _look(tx: Connection, now: Now, provider: str, desk: Desk) -> None:
    node = load_node(tx)
    facts = load_switch(tx, provider)
    if facts.generation != node.generation:
        desk.apply(tx, now, provider, facts, begin_anew(facts, node, now.moment))  # rule 3
    else:
        desk.look(tx, now, provider, facts, facts)
