"""What a node has recorded about requests, and what follows from it at a moment (rules: see the package)."""

from dataclasses import dataclass
from typing import Final, Literal

from escrowd.core.orders import Order
from escrowd.core.releases import Releases
from escrowd.core.terms import DAY, Beneficiary, Role
from escrowd.errors import NotFoundError

SECOND: Final = 1_000
"""Milliseconds."""
TOLD_WITHIN: Final = 2 * DAY
OTHERS_WAIT: Final = 7 * DAY
OBJECTION: Final = 7 * DAY

State = Literal["waiting", "consent", "due", "released"]


@dataclass(frozen=True, slots=True)
class Delay:
    """The provider's: awake time at which it was stated, length in seconds, and why."""

    awake: int
    seconds: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of one deposit. Times are awake milliseconds, durations seconds.

    ``id``, random, given by the driver; ``role`` of those who are released; ``set``, whose card asked;
    ``opened``, the proof; ``wait`` and ``delay_max``, ``beneficiaries`` and ``witnesses`` of the terms that
    counted then; ``told``, when a mail about it was first accepted for the provider; ``delays``;
    ``approved`` by the provider; ``objected`` to by ``objector``, a client; ``consent`` of a client;
    ``closed``, a later request took its place; ``releases`` that it caused.
    """

    id: str
    client: str
    role: Role
    set: int
    opened: int
    wait: int
    delay_max: int
    beneficiaries: tuple[Beneficiary, ...]
    witnesses: tuple[str, ...] = ()
    told: int | None = None
    delays: tuple[Delay, ...] = ()
    approved: int | None = None
    objected: int | None = None
    objector: str = ""
    consent: int | None = None
    closed: bool = False
    releases: Releases = ()

    @property
    def is_open(self) -> bool:
        """Whether nothing of it went out yet (Q2)."""
        return not self.closed and not any(release.is_out for release in self.releases)

    @property
    def askers(self) -> tuple[str, ...]:
        """The persons whom it releases (Q1)."""
        return tuple(b.person for b in self.beneficiaries if b.role == self.role)

    @property
    def clients(self) -> tuple[str, ...]:
        """The persons in the role client: they may object and consent."""
        return tuple(b.person for b in self.beneficiaries if b.role == "client")

    def people(self, _client: str) -> tuple[Beneficiary, ...]:
        """Its beneficiaries, as ``releases.tell_unconfirmed`` asks for them."""
        return self.beneficiaries

    @property
    def delay_left(self) -> int:
        """Seconds by which the provider may still delay it (Q8)."""
        return self.delay_max - sum(delay.seconds for delay in self.delays)


Requests = tuple[Request, ...]
"""All requests of one deposit, oldest first."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an event made of a deposit's requests: commit ``requests`` and ``orders`` together.

    ``request``, the one that it was about; ``joined``: it was open already.
    """

    requests: Requests
    request: Request
    orders: tuple[Order, ...] = ()
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is to be done now.

    ``requests``, with it recorded: the same object if there is nothing; ``due``, awake time at which to look
    again; None: not before the next event. That somebody becomes reachable is an event.
    """

    requests: Requests
    orders: tuple[Order, ...]
    due: int | None


def due_at(request: Request) -> int | None:
    """Awake time at which it is due (Q4 to Q7). None: a yes is missing."""
    latest = request.opened + TOLD_WITHIN * SECOND
    base = latest if request.told is None else min(request.told, latest)  # Q4
    seconds = request.wait + sum(d.seconds for d in request.delays)
    if request.objected is not None:  # Q9
        seconds += OBJECTION
    due = base + seconds * SECOND  # Q5
    if request.role != "client":  # Q7
        if request.consent is None:
            return request.approved
        due = max(due, request.consent)
    return due if request.approved is None else min(due, request.approved)  # Q6


def state_of(request: Request, now: int) -> State:
    """How far it is, for people."""
    if any(release.is_out for release in request.releases):
        return "released"
    if is_due(request, now):
        return "due"
    return "consent" if due_at(request) is None else "waiting"


def find(requests: Requests, id_: str) -> Request:
    """The request with that id. Raises ``NotFoundError`` ``request.unknown`` (field ``request``)."""
    for request in requests:
        if request.id == id_:
            return request
    raise NotFoundError("request.unknown", request=id_)


def runs(requests: Requests) -> bool:
    """Whether one is open: until then a deposit's files and sets stay (P7)."""
    return any(request.is_open for request in requests)


def is_due(request: Request, now: int) -> bool:
    """Whether nothing puts it off any more (Q10)."""
    due = due_at(request)
    return bool(request.releases) or (due is not None and due <= now)
