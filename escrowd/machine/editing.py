"""A readable text in an editor of the person's own choice, which leaves nothing behind.

The text lies in a folder of its own in ``$XDG_RUNTIME_DIR``, in memory: editors write copies, backups and
undo files beside what they edit, and all of it goes with the folder. What a killed process left goes with the
next command (``sweep_edited``).
"""

import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from escrowd.errors import UnavailableError
from escrowd.machine.files import new_private_folder, read_bounded, write_atomic
from escrowd.machine.secret_input import runtime_dir

MAX_EDITED: Final = 2**26
"""The largest text that is read back, in bytes."""
_PREFIX: Final = "escrow-edit-"


def edit_privately(data: bytes, name: str, edit: Callable[[Path], object]) -> bytes:
    """``data`` after ``edit`` changed it in the file ``name`` that it is given.

    Raises ``UnavailableError`` ``runtime-dir.none``; as ``read_bounded``, and what ``edit`` raises.
    """
    sweep_edited()
    folder = runtime_dir() / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        new_private_folder(folder)
        write_atomic(folder / name, data)
        edit(folder / name)
        return read_bounded(folder / name, MAX_EDITED)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_edited() -> None:
    """Remove what killed processes left of their editing."""
    try:
        found = list(runtime_dir().glob(f"{_PREFIX}*-*"))
    except UnavailableError:
        return
    for folder in found:
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdecimal() and not _runs(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
