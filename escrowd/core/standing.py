"""What a node tells about one deposit beside its files: addresses, cards, sets, requests, the trial.

Parts of ``wire.DepositStanding``. Wall times are for people; no rule reads them.
"""

from typing import Annotated, Literal

from pydantic import Field

from escrowd.core.strict import GroupName, Hex32, PersonId, RandomId, Seconds, SetNumber, Strict, Text, Wall
from escrowd.core.terms import Role

AddressState = Literal["asked", "founding", "waiting", "confirmed", "removed"]


class AddressStanding(Strict):
    """An address of a person (``core.addresses``). It may be ``left_out`` of the newest people file.

    ``state``: ``asked``, it got the mail that asks for its click, and nothing else goes there; ``founding``,
    not clicked, but mails go there; ``waiting``, clicked, and counts from ``counts_from`` on; ``confirmed``;
    ``removed`` by a click. ``hangs``: on the provider, on the node or on what the bundle holds.
    """

    person: PersonId
    id: RandomId
    state: AddressState
    hangs: bool
    left_out: bool = False
    confirmed: Wall | None = None
    counts_from: Wall | None = None


class CardStanding(Strict):
    """A group's card of a set, and when it was last proved."""

    set: SetNumber
    group: GroupName
    proved: Wall


class TermsStanding(Strict):
    """The terms that a person confirmed when they clicked, by the hash of their content."""

    person: PersonId
    sha256: Hex32
    confirmed: Wall


class SetsStanding(Strict):
    """The client's share sets (``core.sets``).

    ``sealed``: the newest bundle opens with these; ``kept``: only older bundles do, which go out beside it;
    ``retired``: over. ``unseal``: the set whose unsealing is on notice, and from when it can be stated.
    """

    sealed: tuple[SetNumber, ...]
    kept: tuple[SetNumber, ...] = ()
    retired: tuple[SetNumber, ...] = ()
    unseal: SetNumber | None = None
    unseal_from: Wall | None = None
    confirmed: SetNumber | None = None
    """The set that the client confirmed to have, by a click."""


class DelayStanding(Strict):
    """The provider's delay of a request."""

    seconds: Seconds
    reason: Text
    made: Wall


class RequestStanding(Strict):
    """A request (``core.requests``). ``earliest``: None while it waits for a yes, or is out.

    ``state``: ``waiting`` for its time; ``consent``, for the client's or the provider's yes; ``due``,
    ordered; ``released``, it went out to somebody. ``set``: whose card asked.
    """

    id: RandomId
    role: Role
    set: SetNumber
    state: Literal["waiting", "consent", "due", "released"]
    opened: Wall
    earliest: Wall | None
    approved: bool = False
    objected: bool = False
    delays: Annotated[tuple[DelayStanding, ...], Field(max_length=64)] = ()
