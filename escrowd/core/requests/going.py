"""What time does to requests, and what becomes of their mails: evaluation, gate, point of no return."""

from collections.abc import Collection
from dataclasses import replace

from escrowd.core import releases
from escrowd.core.orders import Gate, Order
from escrowd.core.releases import Releases
from escrowd.core.requests.facts import Evaluation, Request, Requests, due_at, find, is_due
from escrowd.errors import NotFoundError


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
    if request.closed or not is_due(request, now):
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
    return Gate.GO if release.is_out or is_due(request, now) else Gate.WAIT


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


def _of(requests: Requests, order: Order) -> Releases:
    return next((r.releases for r in requests if r.id == order.request), ())


def _mail(requests: Requests, order: Order, after: Releases) -> Requests:
    return tuple(replace(r, releases=after) if r.id == order.request else r for r in requests)
