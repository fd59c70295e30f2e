"""What an operator may know at a glance, read beside the running node. No names, no addresses."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select

from escrowd.core.hearing import Mark, behind
from escrowd.core.switch import Moment, NodeFacts
from escrowd.errors import ConflictError, NotFoundError
from escrowd.node.store.engine import DATABASE, lock_data, open_read_engine, release_data
from escrowd.node.store.schema import clock, deposits, outbox, providers
from escrowd.node.store.switches import count_switches, load_marks, load_node


@dataclass(frozen=True, slots=True)
class Overview:
    """A node as its database has it.

    ``running``: a process has it open; ``moment``: of the last committed tick, ``wall`` beside it (Unix
    seconds); ``deaf_since`` (wall) and ``deaf_cause``: None while it hears; ``watched``: switches that are
    not ``current``; ``letters``: how many by state; ``behind``: seconds that node time fell behind the wall
    clock in the last 30 d.
    """

    running: bool
    moment: Moment
    wall: int
    facts: NodeFacts
    deaf_since: int | None
    deaf_cause: str | None
    providers: int
    deposits: int
    watched: int
    letters: dict[str, int]
    behind: int


def read_overview(folder: Path, *, wall: int) -> Overview:
    """The overview of the node in ``folder``. Raises ``NotFoundError`` ``store.missing`` (``path``)."""
    path = folder / DATABASE
    if not path.is_file():
        raise NotFoundError("store.missing", path=str(path))
    running = _is_running(folder)
    engine = open_read_engine(path)
    try:
        with engine.begin() as tx:
            return _overview(tx, running=running, wall=wall)
    finally:
        engine.dispose()


def _overview(tx: Connection, *, running: bool, wall: int) -> Overview:
    row = tx.execute(select(clock)).one()
    moment = Moment(row.awake, row.node)
    _, watched = count_switches(tx)
    count = select(func.count())
    states = select(outbox.c.state, func.count().label("number")).group_by(outbox.c.state)
    return Overview(
        running=running,
        moment=moment,
        wall=row.wall,
        facts=load_node(tx),
        deaf_since=row.deaf_since_wall,
        deaf_cause=row.deaf_cause,
        providers=tx.execute(count.select_from(providers)).scalar_one(),
        deposits=tx.execute(count.select_from(deposits).where(deposits.c.newest == 1)).scalar_one(),
        watched=watched,
        letters={row.state: row.number for row in tx.execute(states)},
        behind=behind(load_marks(tx), Mark(moment.node, wall)),
    )


def _is_running(folder: Path) -> bool:
    try:
        release_data(lock_data(folder))
    except ConflictError:
        return True
    return False
