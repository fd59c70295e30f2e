"""One tick with a thousand, a hundred thousand and a million switches, ten of them due; and an idle one.

The ten are due by their hint only: they are read, evaluated and stored, and order no letter. What a letter
costs is measured in ``mails``.
"""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from sqlalchemy import text

from bench.figures import Figure, seconds
from bench.nodes import new_node
from escrowd.core.keys import fingerprint, link_key
from escrowd.core.switch import Moment, NodeFacts, enrol
from escrowd.core.terms import Timings
from escrowd.node.clock import NodeClock
from escrowd.node.config import load_key
from escrowd.node.orders import Desk
from escrowd.node.store import Store
from escrowd.node.store.clock import load_moment
from escrowd.node.store.engine import DATABASE
from escrowd.node.store.switches import _FACTS
from escrowd.node.tick import tick

COUNTS = (1_000, 100_000, 1_000_000)
DUE = 10
ROUNDS = 60
FAR = 2**52


def figures() -> Iterator[Figure]:
    """The cost of a tick must not know how many providers there are."""
    medians = {}
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as name:
            medians[count], idle, commit = _measure(Path(name) / "node", count)
        if count == COUNTS[0]:
            yield Figure("idle tick", _ms(idle), f"one commit {_ms(commit)}", idle / commit, at_most=2)
        else:
            first = medians[COUNTS[0]]
            ratio = medians[count] / first
            what = f"tick, {count:,} switches, {DUE} due"
            yield Figure(
                what, _ms(medians[count]), f"{COUNTS[0]:,} switches {_ms(first)}", ratio, at_most=1.2
            )


def _measure(folder: Path, count: int) -> tuple[float, float, float]:
    """The medians of a tick with ten due, of an idle tick, and of a commit of one row; seconds."""
    config = new_node(folder)
    key = load_key(folder)
    with Store(folder, node=fingerprint(key.signing.public), wall=int(time.time())) as store:
        _fill(folder / DATABASE, count)
        clock = NodeClock(store.write_now(load_moment), tick_ms=10_000, scale=1)
        desk = Desk(config, link_key(key.seed))
        work = partial(store.write_now, partial(tick, clock=clock, desk=desk))
        # It must change something: SQLite writes no page, and syncs nothing, for a row that stays as it was.
        one_row = text("update clock set starts = starts + 1")
        due = text(f"update switches set due_node = 0 where rowid <= {DUE}")  # noqa: S608 — a number of ours

        def commit() -> None:
            store.write_now(lambda tx: tx.execute(one_row) and None)

        busy = _median(work, before=lambda: store.write_now(lambda tx: tx.execute(due) and None))
        idle, single = _median(work), _median(commit)
    return busy, idle, single


def _median(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    times = []
    for _ in range(ROUNDS):
        before()
        times.append(seconds(work))
    return statistics.median(times)


def _fill(path: Path, count: int) -> None:
    facts = _FACTS.dump_json(enrol(NodeFacts(), Moment(0, 0), Timings())).decode()
    rows = ((f"{number:032}", FAR, FAR, 0, 0, 0, facts) for number in range(count))
    with sqlite3.connect(path) as database:
        database.executemany(
            "insert into switches"
            " (provider, due_node, due_awake, watched, began_awake, began_wall, facts_json)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def _ms(value: float) -> str:
    return f"{1000 * value:.2f} ms"
