"""What rules tell a driver to do: orders under keys that never repeat, and the last question before one goes.

Switch and requests order the same way, so that a driver carries out both alike.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from escrowd.core.terms import PROVIDER, Role

Kind = Literal[
    "remind",  # provider: check in; ``number`` = days before the deadline
    "warn",  # provider: overdue; ``number`` counts in the epoch
    "overdue",  # witness: the provider is overdue; ``number`` of the warning that went with it
    "announce",  # provider (deposit ""), beneficiary, witness: what will happen when; ``number`` counts
    "release",  # beneficiary: share and kit; ``number`` 0 is the release, 1… its repeats
    "unconfirmed",  # provider and the other beneficiaries: ``about`` has not confirmed the release
    "all-clear",  # beneficiary or witness: what was announced or reported is off
    "checked-in",  # provider: a check-in counted; ``number`` = links in a row, 0 for a typed one
    "link-spent",  # provider: a check-in by link did not count; only a typed one will
    "vouched",  # provider, beneficiaries, witnesses: ``about`` spoke to the provider; ``number`` counts
    "reported",  # the same: ``about`` says that the provider is gone; ``number`` counts in the epoch
    "gone",  # the same: with ``about`` two say so; the deadline is now, and links only vouch
    "probe-announce",  # provider: in the trial, the announcement that would have gone to ``about``
    "probe-release",  # provider: in the trial, the release that would have gone to ``about``; no share
    "trial-ended",  # provider, client: the trial ended by itself; from now on people get what is theirs
    "request-received",  # provider, beneficiaries, witnesses: ``about`` asks with a card
    "request-consent",  # client: a successor or reserve asks, and needs a yes
    "request-delayed",  # all as above: the provider delays it; ``number`` counts the delays
    "request-approved",  # all as above: ``about`` (provider or a client) said yes
    "request-objected",  # all as above: ``about``, a client, objected
    "anew",  # provider, beneficiaries, witnesses: restored, or a copy was running; every wait began anew
    "list-old",  # client: the printed list lacks sheets for long; ``epoch``: the first change (core.delivery)
    "probe-list-old",  # provider: in the trial, the one that would have gone to ``about``
    "ended",  # no letter: the deposit has ended; files go after 90 d
]


ABOUT_LISTS: Final[frozenset[Kind]] = frozenset({"list-old", "probe-list-old"})
"""What ``core.delivery`` orders."""


@dataclass(frozen=True, slots=True)
class Order:
    """A thing to do, named by its key; doing one again does nothing. One provider's keys never repeat.

    Parameters: ``epoch``, its cause, 0 where ``request`` is (id of a request), a revision where a list is
    old; ``person``, who gets the mail (``PROVIDER`` or a person's id); ``client``, whose deposit it is about,
    "" for all; ``number`` as its kind says; ``role`` of that person, "" for the provider and for a witness;
    ``set`` of a release; ``about``, the person whom it speaks of; ``blind``, the mail must say that a
    refusing address was passed over.
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
    request: str = ""

    @property
    def cause(self) -> str:
        """What caused it: the epoch's number, or ``r`` and the request's id."""
        return cause_of(self.epoch, self.request)

    @property
    def key(self) -> str:
        """Deterministic: the same facts at the same step give the same key, before and after a crash."""
        return f"{self.kind}/{self.cause}/{self.client}/{self.person}/{self.number}/{self.set}/{self.about}"


def cause_of(epoch: int, request: str) -> str:
    """A cause as keys hold it: ``7`` for an epoch, ``r`` and the id for a request."""
    return f"r{request}" if request else str(epoch)


class Gate(Enum):
    """The answer to: may a mail that lies in the outbox go now."""

    GO = "go"
    WAIT = "wait"  # not now, perhaps later: keep it and ask again
    DROP = "drop"  # never: it is untrue, superseded or cancelled
