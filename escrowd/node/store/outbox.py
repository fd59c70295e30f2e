"""Orders and letters in the database."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from escrowd.core.switch import Order
from escrowd.core.wire import FileOf
from escrowd.node.clock import Now
from escrowd.node.store.prepared import Prepared
from escrowd.node.store.schema import orders, outbox
from escrowd.node.store.switches import order_json, read_order

#: States of a letter that still has to go out.
OPEN: Final = ("waiting", "begun")


_IS_ORDERED: Final = Prepared(select(orders.c.key).where(orders.c.key == bindparam("of_key")))
_MARK_SENT: Final = (
    update(outbox)
    .where(outbox.c.id == bindparam("of_id"))
    .values(
        state="sent",
        answer="accepted",
        code=250,
        attempts=outbox.c.attempts + 1,
        done_awake=bindparam("at"),
    )
)
_INSERT_ORDER: Final = insert(orders)
_INSERT_LETTER: Final = insert(outbox)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter to one address that is to be handed to the mail server.

    ``order``: what the rules ordered, if they did; ``parts``: names and hashes of files to attach, the
    sealed share among them.
    """

    id: int
    key: str
    provider: str
    person: str
    kind: str
    address_id: str
    address: str
    message_id: str
    message: bytes
    parts: tuple[tuple[str, str], ...] | None
    order: Order | None
    attempts: int


def is_ordered(tx: Connection, key: str) -> bool:
    """Whether an order of this key was carried out before."""
    return _IS_ORDERED.first(tx, of_key=key) is not None


def record_order(
    tx: Connection,
    now: Now,
    *,
    key: str,
    provider: str,
    kind: str,
    client: str,
    person: str,
    order: Order | None,
    revision: int | None,
) -> None:
    """Remember that an order was carried out."""
    tx.execute(
        _INSERT_ORDER,
        {
            "key": key,
            "provider": provider,
            "kind": kind,
            "client": client,
            "person": person,
            "order_json": None if order is None else order_json(order),
            "revision": revision,
            "ordered_node": now.moment.node,
            "ordered_awake": now.moment.awake,
            "ordered_wall": now.wall,
        },
    )


def put_letter(
    tx: Connection,
    now: Now,
    *,
    key: str,
    provider: str,
    person: str,
    kind: str,
    address_id: str,
    address: str,
    message_id: str,
    message: bytes,
    parts: dict[str, FileOf] | None,
) -> None:
    """Put a finished letter into the outbox, to go at once."""
    listed = None
    if parts is not None:
        listed = json.dumps([{"name": name, "sha256": file.sha256} for name, file in parts.items()])
    tx.execute(
        _INSERT_LETTER,
        {
            "order_key": key,
            "provider": provider,
            "person": person,
            "kind": kind,
            "address_id": address_id,
            "address": address,
            "message_id": message_id,
            "message": message,
            "parts_json": listed,
            "state": "waiting",
            "next_awake": now.moment.awake,
        },
    )


def next_letters(tx: Connection, awake: int, *, limit: int, but: Iterable[int] = ()) -> list[Waiting]:
    """Letters that may be tried now, those that waited longest first."""
    query = (
        select(outbox, orders.c.order_json)
        .join(orders, orders.c.key == outbox.c.order_key)
        .where(outbox.c.state == "waiting", outbox.c.next_awake <= awake)
        .order_by(outbox.c.next_awake, outbox.c.id)
        .limit(limit)
    )
    taken = list(but)
    if taken:
        query = query.where(outbox.c.id.not_in(taken))
    return [_waiting(row) for row in tx.execute(query)]


def load_letter(tx: Connection, letter_id: int) -> Waiting | None:
    """One letter, if it still waits."""
    query = select(outbox, orders.c.order_json).join(orders, orders.c.key == outbox.c.order_key)
    row = tx.execute(query.where(outbox.c.id == letter_id, outbox.c.state.in_(OPEN))).one_or_none()
    return None if row is None else _waiting(row)


def begun_letters(tx: Connection) -> list[Waiting]:
    """Letters that a process left between the point of no return and the answer."""
    query = select(outbox, orders.c.order_json).join(orders, orders.c.key == outbox.c.order_key)
    return [_waiting(row) for row in tx.execute(query.where(outbox.c.state == "begun"))]


def next_awake(tx: Connection) -> int | None:
    """Awake time at which the next waiting letter may be tried."""
    query = select(func.min(outbox.c.next_awake)).where(outbox.c.state == "waiting")
    found: int | None = tx.execute(query).scalar_one()
    return found


def mark(tx: Connection, letter_id: int, **values: Any) -> None:
    """Set columns of a letter."""
    tx.execute(update(outbox).where(outbox.c.id == letter_id).values(values))


def mark_sent(tx: Connection, letter_ids: Sequence[int], *, awake: int) -> None:
    """Record that the server took letters from which nothing else follows."""
    tx.execute(_MARK_SENT, [{"of_id": letter_id, "at": awake} for letter_id in letter_ids])


def answers(tx: Connection, key: str) -> Sequence[str | None]:
    """The last answer to an order at each of its addresses."""
    return tx.execute(select(outbox.c.answer).where(outbox.c.order_key == key)).scalars().all()


def addressed_to(tx: Connection, key: str) -> frozenset[str]:
    """The ids of the addresses to which letters of an order were put into the outbox."""
    return frozenset(tx.execute(select(outbox.c.address_id).where(outbox.c.order_key == key)).scalars())


def drop_stale(tx: Connection, key_prefix: str, now: Now, *, but: str) -> None:
    """End waiting letters to the operator that a newer one of the same kind has overtaken."""
    tx.execute(
        update(outbox)
        .where(
            outbox.c.state == "waiting",
            outbox.c.order_key.startswith(key_prefix, autoescape=True),
            outbox.c.order_key != but,
        )
        .values(state="ended", answer="dropped", done_awake=now.moment.awake)
    )


def _waiting(row: Row[Any]) -> Waiting:
    parts = None
    if row.parts_json is not None:
        parts = tuple((part["name"], part["sha256"]) for part in json.loads(row.parts_json))
    return Waiting(
        id=row.id,
        key=row.order_key,
        provider=row.provider,
        person=row.person,
        kind=row.kind,
        address_id=row.address_id,
        address=row.address,
        message_id=row.message_id,
        message=row.message,
        parts=parts,
        order=None if row.order_json is None else read_order(row.order_json),
        attempts=row.attempts,
    )
