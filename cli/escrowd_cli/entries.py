"""An entry on the terminal: read as text, written from options, edited in an editor."""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from typing import TYPE_CHECKING

from escrowd_cli import output

if TYPE_CHECKING:
    from escrowd.core.bundle.model import Entry

HIDDEN = "••••••••"


def print_entry(entry: "Entry", *, reveal: bool) -> None:
    """Print an entry, one field a line, empty fields left out; secrets only if ``reveal``."""
    factor = entry.second_factor
    secret = (lambda text: text) if reveal else (lambda text: HIDDEN if text else "")
    rows = [
        ("title", entry.title),
        ("id", entry.id),
        ("kind", entry.kind),
        ("group", " / ".join(entry.group)),
        *(("url", url) for url in entry.urls),
        ("user", entry.user),
        ("password", secret(entry.password)),
        ("totp", secret(entry.totp.secret) if entry.totp else ""),
        ("second factor", factor.kind if factor else ""),
        ("  on", factor.device if factor else ""),
        ("  codes are", factor.codes_where if factor else ""),
        *(("  code", secret(code)) for code in (factor.codes if factor else ())),
        ("recovery mail", entry.recovery_mailbox),
        ("contract", entry.contract_holder),
        ("renewal", entry.renewal or ""),
        ("cost", _cost(entry)),
        ("what for", entry.purpose),
        ("depends on", ", ".join(entry.depends_on)),
        *((field.name, secret(field.value) if field.protected else field.value) for field in entry.fields),
        ("notes", secret(entry.notes)),
        ("decisions", str(len(entry.decisions)) if entry.decisions else ""),
    ]
    for name, text in rows:
        if text:
            output.say(f"{name:14} {text}")


def _cost(entry: "Entry") -> str:
    if entry.cost is None:
        return ""
    return f"{entry.cost.amount} {entry.cost.currency}{' / ' + entry.cost.every if entry.cost.every else ''}"


def edited(values: Mapping[str, object]) -> dict[str, object]:
    """``values`` after the person changed them in ``$EDITOR``, as JSON.

    The text lies only in ``$XDG_RUNTIME_DIR``, which is in memory and the user's alone, and is gone
    afterwards.
    Raises ``UnavailableError`` ``runtime-dir.none``; ``InputError`` ``editor.failed``, and as strict JSON.
    """
    from escrowd.core.encoding import loads
    from escrowd.errors import InputError
    from escrowd.machine.files import write_atomic
    from escrowd.machine.secret_input import runtime_dir

    path = runtime_dir() / f"escrow-{os.getpid()}.json"
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "editor")
    try:
        write_atomic(path, json.dumps(values, ensure_ascii=False, indent=2).encode())
        if subprocess.run([*editor, str(path)], check=False).returncode != 0:
            raise InputError("editor.failed", editor=editor[0])
        changed = loads(path.read_bytes(), max_bytes=2**24)
    finally:
        path.unlink(missing_ok=True)
    if not isinstance(changed, dict):
        raise InputError("editor.failed", editor=editor[0])
    return changed
