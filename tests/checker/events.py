"""What an onlooker could write down of one provider on one node. The checker (``promises``) judges it.

Times are milliseconds of the node's two clocks as it claims them, durations of the terms are seconds.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened when the node's clocks stood at ``awake`` and ``node``."""

    awake: int
    node: int


@dataclass(frozen=True, kw_only=True)
class Tick(Event):
    """A mark of the clocks. Marks may be sparse: between two of them nothing changes but time."""


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """The process started. ``long_stop``: by the wall clock it had been away for more than a day."""

    long_stop: bool = False


@dataclass(frozen=True, kw_only=True)
class Heard(Event):
    """The node asked its own public address. ``answer``: ``self``, ``other`` or ``none``."""

    answer: str


@dataclass(frozen=True, kw_only=True)
class CheckedIn(Event):
    """A check-in that counted, an enrolment, or a new beginning: with the terms that hold from here on.

    ``how``: ``typed``, ``link``, or ``anew`` where nobody checked in.
    """

    interval: int
    grace: int
    announce: int
    pause: int = 0
    how: str = "typed"


@dataclass(frozen=True, kw_only=True)
class Vouched(Event):
    """Somebody said to have spoken to the provider, and it counted."""

    person: str


@dataclass(frozen=True, kw_only=True)
class Reported(Event):
    """Somebody said that the provider is gone, and it counted. ``weighs``: a witness, or in the role client."""

    person: str
    weighs: bool


@dataclass(frozen=True, kw_only=True)
class Trial(Event):
    """A client's first deposit begins its trial, which ends by itself when the node was awake ``until``."""

    client: str
    until: int


@dataclass(frozen=True, kw_only=True)
class Armed(Event):
    """The provider ended a client's trial."""

    client: str


@dataclass(frozen=True, kw_only=True)
class Ordered(Event):
    """A mail was committed to be sent.

    ``kind``: ``warn``, ``announce``, ``release`` or another. ``key`` of the order. ``cause``: number of the
    epoch whose silence it belongs to (a release is repeated in later ones). ``person``: ``provider`` or who
    gets it. ``client``: whose deposit, "" for all. ``after``: for an announcement, the person's wait.
    ``blind``: the mail says that a refusing address was passed over.
    """

    kind: str
    key: str
    cause: int
    person: str = "provider"
    client: str = ""
    after: int = 0
    blind: bool = False


@dataclass(frozen=True, kw_only=True)
class Answered(Event):
    """A server answered finally for the mail ``key`` to the provider.

    ``outcome``: ``accepted`` at one of the addresses, or ``refused`` by all of them.
    """

    key: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class RelayTook(Event):
    """The node's mail server took some mail, whoever it was for."""


@dataclass(frozen=True, kw_only=True)
class Begun(Event):
    """One mail of a release passed the point of no return: DATA may follow."""

    key: str
    address: str


@dataclass(frozen=True, kw_only=True)
class Ended(Event):
    """What became of it: ``out`` (250, or no telling) or ``refused`` (a definite no: nothing left)."""

    key: str
    address: str
    outcome: str


@dataclass(frozen=True)
class Delivery:
    """A mail that a sink holds: of which order, for which address, and a digest of all its bytes."""

    key: str
    address: str
    message_id: str
    digest: str


@dataclass(frozen=True)
class Breach:
    """A promise that was not kept, and how. ``awake`` says when; -1: not at one moment."""

    promise: str
    what: str
    awake: int = -1
