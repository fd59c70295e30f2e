"""``escrow witness`` and ``escrow address``: who may vouch or report, and where mail reaches everybody.

Nothing here makes an address count: its owner does, by a click in a mail of the node.
"""

from dataclasses import dataclass
from typing import Literal

from escrowd.core import addresses
from escrowd.core.addresses import domain_of
from escrowd.core.standing import AddressStanding
from escrowd.core.terms import Role
from escrowd.core.wire import Address, Person
from escrowd.errors import ConflictError, NotFoundError
from escrowd.provider import estate
from escrowd.provider.agreement import domains_of
from escrowd.provider.memory import recall
from escrowd.provider.people import changed_person, find_person, new_person
from escrowd.provider.records import ClientRecord, Language
from escrowd.provider.sending import ask_standing, to_each
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class AddressRow:
    """One address of a client's people.

    ``said``: what a node says of it, None before it knows it; ``node``: that node's URL; ``hangs``: it may
    be lost together with what the bundle or the provider holds.
    """

    person: Person
    role: Role | Literal["witness"]
    address: Address
    hangs: bool
    node: str | None = None
    said: AddressStanding | None = None


def add_witness(
    session: Session, client: str, *, name: str, mail: tuple[str, ...], language: Language | None = None
) -> Person:
    """A person who may say "I spoke to the provider", or "the provider is gone".

    Raises ``InputError`` ``person.invalid``; ``client.unknown``, ``client.ended``.
    """
    record = session.client(client)
    person = new_person(name=name, language=language or record.language, addresses=mail)
    session.put_client(
        record.model_copy(
            update={"people": (*record.people, person), "witnesses": (*record.witnesses, person.id)}
        )
    )
    return person


def list_witnesses(session: Session, client: str) -> tuple[Person, ...]:
    """The client's witnesses. Raises ``client.unknown``, ``client.ended``."""
    record = session.client(client)
    return tuple(person for person in record.people if person.id in record.witnesses)


def remove_witness(session: Session, client: str, person: str) -> None:
    """Take a witness out of the terms; for the client that counts after notice (P7).

    Raises ``NotFoundError`` ``person.unknown``, ``ConflictError`` ``person.ambiguous``.
    """
    record = session.client(client)
    gone = find_person(list_witnesses(session, client), person)
    session.put_client(
        record.model_copy(
            update={
                "people": tuple(one for one in record.people if one.id != gone.id),
                "witnesses": tuple(one for one in record.witnesses if one != gone.id),
            }
        )
    )


def add_address(session: Session, client: str, person: str, mail: str) -> Person:
    """One more address of a beneficiary or witness.

    Raises as ``find_person``, ``InputError`` ``person.invalid``, ``ConflictError`` ``address.exists``
    (``address``).
    """
    record = session.client(client)
    old = find_person(record.people, person)
    texts = [one.address for one in old.addresses]
    if mail.strip() in texts:
        raise ConflictError("address.exists", address=mail.strip())
    return _put(session, record, old, [*texts, mail])


def remove_address(session: Session, client: str, person: str, mail: str) -> Person:
    """Leave an address out. Nodes ask its owner, who alone removes it there (P7).

    Raises as ``find_person``; ``NotFoundError`` ``address.not-here`` (``address``); ``ConflictError``
    ``address.only-one`` (``address``).
    """
    record = session.client(client)
    old = find_person(record.people, person)
    texts = [one.address for one in old.addresses]
    if mail.strip() not in texts:
        raise NotFoundError("address.not-here", address=mail.strip())
    if len(texts) == 1:
        raise ConflictError("address.only-one", address=mail.strip())
    return _put(session, record, old, [one for one in texts if one != mail.strip()])


def list_addresses(session: Session, client: str, *, ask: int | None = None) -> tuple[AddressRow, ...]:
    """Every address of the client's people, and what each node said of it last.

    Parameters: ``ask``, wall time, to ask the nodes first; one that does not answer said what it said last.
    Raises ``client.unknown``, ``client.ended``; as ``estate.opened``.
    """
    record = session.client(client)
    if ask is not None:
        to_each(session.vault.nodes, lambda node: ask_standing(session, node, now=ask))
    with estate.opened(session, client) as payload:
        domains = {
            *domains_of(payload.bundle),
            *(domain_of(one.address) for one in session.vault.provider.addresses),
        }
    roles: dict[str, Role] = {one.person: one.role for one in record.beneficiaries}
    rows = []
    for person in record.people:
        for address in person.addresses:
            known = addresses.Address(
                person=person.id, id=address.id, address=address.address, founding=True, named=0
            )
            row = AddressRow(
                person, roles.get(person.id, "witness"), address, addresses.hangs(known, domains)
            )
            said = _said(session, client, row)
            rows += said or [row]
    return tuple(rows)


def _said(session: Session, client: str, row: AddressRow) -> list[AddressRow]:
    rows = []
    for node in session.vault.nodes:
        held = recall(session.folder, node.fingerprint).deposit(client)
        for one in held.addresses if held is not None else ():
            if (one.person, one.id) == (row.person.id, row.address.id):
                hangs = row.hangs or one.hangs
                rows.append(AddressRow(row.person, row.role, row.address, hangs, node.url, one))
    return rows


def _put(session: Session, record: ClientRecord, old: Person, texts: list[str]) -> Person:
    new = changed_person(old, addresses=texts)
    people = tuple(new if one.id == old.id else one for one in record.people)
    session.put_client(record.model_copy(update={"people": people}))
    return new
