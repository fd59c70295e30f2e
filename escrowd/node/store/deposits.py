"""Files, deposits and terms: what is held for a client, and what was agreed about it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from escrowd.core.terms import Terms
from escrowd.core.terms import terms_sha256 as agreed_sha256
from escrowd.core.wire import FileOf, key_file, share_file
from escrowd.node.store.people import person_names
from escrowd.node.store.prepared import Prepared
from escrowd.node.store.schema import clients, deposit_files, deposits, files, orders, terms

_FILES: Final = TypeAdapter(dict[str, FileOf])
_SETS: Final = TypeAdapter(list[dict[str, int]])


@dataclass(frozen=True, slots=True)
class Held:
    """One revision of a client's deposit.

    ``sets``: set number -> SLIP-39 identifier, ascending. ``files``: name -> hash and size, without the
    provider's own two. ``until_node``: node time at which a newer one took over, None: it is the newest.
    """

    client: str
    revision: int
    jti: str
    sets: dict[int, int]
    files: dict[str, FileOf]
    made_node: int
    made_awake: int
    made_wall: int
    until_node: int | None

    @property
    def newest_set(self) -> int:
        """The highest set number."""
        return max(self.sets)


@dataclass(frozen=True, slots=True)
class Client:
    """What else is known of a client. See the schema."""

    client: str
    terms_jti: str | None
    receipt_awake: int | None
    receipt_sets: tuple[int, ...]


# --- files ----------------------------------------------------------------------------------------


def record_file(tx: Connection, file: FileOf, *, provider: str, awake: int) -> None:
    """Record a file that is in place and synced. One that is known gets a new day of grace."""
    tx.execute(
        upsert(files)
        .values(sha256=file.sha256, size=file.size, provider=provider, stored_awake=awake)
        .on_conflict_do_update(
            index_elements=[files.c.provider, files.c.sha256], set_={"stored_awake": awake}
        )
    )


def stored_bytes(tx: Connection, provider: str, *, but: str) -> int:
    """The size of all files of a provider, without the one of this hash: it is not stored twice."""
    mine = (files.c.provider == provider, files.c.sha256 != but)
    return int(tx.execute(select(func.coalesce(func.sum(files.c.size), 0)).where(*mine)).scalar_one())


def missing_files(tx: Connection, provider: str, wanted: dict[str, FileOf]) -> tuple[str, ...]:
    """The names of those files that this provider has not brought with that hash and size."""
    hashes = {file.sha256 for file in wanted.values()}
    rows = tx.execute(
        select(files.c.sha256, files.c.size).where(files.c.provider == provider, files.c.sha256.in_(hashes))
    )
    there = {row.sha256: row.size for row in rows}
    return tuple(name for name, file in wanted.items() if there.get(file.sha256) != file.size)


def has_brought(tx: Connection, provider: str, sha256: str) -> bool:
    """Whether this provider has brought this file."""
    mine = (files.c.provider == provider, files.c.sha256 == sha256)
    return tx.execute(select(files.c.sha256).where(*mine)).one_or_none() is not None


def file_of_others(tx: Connection, provider: str, sha256: str) -> bool:
    """Whether a file belongs to a deposit of another provider."""
    return (
        tx.execute(
            select(deposit_files.c.sha256)
            .where(deposit_files.c.provider != provider, deposit_files.c.sha256 == sha256)
            .limit(1)
        ).one_or_none()
        is not None
    )


def file_of_provider(tx: Connection, provider: str, sha256: str) -> bool:
    """Whether a file belongs to a deposit of this provider."""
    return (
        tx.execute(
            select(deposit_files.c.sha256)
            .where(deposit_files.c.provider == provider, deposit_files.c.sha256 == sha256)
            .limit(1)
        ).one_or_none()
        is not None
    )


# --- deposits -------------------------------------------------------------------------------------


def _of_client(provider: str, client: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return deposits.c.provider == provider, deposits.c.client == client


def held(tx: Connection, provider: str, client: str) -> tuple[Held, ...]:
    """All revisions that are held for a client, the newest first."""
    rows = tx.execute(
        select(deposits).where(*_of_client(provider, client)).order_by(deposits.c.revision.desc())
    )
    return tuple(_held(row) for row in rows)


def newest(tx: Connection, provider: str, client: str) -> Held | None:
    """The newest revision held for a client, or None."""
    row = tx.execute(
        select(deposits).where(*_of_client(provider, client), deposits.c.newest == 1)
    ).one_or_none()
    return None if row is None else _held(row)


def with_older_revisions(tx: Connection) -> list[tuple[str, str]]:
    """Deposits (provider, client) of which more than the newest revision is held."""
    older = select(deposits.c.provider, deposits.c.client).where(deposits.c.newest == 0).distinct()
    return [(row.provider, row.client) for row in tx.execute(older)]


def newest_of_provider(tx: Connection, provider: str) -> tuple[Held, ...]:
    """The newest revision of each client, by client."""
    rows = tx.execute(
        select(deposits)
        .where(deposits.c.provider == provider, deposits.c.newest == 1)
        .order_by(deposits.c.client)
    )
    return tuple(_held(row) for row in rows)


def _held(row: object) -> Held:
    get = row._mapping  # type: ignore[attr-defined]  # noqa: SLF001 — SQLAlchemy's documented name
    return Held(
        client=get["client"],
        revision=get["revision"],
        jti=get["jti"],
        sets={entry["set"]: entry["slip39_id"] for entry in _SETS.validate_json(get["sets_json"])},
        files=_FILES.validate_json(get["files_json"]),
        made_node=get["made_node"],
        made_awake=get["made_awake"],
        made_wall=get["made_wall"],
        until_node=get["until_node"],
    )


def put_deposit(tx: Connection, provider: str, deposit: Held) -> None:
    """Store a revision as the newest. The same revision again replaces itself."""
    mine = _of_client(provider, deposit.client)
    tx.execute(
        update(deposits).where(*mine, deposits.c.newest == 1).values(newest=0, until_node=deposit.made_node)
    )
    drop_revision(tx, provider, deposit.client, deposit.revision)
    tx.execute(
        insert(deposits),
        {
            "provider": provider,
            "client": deposit.client,
            "revision": deposit.revision,
            "jti": deposit.jti,
            "newest": 1,
            "sets_json": _SETS.dump_json(
                [{"set": number, "slip39_id": id_} for number, id_ in sorted(deposit.sets.items())]
            ).decode(),
            "files_json": _FILES.dump_json(deposit.files).decode(),
            "made_node": deposit.made_node,
            "made_awake": deposit.made_awake,
            "made_wall": deposit.made_wall,
        },
    )
    tx.execute(
        insert(deposit_files),
        [
            {
                "provider": provider,
                "client": deposit.client,
                "revision": deposit.revision,
                "name": name,
                "sha256": file.sha256,
                "size": file.size,
            }
            for name, file in deposit.files.items()
        ],
    )


def drop_revision(tx: Connection, provider: str, client: str, revision: int) -> None:
    """Forget one revision; files that nothing needs any more are cleaned up later."""
    for table in (deposits, deposit_files):
        tx.execute(
            delete(table).where(
                table.c.provider == provider, table.c.client == client, table.c.revision == revision
            )
        )


def drop_sets(tx: Connection, provider: str, client: str, numbers: Collection[int]) -> None:
    """Forget keys and shares of share sets in every revision; one that opens with no other set goes whole."""
    gone = {name for number in numbers for name in (key_file(number), share_file(number))}
    mine = _of_client(provider, client)
    for one in held(tx, provider, client):
        left = {number: id_ for number, id_ in one.sets.items() if number not in numbers}
        if len(left) == len(one.sets):
            continue
        if not left:
            drop_revision(tx, provider, client, one.revision)
            continue
        files_left = {name: file for name, file in one.files.items() if name not in gone}
        sets_left = [{"set": number, "slip39_id": id_} for number, id_ in sorted(left.items())]
        tx.execute(
            update(deposits)
            .where(*mine, deposits.c.revision == one.revision)
            .values(
                sets_json=_SETS.dump_json(sets_left).decode(),
                files_json=_FILES.dump_json(files_left).decode(),
            )
        )
        tx.execute(
            delete(deposit_files).where(
                deposit_files.c.provider == provider,
                deposit_files.c.client == client,
                deposit_files.c.revision == one.revision,
                deposit_files.c.name.in_(gone),
            )
        )


def released_revisions(tx: Connection, provider: str, client: str) -> frozenset[int]:
    """The revisions that a release speaks of: people are reading them."""
    rows = tx.execute(
        select(orders.c.revision)
        .where(
            orders.c.provider == provider,
            orders.c.client == client,
            orders.c.kind.startswith("release-"),
            orders.c.revision.is_not(None),
        )
        .distinct()
    ).scalars()
    return frozenset(revision for revision in rows if revision is not None)


# --- clients and terms ----------------------------------------------------------------------------


def load_client(tx: Connection, provider: str, client: str) -> Client | None:
    """A client, or None."""
    row = tx.execute(
        select(clients).where(clients.c.provider == provider, clients.c.client == client)
    ).one_or_none()
    if row is None:
        return None
    sets = _SETS.validate_json(row.receipt_sets_json) if row.receipt_sets_json else []
    return Client(
        client=row.client,
        terms_jti=row.terms_jti,
        receipt_awake=row.receipt_awake,
        receipt_sets=tuple(entry["set"] for entry in sets),
    )


def _set_client(tx: Connection, provider: str, client: str, **values: object) -> None:
    tx.execute(
        upsert(clients)
        .values(provider=provider, client=client, **values)
        .on_conflict_do_update(index_elements=[clients.c.provider, clients.c.client], set_=values)
    )


def set_told(tx: Connection, provider: str, client: str, *, awake: int, sets: tuple[int, ...]) -> None:
    """Record that deposit receipts were ordered that speak of these sets."""
    text = _SETS.dump_json([{"set": number} for number in sets]).decode()
    _set_client(tx, provider, client, receipt_awake=awake, receipt_sets_json=text)


def load_terms(tx: Connection, provider: str, client: str) -> Terms | None:
    """The terms that count for a client now, or None."""
    text = tx.execute(
        select(terms.c.body_json)
        .join(
            clients,
            (clients.c.provider == terms.c.provider)
            & (clients.c.client == terms.c.client)
            & (clients.c.terms_jti == terms.c.jti),
        )
        .where(terms.c.provider == provider, terms.c.client == client)
    ).scalar_one_or_none()
    return None if text is None else Terms.model_validate_json(text)


def terms_sha256(tx: Connection, provider: str, client: str) -> str:
    """The hash of the terms that count for a client now, as a click confirms them; "" where none do."""
    found = load_terms(tx, provider, client)
    return "" if found is None else agreed_sha256(found, person_names(tx, provider))


def clients_of(tx: Connection, provider: str) -> tuple[str, ...]:
    """The clients for whom terms count."""
    mine = (clients.c.provider == provider, clients.c.terms_jti.is_not(None))
    return tuple(tx.execute(select(clients.c.client).where(*mine).order_by(clients.c.client)).scalars())


def put_terms(tx: Connection, provider: str, body: Terms, *, jti: str, now: int, since: int) -> None:
    """Store terms that count from node time ``since``. They supersede those that were still to come."""
    mine = (terms.c.provider == provider, terms.c.client == body.client)
    tx.execute(
        update(terms)
        .where(*mine, terms.c.since_node > now, terms.c.ended_node.is_(None))
        .values(ended_node=now)
    )
    tx.execute(
        insert(terms),
        {
            "provider": provider,
            "client": body.client,
            "jti": jti,
            "profile": body.profile,
            "request_wait": body.request_wait,
            "delay_max": body.delay_max,
            "nodes_json": TypeAdapter(tuple)
            .dump_json(tuple(run.model_dump(mode="json", exclude_none=True) for run in body.nodes))
            .decode(),
            "body_json": body.model_dump_json(),
            "since_node": since,
        },
    )
    if since <= now:
        _begin_terms(tx, provider, body.client, jti, since)


_DUE_TERMS: Final = Prepared(
    select(terms.c.client, terms.c.jti, terms.c.body_json, terms.c.since_node)
    .outerjoin(
        clients,
        (clients.c.provider == terms.c.provider)
        & (clients.c.client == terms.c.client)
        & (clients.c.terms_jti == terms.c.jti),
    )
    .where(
        terms.c.provider == bindparam("of_provider"),
        terms.c.ended_node.is_(None),
        terms.c.since_node <= bindparam("at"),
        clients.c.terms_jti.is_(None),
    )
    .order_by(terms.c.client)
)


def has_due_terms(tx: Connection, provider: str, *, now: int) -> bool:
    """Whether there are terms whose notice has run out and that do not count yet."""
    return _DUE_TERMS.first(tx, of_provider=provider, at=now) is not None


def begin_due_terms(tx: Connection, provider: str, *, now: int) -> tuple[Terms, ...]:
    """Let terms count whose notice has run out; those that began, by client."""
    rows = _DUE_TERMS.rows(tx, of_provider=provider, at=now)
    for client, jti, _, since in rows:
        _begin_terms(tx, provider, client, jti, since)
    return tuple(Terms.model_validate_json(body) for _, _, body, _ in rows)


def _begin_terms(tx: Connection, provider: str, client: str, jti: str, since: int) -> None:
    tx.execute(
        update(terms)
        .where(
            terms.c.provider == provider,
            terms.c.client == client,
            terms.c.jti != jti,
            terms.c.ended_node.is_(None),
        )
        .values(ended_node=since)
    )
    _set_client(tx, provider, client, terms_jti=jti)
