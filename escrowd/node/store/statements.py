"""Statements that were taken: the memory that makes a second delivery harmless."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select

from escrowd.core.statements import Statement
from escrowd.core.switch import Moment
from escrowd.node.store.prepared import Prepared
from escrowd.node.store.schema import statements

_FIND: Final = Prepared(
    select(statements.c.sha256, statements.c.receipt).where(
        statements.c.provider == bindparam("of_provider"), statements.c.jti == bindparam("of_jti")
    )
)
_INSERT: Final = Prepared(insert(statements))


@dataclass(frozen=True, slots=True)
class Taken:
    """A statement that was taken: hash of its compact form, and the receipt that it got."""

    sha256: str
    receipt: str


def find_taken(tx: Connection, provider: str, jti: str) -> Taken | None:
    """What was taken under this ``jti``, or None."""
    row = _FIND.first(tx, of_provider=provider, of_jti=jti)
    return None if row is None else Taken(*row)


def keep_statement(
    tx: Connection, statement: Statement, *, receipt: str, seq: int, now: Moment, wall: int
) -> None:
    """Remember a statement with its receipt and its ledger entry ``seq``."""
    _INSERT.run(
        tx,
        provider=statement.provider,
        jti=statement.jti,
        type=statement.type,
        presence=statement.presence,
        sha256=statement.sha256,
        compact=statement.compact,
        receipt=receipt,
        seq=seq,
        taken_node=now.node,
        taken_awake=now.awake,
        taken_wall=wall,
    )
