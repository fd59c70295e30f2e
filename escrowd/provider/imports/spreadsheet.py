"""Spreadsheets, XLSX and ODS: each sheet is a table with its headings in the first row.

What a cell shows is read, not its formula. Of several sheets, those that have the named columns are taken,
each as a group of its own; the others are reported. A number has no leading zeros there: the spreadsheet
itself forgot them.
"""

import datetime as dt
import io
import zipfile
import zlib
from typing import Final

import python_calamine as calamine

from escrowd.core.bundle.imported import NotCarried
from escrowd.errors import InputError, IntegrityError
from escrowd.provider.imports._table import Table, make_table

SOURCE: Final = "spreadsheet"
_SIGNATURE: Final = b"PK\x03\x04"
_WORKBOOK: Final = "xl/workbook.xml"
_CONTENT: Final = "content.xml"
_MAX_UNPACKED: Final = 256 * 2**20
_CHUNK: Final = 2**20


def is_spreadsheet(data: bytes) -> bool:
    """Whether a file is a ZIP with a workbook of XLSX or the content of ODS in it."""
    if not data.startswith(_SIGNATURE):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return bool({_WORKBOOK, _CONTENT} & set(archive.namelist()))
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def read_sheets(data: bytes) -> tuple[tuple[str, Table], ...]:
    """The sheets that hold anything, by name.

    Raises ``InputError`` ``import.too-large`` (``size``, ``limit``: unpacked bytes), ``import.empty``,
    ``import.password-sheet`` for a protected one, and as ``make_table``; ``IntegrityError``
    ``import.archive-damaged`` (``format``).
    """
    _check_size(data)
    sheets = []
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            texts = [(n, tuple(_text(cell) for cell in row)) for n, row in enumerate(rows, 1)]
            filled = [(n, row) for n, row in texts if any(row)]
            if filled:
                sheets.append((name, make_table(filled)))
    except calamine.PasswordError:
        raise InputError("import.password-sheet") from None
    except (calamine.CalamineError, OSError, ValueError):
        raise IntegrityError("import.archive-damaged", format=SOURCE) from None
    if not sheets:
        raise InputError("import.empty")
    return tuple(sheets)


def left_out(names: list[str]) -> tuple[NotCarried, ...]:
    """The report of sheets without the named columns."""
    return tuple(NotCarried("", name, "elsewhere") for name in names)


def _text(cell: object) -> str:
    """A cell as it would be typed: days as ISO dates, whole numbers without a point."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def _check_size(data: bytes) -> None:
    """Unpack everything once, for nothing, to know how much it is: a reader believes what headers state."""
    size = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                with archive.open(info) as member:
                    while chunk := member.read(_CHUNK):
                        size += len(chunk)
                        if size > _MAX_UNPACKED:
                            raise InputError("import.too-large", size=size, limit=_MAX_UNPACKED)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError):
        raise IntegrityError("import.archive-damaged", format=SOURCE) from None
