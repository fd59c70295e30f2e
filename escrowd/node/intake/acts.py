"""What people do by the links in their letters, beside checking in and confirming a release.

Each act is one transaction: rule, facts, ledger entry (person and address, by id), letters. Done again it
changes nothing. What a rule refuses, the ledger keeps once, and the page says why.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Literal, TypeVar

from escrowd.core import addresses, requests, sets
from escrowd.core.switch import Say, report, reporting, vouch, vouching
from escrowd.errors import ConflictError, EscrowdError, NotFoundError, RefusedError
from escrowd.node import letters
from escrowd.node.asking import Place, look, settle
from escrowd.node.intake import addressing, holding
from escrowd.node.intake.circle import Case
from escrowd.node.intake.clicks import Visit
from escrowd.node.intake.context import NodeContext
from escrowd.node.intake.refusals import enter_refusal
from escrowd.node.posting import Common, Link
from escrowd.node.readers import one_address
from escrowd.node.store import Connection
from escrowd.node.store.deposits import terms_sha256
from escrowd.node.store.holders import Confirmation, confirm_terms, confirmed_terms
from escrowd.node.store.rights import load_requests, save_addresses
from escrowd.node.store.switches import load_node, load_switch

ADDRESS_KINDS: Final = frozenset({"confirm-address"})
REMOVE_KINDS: Final = frozenset({"address-added", "address-unwanted"})
VOUCH_KINDS: Final = frozenset({"announce", "witness-overdue", "witness-announced", "reported"})
OBJECT_KINDS: Final = frozenset({"request-received"})
CONSENT_KINDS: Final = frozenset({"request-consent"})
SET_KINDS: Final = frozenset({"set-confirm"})
CARD_KINDS: Final = frozenset({"drill", "set-new", "set-unseal"})
STATUS_KINDS: Final = frozenset({"deposit-receipt", "list-old", "address-confirmed", "card-proved"})
"""Whose letters lead to which page (``links.Page``)."""

Said = Literal["vouch", "report"]
T = TypeVar("T")


async def _act(context: NodeContext, visit: Visit, act: str, work: Callable[[Case], T]) -> T:
    """Do it, or enter into the ledger that it was refused.

    Raises ``NotFoundError`` ``link.invalid``: the link names no address, so nobody knows who pressed;
    ``RefusedError`` ``address.removed`` (field ``address``): it went to one that was removed since.
    """
    ordered = visit.ordered
    if not visit.address:
        raise NotFoundError("link.invalid")

    def write(tx: Connection) -> T:
        now = context.clock.stamp_now(tx)
        case = Case(context, Place(tx, now, ordered.provider, ordered.client))
        if act != "remove-address":  # removing twice is once
            _check_there(case, visit)
        return work(case)

    def refuse(tx: Connection, error: EscrowdError) -> None:
        enter_refusal(
            tx,
            context.clock.stamp_now(tx),
            error,
            provider=ordered.provider,
            client=ordered.client,
            by=f"{ordered.key}/{visit.address}",
            act=act,
            person=ordered.person,
            address=visit.address,
        )

    try:
        done = await context.store.write(write)
    except (RefusedError, ConflictError) as error:
        await context.store.write(partial(refuse, error=error))
        raise
    context.wake()
    return done


def _check_there(case: Case, visit: Visit) -> None:
    """Whoever reads a removed mailbox speaks for the person no more. One never named is as founding."""
    awake = case.place.now.moment.awake
    for one in case.addresses:
        if (one.person, one.id) == (visit.ordered.person, visit.address) and addresses.is_removed(one, awake):
            raise RefusedError("address.removed", address=one.id)


def _check_client(case: Case, visit: Visit) -> None:
    """Only who is a client in the terms that count now speaks as one, whatever their letter said."""
    if case.people().get(visit.ordered.person) != "client":
        raise RefusedError("request.not-the-client", person=visit.ordered.person)


def _who(visit: Visit) -> dict[str, str]:
    return {"person": visit.ordered.person, "address": visit.address, "order": visit.ordered.key}


# Addresses ----------------------------------------------------------------------------------------------


async def confirm_address(context: NodeContext, visit: Visit) -> addresses.Address:
    """The owner of an address confirms it, and the terms that count now. The address as it is then.

    Raises as ``addresses.click``.
    """
    return await _act(context, visit, "confirm-address", partial(_confirm_address, visit=visit))


def _confirm_address(case: Case, visit: Visit) -> addresses.Address:
    place, person, address = case.place, visit.ordered.person, visit.address
    awake = place.now.moment.awake
    before = addresses.find(case.addresses, person, address)
    known = addresses.click(case.addresses, awake, person, address)
    after = addresses.find(known, person, address)
    sha256 = terms_sha256(place.tx, place.provider, place.client)
    confirmed = {c.person: c.terms_sha256 for c in confirmed_terms(place.tx, place.provider, place.client)}
    if after == before and (not sha256 or confirmed.get(person) == sha256):
        return after
    save_addresses(place.tx, place.provider, place.client, known)
    if sha256:
        confirmation = Confirmation(person, address, sha256, place.now.wall)
        confirm_terms(place.tx, place.provider, place.client, confirmation)
    case.enter("address-confirmed", **_who(visit), terms=sha256)
    look(case.context.desk, place)  # a request may have waited for this very address
    reader = case.readers.get(person)
    if reader is not None:
        counts = addresses.counts_from(after) or awake

        def letter(common: Common, link: Link) -> letters.Context:
            return letters.AddressConfirmed(
                **common,
                address=after.address,
                at=place.now.wall,
                counts_from=place.now.wall_in(counts - awake) if counts > awake else 0,
                status="" if case.audience(person) == "witness" else link("status"),
            )

        key = f"{person}/{address}/{awake}"
        case.write("address-confirmed", key, person, letter, reader=one_address(reader, after))
    return after


async def own_address(context: NodeContext, visit: Visit) -> None:
    """The person, or a client of another client, says that an added address is theirs.

    Raises as ``addresses.own``; ``RefusedError`` ``address.not-yours``.
    """
    await _act(context, visit, "own-address", partial(_own_address, visit=visit))


def _own_address(case: Case, visit: Visit) -> None:
    about, place = addressing.about(visit.ordered), case.place
    clients = case.owners
    if about.person != visit.ordered.person and not {about.person, visit.ordered.person} <= clients:
        raise RefusedError("address.not-yours")
    known = addresses.own(
        case.addresses,
        place.now.moment.awake,
        about.person,
        about.address,
        by=(visit.ordered.person, visit.address),
        domains=case.domains,
        clients=clients,
    )
    if known != case.addresses:
        save_addresses(place.tx, place.provider, place.client, known)
        case.enter("address-owned", **_who(visit), about=about.address)


async def remove_address(context: NodeContext, visit: Visit) -> addresses.Address:
    """Remove the address that the letter is about. It as it is then. Raises as ``addresses.remove``."""
    return await _act(context, visit, "remove-address", partial(_remove_address, visit=visit))


def _remove_address(case: Case, visit: Visit) -> addresses.Address:
    about, place = addressing.about(visit.ordered), case.place
    change = addresses.remove(
        case.addresses,
        place.now.moment.awake,
        about.person,
        about.address,
        by=(visit.ordered.person, visit.address),
        domains=case.domains,
        clients=case.owners,
    )
    if change.addresses != case.addresses and case.terms is not None:
        case.enter("address-removed", **_who(visit), about=about.address, of=about.person)
        by = addresses.find(case.addresses, visit.ordered.person, visit.address).address
        addressing.save(case, change, case.terms, by=by)
    return addresses.find(change.addresses, about.person, about.address)


# Silence ------------------------------------------------------------------------------------------------


async def say(context: NodeContext, visit: Visit, what: Said) -> Say:
    """A witness or beneficiary vouches or reports. ``yes``, or why it did not count; that is no error."""
    return await _act(context, visit, what, partial(_say, visit=visit, what=what))


def _say(case: Case, visit: Visit, what: Said) -> Say:
    place, person = case.place, visit.ordered.person
    facts, node, moment = load_switch(place.tx, place.provider), load_node(place.tx), place.now.moment
    ask, tell = (vouching, vouch) if what == "vouch" else (reporting, report)
    answer = ask(facts, node, moment, person)
    if answer == "yes":
        case.enter(what, **_who(visit))
        change = tell(facts, node, moment, person=person)
        case.context.desk.apply(place.tx, place.now, place.provider, facts, change)
    return answer


# Requests and sets --------------------------------------------------------------------------------------


async def object_to(context: NodeContext, visit: Visit) -> None:
    """A client, in the terms that count now too, objects to the request. Raises as ``requests.object_``."""
    await _act(context, visit, "object", partial(_object, visit=visit))


def _object(case: Case, visit: Visit) -> None:
    place, awake = case.place, case.place.now.moment.awake
    _check_client(case, visit)
    at = addresses.find(case.addresses, visit.ordered.person, visit.address)
    here = load_requests(place.tx, place.provider, place.client)
    change = requests.object_(
        here,
        awake,
        _request(visit),
        person=visit.ordered.person,
        may_act=addresses.may_act(at, awake, case.domains),
    )
    if change.requests != here:
        case.enter("request-objected", **_who(visit), request=change.request.id)
        settle(case.context.desk, place, change.requests, change.orders)


async def consent_to(context: NodeContext, visit: Visit) -> None:
    """A client, in the terms that count now too, says yes to a request. Raises as ``requests.consent``."""
    await _act(context, visit, "consent", partial(_consent, visit=visit))


def _consent(case: Case, visit: Visit) -> None:
    place = case.place
    _check_client(case, visit)
    here = load_requests(place.tx, place.provider, place.client)
    change = requests.consent(here, place.now.moment.awake, _request(visit), person=visit.ordered.person)
    if change.requests != here:
        case.enter("request-consent", **_who(visit), request=change.request.id)
        settle(case.context.desk, place, change.requests, change.orders)


def _request(visit: Visit) -> str:
    order = visit.ordered.order
    return "" if order is None else order.request


async def confirm_set(context: NodeContext, visit: Visit) -> sets.Sets:
    """A client, in the terms that count now, confirms that the newest cards are there. The sets then.

    Raises as ``sets.confirm``; ``RefusedError`` ``request.not-the-client`` (field ``person``).
    """
    return await _act(context, visit, "confirm-set", partial(_confirm_set, visit=visit))


def _confirm_set(case: Case, visit: Visit) -> sets.Sets:
    awake = case.place.now.moment.awake
    if visit.ordered.person not in case.owners:
        raise RefusedError("request.not-the-client", person=visit.ordered.person)
    at = addresses.find(case.addresses, visit.ordered.person, visit.address)
    number, why = holding.set_asked(visit.ordered.key)  # that set, and no later one
    before, at_once = holding.known_sets(case), why == "at-once"
    may_act = addresses.may_act(at, awake, case.domains)
    change = sets.confirm(before, awake, number, case.roles, may_act=may_act, at_once=at_once)
    if change.sets != before:
        case.enter("set-confirmed", **_who(visit), set=number, at_once=at_once)
        holding.apply(case, before, change, by="card" if at_once else "confirmed")
    return change.sets
