"""A file on its way in: hashed while it is written to ``spool/``, synced, then renamed to ``files/<sha256>``.

Under its final name a file is whole, or it is not there. What a killed process leaves in ``spool/`` is
swept at the next start. The event loop writes nothing itself: a slow disk must not stop the others' mail.
"""

import asyncio
import errno
import os
import secrets
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from escrowd.core.wire import FileOf
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


async def store_stream(folder: Path, wanted: FileOf, pieces: AsyncIterator[bytes]) -> None:
    """Take a file whose hash and size are known. After it returned, the file is on disk under its final name.

    Parameters: ``folder``, the node's; ``pieces``, at most ``wanted.size`` bytes (the caller bounds them).
    Raises ``IntegrityError("file.size-differs")`` (fields ``expected``, ``found``), ``IntegrityError(
    "file.hash-differs")`` (field ``expected``), ``UnavailableError("store.full")``, and what ``pieces``
    raises. Nothing is left behind then.
    """
    path = folder / SPOOL / secrets.token_hex(16)
    try:
        await _receive(path, folder / "files" / wanted.sha256, wanted, pieces)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise UnavailableError("store.full") from None
        raise
    finally:
        path.unlink(missing_ok=True)


async def _receive(path: Path, final: Path, wanted: FileOf, pieces: AsyncIterator[bytes]) -> None:
    digest, size = sha256(), 0
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
        if size != wanted.size:
            raise IntegrityError("file.size-differs", expected=wanted.size, found=size)
        if digest.hexdigest() != wanted.sha256:
            raise IntegrityError("file.hash-differs", expected=wanted.sha256)
        await asyncio.to_thread(os.fsync, file.fileno())
    await asyncio.to_thread(_settle, path, final)


def _write(file: BinaryIO, data: bytes) -> None:
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
