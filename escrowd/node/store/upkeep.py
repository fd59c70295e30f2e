"""What housekeeping asks of the database: numbers for the digest, unneeded files, old letters."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from escrowd.core.switch import Moment
from escrowd.node.store.schema import clients, deposit_files, files, outbox, providers, switches


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the whole node. ``oldest_awake``: since when the oldest waiting letter is due, if one is."""

    providers: int
    clients: int
    sent: int
    waiting: int
    oldest_awake: int | None
    stored: int


def count(tx: Connection, now: Moment, *, within_ms: int) -> Counts:
    """Numbers for the operator; ``sent`` within so many milliseconds awake."""
    waiting = outbox.c.state == "waiting"
    once = select(files.c.sha256, files.c.size).distinct().subquery()
    sent = (outbox.c.state == "sent") & (outbox.c.done_awake > now.awake - within_ms)
    return Counts(
        providers=_one(tx, select(func.count()).select_from(providers)),
        clients=_one(tx, select(func.count()).select_from(clients)),
        sent=_one(tx, select(func.count()).where(sent)),
        waiting=_one(tx, select(func.count()).where(waiting)),
        oldest_awake=tx.execute(select(func.min(outbox.c.next_awake)).where(waiting)).scalar_one(),
        stored=_one(tx, select(func.coalesce(func.sum(once.c.size), 0))),
    )


def _one(tx: Connection, query: object) -> int:
    value: int = tx.execute(query).scalar_one()  # type: ignore[call-overload]
    return value


def watched(tx: Connection) -> list[str]:
    """Providers whose switch was not ``current`` when it was last looked at."""
    return list(tx.execute(select(switches.c.provider).where(switches.c.watched == 1)).scalars())


def forget_unneeded(tx: Connection, *, before_awake: int) -> list[str]:
    """Drop the rows of files that nothing refers to and that came before an awake time; their hashes."""
    needed = set(tx.execute(select(deposit_files.c.sha256)).scalars())
    for column in (providers.c.provider_key_sha256, providers.c.workspace_sha256):
        needed |= set(tx.execute(select(column).where(column.is_not(None))).scalars())
    listed = tx.execute(
        select(outbox.c.parts_json).where(
            outbox.c.parts_json.is_not(None), outbox.c.state.in_(("waiting", "begun"))
        )
    )
    needed |= {part["sha256"] for text in listed.scalars() for part in json.loads(text)}
    last = func.max(files.c.stored_awake)
    old = tx.execute(select(files.c.sha256).group_by(files.c.sha256).having(last < before_awake)).scalars()
    unneeded = [sha256 for sha256 in old if sha256 not in needed]
    for sha256 in unneeded:
        tx.execute(delete(files).where(files.c.sha256 == sha256))
    return unneeded


def known_files(tx: Connection) -> dict[str, int]:
    """All files that have a row, and their sizes."""
    return {row.sha256: row.size for row in tx.execute(select(files.c.sha256, files.c.size))}


def is_known(tx: Connection, sha256: str) -> bool:
    """Whether a file has a row."""
    return tx.execute(select(files.c.sha256).where(files.c.sha256 == sha256)).first() is not None


def users_of(tx: Connection, sha256: str) -> list[tuple[str, str, str]]:
    """Whose deposits a file belongs to: provider, client, the file's name there."""
    query = select(deposit_files.c.provider, deposit_files.c.client, deposit_files.c.name)
    return [
        (row.provider, row.client, row.name)
        for row in tx.execute(query.where(deposit_files.c.sha256 == sha256))
    ]


def forget_messages(tx: Connection, *, before_awake: int) -> None:
    """Empty letters that were done before an awake time: that they went is known, not what they said."""
    tx.execute(
        update(outbox)
        .where(
            outbox.c.state.in_(("sent", "ended")), outbox.c.done_awake < before_awake, outbox.c.message != b""
        )
        .values(message=b"", address="")
    )
