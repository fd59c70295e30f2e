"""CSV: one row an entry, a column for each name that any entry uses.

A spreadsheet program runs what begins with ``=``, ``+``, ``-``, ``@`` (also as wide signs, and behind
spaces), a tab or a line break. Such a value gets an apostrophe in front, which shows as text; it is reported,
because the cell is not the value. Documents have no place in a table: they are reported, too.
"""

import csv
import io
import re
from typing import Final

from escrowd.core.bundle import Bundle, Entry
from escrowd.paper.totp import totp_uri
from escrowd.provider.exports._fields import Inexact, extras, numbered
from escrowd.texts.render import sentence

_RUNS: Final = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def export_csv(bundle: Bundle) -> tuple[bytes, tuple[Inexact, ...]]:
    """The table, UTF-8 with a mark (spreadsheets guess wrong without), and what is not exact in it."""
    rows: list[dict[str, str]] = []
    inexact: list[Inexact] = []
    for entry in bundle.entries:
        row = {}
        for name, value in _cells(bundle, entry):
            cell = harmless(value)
            if cell != value:
                inexact.append(Inexact(entry.title, name))
            row[name] = cell
        rows.append(row)
    titles = {entry.id: entry.title for entry in bundle.entries}
    inexact += [Inexact(titles.get(one.entry or "", ""), one.name) for one in bundle.documents]
    header = list(dict.fromkeys(name for row in rows for name in row))
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, header, restval="", quoting=csv.QUOTE_ALL)
    writer.writerow({name: harmless(name) for name in header})
    writer.writerows(rows)
    # A lone surrogate is no UTF-8; it was never typed, and is shown as what it is.
    return target.getvalue().encode("utf-8-sig", "backslashreplace"), tuple(inexact)


def harmless(value: str) -> str:
    """``value`` as a cell that no spreadsheet program runs."""
    return f"'{value}" if _RUNS.match(value) else value


def _cells(bundle: Bundle, entry: Entry) -> list[tuple[str, str]]:
    """(Column, value) for all that an entry holds; a name that comes twice is numbered."""

    def say(key: str) -> str:
        return sentence("list", key, bundle.language, {})

    found = [
        (say("entry.group"), "/".join(entry.group)),
        (say("entry.title"), entry.title),
        (say("entry.urls"), entry.urls[0] if entry.urls else ""),
        (say("entry.user"), entry.user),
        (say("entry.password"), entry.password),
        (say("entry.totp"), _totp(entry)),
        (say("entry.notes"), entry.notes),
        (say("entry.tags"), "; ".join(entry.tags)),
    ]
    names = {name for name, _ in found}
    for one in extras(bundle, entry):
        name = numbered(names, one.name)
        names.add(name)
        found.append((name, one.value))
    return found


def _totp(entry: Entry) -> str:
    if entry.totp is None:
        return ""
    return totp_uri(entry.totp) or f"{entry.totp.encoder}://{entry.totp.secret}"
