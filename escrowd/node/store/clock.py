"""The clocks in the database."""

from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from escrowd.core.switch import Moment
from escrowd.node.store.prepared import Prepared
from escrowd.node.store.schema import clock

# Built once: every transaction that sets a fact executes it.
_STAMP: Final = Prepared(
    update(clock).values(awake=bindparam("new_awake"), node=bindparam("new_node"), wall=bindparam("new_wall"))
)


def save_moment(tx: Connection, moment: Moment, *, wall: int) -> None:
    """Store a moment, and the wall time (Unix seconds) beside it."""
    _STAMP.run(tx, new_awake=moment.awake, new_node=moment.node, new_wall=wall)


def load_moment(tx: Connection) -> Moment:
    """The moment of the last committed stamp."""
    row = tx.execute(select(clock.c.awake, clock.c.node)).one()
    return Moment(awake=row.awake, node=row.node)
