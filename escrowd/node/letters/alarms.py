"""Letters about the node itself: the operator's daily numbers, and what is wrong."""

from dataclasses import dataclass
from typing import Literal

from escrowd.node.letters._context import Audience, Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest(Context):
    """To the operator, daily: numbers only.

    ``oldest_waiting``: since when the oldest mail waits, 0 if none.
    """

    at: int
    providers: int
    clients: int
    current: int
    overdue: int
    announced: int
    released: int
    sent: int
    waiting: int
    oldest_waiting: int
    hearing: Literal["good", "deaf", "held", "unknown"]
    behind: int
    disk_free: int
    stored: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(Context):
    """Something is wrong with the node or a way to somebody. ``audience``: who reads it."""

    audience: Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDeaf(Alarm):
    """The node does not hear itself at ``url``; ``runs_on``: when its time runs on all the same."""

    since: int
    url: str
    reason: Literal["unreachable", "clock"]
    runs_on: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDeafLimit(Alarm):
    """The node is still deaf, and its time runs on from ``at``."""

    since: int
    at: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmHeard(Alarm):
    """The node hears itself again. Nothing is released by silence for ``settle`` seconds."""

    since: int
    at: int
    settle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmHeld(Alarm):
    """A copy of the node runs under the same key."""

    since: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRefused(Alarm):
    """An address refused a letter for good.

    ``subject``: which kind of letter; ``reply``: the server's code.
    """

    person: str
    address: str
    subject: Literal["remind", "warn", "announce", "release", "other"]
    reply: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmKey(Alarm):
    """The provider has a new daily key; it counts from ``counts_from``."""

    fingerprint: str
    counts_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRestored(Alarm):
    """The node went back to an older state; every wait begins anew."""

    at: int
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLags(Alarm):
    """Node time fell ``behind`` seconds behind the wall clock within 30 days."""

    behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDamaged(Alarm):
    """A stored file of a client's deposit is not what it was."""

    client: str
    file: str
    at: int
