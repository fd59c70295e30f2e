"""People as the sealed table keeps them.

Ids and phrases are drawn; an address that stays keeps its id.
"""

import secrets
from collections.abc import Sequence

from pydantic import ValidationError

from escrowd.core.keys import new_id
from escrowd.core.wire import Address, Person
from escrowd.errors import ConflictError, InputError, NotFoundError
from escrowd.provider.records import Language
from escrowd.texts.phrases import phrase


def new_person(*, name: str, language: Language, addresses: Sequence[str], id_: str | None = None) -> Person:
    """A person with a new recognition phrase.

    Parameters: ``id_``, else a new random one. Raises ``InputError`` ``person.invalid`` (``field``: ``name``
    or ``addresses``, ``problem``: pydantic's type of error).
    """
    return _person(
        id=id_ or new_id(),
        name=name,
        language=language,
        phrase=phrase(language, secrets.randbelow),
        addresses=_addresses(addresses, ()),
    )


def changed_person(
    person: Person,
    *,
    name: str | None = None,
    language: Language | None = None,
    addresses: Sequence[str] | None = None,
) -> Person:
    """The person with what is given. The phrase stays: it is printed on a card. Raises as ``new_person``."""
    return _person(
        id=person.id,
        name=person.name if name is None else name,
        language=language or person.language,
        phrase=person.phrase,
        addresses=person.addresses if addresses is None else _addresses(addresses, person.addresses),
    )


def find_person(people: Sequence[Person], ref: str) -> Person:
    """The person with the id or the unique name ``ref``.

    Raises ``NotFoundError`` ``person.unknown``, ``ConflictError`` ``person.ambiguous`` (``ref``).
    """
    found = [person for person in people if person.id == ref] or [
        person for person in people if person.name.casefold() == ref.strip().casefold()
    ]
    if not found:
        raise NotFoundError("person.unknown", ref=ref)
    if len(found) > 1:
        raise ConflictError("person.ambiguous", ref=ref)
    return found[0]


def _addresses(texts: Sequence[str], known: Sequence[Address]) -> tuple[Address, ...]:
    ids = {address.address: address.id for address in known}
    wanted = dict.fromkeys(text.strip() for text in texts)
    return tuple(_address(ids.get(text) or new_id(), text) for text in wanted)


def _address(id_: str, text: str) -> Address:
    try:
        return Address(id=id_, address=text)
    except ValidationError as error:
        raise InputError("person.invalid", field="addresses", problem=error.errors()[0]["type"]) from None


def _person(**values: object) -> Person:
    name = values["name"]
    try:
        return Person.model_validate({**values, "name": name.strip() if isinstance(name, str) else name})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError("person.invalid", field=str(first["loc"][0]), problem=first["type"]) from None
