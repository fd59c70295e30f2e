"""Which older bundles are kept: a spoilt or empty last deposit must not lock a client out (P7).

Wanted are those that were newest 7, 30 and 90 d ago. Which these will be tomorrow is not known today, so
more is kept than is offered, ever more coarsely:

1. whatever was newest at any moment of the last 7 d;
2. of the last 30 d, what was newest at the turn of a day of node time;
3. of the last 90 d, what was newest at the turn of a week, and the last such one before them;
4. the first of all, and the first that each set opens, until it is 90 d old. Wherever a mark reaches back
   before it, it is offered: in a young deposit, or after a change of cards, it may be the only good one.

So what was newest 30 d ago is there within a day, what was newest 90 d ago within a week, and some 35
revisions older than a week exist at most, however often a provider deposits.

What a release speaks of stays, the last bundle of a set that the provider stopped sealing to, and whatever a
release would offer beside any of these: silence thins nothing out that somebody may need.
"""

from collections.abc import Collection, Sequence
from typing import Final

from escrowd.core.terms import DAY
from escrowd.node.store import Connection
from escrowd.node.store.deposits import (
    Held,
    drop_revision,
    held,
    released_revisions,
    with_older_revisions,
)
from escrowd.node.store.rights import load_sets

_DAY: Final = DAY * 1000
MARKS: Final = (7, 30, 90)
"""Days. What was newest so long before the last deposit is offered beside it in a release."""
_FINE, _MIDDLE, _COARSE = MARKS
_WEEK: Final = 7


def superfluous(revisions: Sequence[Held], node_time: int) -> tuple[Held, ...]:
    """Those of a client's revisions that need not be kept at this node time (milliseconds)."""
    ended = [(r, r.until_node) for r in revisions if r.until_node is not None]
    weekly = [(until, r) for r, until in ended if _turns(r.made_node, until, _WEEK)]
    oldest = max((until for until, _ in weekly if until <= node_time - _COARSE * _DAY), default=None)
    firsts = {
        min(r.made_node for r in revisions if number in r.sets)
        for number in {number for r in revisions for number in r.sets}
    }
    keep = {first for first in firsts if first > node_time - _COARSE * _DAY}  # rule 4
    return tuple(
        r
        for r, until in ended
        if until != oldest and r.made_node not in keep and not _kept(r.made_node, until, node_time)
    )


def _kept(made: int, until: int, now: int) -> bool:
    if until > now - _FINE * _DAY:
        return True  # rule 1
    if until > now - _MIDDLE * _DAY:
        return _turns(made, until, 1)  # rule 2
    return until > now - _COARSE * _DAY and _turns(made, until, _WEEK)  # rule 3


def _turns(made: int, until: int, days: int) -> bool:
    """Whether a day (or week) of node time turned while it was the newest."""
    return made // (days * _DAY) != until // (days * _DAY)


def offered(revisions: Sequence[Held], main: Held) -> tuple[Held, ...]:
    """What was newest 7, 30 and 90 d before ``main`` took over, or next to it; the newest first.

    Counted from then, not from the release: weeks of silence lie between, and who spoilt the last deposit may
    have spoilt those of the days before as well.
    """
    older = [(r, r.until_node) for r in revisions if r.revision < main.revision and r.until_node is not None]
    found: dict[int, Held] = {}
    for mark in MARKS:
        at = main.made_node - mark * _DAY
        # Where none is so old, the nearest is the first (rule 4).
        if older:
            then, _ = min(older, key=lambda one: _distance(one[0].made_node, one[1], at))
            found[then.revision] = then
    return tuple(sorted(found.values(), key=lambda one: -one.revision))


def _distance(made: int, until: int, at: int) -> int:
    """How far ``at`` lies outside of a reign; 0 within."""
    return max(made - at, at - (until - 1), 0)


def droppable(
    revisions: Sequence[Held], node_time: int, *, released: Collection[int] = (), kept: Collection[int] = ()
) -> tuple[Held, ...]:
    """Those that can go, at any moment, without changing what a release offers.

    Parameters: ``revisions``, of one client, the newest first; ``released``, those that a release speaks of;
    ``kept``, the sets whose last bundle goes out beside the newest (``core.sets``, S1).
    """
    keep = set(released)
    for number in kept:
        keep.add(next((one.revision for one in revisions if number in one.sets), 0))
    for main in [one for one in revisions if one.until_node is None or one.revision in released]:
        keep |= {one.revision for one in offered(revisions, main)}
    return tuple(old for old in superfluous(revisions, node_time) if old.revision not in keep)


def to_thin_out(tx: Connection, node_time: int) -> list[tuple[str, str]]:
    """The deposits (provider, client) of which revisions can go."""
    older = with_older_revisions(tx)
    return [(provider, client) for provider, client in older if _droppable(tx, provider, client, node_time)]


def thin_out(tx: Connection, provider: str, client: str, node_time: int) -> None:
    """Forget the revisions of a client that can go. Their files are cleaned up later."""
    for old in _droppable(tx, provider, client, node_time):
        drop_revision(tx, provider, client, old.revision)


def _droppable(tx: Connection, provider: str, client: str, node_time: int) -> tuple[Held, ...]:
    return droppable(
        held(tx, provider, client),
        node_time,
        released=released_revisions(tx, provider, client),
        kept=load_sets(tx, provider, client).kept,
    )
