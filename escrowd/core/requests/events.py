"""What people and the mail server do to requests. After each of them the driver evaluates at once."""

from collections.abc import Collection
from dataclasses import replace
from typing import Literal

from escrowd.core.orders import Order
from escrowd.core.requests.facts import OTHERS_WAIT, Change, Delay, Request, Requests, find, is_due
from escrowd.core.terms import PROVIDER, Role, Terms
from escrowd.errors import ConflictError, RefusedError

_Kind = Literal[
    "request-received", "request-consent", "request-delayed", "request-approved", "request-objected"
]


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
    if request.approved is not None or is_due(request, now):
        return Change(requests, request)
    return _changed(requests, replace(request, approved=now), "request-approved", about=PROVIDER)


def delay(requests: Requests, now: int, id_: str, *, seconds: int, reason: str) -> Change:
    """The provider delays it (Q8).

    Raises ``NotFoundError`` ``request.unknown``; ``ConflictError`` ``request.due`` (field ``request``);
    ``RefusedError`` ``request.delay-used-up`` (fields ``asked``, ``left``: seconds).
    """
    request = find(requests, id_)
    if is_due(request, now):  # Q10
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
    if is_due(request, now):  # Q10
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


def _end(request: Request) -> Request:
    stopped = tuple(replace(release, stopped=True) for release in request.releases)
    return replace(request, closed=True, releases=stopped)


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
