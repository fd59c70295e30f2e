"""A holder proves a card and asks: a wait that others can stretch a little and nobody can refuse.

Beside the switch, and untouched by it: no check-in, pause, deafness, settling, trial or copy of the node
puts a request off, and it runs under the terms that counted when it was opened. One deposit's requests are
a tuple of ``Request``; every function takes the moment, in milliseconds of the node's awake time, and
returns what holds then. The driver commits facts and orders together, and evaluates after each event.

Q1   A proof with a card of the groups client, successor, reserve asks for the persons of that role in the
     terms. A card of the nodes asks for nobody.
Q2   Of one group one request is open at a time; who asks again joins it. It is open until a mail of it went
     out. The next one ends the repeats of the one before.
Q3   Provider, witnesses and every beneficiary are told at once.
Q4   Base = the first such mail accepted for the provider, at the latest ``TOLD_WITHIN`` (2 d) after the
     proof.
Q5   Due = base + wait + the provider's delays + ``OBJECTION`` (7 d) if the client objected; the wait is the
     terms' ``request_wait`` for a client, ``OTHERS_WAIT`` (7 d) for the others.
Q6   The provider's approval makes it due at once.
Q7   A successor or reserve is due only once the client or the provider said yes.
Q8   Delays carry a reason and add up to the terms' ``delay_max`` at most.
Q9   A client may object once, by an address that may act (``core.addresses``, A12). All are told.
Q10  What is due cannot be put off any more. Nothing refuses a request: no function here takes one back.
Q11  Released is who has an address that a release by request may go to (``core.addresses``). Who has none yet
     is released when there is one.
Q12  From the order on: ``core.releases``. A provider's check-in stops no repeats here.
Q13  A request that was made with a card of a set that is retired meanwhile moves along to the newest set.

So a client is out at most ``request_wait + delay_max + 2 d`` after the proof, and 7 d later if the client
objected: sums of awake time in which the node could not mail the provider included.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, Literal

from escrowd.core import releases
from escrowd.core.orders import Gate, Order
from escrowd.core.releases import Releases
from escrowd.core.terms import DAY, PROVIDER, Beneficiary, Role, Terms
from escrowd.errors import ConflictError, NotFoundError, RefusedError

SECOND: Final = 1_000
"""Milliseconds."""
TOLD_WITHIN: Final = 2 * DAY
OTHERS_WAIT: Final = 7 * DAY
OBJECTION: Final = 7 * DAY

_Kind = Literal[
    "request-received", "request-consent", "request-delayed", "request-approved", "request-objected"
]
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


# Events --------------------------------------------------------------------------------------------------


def open_request(requests: Requests, now: int, *, id_: str, group: str, number: int, terms: Terms) -> Change:
    """Take a proof with the purpose ``request``: open a request, or join the one that is open.

    Parameters: ``id_``, for a new one; ``group`` and ``number``, the card's group and set; ``terms``, those
    that count now (under worse ones on notice, the old).
    Raises ``RefusedError``: ``proof.nodes-card`` (Q1), ``request.nobody`` (field ``role``: nobody in the
    terms has it).
    """
    role = role_of(group)
    there = next((r for r in requests if r.is_open and r.role == role), None)
    if there is not None:  # Q2
        return Change(requests, there, joined=True)
    request = Request(
        id=id_,
        client=terms.client,
        role=role,
        set=number,
        opened=now,
        wait=terms.request_wait if role == "client" else OTHERS_WAIT,  # Q5
        delay_max=terms.delay_max,
        beneficiaries=terms.beneficiaries,
        witnesses=terms.witnesses,
    )
    if not request.askers:
        raise RefusedError("request.nobody", role=role)
    before = tuple(_end(r) if r.role == role else r for r in requests)  # Q2
    orders = _to_all(request, "request-received")  # Q3
    if role != "client":  # Q7
        orders += [_order(request, "request-consent", person, "client") for person in request.clients]
    return Change((*before, request), request, tuple(orders))


def role_of(group: str) -> Role:
    """The role that a card of this group has. Raises ``RefusedError`` ``proof.nodes-card`` (Q1)."""
    if group == "nodes":
        raise RefusedError("proof.nodes-card")
    return group  # type: ignore[return-value]  # the three other groups are called as the roles are


def told_accepted(requests: Requests, now: int, order: Order) -> Requests:
    """The mail server took the mail of a ``request-received`` for an address of the provider (Q4).

    Any other order changes nothing, so the driver need not choose.
    """
    if order.kind != "request-received" or order.person != PROVIDER:
        return requests
    return tuple(replace(r, told=now) if r.id == order.request and r.told is None else r for r in requests)


def approve(requests: Requests, now: int, id_: str) -> Change:
    """The provider says yes: due at once (Q6). Twice is once.

    Raises ``NotFoundError`` ``request.unknown`` (field ``request``).
    """
    request = find(requests, id_)
    if request.approved is not None or _is_due(request, now):
        return Change(requests, request)
    return _changed(requests, replace(request, approved=now), "request-approved", about=PROVIDER)


def delay(requests: Requests, now: int, id_: str, *, seconds: int, reason: str) -> Change:
    """The provider delays it (Q8).

    Raises ``NotFoundError`` ``request.unknown``; ``ConflictError`` ``request.due`` (field ``request``);
    ``RefusedError`` ``request.delay-used-up`` (fields ``asked``, ``left``: seconds).
    """
    request = find(requests, id_)
    if _is_due(request, now):  # Q10
        raise ConflictError("request.due", request=id_)
    if not 0 < seconds <= request.delay_left:  # Q8
        raise RefusedError("request.delay-used-up", asked=seconds, left=request.delay_left)
    delays = (*request.delays, Delay(now, seconds, reason))
    number = len(delays)
    return _changed(requests, replace(request, delays=delays), "request-delayed", PROVIDER, number)


def object_(requests: Requests, now: int, id_: str, *, person: str, may_act: bool) -> Change:
    """A client objects by a click (Q9). The same person again changes nothing.

    Parameters: ``may_act``, what ``addresses.may_act`` says of the address that was clicked at.
    Raises ``NotFoundError`` ``request.unknown``; ``RefusedError`` ``request.not-the-client`` (field
    ``person``), ``address.hangs``; ``ConflictError`` ``request.due``, ``request.objected`` (field
    ``request``).
    """
    request = find(requests, id_)
    if person not in request.clients:
        raise RefusedError("request.not-the-client", person=person)
    if not may_act:
        raise RefusedError("address.hangs")
    if request.objected is not None:
        if request.objector == person:
            return Change(requests, request)
        raise ConflictError("request.objected", request=id_)
    if _is_due(request, now):  # Q10
        raise ConflictError("request.due", request=id_)
    return _changed(
        requests, replace(request, objected=now, objector=person), "request-objected", about=person
    )


def consent(requests: Requests, now: int, id_: str, *, person: str) -> Change:
    """A client says yes by a click to a successor's or reserve's request (Q7). Twice is once.

    Raises ``NotFoundError`` ``request.unknown``; ``RefusedError`` ``request.not-the-client`` (field
    ``person``); ``ConflictError`` ``request.no-consent-needed`` (field ``request``: a client's own).
    """
    request = find(requests, id_)
    if person not in request.clients:
        raise RefusedError("request.not-the-client", person=person)
    if request.role == "client":
        raise ConflictError("request.no-consent-needed", request=id_)
    if request.consent is not None:
        return Change(requests, request)
    return _changed(requests, replace(request, consent=now), "request-approved", about=person)


def move_along(requests: Requests, *, retired: Collection[int], newest: int) -> Requests:
    """The requests after sets were retired (Q13)."""
    return tuple(replace(r, set=newest) if r.set in retired and r.is_open else r for r in requests)


# Time ----------------------------------------------------------------------------------------------------


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
    if _is_due(request, now):
        return "due"
    return "consent" if due_at(request) is None else "waiting"


def evaluate(
    requests: Requests, now: int, *, reachable: Collection[str], newest: int, held: bool = True
) -> Evaluation:
    """Say what is to be done at ``now``. Evaluating again at the same moment orders nothing.

    Parameters: ``reachable``, the persons with an address that a release by request may go to (Q11);
    ``newest``, the number of the newest set held; ``held``: False once the deposit's files are deleted.
    """
    after, orders, marks = list[Request](), list[Order](), list[int]()
    for request in requests:
        mine, more = _release(request, now, reachable, newest) if held else (request, [])
        clients = (request.client,) if held and not request.closed else ()
        repeated, repeats = releases.repeat(mine.releases, now, clients)
        told, letters = releases.tell_unconfirmed(repeated, now, clients, request.people)
        after.append(mine if told is mine.releases else replace(mine, releases=told))
        orders += [*more, *repeats, *letters]
        due = due_at(request)
        marks += [] if due is None or request.closed else [due]
        marks += releases.due(told, clients)
    ahead = [mark for mark in marks if mark > now]
    return Evaluation(tuple(after) if orders else requests, tuple(orders), min(ahead) if ahead else None)


def _release(
    request: Request, now: int, reachable: Collection[str], newest: int
) -> tuple[Request, list[Order]]:
    if request.closed or not _is_due(request, now):
        return request, []
    there = {release.person for release in request.releases}
    new = tuple(
        releases.Release(request.client, person, request.role, 0, newest, request=request.id)
        for person in request.askers
        if person in reachable and person not in there  # Q11
    )
    if not new:
        return request, []
    return replace(request, releases=(*request.releases, *new)), [release.order for release in new]


# The point of no return, and what becomes of a mail ---------------------------------------------------------


def may_go(requests: Requests, now: int, order: Order) -> Gate:
    """Say whether a queued mail of a request may go now, or never. It never has to wait."""
    request = next((r for r in requests if r.id == order.request), None)
    if request is None:
        return Gate.DROP
    match order.kind:
        case "release":
            return may_release(requests, now, order)
        case "request-consent":
            true = request.consent is None and request.approved is None and not request.closed
        case "unconfirmed":
            release = releases.find(request.releases, replace(order, person=order.about))
            true = release is not None and not release.confirmed
        case _:
            true = True
    return Gate.GO if true else Gate.DROP


def may_release(requests: Requests, now: int, order: Order) -> Gate:
    """Answer at the point of no return: RCPT was accepted, ``begun`` is next.

    Parameters: as of the order: its request, person and number.
    """
    request = next((r for r in requests if r.id == order.request), None)
    release = None if request is None else releases.find(request.releases, order)
    if request is None or release is None or releases.is_untrue(release, order):
        return Gate.DROP
    return Gate.GO if release.is_out or _is_due(request, now) else Gate.WAIT


def begun(requests: Requests, order: Order) -> Requests:
    """Record the point of no return of one mail, in the transaction in which it was allowed."""
    return _mail(requests, order, releases.begun(_of(requests, order), order))


def released(requests: Requests, now: int, order: Order) -> Requests:
    """Record a 250, a lost reply, or a crash after ``begun``: the mail counts as out."""
    return _mail(requests, order, releases.went_out(_of(requests, order), now, order))


def refused(requests: Requests, now: int, order: Order, *, begun: bool = True) -> Requests:
    """Record a definite 4xx or 5xx: nothing left. ``begun`` as in ``releases.refused``."""
    return _mail(requests, order, releases.refused(_of(requests, order), now, order, begun=begun))


def confirmed(requests: Requests, *, request: str, person: str) -> Requests:
    """Record that the person has the release: its repeats end. Twice is once.

    Raises ``NotFoundError`` ``release.unknown`` (fields ``client``, ``person``).
    """
    one = find(requests, request)
    order = Order("release", 0, person, one.client, request=request)
    if releases.find(one.releases, order) is None:
        raise NotFoundError("release.unknown", client=one.client, person=person)
    return _mail(requests, order, releases.confirmed(one.releases, order))


def find(requests: Requests, id_: str) -> Request:
    """The request with that id. Raises ``NotFoundError`` ``request.unknown`` (field ``request``)."""
    for request in requests:
        if request.id == id_:
            return request
    raise NotFoundError("request.unknown", request=id_)


def runs(requests: Requests) -> bool:
    """Whether one is open: until then a deposit's files and sets stay (P7)."""
    return any(request.is_open for request in requests)


def _is_due(request: Request, now: int) -> bool:
    due = due_at(request)
    return bool(request.releases) or (due is not None and due <= now)


def _end(request: Request) -> Request:
    stopped = tuple(replace(release, stopped=True) for release in request.releases)
    return replace(request, closed=True, releases=stopped)


def _of(requests: Requests, order: Order) -> Releases:
    return next((r.releases for r in requests if r.id == order.request), ())


def _mail(requests: Requests, order: Order, after: Releases) -> Requests:
    return tuple(replace(r, releases=after) if r.id == order.request else r for r in requests)


def _changed(requests: Requests, request: Request, kind: _Kind, about: str, number: int = 0) -> Change:
    """The requests with this one in its place, and all who know of it told."""
    after = tuple(request if r.id == request.id else r for r in requests)
    orders = _to_all(request, kind, about, number)
    return Change(after, request, tuple(orders))


def _to_all(request: Request, kind: _Kind, about: str = "", number: int = 0) -> list[Order]:
    about = about or request.askers[0]
    people: list[tuple[str, Role | Literal[""]]] = [(PROVIDER, "")]
    people += [(b.person, b.role) for b in request.beneficiaries]
    people += [(witness, "") for witness in request.witnesses]
    return [_order(request, kind, person, role, about, number) for person, role in people]


def _order(  # noqa: PLR0917 — as many as an order has
    request: Request,
    kind: _Kind,
    person: str,
    role: Role | Literal[""],
    about: str = "",
    number: int = 0,
) -> Order:
    return Order(
        kind,
        0,
        person,
        request.client,
        number,
        about=about or request.askers[0],
        role=role,
        request=request.id,
    )
