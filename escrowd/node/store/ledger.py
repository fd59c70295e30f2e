"""The append-only record of each provider, in the database: the chain's rule is in ``core.ledger``."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from escrowd.core.keys import random_bytes
from escrowd.core.ledger import SALT_BYTES, entry_hash, salted_body
from escrowd.node.store.prepared import Prepared
from escrowd.node.store.schema import clock, ledger, meta, providers

# Statements are built once: SQLAlchemy takes longer to build one than SQLite to run it.
_HEAD: Final = Prepared(
    select(
        providers.c.head_seq,
        providers.c.head,
        clock.c.node,
        clock.c.wall,
        select(meta.c.value).where(meta.c.key == "node").scalar_subquery().label("node_id"),
    )
    .select_from(providers.join(clock, clock.c.id == 1))
    .where(providers.c.id == bindparam("of_provider"))
)
_INSERT: Final = Prepared(insert(ledger))
_ADVANCE: Final = Prepared(
    update(providers)
    .where(providers.c.id == bindparam("of_provider"))
    .values(head_seq=bindparam("new_seq"), head=bindparam("new_head"))
)


def append_ledger(tx: Connection, provider: str, type_: str, body: Mapping[str, Any]) -> tuple[int, str]:
    """Append one entry to the provider's chain; its sequence number and hash, the new head.

    Parameters: ``type_`` and ``body`` as docs/formats.md lists them; the salt is added here. The times are
    those of the clock row, so the caller stamps the clock (``Clock.stamp``) earlier in the same
    transaction.
    """
    ((last, prev, node_time, wall, node),) = _HEAD.rows(tx, of_provider=provider)
    text = salted_body(body, random_bytes(SALT_BYTES))
    seq = last + 1
    body_sha256 = hashlib.sha256(text).hexdigest()
    digest = entry_hash(
        node=node,
        seq=seq,
        node_time=node_time,
        wall=wall,
        type_=type_,
        body_sha256=body_sha256,
        prev=prev,
    )
    _INSERT.run(
        tx,
        provider=provider,
        seq=seq,
        node_time=node_time,
        wall=wall,
        type=type_,
        body_json=text.decode(),
        body_sha256=body_sha256,
        prev=prev,
        hash=digest,
    )
    _ADVANCE.run(tx, of_provider=provider, new_seq=seq, new_head=digest)
    return seq, digest


def read_ledger(tx: Connection, provider: str, *, after: int = 0) -> Iterator[dict[str, Any]]:
    """The provider's entries with ``seq`` > ``after``, oldest first, as the members of an exported line."""
    node = tx.execute(select(meta.c.value).where(meta.c.key == "node")).scalar_one()
    rows = tx.execute(
        select(ledger).where(ledger.c.provider == provider, ledger.c.seq > after).order_by(ledger.c.seq)
    )
    for row in rows:
        yield {
            "node": node,
            "seq": row.seq,
            "node_time": row.node_time,
            "wall": row.wall,
            "type": row.type,
            "body": None if row.body_json is None else json.loads(row.body_json),
            "body_sha256": row.body_sha256,
            "prev": row.prev,
            "hash": row.hash,
        }
