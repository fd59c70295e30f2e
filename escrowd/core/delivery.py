"""Whether the list that a client holds is older than the bundle, since when, and when the node says so. Pure.

1. What counts is what is printed: a change that no sheet shows makes no list old.
2. A list that never reached the client is old since the first thing that it would have told.
3. Wall times: only people read them.

A node cannot look into a bundle. It is told with each deposit which Stand the client holds and which revision
was the first that the client has no sheet of, and goes by its own awake time from there:

D1  The wait begins when the node first hears of the change: never before the node could know.
D2  ``deliver_by`` later (the terms') the client is told, and again each ``REPEAT`` while it lasts.
D3  No two letters within ``REPEAT``, whatever was delivered and changed in between.
D4  A list that was handed over ends it at once: no further letter, and one that waits is dropped.
D5  In the trial the provider gets the letter in the client's place, once; the client is told after it.
D6  That the provider falls silent changes nothing. Whom the silence has released is told no more: they have
    all of it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from escrowd.core.bundle import Bundle, changed_entries
from escrowd.core.bundle.registers import changed_since, first_change_since, registers
from escrowd.core.orders import Gate, Order
from escrowd.core.terms import DAY, Terms

REPEAT: Final = 30 * DAY
"""Between two letters to the client (D3). Seconds."""
_SECOND: Final = 1_000
_LOOK_AGAIN: Final = DAY * _SECOND
"""Milliseconds. A trial may end by the provider's word, and a silence by a check-in, at any moment."""


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A list that the bundle has left behind.

    ``delivered``, the Stand that the client holds, None for no list at all; ``revision``, of the bundle;
    ``first``, the revision that brought the first change that the client has no sheet of; ``since``, when.
    """

    delivered: int | None
    revision: int
    since: int
    first: int


def overtaken(bundle: Bundle, delivered: int | None) -> Overtaken | None:
    """What the client's list lacks; None where it is current, or where there is nothing to list yet.

    Parameters: ``delivered``, the highest Stand that was handed over, or None.
    """
    first = first_change_since(bundle, -1 if delivered is None else delivered)
    if first is None:
        return None
    since = next(revision.when for revision in bundle.history if revision.number == first)
    if delivered is None and not registers(bundle):
        return None  # what was there is gone again, and nobody ever had a sheet of it
    return Overtaken(delivered, bundle.revision, since, first)


def changed_titles(bundle: Bundle, since: int) -> tuple[str, ...]:
    """Titles of the entries that changed after ``since``; one that is gone as it was called first."""
    titles = {entry.id: entry.title for entry in bundle.entries}
    for revision in bundle.history:
        for change in revision.changes:
            if change.subject == "entry" and change.id is not None:
                titles.setdefault(change.id, change.title)
    return tuple(dict.fromkeys(titles[id_] for id_ in changed_entries(bundle, since) if id_ in titles))


def nothing_new(bundle: Bundle, since: int) -> bool:
    """Whether a folder of the Stand ``since`` needs no sheet put in or taken out."""
    found, gone = changed_since(bundle, since)
    return not found and not gone


# At the node ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What a node knows of one client's printed list. Awake milliseconds.

    ``delivered``, the Stand that was handed over last, None for none; ``first``, the revision of the first
    change without a sheet, None where the list is current; ``since``, when that was, by the provider's clock;
    ``came``, when the node heard of it; ``told``, when the client was last written to; ``letters``, how many
    there were, those to the provider in the trial among them; ``rehearsed``, of which ``first`` the provider
    got the client's letter; ``unnamed``, how many entries changed beside those whose names are kept.
    """

    delivered: int | None = None
    first: int | None = None
    since: int = 0
    came: int = 0
    told: int | None = None
    letters: int = 0
    rehearsed: int | None = None
    unnamed: int = 0

    @property
    def told_of_this(self) -> int | None:
        """When the client was last written to about what is missing now."""
        return None if self.first is None or self.told is None or self.told < self.came else self.told


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What else decides.

    ``clients``, the persons to tell; ``trial_ends``, awake time, None where there is no trial;
    ``deliver_by``, of the terms that count, seconds.
    """

    client: str
    clients: tuple[str, ...]
    trial_ends: int | None
    deliver_by: int


@dataclass(frozen=True, slots=True)
class Looked:
    """Commit ``paper`` and ``orders`` together.

    ``due``: awake time to look again; None: at the next event.
    """

    paper: Paper
    orders: tuple[Order, ...]
    due: int | None


def heard(
    before: Paper,
    now: int,
    *,
    delivered: int | None,
    first: int | None = None,
    since: int = 0,
    unnamed: int = 0,
) -> Paper:
    """A deposit says how the client's list stands (D1, D4)."""
    if first is None:
        return replace(before, delivered=delivered, first=None, since=0, came=0, unnamed=0)
    # An earlier first change than known is one that the provider's workspace forgot and found again.
    same = before.first is not None and first <= before.first
    return replace(
        before,
        delivered=delivered,
        first=first,
        since=since,
        came=before.came if same else now,
        unnamed=unnamed,
    )


def look(paper: Paper, now: int, there: Circumstances) -> Looked:
    """What is to be told now (D2, D3, D5)."""
    if paper.first is None:
        return Looked(paper, (), None)
    if not there.clients:  # D6: until the provider is back
        return Looked(paper, (), now + _LOOK_AGAIN)
    due = paper.came + there.deliver_by * _SECOND
    if there.trial_ends is not None and now < there.trial_ends:  # D5
        return _rehearse(paper, now, there, due)
    if paper.told is not None:
        due = max(due, paper.told + REPEAT * _SECOND)  # D3
    if now < due:
        return Looked(paper, (), due)
    number = paper.letters + 1
    orders = tuple(
        Order("list-old", paper.first, person, there.client, number, role="client")
        for person in there.clients
    )
    return Looked(replace(paper, told=now, letters=number), orders, now + REPEAT * _SECOND)


def _rehearse(paper: Paper, now: int, there: Circumstances, due: int) -> Looked:
    if now < due:
        return Looked(paper, (), due)
    again = min(now + _LOOK_AGAIN, there.trial_ends or now)
    if paper.rehearsed == paper.first or paper.first is None:
        return Looked(paper, (), again)
    number = paper.letters + 1
    orders = tuple(
        Order("probe-list-old", paper.first, client=there.client, number=number, about=person, role="client")
        for person in there.clients
    )
    return Looked(replace(paper, letters=number, rehearsed=paper.first), orders, again)


def may_go(paper: Paper, order: Order) -> Gate:
    """Whether a letter that waits is still true: the list is as old, and no later one was ordered (D4)."""
    true = (order.epoch, order.number) == (paper.first, paper.letters)
    return Gate.GO if true else Gate.DROP


def to_tell(terms: Terms, released: Collection[str]) -> tuple[str, ...]:
    """The persons in the role client whom the present silence has released nothing to (D6)."""
    return tuple(
        one.person for one in terms.beneficiaries if one.role == "client" and one.person not in released
    )
