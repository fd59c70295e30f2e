"""Writing an opened bundle into a new private folder."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from escrowd.core.payload import PayloadFile
from escrowd.machine.files import disk_errors, new_private_folder, sync_folder
from escrowd.recovery.opening import Opened, Verification
from escrowd.recovery.revisions import Aside

_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Written:
    """What was written where.

    ``files``: names below ``folder``, in the payload's order, with sizes in bytes; ``aside``, revisions that
    were given beside this one, the newest first.
    """

    folder: Path
    files: tuple[PayloadFile, ...]
    client: str
    name: str
    revision: int
    verification: Verification
    aside: tuple[Aside, ...] = ()

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(file.size for file in self.files)


def write_out(opened: Opened, folder: Path) -> Written:
    """Write every file of the payload below ``folder``, which must be new or empty: folders 0700, files 0600.

    The payload was checked as a whole before (names, sizes, sums), so what is written is what was sealed.
    Raises as ``machine.files.new_private_folder`` and ``disk_errors``; then the folder is left empty.
    """
    new_private_folder(folder)
    with _empty_on_error(folder):
        for file in opened.payload.files:
            _write(opened, file, folder)
        for below in sorted({(folder / file.name).parent for file in opened.payload.files}):
            sync_folder(below)
    bundle = opened.payload.bundle
    return Written(
        folder,
        opened.payload.files,
        bundle.client,
        bundle.name,
        bundle.revision,
        opened.verification,
        opened.aside,
    )


def _write(opened: Opened, file: PayloadFile, folder: Path) -> None:
    path = folder / file.name
    with disk_errors(path):
        for above in reversed(path.relative_to(folder).parents[:-1]):
            (folder / above).mkdir(mode=0o700, exist_ok=True)
        # Exclusive, and through no link: the folder is ours, but a second look costs nothing.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as target, opened.payload.open_file(file.name) as source:
            shutil.copyfileobj(source, target, _CHUNK)
            target.flush()
            os.fsync(descriptor)


@contextmanager
def _empty_on_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
        raise
