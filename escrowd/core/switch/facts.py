"""What a node has recorded about one provider, and what the rules answer. Frozen, integers and short strings.

Units: a ``Moment`` and everything named ``*_awake`` is in milliseconds of the node's own two clocks; what is
called *silence* is in milliseconds of the epoch's own clock (see ``rules``); durations are seconds, as people
agree on them. There is no wall time here: no rule can read it.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from escrowd.core.terms import DAY, PROVIDER, Beneficiary, Role, Timings

SECOND: Final = 1_000
"""Milliseconds."""
DAY_MS: Final = DAY * SECOND

REMINDERS: Final = (14, 7, 3, 1)
"""Days before the deadline at which the provider is reminded."""
REPEATS: Final = (1, 3, 7, 14)
"""Days after a release went out at which it is sent again; later every ``REPEAT_EVERY`` days."""
REPEAT_EVERY: Final = 30
UNCONFIRMED: Final = 14
"""Days after which the others are told that a release was not confirmed."""
LINKS_IN_A_ROW: Final = 3
"""So many check-ins by a mailed link count between two typed ones."""
PAUSE_MOST: Final = 60 * DAY
PAUSES_MOST: Final = 120 * DAY
PAUSES_WITHIN: Final = 365 * DAY
"""One pause; all pauses together within so much node time. Seconds."""
END_NOTICE: Final = 30 * DAY
"""An ended deposit stays so long, in seconds of awake time."""

Phase = Literal["current", "overdue", "announced", "released"]
Kind = Literal[
    "remind",  # provider: check in; ``number`` = days before the deadline
    "warn",  # provider: overdue; ``number`` counts in the epoch
    "announce",  # provider (deposit "") or a beneficiary: what will happen when; ``number`` as above
    "release",  # beneficiary: share and kit; ``number`` 0 is the release, 1… its repeats
    "unconfirmed",  # provider and the other beneficiaries: ``about`` has not confirmed the release
    "all-clear",  # beneficiary: the announcement is cancelled
    "checked-in",  # provider: a check-in counted; ``number`` = links in a row, 0 for a typed one
    "link-spent",  # provider: a check-in by link did not count; only a typed one will
    "anew",  # provider and beneficiaries: restored, or a copy was running; every wait began anew
    "ended",  # no letter: the deposit has ended; files go after 90 d
]


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in a node's life: milliseconds awake, and milliseconds awake *and* hearing."""

    awake: int
    node: int


@dataclass(frozen=True, slots=True)
class Policy:
    """What a node's operator sets, in seconds; the provider's terms do not know it."""

    notice: int = 3 * DAY
    warn_every: int = 2 * DAY
    blind_limit: int = 30 * DAY
    deaf_limit: int = 30 * DAY
    settle: int = DAY
    settle_most: int = 7 * DAY
    relay_window: int = 2 * DAY


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What holds for every switch of a node. It changes at events only (``core.hearing``), never with time.

    Parameters: ``state``, whether the node hears itself. ``copy_seen``, another process answered under this
    node's key and this one has not heard itself since. ``round`` rises at each start after a wall-clock gap
    over a day: older acceptances do not count. ``generation`` rises when the node was restored or a copy is
    gone: every epoch begins anew (``begin_anew``). ``settled``, milliseconds awake that earlier spells of
    settling took, all together; ``settle_from``, awake time at which the newest spell began, None before the
    first start. ``relay_good``, milliseconds awake, up to ``relay_last``, during which the mail server
    had taken some mail within ``policy.relay_window``; ``relay_last``, awake time at which it last took one.
    """

    state: Literal["hearing", "deaf", "held"] = "deaf"
    copy_seen: bool = False
    round: int = 0
    generation: int = 0
    settled: int = 0
    settle_from: int | None = None
    relay_good: int = 0
    relay_last: int | None = None
    policy: Policy = Policy()


@dataclass(frozen=True, slots=True)
class Deposit:
    """What is held for one client, as far as the switch needs it.

    Parameters: ``client``; ``set``, number of the newest share set held; ``beneficiaries``, of the terms that
    count now; ``ends_awake``, when it ends, if its end was ordered; ``ended``, it has.
    """

    client: str
    set: int
    beneficiaries: tuple[Beneficiary, ...]
    ends_awake: int | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """The release to one person of one deposit was announced in this epoch.

    Parameters: ``at``, silence at which it was announced; ``after``, the wait that was announced, in seconds;
    ``number``, the first announcement to the provider in this round that names it; ``accepted``, silence at
    which such an announcement was first accepted at an address of the provider, in this round.
    """

    client: str
    person: str
    role: Role
    at: int
    after: int
    number: int
    accepted: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was ordered, of any epoch.

    Parameters: ``epoch``, its cause; ``set``; ``number``, of its newest mail (0, then the repeats); ``open``,
    mails past the point of no return whose outcome is not known; ``done_awake``, when the first one went
    out; ``refused_awake``, when the first one was definitely refused; ``confirmed`` by the person;
    ``told``, the others know that it is unconfirmed; ``stopped``, a typed check-in ended the repeats;
    ``blind``, no accepted mail stands behind it.
    """

    client: str
    person: str
    role: Role
    epoch: int
    set: int
    number: int = 0
    open: int = 0
    done_awake: int | None = None
    refused_awake: int | None = None
    confirmed: bool = False
    told: bool = False
    stopped: bool = False
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that was taken: node time in milliseconds at which it began, and its length in seconds."""

    node: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One provider's switch on one node.

    The epoch: ``epoch`` counts from 1; ``began``, its check-in; ``settled``, the node's settling so far at
    that moment; ``timings`` hold in it, ``next_timings`` from the next check-in on; ``pause``, seconds added
    to the interval. ``generation`` of the node in which it began; ``round`` in which the acceptances below
    were made.

    Across epochs: ``links``, check-ins by link since the last typed one; ``link_spent``, a further one was
    answered in this epoch; ``pauses`` of the last year; ``deposits``; ``releases``.

    Mails to the provider in this epoch: ``reminded``, days of the last reminder, 0 none; ``warnings``, how
    many, the last at silence ``warned_at``, the first of this round numbered ``warn_first``, accepted first
    at silence ``warn_accepted``; ``announced``, silence at which the switch was announced; ``announcements``
    to the provider, ``announced_last``, ``announce_first`` likewise; ``notices``, what they named.
    ``blind``: a step of this epoch was taken without an accepted mail.

    Refusals in this epoch: ``refused``, milliseconds that they add up to; ``refused_at``, silence at the last
    of the running series; ``refused_relay``, what the mail server's counter then showed; ``blind_at``,
    silence at which they added up to ``blind_limit``.
    """

    epoch: int
    began: Moment
    settled: int
    generation: int
    round: int
    timings: Timings
    next_timings: Timings | None = None
    pause: int = 0
    links: int = 0
    link_spent: bool = False
    pauses: tuple[Pause, ...] = ()
    reminded: int = 0
    warnings: int = 0
    warned_at: int = 0
    warn_first: int = 1
    warn_accepted: int | None = None
    announced: int | None = None
    announcements: int = 0
    announced_last: int = 0
    announce_first: int = 1
    blind: bool = False
    refused: int = 0
    refused_at: int | None = None
    refused_relay: int = 0
    blind_at: int | None = None
    deposits: tuple[Deposit, ...] = ()
    notices: tuple[Notice, ...] = ()
    releases: tuple[Release, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A thing to do, named by its key; doing one again does nothing. One provider's keys never repeat.

    Parameters: ``epoch``, its cause; ``person``, who gets the mail (``PROVIDER`` or a person's id);
    ``client``, whose deposit it is about, "" for all; ``number`` as its kind says; ``role`` of that person,
    "" for the provider; ``set`` of a release; ``about``, the person whose release is unconfirmed; ``blind``,
    the mail must say that a refusing address was passed over.
    """

    kind: Kind
    epoch: int
    person: str = PROVIDER
    client: str = ""
    number: int = 0
    set: int = 0
    about: str = ""
    role: Role | Literal[""] = ""
    blind: bool = False

    @property
    def key(self) -> str:
        """Deterministic: the same facts at the same step give the same key, before and after a crash."""
        return f"{self.kind}/{self.epoch}/{self.client}/{self.person}/{self.number}/{self.set}/{self.about}"


@dataclass(frozen=True, slots=True)
class Due:
    """When to evaluate again: at this node time or at this awake time, whichever comes first.

    None: never by that clock. Holds while the facts and the node's ``state``, ``round`` and ``generation``
    stay as they are. After an event evaluate at once; after a change of ``state`` or ``round`` evaluate every
    switch that is not ``current``; after one of ``generation`` apply ``begin_anew`` to all.
    """

    node: int | None
    awake: int | None


@dataclass(frozen=True, slots=True)
class Planned:
    """The release to one person: how far it is, and milliseconds from now at the earliest (0: done)."""

    client: str
    person: str
    role: Role
    state: Literal["waiting", "ordered", "begun", "released", "confirmed"]
    earliest: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Distances from now in milliseconds of node time, for pages and letters; negative: so long ago.

    ``deadline``; ``announced``, at the earliest, or when it was; ``releases``, one per person and deposit.
    """

    deadline: int
    announced: int
    releases: tuple[Planned, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the rules say at one moment.

    Parameters: ``phase``; ``blind``, a step of this epoch was taken without an accepted mail; ``orders``, to
    be carried out, in this order; ``facts``, what is recorded with them, in the same transaction (the very
    object that was given if nothing is new); ``due``, when to look again; ``schedule``, what lies ahead.
    """

    phase: Phase
    blind: bool
    orders: tuple[Order, ...]
    facts: Facts
    due: Due
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Change:
    """What a check-in or another event makes of the facts: commit ``facts`` and ``orders`` together.

    ``counted``: False when a check-in by link was one too many.
    """

    facts: Facts
    orders: tuple[Order, ...] = ()
    counted: bool = True


class Gate(Enum):
    """The answer to: may a mail that lies in the outbox go now."""

    GO = "go"
    WAIT = "wait"  # not now, perhaps later: keep it and ask again
    DROP = "drop"  # never: it is untrue, superseded or cancelled
