"""What a node has recorded about one provider, and what the rules answer. Frozen, integers and short strings.

Units: a ``Moment`` and everything named ``*_awake`` is in milliseconds of the node's own two clocks; what is
called *silence* is in milliseconds of the epoch's own clock (see ``rules``); durations are seconds, as people
agree on them. There is no wall time here: no rule can read it.
"""

from dataclasses import dataclass
from typing import Final, Literal

from escrowd.core.orders import Order
from escrowd.core.releases import Release, State
from escrowd.core.terms import DAY, Beneficiary, Role, Timings

SECOND: Final = 1_000
"""Milliseconds."""
DAY_MS: Final = DAY * SECOND

REMINDERS: Final = (14, 7, 3, 1)
"""Days before the deadline at which the provider is reminded."""
LINKS_IN_A_ROW: Final = 3
"""So many check-ins by a mailed link count between two typed ones."""
PAUSE_MOST: Final = 60 * DAY
PAUSES_MOST: Final = 120 * DAY
PAUSES_WITHIN: Final = 365 * DAY
"""One pause; all pauses together within so much node time. Seconds."""
END_NOTICE: Final = 30 * DAY
"""An ended deposit stays so long, in seconds of awake time."""
VOUCH: Final = 14 * DAY
VOUCHES_MOST: Final = 28 * DAY
"""What one vouch adds, and all of an epoch together. Seconds of silence."""
REPORTERS: Final = 2
"""So many people who say that the provider is gone move the deadline."""
TRIAL: Final = 30 * DAY
"""The trial of a client's first deposit, in seconds of awake time."""

Phase = Literal["current", "overdue", "announced", "released"]
Say = Literal["yes", "nobody", "current", "paused", "twice", "used-up", "late"]
"""Whether a person may vouch or report now, or why not:

``nobody``: neither witness nor beneficiary of a deposit whose trial is over. ``current``: a vouch has nothing
to put off yet. ``paused``: people know why it is quiet. ``twice``: this person did. ``used-up``: the vouches
of this epoch add up to ``VOUCHES_MOST``, or its deadline was moved. ``late``: everybody has what is theirs.
"""


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

    Parameters: ``client``; ``set``, number of the newest share set held; ``beneficiaries`` and ``witnesses``
    (ids of persons), of the terms that count now; ``ends_awake``, when it ends, if its end was ordered;
    ``ended``, it has; ``trial_ends_awake``, when its trial ends, None once it is over.
    """

    client: str
    set: int
    beneficiaries: tuple[Beneficiary, ...]
    ends_awake: int | None = None
    ended: bool = False
    witnesses: tuple[str, ...] = ()
    trial_ends_awake: int | None = None


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
class Told:
    """A witness of a deposit was told in this epoch.

    Parameters: ``warned``, the number of the warning with which they were told that the provider is overdue;
    ``announced``, of the announcement; 0: not told.
    """

    client: str
    person: str
    warned: int = 0
    announced: int = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """A release to one person of a deposit in its trial was rehearsed in this epoch.

    Parameters: ``at``, silence at which the provider got the announcement; ``after``, the wait that it named,
    in seconds; ``released``, the provider got what stands for the release.
    """

    client: str
    person: str
    role: Role
    at: int
    after: int
    released: bool = False


@dataclass(frozen=True, slots=True)
class Vouch:
    """A person says to have spoken to the provider.

    Parameters: ``at``, silence at which they said so; ``announced``, in the phase that began with the
    announcement, and not while overdue; ``seconds`` that it adds to the end of that phase.
    """

    person: str
    at: int
    announced: bool
    seconds: int


@dataclass(frozen=True, slots=True)
class Report:
    """A person says that the provider is gone. ``weighs``: as a witness, or in the role client."""

    person: str
    at: int
    weighs: bool


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
    ``blind``: a step of this epoch was taken without an accepted mail. ``told``, witnesses; ``probes``, what
    was rehearsed for deposits in their trial.

    People, in this epoch: ``vouches``; ``reports``; ``gone``, silence at which they moved the deadline.

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
    told: tuple[Told, ...] = ()
    probes: tuple[Probe, ...] = ()
    vouches: tuple[Vouch, ...] = ()
    reports: tuple[Report, ...] = ()
    gone: int | None = None


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
    state: State
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

    ``counted``: False when it did not count for what it was: a check-in by link that was one too many, a
    vouch or report that may not be (``vouching``, ``reporting``). ``vouched``: the check-in by link that did
    not count as one counted as the provider's vouch.
    """

    facts: Facts
    orders: tuple[Order, ...] = ()
    counted: bool = True
    vouched: bool = False
