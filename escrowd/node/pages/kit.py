"""The kit as one ZIP file. The node holds all of it but the instructions and the recovery page.

It is put together in a file without a name before the first byte leaves: a full disk is an error, not half
a download, and the length is known, so that a browser sees when something is missing. Nothing is
compressed: sealed files do not shrink.
"""

import errno
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from escrowd.core.manifest import verify_manifest
from escrowd.core.wire import INSTRUCTIONS_FILE, MANIFEST_FILE, PAGE_FILE
from escrowd.errors import NotFoundError, UnavailableError
from escrowd.node.api.spool import SPOOL
from escrowd.node.intake.deposits import kit_files
from escrowd.node.store.deposits import Held
from escrowd.paper.instructions import KitPage, instructions
from escrowd.paper.mappe import recover_page
from escrowd.texts.render import Language

_DATE: Final = (1980, 1, 1, 0, 0, 0)
_CHUNK: Final = 256 * 1024


def kit_size(deposit: Held) -> int:
    """What the sealed files of a kit weigh, in bytes."""
    return sum(file.size for file in kit_files(deposit).values())


def kit_name(deposit: Held) -> str:
    """The name under which a browser saves it."""
    return f"kit-{deposit.client}-{deposit.revision}.zip"


def make_kit(
    folder: Path, deposit: Held, *, language: Language, client: str, provider: str, kept: Mapping[int, int]
) -> tuple[int, Iterator[bytes]]:
    """Length and content of the ZIP file. For a worker thread.

    Parameters: ``folder``, the node's; ``client`` and ``provider``, their names; ``kept``, as in ``KitPage``.
    Raises ``UnavailableError`` ``store.full``; ``NotFoundError`` ``file.lost`` (field ``sha256``: the name on
    the disk).
    """
    files = folder / "files"
    signed = files / deposit.files[MANIFEST_FILE].sha256
    if not signed.is_file():
        raise NotFoundError("file.lost", sha256=signed.name)
    manifest = verify_manifest(signed.read_bytes())
    page = instructions(
        KitPage(
            language=language,
            client=client,
            provider=provider,
            revision=manifest.revision,
            created=manifest.created,
            next_by=manifest.next_revision_by,
            sets=tuple(live.set for live in manifest.sets),
            root=manifest.iss,
            kept=kept,
        )
    )
    target = tempfile.TemporaryFile(dir=folder / SPOOL)  # noqa: SIM115 — closed by the iterator's end
    try:
        with ZipFile(target, "w", ZIP_STORED) as archive:
            archive.writestr(ZipInfo(INSTRUCTIONS_FILE, _DATE), page)
            archive.writestr(ZipInfo(PAGE_FILE, _DATE), recover_page())
            for name, file in kit_files(deposit).items():
                info = ZipInfo(name, _DATE)
                info.file_size = file.size
                with (files / file.sha256).open("rb") as source, archive.open(info, "w") as part:
                    shutil.copyfileobj(source, part, _CHUNK)
        length = target.tell()
        target.seek(0)
    except OSError as error:
        target.close()
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise UnavailableError("store.full") from None
        if isinstance(error, FileNotFoundError):
            raise NotFoundError("file.lost", sha256=Path(str(error.filename)).name) from None
        raise
    return length, _read(target)


def read_kit(folder: Path, deposit: Held) -> dict[str, bytes]:
    """The sealed files of a kit in memory. Raises ``NotFoundError`` ``file.lost`` (field ``sha256``)."""
    files, found = folder / "files", dict[str, bytes]()
    for name, file in kit_files(deposit).items():
        try:
            found[name] = (files / file.sha256).read_bytes()
        except FileNotFoundError:
            raise NotFoundError("file.lost", sha256=file.sha256) from None
    return found


def _read(source: IO[bytes]) -> Iterator[bytes]:
    with source:
        while chunk := source.read(_CHUNK):
            yield chunk
