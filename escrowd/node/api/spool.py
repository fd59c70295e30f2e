"""A file on its way in: hashed while it is written to ``spool/``, synced, then renamed to ``files/<sha256>``.

Under its final name a file is whole, or it is not there. What a killed process leaves in ``spool/`` is
swept at the next start. The event loop writes nothing itself: a slow disk must not stop the others' mail.
"""

import asyncio
import errno
import hashlib
import io
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from escrowd.errors import IntegrityError, UnavailableError

SPOOL: Final = "spool"
#: Pieces are gathered up to this before a thread writes them: one hop per quarter MiB instead of one per
#: packet.
_GATHER: Final = 256 * 1024


def sweep(folder: Path) -> None:
    """Remove what uploads left that were cut off by the end of an earlier process."""
    spool = folder / SPOOL
    spool.mkdir(mode=0o700, exist_ok=True)
    for path in spool.iterdir():
        path.unlink()


async def store_stream(folder: Path, *, sha256: str, size: int | None, pieces: AsyncIterator[bytes]) -> int:
    """Take a file whose hash is known. After it returned its size, it is on disk under its final name.

    Parameters: ``folder``, the node's; ``size``, if that is known too; ``pieces``, bounded by the caller.
    Raises ``IntegrityError("file.size-differs")`` (fields ``expected``, ``found``), ``IntegrityError(
    "file.hash-differs")`` (field ``expected``), ``UnavailableError("store.full")``, and what ``pieces``
    raises. Nothing is left behind then.
    """
    path = folder / SPOOL / secrets.token_hex(16)
    try:
        found = await _receive(path, sha256, size, pieces)
        await asyncio.to_thread(_settle, path, folder / "files" / sha256)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise UnavailableError("store.full") from None
        raise
    finally:
        path.unlink(missing_ok=True)
    return found


async def _receive(path: Path, expected: str, expected_size: int | None, pieces: AsyncIterator[bytes]) -> int:
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:

        def put(data: bytes) -> None:
            digest.update(data)
            _write(file, data)

        gathered = bytearray()
        async for piece in pieces:
            size += len(piece)
            gathered += piece
            if len(gathered) >= _GATHER:
                await asyncio.to_thread(put, bytes(gathered))
                gathered.clear()
        await asyncio.to_thread(put, bytes(gathered))
        if expected_size is not None and size != expected_size:
            raise IntegrityError("file.size-differs", expected=expected_size, found=size)
        if digest.hexdigest() != expected:
            raise IntegrityError("file.hash-differs", expected=expected)
        await asyncio.to_thread(os.fsync, file.fileno())
    return size


def _write(file: io.FileIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _settle(path: Path, final: Path) -> None:
    path.rename(final)
    descriptor = os.open(final.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
