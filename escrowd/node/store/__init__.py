"""The node's database: ``Store`` (write, read), the tables in ``schema``, one file of helpers per subject.

    receipt = await store.write(lambda tx: take_statement(tx, statement))  # returns after the commit's fsync
    standing = await store.read(lambda tx: load_standing(tx, provider))

A function given to ``write`` runs in the writer's thread, with others' functions in the same commit; it
does no network and no waiting. ``read`` runs in a thread of its own and sees what was committed when it
began.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection

from escrowd.errors import NotFoundError
from escrowd.node.store.engine import (
    DATABASE,
    READERS,
    lock_data,
    open_read_engine,
    open_write_engine,
    prepare,
    release_data,
)
from escrowd.node.store.writer import Writer

__all__ = ["Connection", "Store"]

T = TypeVar("T")


class Store:
    """A node's open database and its folder of files.

    Parameters: ``folder``, the node's data folder, which exists; ``node``, the fingerprint of the node's key;
    ``wall``, Unix seconds, for the names of copies. Raises ``ConflictError("node.running")`` when another
    process has it open, ``IntegrityError("store.*")`` when the database cannot be this node's.
    """

    def __init__(self, folder: Path, *, node: str, wall: int) -> None:
        self.folder = folder
        self.files = folder / "files"
        self.node = node
        self._lock = lock_data(folder)
        try:
            self.files.mkdir(mode=0o700, exist_ok=True)
            path = folder / DATABASE
            engine = open_write_engine(path)
            prepare(path, engine, node=node, wall=wall)
        except BaseException:
            release_data(self._lock)
            raise
        self._write_engine = engine
        self._read_engine = open_read_engine(path)
        self._writer = Writer(engine)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="escrowd-reader")

    def find_file(self, sha256: str) -> Path:
        """Where a file lies. Raises ``NotFoundError`` ``file.lost`` (field ``sha256``): the disk lost it."""
        path = self.files / sha256
        if not path.is_file():
            raise NotFoundError("file.lost", sha256=sha256)
        return path

    async def write(self, function: Callable[[Connection], T]) -> T:
        """Run ``function(tx)`` in the writer's thread; its result comes once it is on disk."""
        return await asyncio.wrap_future(self._writer.submit(function))

    def write_now(self, function: Callable[[Connection], T]) -> T:
        """As ``write``, for callers outside the event loop: blocks until it is on disk."""
        return self._writer.submit(function).result()

    async def read(self, function: Callable[[Connection], T]) -> T:
        """Run ``function(tx)`` on a connection that refuses to write."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, function)

    def read_now(self, function: Callable[[Connection], T]) -> T:
        """As ``read``, in the caller's own thread."""
        with self._read_engine.connect() as connection, connection.begin():
            return function(connection)

    def close(self) -> None:
        """Finish queued writes, close the database, give the folder free."""
        self._readers.shutdown(wait=True)
        self._writer.close()
        self._read_engine.dispose()
        self._write_engine.dispose()
        release_data(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
