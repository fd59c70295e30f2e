"""Facts of the switches in the database: read, and stored together with the hints when to look again."""

from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.sqlite import insert

from escrowd.core.hearing import Mark
from escrowd.core.switch import Due, Facts, Moment, NodeFacts, Order
from escrowd.errors import NotFoundError
from escrowd.node.store.schema import clock, switches

_FACTS: Final = TypeAdapter(Facts)
_NODE: Final = TypeAdapter(NodeFacts)
_ORDER: Final = TypeAdapter(Order)
_MARKS: Final = TypeAdapter(tuple[Mark, ...])


def load_switch(tx: Connection, provider: str) -> Facts:
    """The facts of a provider's switch. Raises ``NotFoundError("provider.unknown")``."""
    text = tx.execute(
        select(switches.c.facts_json).where(switches.c.provider == provider)
    ).scalar_one_or_none()
    if text is None:
        raise NotFoundError("provider.unknown", provider=provider)
    return _FACTS.validate_json(text)


def save_switch(
    tx: Connection, provider: str, facts: Facts, *, due: Due | None = None, watched: bool = True
) -> None:
    """Store the facts of a provider's switch, new or changed.

    Parameters: ``due`` and ``watched`` (the phase is not ``current``), of an evaluation of these very
    facts. Left out, the next tick looks at the switch: what only records an event need not evaluate.
    """
    text = _FACTS.dump_json(facts).decode()
    hints = (
        {"due_node": None, "due_awake": 0} if due is None else {"due_node": due.node, "due_awake": due.awake}
    )
    values = {**hints, "watched": int(watched), "facts_json": text}
    mine = switches.c.provider == provider
    old = tx.execute(select(switches.c.began_awake).where(mine)).scalar_one_or_none()
    if old != facts.began.awake:
        values["began_awake"] = facts.began.awake
        values["began_wall"] = tx.execute(select(clock.c.wall)).scalar_one()
    if old is None:
        tx.execute(insert(switches), {"provider": provider, **values})
    else:
        tx.execute(update(switches).where(mine).values(values))


def began_wall(tx: Connection, provider: str) -> int:
    """Wall time at which the provider's epoch began, for people."""
    query = select(switches.c.began_wall).where(switches.c.provider == provider)
    wall: int = tx.execute(query).scalar_one()
    return wall


def set_due(tx: Connection, provider: str, due: Due, *, watched: bool) -> None:
    """Store only the hints: an evaluation changed no fact."""
    tx.execute(
        update(switches)
        .where(switches.c.provider == provider)
        .values(due_node=due.node, due_awake=due.awake, watched=int(watched))
    )


def due_switches(tx: Connection, now: Moment, *, limit: int) -> list[str]:
    """Providers whose switch is to be evaluated at ``now``, at most ``limit``. Reads two indexes only."""
    found: dict[str, None] = {}
    for column, value in ((switches.c.due_node, now.node), (switches.c.due_awake, now.awake)):
        rows = tx.execute(select(switches.c.provider).where(column <= value).order_by(column).limit(limit))
        found.update(dict.fromkeys(rows.scalars()))
    return list(found)[:limit]


def make_due(tx: Connection, *, everyone: bool) -> None:
    """After a change of the node's facts: the coming ticks evaluate all, or those not ``current``."""
    statement = update(switches).values(due_awake=0)
    tx.execute(statement if everyone else statement.where(switches.c.watched == 1))


def load_node(tx: Connection) -> NodeFacts:
    """What holds for every switch of this node."""
    text = tx.execute(select(clock.c.facts_json)).scalar_one()
    return _NODE.validate_json(text) if text else NodeFacts()


def save_node(tx: Connection, facts: NodeFacts) -> None:
    """Store what holds for every switch. The caller says who is due after it (``make_due``)."""
    tx.execute(update(clock).values(facts_json=_NODE.dump_json(facts).decode()))


def load_marks(tx: Connection) -> tuple[Mark, ...]:
    """Node time beside wall time, one mark a day."""
    return _MARKS.validate_json(tx.execute(select(clock.c.marks_json)).scalar_one())


def save_marks(tx: Connection, marks: tuple[Mark, ...]) -> None:
    """Store the marks."""
    tx.execute(update(clock).values(marks_json=_MARKS.dump_json(marks).decode()))


def order_json(order: Order) -> str:
    """An order as text."""
    return _ORDER.dump_json(order).decode()


def read_order(text: str) -> Order:
    """The order that ``order_json`` wrote."""
    return _ORDER.validate_json(text)


def count_switches(tx: Connection) -> tuple[int, int]:
    """How many switches there are, and how many are watched (not ``current`` when last looked at)."""
    row = tx.execute(
        select(func.count(), func.coalesce(func.sum(switches.c.watched), 0)).select_from(switches)
    ).one()
    return row[0], row[1]


def switches_after(tx: Connection, provider: str, *, limit: int) -> list[str]:
    """Providers in the order of their ids, after one of them ("" for the first)."""
    query = select(switches.c.provider).where(switches.c.provider > provider)
    return list(tx.execute(query.order_by(switches.c.provider).limit(limit)).scalars())
