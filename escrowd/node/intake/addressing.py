"""Addresses that a people file names: each is asked for its click, the person's others are told.

``core.addresses`` decides; here its letters are written. The order key of each says whose address it is
about: ``<kind>/<client>/<person>/<about>/…``.
"""

from dataclasses import dataclass
from typing import Final

from escrowd.core import addresses
from escrowd.core.addresses import ADDED_WAIT, REMOVE_WAIT, Address, Change, Letter
from escrowd.core.terms import Terms, people_of
from escrowd.core.wire import PeopleFile
from escrowd.node import letters
from escrowd.node.asking import look
from escrowd.node.intake.circle import Case
from escrowd.node.posting import Common, Link
from escrowd.node.readers import one_address
from escrowd.node.store.holders import confirmed_terms
from escrowd.node.store.pages import Ordered
from escrowd.node.store.rights import save_addresses

_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class About:
    """Whose address a letter is about: person and id."""

    person: str
    address: str


def about(ordered: Ordered) -> About:
    """Which address the letter of an order is about."""
    _, _, _, person, address, *_ = ordered.key.split("/")
    return About(person, address)


def name_people(case: Case, terms: Terms, people: PeopleFile, old: Terms | None) -> None:
    """Take the addresses of the people of new terms.

    Parameters: ``old``, the terms that still count: their people stay named.
    Raises ``InputError`` ``people.address-changed``.
    """
    listed = {person.id: [(a.id, a.address) for a in person.addresses] for person in people.people}
    wanted = people_of(terms) | (people_of(old) if old else frozenset())
    known = {
        one.person: [(a.id, a.address) for a in case.addresses if a.person == one.person and not a.left_out]
        for one in case.addresses
    }
    named = {person: listed.get(person, known.get(person, [])) for person in sorted(wanted)}
    clients = tuple(b.person for b in terms.beneficiaries if b.role == case.owner)
    change = addresses.name(case.addresses, named, case.place.now.moment.awake, clients=clients)
    save(case, change, terms)


def ask_again(case: Case, terms: Terms) -> None:
    """Ask who confirmed other terms to confirm these, which count now, at the address where they did."""
    place, sha256 = case.place, case.agreed_sha256(terms)
    awake = place.now.moment.awake
    there = {(one.person, one.id): one for one in case.addresses if not addresses.is_removed(one, awake)}
    named = people_of(terms)
    for one in confirmed_terms(place.tx, place.provider, place.client):
        address, reader = there.get((one.person, one.address)), case.readers.get(one.person)
        if one.terms_sha256 == sha256 or one.person not in named or address is None or reader is None:
            continue
        agreed = agreement(case, terms, one.person)

        def letter(
            common: Common, link: Link, address: Address = address, agreed: letters.Agreement = agreed
        ) -> letters.Context:
            return letters.ConfirmAddress(
                **common,
                address=address.address,
                agreements=(agreed,),
                link=link("address"),
                founding=True,
                again=True,
            )

        key = f"{one.person}/{one.address}/{one.person}/{one.address}/{sha256}/{case.day}"
        case.write("confirm-address", key, one.person, letter, reader=one_address(reader, address))


def save(case: Case, change: Change, terms: Terms, *, by: str = "") -> None:
    """Store what became of the addresses, and write the letters that follow.

    Parameters: ``by``, the address at which somebody clicked.
    """
    place = case.place
    owners = {b.person for b in terms.beneficiaries if b.role == case.owner}
    save_addresses(place.tx, place.provider, place.client, change.addresses)
    for letter in change.letters:
        vouch = {letter.person, letter.reader} <= owners
        _write(case, change.addresses, letter, by, agreement(case, terms, letter.reader), vouch=vouch)
    look(case.context.desk, place)  # who became reachable may be released


def _write(
    case: Case,
    known: addresses.Addresses,
    letter: Letter,
    by: str,
    terms: letters.Agreement,
    *,
    vouch: bool,
) -> None:
    to = addresses.find(known, letter.reader, letter.to)
    one = addresses.find(known, letter.person, letter.about)
    person = case.readers.get(letter.reader)
    if person is None:
        return
    awake = case.place.now.moment.awake
    view = _View(case, letter, one, by, terms, vouch)
    case.write(
        letter.kind,
        f"{letter.person}/{letter.about}/{letter.reader}/{letter.to}/{awake}",
        letter.reader,
        view.context,
        reader=one_address(person, to),
    )


@dataclass(frozen=True, slots=True)
class _View:
    """What a letter about an address may speak of."""

    case: Case
    letter: Letter
    one: Address
    by: str
    terms: letters.Agreement
    vouch: bool

    def context(self, common: Common, link: Link) -> letters.Context:
        """The letter's context."""
        now, letter, one, by = self.case.place.now, self.letter, self.one, self.by
        if letter.kind == "confirm-address":
            return letters.ConfirmAddress(
                **common,
                address=one.address,
                agreements=(self.terms,),
                link=link("address"),
                founding=one.founding,
            )
        if letter.kind == "address-added":
            return letters.AddressAdded(
                **common,
                address=one.address,
                counts_from=now.wall_in(ADDED_WAIT * _MS),
                link=link("remove"),
                person="" if letter.reader == letter.person else self.case.name(letter.person),
                vouch=self.vouch,
            )
        if letter.kind == "address-unwanted":
            return letters.AddressUnwanted(**common, address=one.address, link=link("remove"))
        if letter.kind == "address-removing":
            gone = now.wall_in(REMOVE_WAIT * _MS)
            return letters.AddressRemoving(**common, address=one.address, by=by, at=now.wall, gone_from=gone)
        return letters.AddressRemoved(**common, address=one.address, by=by, at=now.wall)


def agreement(case: Case, terms: Terms, person: str) -> letters.Agreement:
    """The terms of a client in the form that letters and pages put into plain words."""
    own = case.context.fingerprint
    return letters.Agreement(
        client=case.client_name,
        role=next((b.role for b in terms.beneficiaries if b.person == person), "witness"),
        beneficiaries=tuple(
            letters.Entitled(person=case.name(b.person), role=b.role, after=b.after)
            for b in terms.beneficiaries
        ),
        witnesses=tuple(case.name(witness) for witness in terms.witnesses),
        interval=terms.timings.interval,
        grace=terms.timings.grace,
        announce=terms.timings.announce,
        request_wait=terms.request_wait,
        delay_max=terms.delay_max,
        operators=tuple(
            case.context.config.operator.name if run.fingerprint == own else case.name(run.operator)
            for run in terms.nodes
        ),
        deliver_by=terms.deliver_by,
        code=terms.agreement or "",
        sha256=case.agreed_sha256(terms),
    )
