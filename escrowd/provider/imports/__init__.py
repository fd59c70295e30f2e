"""Exports of password managers, one format a file. ``read_export`` recognises them by their content.

``keepass``                       KDBX 3.1 and 4 (extra ``keepass``)
``bitwarden``                     JSON, plain or with a password
``onepassword``                   1PUX
``csv_keepassxc|bitwarden|…``     CSV of known programs
``csv_mapped``                    any other CSV, with a map of its columns
``spreadsheet``                   XLSX and ODS, with a map of their columns

Nothing is dropped in silence: what has no place in an entry is a free field, what cannot be one is in
``Imported.not_carried``. Passwords arrive as arguments; nothing here reads a terminal or a file.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from escrowd.core import encoding
from escrowd.core.bundle.imported import Imported, NotCarried
from escrowd.errors import InputError
from escrowd.provider.imports import (
    bitwarden,
    csv_apple,
    csv_bitwarden,
    csv_chrome,
    csv_firefox,
    csv_keepassxc,
    csv_lastpass,
    csv_mapped,
    csv_proton,
    keepass,
    onepassword,
    spreadsheet,
)
from escrowd.provider.imports._kdbx_header import OLD_SIGNATURES, SIGNATURE
from escrowd.provider.imports._table import TARGETS, Layout, Table, has_columns, imported_table, read_table
from escrowd.provider.imports._totp import read_totp

__all__ = ["TARGETS", "Format", "Imported", "NotCarried", "detect_format", "read_export", "read_totp"]

_CSV = (
    csv_bitwarden,
    csv_keepassxc,
    csv_firefox,
    csv_lastpass,
    csv_proton,
    csv_apple,
    csv_chrome,
)
"""In this order: Chrome's columns are found in others' tables too."""


@dataclass(frozen=True, slots=True)
class Format:
    """What a file is. ``needs``: ``password``, ``columns`` (a map of the columns) or nothing."""

    name: str
    needs: str = ""


def detect_format(data: bytes) -> Format:
    """What the file is, by its content.

    Raises ``InputError`` ``import.empty``, ``import.unknown-format``, ``import.half-character``, and what
    reading JSON or CSV raises.
    """
    if not data.strip():
        raise InputError("import.empty")
    if data.startswith((SIGNATURE, *OLD_SIGNATURES)):
        return Format(keepass.SOURCE, "password")
    if onepassword.is_onepassword(data):
        return Format(onepassword.SOURCE)
    if spreadsheet.is_spreadsheet(data):
        return Format(spreadsheet.SOURCE, "columns")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        value = _json(_without_mark(data))
        if not bitwarden.is_bitwarden(value) or not isinstance(value, dict):
            raise InputError("import.unknown-format")
        return Format(bitwarden.SOURCE, "password" if value.get("passwordProtected") is True else "")
    table = read_table(data)
    known = _known(table)
    return Format(known.source) if known is not None else Format(csv_mapped.SOURCE, "columns")


def read_export(
    data: bytes,
    *,
    password: str | None = None,
    key_file: bytes | None = None,
    columns: Mapping[str, str] | None = None,
) -> Imported:
    """Read an export of any known format.

    Parameters: ``password`` and ``key_file`` open it, if it is sealed; ``columns`` says of a CSV file which
    column is the title, the user … (``TARGETS``), also of one that would be recognised without.
    Raises ``InputError`` ``import.csv-needs-columns`` (``count``: of columns) for an unknown CSV without
    ``columns``, ``import.columns-unused`` (``format``) for another file with them, and as ``detect_format``
    and the formats.
    """
    if password is not None and not _is_text(password):
        raise InputError("import.password-wrong", format="")
    found = detect_format(data)
    if found.needs != "columns" and found.name not in _TABLES and columns is not None:
        raise InputError("import.columns-unused", format=found.name)
    if found.name == keepass.SOURCE:
        return keepass.read_keepass(data, password, key_file)
    if found.name == bitwarden.SOURCE:
        return bitwarden.read_bitwarden(_without_mark(data), password)
    if found.name == onepassword.SOURCE:
        return onepassword.read_onepassword(data)
    if found.name == spreadsheet.SOURCE:
        return _read_spreadsheet(data, columns)
    table = read_table(data)
    known = _known(table)
    if columns is not None:
        return imported_table(table, csv_mapped.mapped_layout(table, columns))
    if known is None:
        raise InputError("import.csv-needs-columns", count=len(table.header))
    return imported_table(table, known)


def _json(data: bytes) -> object:
    """As ``encoding.loads``; half a character, which JSON can write and no file can hold, is named by place.

    Raises ``InputError`` ``import.half-character`` (``at``), and as ``loads``.
    """
    try:
        return encoding.loads(data, max_bytes=bitwarden.MAX_BYTES)
    except InputError as error:
        # The bytes are UTF-8 where the whole of them is: then it is an escape (\ud800) that is not.
        if error.code != "json.not-utf8" or not _is_utf8(data):
            raise
    raise InputError("import.half-character", at=next(_half_characters(json.loads(data), ""), ""))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _half_characters(value: object, at: str) -> Iterator[str]:
    """Where in a JSON value texts with half a character stand; a key's own is named by its object."""
    if isinstance(value, str) and not _is_text(value):
        yield at
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from _half_characters(member, f"{at}.{number}".lstrip("."))
    elif isinstance(value, dict):
        for name, member in value.items():
            if not _is_text(name):
                yield at
            yield from _half_characters(member, f"{at}.{name}".lstrip("."))


def _read_spreadsheet(data: bytes, columns: Mapping[str, str] | None) -> Imported:
    """The sheets that have the named columns, as one; of several, each is a group."""
    sheets = spreadsheet.read_sheets(data)
    wanted = {name.strip().casefold() for name in (columns or {}).values()}
    fitting = [
        (name, table) for name, table in sheets if wanted <= {head.casefold() for head in table.header}
    ]
    if columns is None:
        raise InputError("import.csv-needs-columns", count=max(len(table.header) for _, table in sheets))
    if not fitting:  # the error names the heading that none has
        csv_mapped.mapped_layout(sheets[0][1], columns)
        raise InputError("import.sheets-apart", count=len(sheets))
    found = []
    for name, table in fitting:
        layout = replace(csv_mapped.mapped_layout(table, columns), source=spreadsheet.SOURCE)
        one = imported_table(table, layout)
        found.append(one.below((name,)) if len(sheets) > 1 else one)
    names = {name for name, _ in fitting}
    return replace(
        found[0],
        entries=tuple(entry for one in found for entry in one.entries),
        groups=tuple(dict.fromkeys(path for one in found for path in one.groups)),
        not_carried=(
            *(left for one in found for left in one.not_carried),
            *spreadsheet.left_out([name for name, _ in sheets if name not in names]),
        ),
    )


_TABLES = frozenset([csv_mapped.SOURCE, *(module.LAYOUT.source for module in _CSV)])


def _known(table: Table) -> Layout | None:
    """The layout of the program whose columns the table has."""
    return next((module.LAYOUT for module in _CSV if has_columns(table, module.HEADER)), None)


def _is_text(password: str) -> bool:
    """Whether the password is text at all: bytes that a terminal could not decode open nothing."""
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True


def _without_mark(data: bytes) -> bytes:
    return data.removeprefix(b"\xef\xbb\xbf")
