"""A release once it was ordered, whatever caused it: the point of no return, repeats, confirmation.

An epoch's silence (``core.switch``) and a request (``core.requests``) decide when a person is released. From
the order on, both go the same way, and both keep a ``Release`` for it. Rule numbers are the switch's.

R12  A release is repeated 1, 3, 7, 14 and then every 30 d after it went out (or was refused everywhere), of
     several due only the latest, until confirmed or stopped. In awake time, like all sending.
R13  Unconfirmed after 14 d, the provider and the deposit's other beneficiaries are told, once.
R28  The point of no return is one mail's. Whoever holds the share holds it: what was begun and has no
     outcome counts as out; what was definitely refused is back where it was, and can be cancelled.
R30  A mail that a later one of its kind or a confirmation made untrue does not go out any more. A further
     request ends the repeats of the one before, not its first mails: they may be to another person.

Every ``awake`` is the node's awake time in milliseconds.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from escrowd.core.orders import Order, cause_of
from escrowd.core.terms import DAY, PROVIDER, Beneficiary, Role

_DAY_MS: Final = DAY * 1_000

REPEATS: Final = (1, 3, 7, 14)
"""Days after a release went out at which it is sent again; later every ``REPEAT_EVERY`` days."""
REPEAT_EVERY: Final = 30
UNCONFIRMED: Final = 14
"""Days after which the others are told that a release was not confirmed."""

State = Literal["waiting", "ordered", "begun", "released", "confirmed"]


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was ordered, of any cause.

    Parameters: ``epoch``, its cause, 0 where ``request`` is (the request's id); ``set``; ``number``, of its
    newest mail (0, then the repeats); ``open``, mails past the point of no return whose outcome is not
    known; ``done_awake``, when the first one went out; ``refused_awake``, when the first one was definitely
    refused; ``confirmed`` by the person; ``told``, the others know that it is unconfirmed; ``stopped``, a
    typed check-in, or a further request, ended the repeats; ``blind``, no accepted mail stands behind it.
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
    request: str = ""

    @property
    def cause(self) -> str:
        """What caused it, as in ``Order.cause``."""
        return cause_of(self.epoch, self.request)

    @property
    def is_out(self) -> bool:
        """Whether the person may hold the share: a mail went out, or has no outcome yet."""
        return self.done_awake is not None or self.open > 0  # R28

    @property
    def order(self) -> Order:
        """The order of its newest mail."""
        return Order(
            "release",
            self.epoch,
            self.person,
            self.client,
            self.number,
            self.set,
            role=self.role,
            blind=self.blind,
            request=self.request,
        )


Releases = tuple[Release, ...]


def find(releases: Releases, order: Order) -> Release | None:
    """The release that an order is a mail of. Reads ``client``, ``person`` and the cause."""
    return next((r for r in releases if _is_of(r, order)), None)


def state_of(release: Release | None) -> State:
    """How far a release is. None was not ordered yet: ``waiting``."""
    if release is None:
        return "waiting"
    if release.confirmed:
        return "confirmed"
    if release.done_awake is not None:
        return "released"
    return "begun" if release.open else "ordered"


def is_untrue(release: Release | None, order: Order) -> bool:
    """Whether a queued mail of a release is never to go: cancelled, superseded, confirmed or stopped."""
    if release is None or order.number < release.number or release.confirmed:  # R30
        return True
    return release.stopped and (order.number > 0 or not release.request)


# What becomes of a mail -----------------------------------------------------------------------------------


def begun(releases: Releases, order: Order) -> Releases:
    """Record the point of no return of one mail, in the transaction in which it was allowed (R28)."""
    return change(releases, order, lambda r: replace(r, open=r.open + 1))


def went_out(releases: Releases, awake: int, order: Order) -> Releases:
    """Record a 250, a lost reply, or a crash after ``begun``: the mail counts as out (R28)."""

    def out(release: Release) -> Release:
        done = awake if release.done_awake is None else release.done_awake
        return replace(release, open=max(0, release.open - 1), done_awake=done)

    return change(releases, order, out)


def refused(releases: Releases, awake: int, order: Order, *, begun: bool = True) -> Releases:
    """Record a definite 4xx or 5xx: nothing left (R28).

    Parameters: ``begun``, this mail had passed the point of no return. False: all addresses of the person
    refused before it. Either way the repeats are counted from the first refusal (R12).
    """

    def back(release: Release) -> Release:
        since = awake if release.refused_awake is None else release.refused_awake
        return replace(release, open=max(0, release.open - begun), refused_awake=since)

    return change(releases, order, back)


def confirmed(releases: Releases, order: Order) -> Releases:
    """Record that the person has the release: its repeats end. Twice is once."""
    return change(releases, order, lambda r: replace(r, confirmed=True))


def change(releases: Releases, order: Order, how: Callable[[Release], Release]) -> Releases:
    """The releases with the one of an order changed."""
    return tuple(how(r) if _is_of(r, order) else r for r in releases)


def _is_of(release: Release, order: Order) -> bool:
    here = (release.client, release.person, release.cause)
    return here == (order.client, order.person, order.cause)


# What follows from time -----------------------------------------------------------------------------------


def repeat(releases: Releases, awake: int, clients: Collection[str]) -> tuple[Releases, list[Order]]:
    """The repeats that are due (R12), and the releases with them recorded: the same object if there are none.

    Parameters: ``clients`` whose deposits have not ended; what is released of others is not repeated.
    """
    changed, orders = list(releases), list[Order]()
    for at, release in enumerate(releases):
        since = _since(release, clients)
        if since is None:
            continue
        number = release.number
        while since + _repeat_after(number + 1) <= awake:  # R12: only the latest
            number += 1
        if number > release.number:
            changed[at] = replace(release, number=number)
            orders.append(changed[at].order)
    return (tuple(changed) if orders else releases), orders


def tell_unconfirmed(
    releases: Releases,
    awake: int,
    clients: Collection[str],
    people: Callable[[str], Iterable[Beneficiary]],
) -> tuple[Releases, list[Order]]:
    """Whom to tell of what is unconfirmed (R13), and the releases with it recorded, or the same object.

    Parameters: ``clients`` as for ``repeat``; ``people``, a client's beneficiaries.
    """
    changed, orders = list(releases), list[Order]()
    for at, release in enumerate(releases):
        since = _since(release, clients)
        if since is None or release.told or awake < since + UNCONFIRMED * _DAY_MS:  # R13
            continue
        changed[at] = replace(release, told=True)
        first = Order(
            "unconfirmed",
            release.epoch,
            PROVIDER,
            release.client,
            about=release.person,
            request=release.request,
        )
        others = [b for b in people(release.client) if b.person != release.person]
        orders += [first, *(replace(first, person=b.person, role=b.role) for b in others)]
    return (tuple(changed) if orders else releases), orders


def due(releases: Releases, clients: Collection[str]) -> list[int]:
    """Awake times, perhaps past, at which ``repeat`` or ``tell_unconfirmed`` may say something else."""
    marks = list[int]()
    for release in releases:
        since = _since(release, clients)
        if since is not None:
            marks += [since + _repeat_after(release.number + 1), since + UNCONFIRMED * _DAY_MS]
    return marks


def _since(release: Release, clients: Collection[str]) -> int | None:
    """Awake time from which a release's repeats are counted; None: there are none."""
    if release.confirmed or release.stopped or release.client not in clients:  # R12
        return None
    return release.refused_awake if release.done_awake is None else release.done_awake


def _repeat_after(number: int) -> int:
    if number <= len(REPEATS):
        return REPEATS[number - 1] * _DAY_MS
    return (REPEATS[-1] + (number - len(REPEATS)) * REPEAT_EVERY) * _DAY_MS
