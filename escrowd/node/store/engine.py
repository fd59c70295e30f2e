"""Opening the node's database: one write connection, some that read, one process.

Rules, numbered here and where they are enforced:

1. A second process on the same folder is refused (a lock on ``lock``, released by the kernel when the
   process ends).
2. Write-ahead log with ``synchronous=FULL``: a commit returns after its fsync, so a receipt means "on disk"
   (P4).
3. A database of an older schema is copied, then upgraded; a newer one is refused.
4. A database belongs to one node key: opening it under another is refused.
"""

import fcntl
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.pool import QueuePool, StaticPool

from escrowd.errors import ConflictError, IntegrityError
from escrowd.node.store import rights_schema as _rights_schema  # noqa: F401 — its tables are made too
from escrowd.node.store.schema import SCHEMA_VERSION, clock, meta, metadata

DATABASE: Final = "escrowd.sqlite3"
#: Readers at once; more wait. Pages and queries are short.
READERS: Final = 4
_BUSY_MS: Final = 5000
_LOCK_ATTEMPTS: Final = 4
_LOCK_PAUSE: Final = 0.1


def lock_data(folder: Path) -> int:
    """A descriptor that holds the lock on a node's folder until it is closed or the process ends (rule 1).

    Raises ``ConflictError("node.running")`` while another process holds it.
    """
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    for attempt in range(_LOCK_ATTEMPTS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            # Whoever only asks whether a node runs holds the lock for an instant; a node holds it for good.
            if attempt < _LOCK_ATTEMPTS - 1:
                time.sleep(_LOCK_PAUSE)
        else:
            return descriptor
    os.close(descriptor)
    raise ConflictError("node.running", path=str(folder))


def release_data(descriptor: int) -> None:
    """Give the folder free again."""
    os.close(descriptor)


def open_write_engine(path: Path) -> Engine:
    """The engine with the one write connection. Its transactions take the write lock when they begin."""
    return _engine(path, write=True)


def open_read_engine(path: Path) -> Engine:
    """The engine whose connections refuse to write."""
    return _engine(path, write=False)


def _engine(path: Path, *, write: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        # isolation_level None: we say BEGIN ourselves, because sqlite3 would begin late, and never for a
        # read.
        connection = sqlite3.connect(
            path,
            isolation_level=None,
            check_same_thread=False,
            timeout=_BUSY_MS / 1000,
            cached_statements=256,
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # rule 2
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA cache_size=-8000" if write else "PRAGMA cache_size=-2000")
        if not write:
            connection.execute("PRAGMA query_only=ON")
        return connection

    if write:
        engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    else:
        engine = create_engine(
            "sqlite://", creator=connect, poolclass=QueuePool, pool_size=READERS, max_overflow=0
        )

    begin = "BEGIN IMMEDIATE" if write else "BEGIN"

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def prepare(path: Path, engine: Engine, *, node: str, wall: int) -> None:
    """Make the tables of a new database, or bring an older one up to date (rules 3 and 4).

    Parameters: ``node``, the fingerprint of the node's key; ``wall``, Unix seconds, for the copy's name.
    Raises ``IntegrityError``: "store.newer" (found, known), "store.damaged", "store.other-node".
    """
    try:
        with engine.begin() as connection:
            exists = connection.dialect.has_table(connection, "meta")
            if not exists:
                metadata.create_all(connection)
                connection.execute(
                    insert(meta),
                    [
                        {"key": "schema", "value": str(SCHEMA_VERSION)},
                        {"key": "node", "value": node},
                        {"key": "created_wall", "value": str(wall)},
                    ],
                )
                connection.execute(insert(clock), {"id": 1, "facts_json": "", "marks_json": "[]"})
                return
            facts = {row.key: row.value for row in connection.execute(select(meta))}
    except Exception as error:
        if isinstance(getattr(error, "orig", None), sqlite3.DatabaseError) and "not a database" in str(error):
            raise IntegrityError("store.damaged", path=str(path)) from None
        raise
    if facts["node"] != node:
        raise IntegrityError("store.other-node", found=facts["node"], known=node)
    found = int(facts["schema"])
    if found > SCHEMA_VERSION:
        raise IntegrityError("store.newer", found=found, known=SCHEMA_VERSION)
    if found < SCHEMA_VERSION:
        # Only here: alembic costs 30 MB and a third of a second that no other start should pay.
        from escrowd.node.store.upgrade import upgrade  # noqa: PLC0415 — imported only for an upgrade

        upgrade(path, engine, found=found, wanted=SCHEMA_VERSION, wall=wall)
