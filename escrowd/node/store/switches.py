"""Facts of the switches in the database: read, and stored together with the hints when to look again."""

from functools import lru_cache
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from escrowd.core.hearing import Mark
from escrowd.core.switch import Due, Facts, Moment, NodeFacts, Order
from escrowd.errors import NotFoundError
from escrowd.node.store.prepared import Prepared
from escrowd.node.store.schema import clock, switches

_FACTS: Final = TypeAdapter(Facts)
_NODE: Final = TypeAdapter(NodeFacts)
_ORDER: Final = TypeAdapter(Order)
_MARKS: Final = TypeAdapter(tuple[Mark, ...])


# Statements of every tick and every event are built once: building takes SQLAlchemy longer than running.
_MINE: Final = switches.c.provider == bindparam("of_provider")
_LOAD: Final = Prepared(select(switches.c.facts_json).where(_MINE))
_BEGAN: Final = Prepared(select(switches.c.began_awake).where(_MINE))
_BEGAN_WALL: Final = Prepared(select(switches.c.began_wall).where(_MINE))
_SAVE: Final = Prepared(
    update(switches)
    .where(_MINE)
    .values(
        due_node=bindparam("new_due_node"),
        due_awake=bindparam("new_due_awake"),
        watched=bindparam("new_watched"),
        facts_json=bindparam("new_facts"),
    )
)
_BEGIN: Final = Prepared(
    update(switches).where(_MINE).values(began_awake=bindparam("new_awake"), began_wall=bindparam("new_wall"))
)
_SET_DUE: Final = Prepared(
    update(switches)
    .where(_MINE)
    .values(
        due_node=bindparam("new_due_node"),
        due_awake=bindparam("new_due_awake"),
        watched=bindparam("new_watched"),
    )
)
# Both hints in one question: SQLite answers it from both indexes (MULTI-INDEX OR) and reads no other row.
_DUE: Final = Prepared(
    select(switches.c.provider)
    .where(or_(switches.c.due_node <= bindparam("node"), switches.c.due_awake <= bindparam("awake")))
    .limit(bindparam("most"))
)
_WALL: Final = Prepared(select(clock.c.wall))
_NODE_TEXT: Final = Prepared(select(clock.c.facts_json))
_MARKS_TEXT: Final = Prepared(select(clock.c.marks_json))


def load_switch(tx: Connection, provider: str) -> Facts:
    """The facts of a provider's switch. Raises ``NotFoundError("provider.unknown")``."""
    found = _LOAD.first(tx, of_provider=provider)
    if found is None:
        raise NotFoundError("provider.unknown", provider=provider)
    return _FACTS.validate_json(found[0])


def save_switch(
    tx: Connection, provider: str, facts: Facts, *, due: Due | None = None, watched: bool = True
) -> None:
    """Store the facts of a provider's switch, new or changed.

    Parameters: ``due`` and ``watched`` (the phase is not ``current``), of an evaluation of these very
    facts. Left out, the next tick looks at the switch: what only records an event need not evaluate.
    """
    text = _FACTS.dump_json(facts).decode()
    due = Due(node=None, awake=0) if due is None else due
    mine = {"of_provider": provider}
    old = _BEGAN.first(tx, **mine)
    if old is None:
        began = {"began_awake": facts.began.awake, "began_wall": _WALL.rows(tx)[0][0]}
        row = {"provider": provider, "due_node": due.node, "due_awake": due.awake, "watched": int(watched)}
        tx.execute(insert(switches), {**row, "facts_json": text, **began})
        return
    hints = {"new_due_node": due.node, "new_due_awake": due.awake, "new_watched": int(watched)}
    _SAVE.run(tx, **mine, **hints, new_facts=text)
    if old[0] != facts.began.awake:
        _BEGIN.run(tx, **mine, new_awake=facts.began.awake, new_wall=_WALL.rows(tx)[0][0])


def began_wall(tx: Connection, provider: str) -> int:
    """Wall time at which the provider's epoch began, for people."""
    wall: int = _BEGAN_WALL.rows(tx, of_provider=provider)[0][0]
    return wall


def set_due(tx: Connection, provider: str, due: Due, *, watched: bool) -> None:
    """Store only the hints: an evaluation changed no fact."""
    hints = {"new_due_node": due.node, "new_due_awake": due.awake, "new_watched": int(watched)}
    _SET_DUE.run(tx, of_provider=provider, **hints)


def due_switches(tx: Connection, now: Moment, *, limit: int) -> list[str]:
    """Providers whose switch is to be evaluated at ``now``, at most ``limit``. Reads two indexes only."""
    return [row[0] for row in _DUE.rows(tx, node=now.node, awake=now.awake, most=limit)]


def make_due(tx: Connection, *, everyone: bool) -> None:
    """After a change of the node's facts: the coming ticks evaluate all, or those not ``current``."""
    statement = update(switches).values(due_awake=0)
    tx.execute(statement if everyone else statement.where(switches.c.watched == 1))


def load_node(tx: Connection) -> NodeFacts:
    """What holds for every switch of this node."""
    return _node_facts(_NODE_TEXT.rows(tx)[0][0])


@lru_cache(maxsize=4)
def _node_facts(text: str) -> NodeFacts:
    # Read by every transaction and changed by few: reading the same text again would be most of its cost.
    return _NODE.validate_json(text) if text else NodeFacts()


def save_node(tx: Connection, facts: NodeFacts) -> None:
    """Store what holds for every switch. The caller says who is due after it (``make_due``)."""
    tx.execute(update(clock).values(facts_json=_NODE.dump_json(facts).decode()))


def load_marks(tx: Connection) -> tuple[Mark, ...]:
    """Node time beside wall time, one mark a day."""
    return _MARKS.validate_json(_MARKS_TEXT.rows(tx)[0][0])


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
