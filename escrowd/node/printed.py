"""The list that a client has on paper: what deposits tell of it, and the letter that it is old.

``core.delivery`` decides, a deposit at a time and by awake time, as ``asking`` does for requests.

1. A deposit only records; what follows from it the next tick orders.
2. The letter goes to the addresses of the client that count. Where none does yet, it goes where other letters
   go, and names no entry: an address that nobody has confirmed may be a stranger's.
"""

from dataclasses import replace

from escrowd.core import addresses, delivery
from escrowd.core.delivery import Circumstances, Paper
from escrowd.core.orders import Gate, Order
from escrowd.core.statements import PrintedList
from escrowd.core.terms import DEFAULT_DELIVER_BY, PROVIDER
from escrowd.core.wire import NamesFile
from escrowd.node import letters
from escrowd.node.asking import Place
from escrowd.node.orders import Desk
from escrowd.node.posting import Common, Errand, Link, order_body
from escrowd.node.readers import reader_of
from escrowd.node.store import Connection
from escrowd.node.store.deposits import load_terms, newest
from escrowd.node.store.ledger import append_ledger
from escrowd.node.store.outbox import is_ordered
from escrowd.node.store.papers import load_names, load_paper, save_names, save_paper
from escrowd.node.store.people import Reader, client_names, load_reader
from escrowd.node.store.rights import load_addresses
from escrowd.node.store.switches import load_switch


def hear(place: Place, said: PrintedList, names: NamesFile | None) -> None:
    """A deposit tells how the client's list stands (rule 1)."""
    tx, provider, client, awake = place.tx, place.provider, place.client, place.now.moment.awake
    before = load_paper(tx, provider, client) or Paper()
    old = said.old
    if old is None:
        paper = delivery.heard(before, awake, delivered=said.delivered)
    else:
        paper = delivery.heard(
            before,
            awake,
            delivered=said.delivered,
            first=old.first,
            since=old.since,
            unnamed=0 if names is None else names.more,
        )
    save_names(tx, provider, client, () if names is None or old is None else names.names)
    save_paper(tx, provider, client, paper, due=awake)


def look(desk: Desk, place: Place) -> None:
    """Evaluate how old the client's list is, order what follows, store facts and hint."""
    tx, provider, client = place.tx, place.provider, place.client
    paper = load_paper(tx, provider, client)
    if paper is None:
        return
    there = _circumstances(place)
    if there is None:
        save_names(tx, provider, client, ())
        save_paper(tx, provider, client, paper, due=None)
        return
    found = delivery.look(paper, place.now.moment.awake, there)
    save_paper(tx, provider, client, found.paper, due=found.due)
    for order in found.orders:
        _carry_out(desk, place, found.paper, order)


def may_go(tx: Connection, provider: str, order: Order) -> Gate:
    """Whether a letter that waits is still true."""
    paper = load_paper(tx, provider, order.client)
    return Gate.DROP if paper is None else delivery.may_go(paper, order)


def _circumstances(place: Place) -> Circumstances | None:
    """What else decides; None once the deposit has ended."""
    tx, provider, client = place.tx, place.provider, place.client
    facts, terms = load_switch(tx, provider), load_terms(tx, provider, client)
    deposit = next((one for one in facts.deposits if one.client == client and not one.ended), None)
    if deposit is None or terms is None:
        return None
    released = {
        one.person
        for one in facts.releases
        if one.client == client and one.epoch == facts.epoch and one.is_out
    }
    return Circumstances(
        client=client,
        clients=delivery.to_tell(terms, released),
        trial_ends=deposit.trial_ends_awake,
        deliver_by=terms.deliver_by,
    )


def _carry_out(desk: Desk, place: Place, paper: Paper, order: Order) -> None:
    tx, now, provider, client = place.tx, place.now, place.provider, place.client
    key = f"{provider}/{order.key}"
    if is_ordered(tx, key):
        return
    counting = _counting(place, order.person)
    reader = _reader(place, order.person, counting)
    held, terms = newest(tx, provider, client), load_terms(tx, provider, client)
    made = letters.ListOld(
        name="",
        phrase="",
        provider="",
        node="",
        client=client_names(tx, provider).get(client, client),
        delivered=paper.delivered,
        revision=0 if held is None else held.revision,
        since=paper.since,
        deliver_by=DEFAULT_DELIVER_BY if terms is None else terms.deliver_by,
        names=load_names(tx, provider, client),
        more=paper.unnamed,
    )
    trial_for = load_reader(tx, provider, order.about) if order.about else None
    append_ledger(tx, provider, "ordered", order_body(order, reader, now.moment.awake))

    def make(common: Common, link: Link) -> letters.Context:
        mine = replace(made, **common)
        if order.person == PROVIDER:
            return replace(mine, trial_for=order.about if trial_for is None else trial_for.name)
        mine = replace(mine, link=link("kit"), status=link("status"))
        return mine if link.to.id in counting else replace(mine, names=(), more=0)  # rule 2

    errand = Errand(
        key=key,
        provider=provider,
        person=order.person,
        kind="list-old",
        reader=reader,
        make=make,
        client=client,
        order=order,
    )
    desk.put(tx, now, errand)


def _counting(place: Place, person: str) -> frozenset[str]:
    known = load_addresses(place.tx, place.provider, place.client) or ()
    return frozenset(one.id for one in addresses.for_request(known, person, place.now.moment.awake))


def _reader(place: Place, person: str, counting: frozenset[str]) -> Reader | None:
    """Rule 2."""
    reader = reader_of(place.tx, place.now.moment.awake, place.provider, person, client=place.client)
    if reader is None or not counting:
        return reader
    return replace(reader, addresses=tuple(to for to in reader.addresses if to.id in counting))
