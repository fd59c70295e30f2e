"""The one thread that writes. What waits together is committed together, so many statements share one fsync.

1. A job runs inside one transaction and gets its result only after the commit returned: who has a result,
   has it on disk (P4).
2. A job that raises leaves nothing behind and does not disturb the others of its batch: with several, each
   runs in a savepoint; a single job needs none, its transaction is rolled back.
3. A full disk refuses the batch and changes nothing. A commit that fails for any other reason is not tried
   again: after a failed fsync nobody knows what is on disk (the kernel forgets the pages). No job gets a
   result, and the process ends; the next start reads what is really there.
"""

import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from escrowd.errors import UnavailableError

T = TypeVar("T")

#: More than this many jobs in one commit would only make the first of them wait.
_BATCH: Final = 256
#: sysexits' EX_IOERR: systemd restarts the unit, and an operator sees why.
EXIT_STORE_FAILED: Final = 74


@dataclass(slots=True)
class _Job:
    function: Callable[[Connection], Any]
    future: "Future[Any]"


def _end_process(error: BaseException) -> None:
    """Rule 3's end: nothing of this process may answer any more, so no handler runs."""
    os.write(2, f"escrowd: the database could not be committed: {type(error).__name__}\n".encode())
    os._exit(EXIT_STORE_FAILED)


class Writer:
    """The write thread.

    Parameters: ``engine``, with the one write connection; ``fatal``, called with the error when a commit
    failed (rule 3); it does not return in a real process.
    """

    def __init__(self, engine: Engine, fatal: Callable[[BaseException], None] = _end_process) -> None:
        self._engine = engine
        self._fatal = fatal
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="escrowd-writer", daemon=True)
        self._thread.start()

    def submit(self, function: Callable[[Connection], T]) -> "Future[T]":
        """Queue ``function(tx)``; the future has its result once that is on disk, or its exception."""
        if self._closed:
            raise UnavailableError("store.closed")
        future: Future[T] = Future()
        self._jobs.put(_Job(function, future))
        return future

    def close(self) -> None:
        """Finish what was queued, then end the thread."""
        self._closed = True
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        with self._engine.connect() as connection:
            while (job := self._jobs.get()) is not None:
                batch = [job]
                while len(batch) < _BATCH:
                    try:
                        following = self._jobs.get_nowait()
                    except queue.Empty:
                        break
                    if following is None:
                        self._jobs.put(None)  # the end, for the next round
                        break
                    batch.append(following)
                # Whoever gave up before its job began gets none done; after this nobody can give up any more.
                wanted = [job for job in batch if job.future.set_running_or_notify_cancel()]
                if wanted:
                    self._commit(connection, wanted)

    def _commit(self, connection: Connection, batch: list[_Job]) -> None:
        done: list[tuple[_Job, Any]] = []
        transaction = None
        try:
            transaction = connection.begin()
            for job in batch:
                try:
                    done.append((job, _call(connection, job, savepoint=len(batch) > 1)))
                except Exception as error:
                    if is_store_failure(error):
                        raise
                    job.future.set_exception(error)
            if done:
                transaction.commit()
            else:
                transaction.rollback()
        except Exception as error:  # noqa: BLE001 — rule 3 decides
            self._failed(transaction, batch, error)
            return
        for job, result in done:
            job.future.set_result(result)

    def _failed(self, transaction: Any, batch: list[_Job], error: Exception) -> None:
        full = _sqlite_code(error) == sqlite3.SQLITE_FULL
        if not full:
            self._fatal(error)
        if transaction is not None:
            transaction.rollback()
        refusal = UnavailableError("store.full" if full else "store.failed")
        for job in batch:
            if not job.future.done():
                job.future.set_exception(refusal)


def _call(connection: Connection, job: _Job, *, savepoint: bool) -> Any:
    if not savepoint:
        return job.function(connection)
    # By the driver: SQLAlchemy's own savepoints cost as much as all that a check-in writes.
    _execute(connection, "SAVEPOINT job")
    try:
        result = job.function(connection)
    except BaseException:
        _execute(connection, "ROLLBACK TO job")
        _execute(connection, "RELEASE job")
        raise
    _execute(connection, "RELEASE job")
    return result


def _execute(connection: Connection, sql: str) -> None:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql)
    finally:
        cursor.close()


def _sqlite_code(error: BaseException) -> int | None:
    origin = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(origin, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF  # the extended code's low byte is the primary code


def is_store_failure(error: BaseException) -> bool:
    """True when the database, not the job's own rule, failed: disk, I/O, damage."""
    return _sqlite_code(error) in {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
    }
