"""Requests, share sets and addresses of each deposit: facts of the rules, and the hint when to look again."""

from collections.abc import Iterable
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from escrowd.core.addresses import Addresses
from escrowd.core.requests import Requests
from escrowd.core.sets import Sets
from escrowd.node.store.deposits import held, newest
from escrowd.node.store.prepared import Prepared
from escrowd.node.store.rights_schema import addresses, rights

_REQUESTS: Final = TypeAdapter(Requests)
_ADDRESSES: Final = TypeAdapter(Addresses)
_SETS: Final = TypeAdapter(Sets)
_DOMAINS: Final = TypeAdapter(tuple[str, ...])
MOST_DOMAINS: Final = 2_048
"""Host names that are kept for a deposit. A flood of names takes none of the first ones away."""

_DUE: Final = Prepared(
    select(rights.c.provider, rights.c.client)
    .where(rights.c.due_awake <= bindparam("awake"))
    .limit(bindparam("most"))
)
_LOAD: Final = Prepared(
    select(rights.c.requests_json).where(
        rights.c.provider == bindparam("of_provider"), rights.c.client == bindparam("of_client")
    )
)


def due_rights(tx: Connection, awake: int, *, limit: int) -> list[tuple[str, str]]:
    """Deposits (provider, client) that are to be looked at, at most ``limit``. Reads one index only."""
    return [(row[0], row[1]) for row in _DUE.rows(tx, awake=awake, most=limit)]


def load_requests(tx: Connection, provider: str, client: str) -> Requests:
    """The requests of a deposit, oldest first."""
    found = _LOAD.first(tx, of_provider=provider, of_client=client)
    return () if found is None else _REQUESTS.validate_json(found[0])


def save_requests(tx: Connection, provider: str, client: str, requests: Requests) -> None:
    """Store the requests of a deposit."""
    _set(tx, provider, client, requests_json=_REQUESTS.dump_json(requests).decode())


def set_rights_due(tx: Connection, provider: str, client: str, awake: int | None) -> None:
    """Store when the deposit is to be looked at again; None: not before the next event."""
    mine = (rights.c.provider == provider, rights.c.client == client)
    tx.execute(update(rights).where(*mine).values(due_awake=awake))


def load_addresses(tx: Connection, provider: str, client: str) -> Addresses | None:
    """The addresses of a deposit's people; None where none were ever named, or after they were deleted."""
    mine = (addresses.c.provider == provider, addresses.c.client == client)
    text = tx.execute(select(addresses.c.facts_json).where(*mine)).scalar_one_or_none()
    return None if text is None else _ADDRESSES.validate_json(text)


def save_addresses(tx: Connection, provider: str, client: str, known: Addresses) -> None:
    """Store the addresses of a deposit's people."""
    text = _ADDRESSES.dump_json(known).decode()
    tx.execute(
        insert(addresses)
        .values(provider=provider, client=client, facts_json=text)
        .on_conflict_do_update(
            index_elements=[addresses.c.provider, addresses.c.client], set_={"facts_json": text}
        )
    )


def all_addresses(tx: Connection, provider: str) -> dict[str, Addresses]:
    """The addresses of the people of all deposits of a provider, by client."""
    rows = tx.execute(
        select(addresses.c.client, addresses.c.facts_json).where(addresses.c.provider == provider)
    )
    return {row.client: _ADDRESSES.validate_json(row.facts_json) for row in rows}


def load_domains(tx: Connection, provider: str, client: str) -> tuple[str, ...]:
    """The host names that any deposit of the client ever said its entries are about, oldest first."""
    mine = (rights.c.provider == provider, rights.c.client == client)
    text = tx.execute(select(rights.c.domains_json).where(*mine)).scalar_one_or_none()
    return () if text is None else _DOMAINS.validate_json(text)


def add_domains(tx: Connection, provider: str, client: str, domains: Iterable[str]) -> None:
    """Store the host names of a deposit beside those of the earlier ones, ``MOST_DOMAINS`` at most.

    None is ever taken away: else whoever has the provider's key would decide which mailbox may act.
    """
    known = load_domains(tx, provider, client)
    after = tuple(dict.fromkeys((*known, *domains)))[:MOST_DOMAINS]
    if after != known:
        _set(tx, provider, client, domains_json=_DOMAINS.dump_json(after).decode())


def load_sets(tx: Connection, provider: str, client: str) -> Sets:
    """The share sets of a client. Where no row tells (an upgraded database), those of the deposits held."""
    mine = (rights.c.provider == provider, rights.c.client == client)
    text = tx.execute(select(rights.c.sets_json).where(*mine)).scalar_one_or_none()
    if text:
        return _SETS.validate_json(text)
    last = newest(tx, provider, client)
    if last is None:
        return Sets()
    since = min(one.made_awake for one in held(tx, provider, client) if last.newest_set in one.sets)
    return Sets(sealed=tuple(sorted(last.sets)), since=since)


def save_sets(tx: Connection, provider: str, client: str, sets: Sets) -> None:
    """Store the share sets of a client."""
    _set(tx, provider, client, sets_json=_SETS.dump_json(sets).decode())


def _set(tx: Connection, provider: str, client: str, **values: str) -> None:
    blank = {"requests_json": "[]", "sets_json": "", "domains_json": "[]"}
    tx.execute(
        insert(rights)
        .values(provider=provider, client=client, **(blank | values))
        .on_conflict_do_update(index_elements=[rights.c.provider, rights.c.client], set_=values)
    )
