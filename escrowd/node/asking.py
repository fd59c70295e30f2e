"""Carrying out what requests order, as ``orders`` does for the switch: one deposit at a time.

1. After each event, and whenever the hint is due, requests are evaluated in the same transaction.
2. An order is done once. A release by request goes to confirmed addresses alone.
3. The hint is also due when an address begins to count: whoever becomes reachable may be released, and who
   was released, by request or by silence, has the newest mail there, too.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from escrowd.core import addresses
from escrowd.core.addresses import Addresses
from escrowd.core.orders import Order
from escrowd.core.requests import Requests, evaluate, find
from escrowd.core.terms import PROVIDER
from escrowd.node import letters
from escrowd.node.clock import Now
from escrowd.node.contexts import RequestView, request_context_of
from escrowd.node.orders import Desk
from escrowd.node.parcels import parcel
from escrowd.node.posting import Common, Errand, Link, order_body
from escrowd.node.readers import addressed, hanging_domains
from escrowd.node.releasing import Enclosed
from escrowd.node.store import Connection
from escrowd.node.store.deposits import newest
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.outbox import addressed_to, is_ordered
from escrowd.node.store.people import To, client_names, load_readers
from escrowd.node.store.rights import load_addresses, load_requests, save_requests, set_rights_due


@dataclass(frozen=True, slots=True)
class Place:
    """One deposit in one transaction."""

    tx: Connection
    now: Now
    provider: str
    client: str


def look(desk: Desk, place: Place) -> Requests:
    """Evaluate a deposit's requests, carry out what they order, store facts and hint. The requests then."""
    return settle(desk, place, load_requests(place.tx, place.provider, place.client))


def settle(desk: Desk, place: Place, requests: Requests, orders: tuple[Order, ...] = ()) -> Requests:
    """Store what an event made of the requests, carry out what it ordered and what follows (rule 1)."""
    tx, now, provider, client = place.tx, place.now, place.provider, place.client
    save_requests(tx, provider, client, requests)
    _carry_out(desk, place, requests, orders)
    known = load_addresses(tx, provider, client) or ()
    awake, held = now.moment.awake, newest(tx, provider, client)
    while True:
        found = evaluate(
            requests,
            awake,
            reachable=addresses.reachable(known, awake),
            newest=0 if held is None else held.newest_set,
            held=held is not None,
        )
        if not found.orders:
            break
        requests = found.requests
        save_requests(tx, provider, client, requests)
        _carry_out(desk, place, requests, found.orders)
    _carry_out(desk, place, requests, _under_way(requests))
    desk.reach(tx, now, provider, client)  # rule 3
    marks = [mark for mark in (found.due, addresses.due(known, awake)) if mark is not None]  # rule 3
    set_rights_due(tx, provider, client, min(marks, default=None))
    return requests


def _under_way(requests: Requests) -> tuple[Order, ...]:
    """The newest mail of each release whose person has not confirmed it (rule 3)."""
    return tuple(
        release.order
        for request in requests
        for release in request.releases
        if not (request.closed or release.confirmed or release.stopped)
    )


def _carry_out(desk: Desk, place: Place, requests: Requests, orders: tuple[Order, ...]) -> None:
    tx, now, provider, client = place.tx, place.now, place.provider, place.client
    done = {order.key for order in orders if is_ordered(tx, f"{provider}/{order.key}")}  # rule 2
    orders = tuple(o for o in orders if o.key not in done or _has_new_address(place, o))
    if not orders:
        return
    readers = load_readers(tx, provider)
    known = load_addresses(tx, provider, client) or ()
    domains = hanging_domains(tx, desk.config, provider, client)
    names = client_names(tx, provider)
    for order in orders:
        reader = addressed(
            tx,
            now.moment.awake,
            provider,
            readers.get(order.person),
            client=client,
            purpose="request" if order.kind == "release" else "mail",
        )
        view = RequestView(
            common=desk.common(tx, provider, reader),
            page=desk.link(f"{provider}/{order.key}", To("", "")),
            now=now,
            readers=readers,
            clients=names,
            parcel=partial(parcel, tx, provider),
            request=find(requests, order.request),
        )
        may_act = partial(_may_act, known, now.moment.awake, order.person, domains)
        if order.key not in done:
            append_ledger(tx, provider, "ordered", order_body(order, reader, now.moment.awake))
        kind, _ = request_context_of(order, view)

        def make(
            common: Common, link: Link, order: Order = order, view: RequestView = view, may: Any = may_act
        ) -> letters.Context:
            return request_context_of(
                order, replace(view, common=common, page=link, may_act=may(link.to.id))
            )[1]

        enclosed = desk.enclosed(tx, provider, order, reader, view) if order.kind == "release" else None
        enclosed = enclosed or Enclosed()
        errand = Errand(
            key=f"{provider}/{order.key}",
            provider=provider,
            person=order.person,
            kind=kind,
            reader=reader,
            make=make,
            client=client,
            order=order,
            revision=enclosed.revision,
            headers=enclosed.headers,
            parts=enclosed.parts,
            pages=enclosed.pages,
        )
        (desk.extend if order.key in done else desk.put)(tx, now, errand)


def _has_new_address(place: Place, order: Order) -> bool:
    """Whether a release that was ordered may go to an address to which none of its mails went."""
    if order.kind != "release":
        return False
    known = load_addresses(place.tx, place.provider, place.client) or ()
    good = {one.id for one in addresses.for_request(known, order.person, place.now.moment.awake)}
    return bool(good - addressed_to(place.tx, f"{place.provider}/{order.key}"))


def _may_act(known: Addresses, awake: int, person: str, domains: frozenset[str], address: str) -> bool:
    """Whether a click at this address may put a request off."""
    one = next((a for a in known if (a.person, a.id) == (person, address)), None)
    return person != PROVIDER and one is not None and addresses.may_act(one, awake, domains)
