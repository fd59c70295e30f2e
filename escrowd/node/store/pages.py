"""What pages ask: the order that the letter of a link carried out, and what else stands only on a page."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from escrowd.core.switch import Order
from escrowd.node.store.schema import clients, orders, terms
from escrowd.node.store.switches import read_order


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order that was carried out. ``order``: what the rules ordered, if they did."""

    key: str
    provider: str
    kind: str
    client: str
    person: str
    order: Order | None
    revision: int | None
    node_time: int
    awake: int
    wall: int


def find_order(tx: Connection, key: str) -> Ordered | None:
    """The order of this key, or None."""
    row = tx.execute(select(orders).where(orders.c.key == key)).one_or_none()
    if row is None:
        return None
    return Ordered(
        key=row.key,
        provider=row.provider,
        kind=row.kind,
        client=row.client,
        person=row.person,
        order=None if row.order_json is None else read_order(row.order_json),
        revision=row.revision,
        node_time=row.ordered_node,
        awake=row.ordered_awake,
        wall=row.ordered_wall,
    )


def newest_revision(tx: Connection, provider: str, kind: str, *, client: str, person: str) -> int:
    """The newest revision of which such an order of this person speaks; 0 if there is none."""
    found: int | None = tx.execute(
        select(func.max(orders.c.revision)).where(
            orders.c.provider == provider,
            orders.c.kind == kind,
            orders.c.client == client,
            orders.c.person == person,
        )
    ).scalar_one()
    return found or 0


def waiting_terms(tx: Connection, provider: str, client: str) -> int | None:
    """Node time from which terms count that are on notice; None if there are none."""
    since: int | None = tx.execute(
        select(func.min(terms.c.since_node))
        .join(clients, (clients.c.provider == terms.c.provider) & (clients.c.client == terms.c.client))
        .where(
            terms.c.provider == provider,
            terms.c.client == client,
            terms.c.ended_node.is_(None),
            terms.c.jti != clients.c.terms_jti,
        )
    ).scalar_one()
    return since
