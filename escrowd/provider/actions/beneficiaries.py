"""``escrow beneficiary add|edit|remove``: to whom a client's bundle is released."""

from collections.abc import Sequence

from escrowd.core.terms import AFTER, DEFAULT_AFTER, OWN, Beneficiary, Role
from escrowd.core.wire import Person
from escrowd.errors import InputError, RefusedError
from escrowd.provider.people import changed_person, find_person, new_person
from escrowd.provider.records import ClientRecord, Language
from escrowd.provider.workspace import Session


def add_beneficiary(
    session: Session,
    client: str,
    *,
    name: str,
    role: Role,
    addresses: Sequence[str],
    language: Language | None = None,
    after: int | None = None,
) -> tuple[Person, Beneficiary]:
    """A new person with a role.

    Parameters: ``language``, else the client's; ``after``, seconds of wait beyond the announcement, else the
    role's usual. A reserve of the provider's own estate keeps a card, and nothing is released to them
    (``agreement.terms_of``).
    Raises ``InputError`` ``person.invalid``, ``terms.out-of-bounds``; ``RefusedError`` ``own.no-client`` (the
    estate has none); ``client.unknown``, ``client.ended``.
    """
    record = session.client(client)
    if client == OWN and role == "client":
        raise RefusedError("own.no-client")
    person = new_person(name=name, language=language or record.language, addresses=addresses)
    given = _beneficiary(person, role, DEFAULT_AFTER[role] if after is None else after)
    session.put_client(
        record.model_copy(
            update={
                "people": (*record.people, person),
                "beneficiaries": (*record.beneficiaries, given),
            }
        )
    )
    return person, given


def edit_beneficiary(
    session: Session,
    client: str,
    person: str,
    *,
    name: str | None = None,
    addresses: Sequence[str] | None = None,
    language: Language | None = None,
    after: int | None = None,
) -> tuple[Person, Beneficiary]:
    """Change what is given. ``person``: id or unique name; ``addresses`` replaces all.

    Raises as ``add_beneficiary``; ``NotFoundError`` ``person.unknown``, ``ConflictError``
    ``person.ambiguous``.
    """
    record = session.client(client)
    old = _one_of(record, person)
    new = changed_person(old, name=name, language=language, addresses=addresses)
    was = next(one for one in record.beneficiaries if one.person == old.id)
    now = was if after is None else _beneficiary(new, was.role, after)
    session.put_client(
        record.model_copy(
            update={
                "people": tuple(new if one.id == old.id else one for one in record.people),
                "beneficiaries": tuple(now if one.person == old.id else one for one in record.beneficiaries),
            }
        )
    )
    return new, now


def remove_beneficiary(session: Session, client: str, person: str) -> ClientRecord:
    """Take a person out of the terms. A card that they hold stays a card. Raises as ``edit_beneficiary``."""
    record = session.client(client)
    old = _one_of(record, person)
    left = record.model_copy(
        update={
            "people": tuple(one for one in record.people if one.id != old.id),
            "beneficiaries": tuple(one for one in record.beneficiaries if one.person != old.id),
        }
    )
    session.put_client(left)
    return left


def list_beneficiaries(session: Session, client: str) -> tuple[tuple[Person, Beneficiary], ...]:
    """Who gets the client's bundle. Raises ``client.unknown``, ``client.ended``."""
    record = session.client(client)
    people = {person.id: person for person in record.people}
    return tuple((people[one.person], one) for one in record.beneficiaries)


def _one_of(record: ClientRecord, person: str) -> Person:
    """A beneficiary, not a witness."""
    ids = {one.person for one in record.beneficiaries}
    return find_person([one for one in record.people if one.id in ids], person)


def _beneficiary(person: Person, role: Role, after: int) -> Beneficiary:
    low, high = AFTER
    if not low <= after <= high:
        raise InputError("terms.out-of-bounds", name="after", value=after, min=low, max=high)
    return Beneficiary(person=person.id, role=role, after=after)
