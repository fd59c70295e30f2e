"""Names and addresses: the one table that may be emptied."""

from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.sqlite import insert

from escrowd.core.wire import Address, PeopleFile
from escrowd.node.store.schema import people

_ADDRESSES: Final = TypeAdapter(tuple[Address, ...])


@dataclass(frozen=True, slots=True)
class To:
    """An address of a person, and its id."""

    id: str
    address: str


@dataclass(frozen=True, slots=True)
class Reader:
    """A person as letters need them. ``addresses`` in the provider's order, perhaps none."""

    id: str
    name: str
    language: str
    phrase: str
    addresses: tuple[To, ...]


def save_people(tx: Connection, provider: str, file: PeopleFile) -> None:
    """Take over a people file: who and what it names is renewed, the rest stays.

    There is one for each client, with the people of its terms, and one for the provider alone.
    """
    rows = [
        {
            "provider": provider,
            "kind": "person",
            "id": person.id,
            "name": person.name,
            "language": person.language,
            "phrase": person.phrase,
            "addresses_json": _ADDRESSES.dump_json(person.addresses).decode(),
        }
        for person in file.people
    ]
    blank = {"kind": "client", "language": "", "phrase": "", "addresses_json": "[]"}
    rows += [{**blank, "provider": provider, "id": client.id, "name": client.name} for client in file.clients]
    statement = insert(people)
    key = [people.c.provider, people.c.kind, people.c.id]
    renewed = {name: statement.excluded[name] for name in ("name", "language", "phrase", "addresses_json")}
    tx.execute(statement.on_conflict_do_update(index_elements=key, set_=renewed), rows)


def load_reader(tx: Connection, provider: str, person: str) -> Reader | None:
    """A person of the provider, or nothing once their row was deleted."""
    return next(iter(_readers(tx, provider, person)), None)


def load_readers(tx: Connection, provider: str) -> dict[str, Reader]:
    """All persons of the provider, by id."""
    return {reader.id: reader for reader in _readers(tx, provider, None)}


def client_names(tx: Connection, provider: str) -> dict[str, str]:
    """What the provider's clients are called in letters, by id."""
    mine = (people.c.provider == provider) & (people.c.kind == "client")
    return {row.id: row.name for row in tx.execute(select(people.c.id, people.c.name).where(mine))}


def person_names(tx: Connection, provider: str) -> dict[str, str]:
    """What the provider's persons are called, by id."""
    mine = (people.c.provider == provider) & (people.c.kind == "person")
    return {row.id: row.name for row in tx.execute(select(people.c.id, people.c.name).where(mine))}


def _readers(tx: Connection, provider: str, person: str | None) -> list[Reader]:
    mine = (people.c.provider == provider) & (people.c.kind == "person")
    if person is not None:
        mine &= people.c.id == person
    return [_reader(row) for row in tx.execute(select(people).where(mine))]


def _reader(row: Row[tuple[str, ...]]) -> Reader:
    listed = _ADDRESSES.validate_json(row.addresses_json)
    addresses = tuple(To(address.id, address.address) for address in listed)
    return Reader(row.id, row.name, row.language, row.phrase, addresses)
