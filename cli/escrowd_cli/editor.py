"""The person's own editor on a readable text, which lies in memory alone and is gone afterwards."""

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def in_editor(text: str, name: str) -> str:
    """``text`` as it was left in ``$VISUAL``, else ``$EDITOR``.

    Raises ``InputError`` ``editor.failed`` (``editor``); as ``edit_privately``.
    """
    from escrowd.errors import InputError
    from escrowd.machine.editing import edit_privately

    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "") or ["editor"]

    def call(path: "Path") -> None:
        try:
            done = subprocess.run([*editor, str(path)], check=False).returncode
        except OSError:
            done = 127
        if done != 0:
            raise InputError("editor.failed", editor=editor[0])

    try:
        return edit_privately(text.encode(), name, call).decode()
    except UnicodeDecodeError:
        raise InputError("editor.failed", editor=editor[0]) from None
