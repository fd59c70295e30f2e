"""What a mailed link leads to: the order that the letter carried out."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from escrowd.core.switch import Order
from escrowd.node.store.schema import orders
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
