"""An entry on the terminal: read as text, written from options, edited in an editor."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from escrowd_cli import output
from escrowd_cli.editor import in_editor

if TYPE_CHECKING:
    from escrowd.core.bundle.model import Entry
    from escrowd.provider.actions.contents import Restoring

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
            output.say(output.plain_text(f"{name:14} {text}"))


def print_restoring(found: "Restoring") -> None:
    """What bringing an entry back changes, field by field; of secrets only that they differ."""
    then, now = found.then, found.now
    if now is None:
        output.say(f"{output.plain_text(then.title)} ({then.id}) comes back")
    else:
        output.table(
            ("field", "now", "then"),
            [(name, _short(now, name), _short(then, name)) for name in found.fields],
        )
    for gone in found.left_out:
        output.note(f"It depended on {gone}, which is gone: that is left out.")


_SECRET = {"password", "totp", "second_factor", "notes", "fields"}
_PLAIN_LENGTH = 60


def _short(entry: "Entry", name: str) -> str:
    value = getattr(entry, name)
    if not value:
        return ""
    if name in _SECRET:
        return HIDDEN
    if name == "decisions":
        return str(len(value))
    if name == "cost":
        return _cost(entry)
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= _PLAIN_LENGTH else text[: _PLAIN_LENGTH - 1] + "…"


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
    from escrowd.machine.editing import MAX_EDITED

    text = in_editor(json.dumps(values, ensure_ascii=False, indent=2), "entry.json")
    changed = loads(text, max_bytes=MAX_EDITED)
    if not isinstance(changed, dict):
        raise InputError("editor.failed", editor="the editor")
    return changed
