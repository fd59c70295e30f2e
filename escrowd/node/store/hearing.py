"""What is known about hearing beside the rules' facts: since when, why, and who was told. For people."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from escrowd.core.switch import Moment
from escrowd.node.store.schema import clock, journal


@dataclass(frozen=True, slots=True)
class Silence:
    """The node does not hear itself: since when, the last ``cause``, and what was ``told`` last.

    While it hears, ``since_awake`` is None; ``told`` then says whether the good news is still owed.
    """

    since_awake: int | None
    since_wall: int
    cause: str
    told: str


def load_silence(tx: Connection) -> Silence:
    """The node's deafness as recorded."""
    row = tx.execute(
        select(clock.c.deaf_since_awake, clock.c.deaf_since_wall, clock.c.deaf_cause, clock.c.told)
    ).one()
    return Silence(row.deaf_since_awake, row.deaf_since_wall or 0, row.deaf_cause or "", row.told or "")


def save_silence(tx: Connection, silence: Silence) -> None:
    """Record the node's deafness."""
    tx.execute(
        update(clock).values(
            deaf_since_awake=silence.since_awake,
            deaf_since_wall=silence.since_wall,
            deaf_cause=silence.cause,
            told=silence.told,
        )
    )


def count_start(tx: Connection) -> int:
    """Count a start of the process; which one it is."""
    tx.execute(update(clock).values(starts=clock.c.starts + 1))
    number: int = tx.execute(select(clock.c.starts)).scalar_one()
    return number


def last_wall(tx: Connection) -> int:
    """Wall time of the last committed stamp, 0 if there is none."""
    wall: int = tx.execute(select(clock.c.wall)).scalar_one()
    return wall


def note(tx: Connection, now: Moment, what: str, *, wall: int | None = None) -> None:
    """Add a line to the node's journal (`schema.journal` says what there can be)."""
    wall = last_wall(tx) if wall is None else wall
    tx.execute(insert(journal), {"awake": now.awake, "node": now.node, "wall": wall, "what": what})
