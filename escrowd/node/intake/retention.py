"""Which older bundles are kept: a spoilt or empty last deposit must not lock a client out (P7).

Wanted are those that were newest 7, 30 and 90 d ago. Which these will be tomorrow is not known today, so
more is kept than is offered, ever more coarsely:

1. whatever was newest at any moment of the last 7 d;
2. of the last 30 d, what was newest at the turn of a day of node time;
3. of the last 90 d, what was newest at the turn of a week.

So what was newest 30 d ago is there within a day, what was newest 90 d ago within a week, and some 35
revisions older than a week exist at most, however often a provider deposits.
"""

from collections.abc import Sequence
from typing import Final

from escrowd.core.terms import DAY
from escrowd.node.store.deposits import Held

_DAY: Final = DAY * 1000
MARKS: Final = (7, 30, 90)
"""Days ago. What was newest then is offered in a release beside the newest."""
_FINE, _MIDDLE, _COARSE = MARKS
_WEEK: Final = 7


def superfluous(revisions: Sequence[Held], node_time: int) -> tuple[Held, ...]:
    """Those of a client's revisions that need not be kept at this node time (milliseconds)."""
    return tuple(r for r in revisions if r.until_node is not None and not _kept(r, node_time))


def _kept(revision: Held, now: int) -> bool:
    made, until = revision.made_node, revision.until_node
    if until is None or until > now - _FINE * _DAY:
        return True  # rule 1
    if until > now - _MIDDLE * _DAY:
        return _turns(made, until, 1)  # rule 2
    if until > now - _COARSE * _DAY:
        return _turns(made, until, _WEEK)  # rule 3
    return False


def _turns(made: int, until: int, days: int) -> bool:
    """Whether a day (or week) of node time turned while it was the newest."""
    return made // (days * _DAY) != until // (days * _DAY)


def offered(revisions: Sequence[Held], main: Held, node_time: int) -> tuple[Held, ...]:
    """The revisions older than ``main`` that were newest 7, 30 and 90 d ago, the newest first."""
    older = sorted((r for r in revisions if r.revision < main.revision), key=lambda r: -r.revision)
    found: dict[int, Held] = {}
    for mark in MARKS:
        at = node_time - mark * _DAY
        then = next((r for r in older if r.made_node <= at), None)
        if then is not None:
            found[then.revision] = then
    return tuple(found.values())
