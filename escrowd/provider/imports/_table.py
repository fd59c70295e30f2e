"""CSV files: reading a table strictly, and turning rows into entries by saying what each column means."""

import csv
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from escrowd.core.bundle import Entry, FreeField, Origin, SecondFactor
from escrowd.core.bundle.imported import Imported, NotCarried
from escrowd.core.keys import new_id
from escrowd.errors import InputError
from escrowd.provider.imports._guess import guess_kind
from escrowd.provider.imports._totp import read_totp

MAX_BYTES: Final = 64 * 2**20
TARGETS: Final = {
    "title": "title",
    "user": "user",
    "password": "password",
    "url": "urls",
    "notes": "notes",
    "group": "group",
    "tags": "tags",
    "totp": "totp",
    "purpose": "purpose",
    "contract-holder": "contract_holder",
    "recovery-mailbox": "recovery_mailbox",
    "renewal": "renewal",
    "key": "",
    "ignore": "",
}
"""What a column may be, and the field of ``Entry`` that it fills. ``key`` identifies the row over exports."""

_ONE_TEXT: Final = frozenset(
    ["title", "user", "password", "notes", "purpose", "contract-holder", "recovery-mailbox"]
)
_SECRET_NAME: Final = re.compile(
    r"pass|pwd|pin\b|puk\b|secret|geheim|kennwort|schl(ü|ue)ssel|token|code|key", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Table:
    """A header, and the rows with the line that each begins on. Every row has the header's length."""

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of a format mean.

    ``columns`` maps a column's name, in lower case, to one of ``TARGETS``; columns that are not in it become
    free fields. ``never`` names what exports of this format lack. ``settings`` are columns that serve the
    password manager; they are reported where they hold something other than ``""`` or ``"0"``. ``split_urls``
    takes the URL column apart, ``more`` reads the free fields out of columns that hold several.
    ``named_top``: all paths begin with the name of the database, which says nothing. ``split_group`` parts a
    path. ``instead`` names the column that fills a target (``user``) whose own column is empty.
    """

    source: str
    columns: Mapping[str, str]
    never: tuple[str, ...] = ("files", "fields", "history")
    settings: frozenset[str] = frozenset()
    split_urls: Callable[[str], list[str]] = field(default=lambda text: [text])
    more: Mapping[str, Callable[[str], list[FreeField]]] = field(default_factory=dict)
    named_top: bool = False
    split_group: str = "/"
    instead: Mapping[str, str] = field(default_factory=dict)


def read_table(data: bytes) -> Table:
    """Read a CSV file: UTF-8 (with or without a mark), separated by comma, semicolon or tab, header first.

    Another encoding is refused: guessing would change the letters of passwords.
    Raises ``InputError``: ``import.too-large`` (``size``, ``limit``), ``import.not-utf8`` (``offset``),
    ``import.csv-malformed`` (``line``), ``import.csv-row`` (``line``, ``expected``, ``found``),
    ``import.csv-header`` for a name that comes twice or is empty, ``import.unknown-format`` for no table.
    """
    if len(data) > MAX_BYTES:
        raise InputError("import.too-large", size=len(data), limit=MAX_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("import.not-utf8", offset=error.start) from None
    return make_table(list(_records(text, _delimiter(text))))


def make_table(records: Sequence[tuple[int, tuple[str, ...]]]) -> Table:
    """A table of rows with their lines, the header first. Raises as ``read_table``."""
    if not records:
        raise InputError("import.unknown-format")
    header = tuple(name.strip() for name in records[0][1])
    for line, row in records[1:]:
        if len(row) != len(header):
            raise InputError("import.csv-row", line=line, expected=len(header), found=len(row))
    # Spreadsheets write columns without a name and without content; those alone may go.
    used = [n for n, name in enumerate(header) if name or any(row[n] for _, row in records[1:])]
    names = tuple(header[n] for n in used)
    if len({name.casefold() for name in names}) != len(names) or "" in names:
        raise InputError("import.csv-header")
    rows = ((line, tuple(row[n] for n in used)) for line, row in records[1:])
    return Table(names, tuple((line, row) for line, row in rows if any(row)))


def _delimiter(text: str) -> str:
    """The separator that makes the most columns of the first line.

    Raises ``InputError`` ``import.unknown-format`` when there is but one column.
    """
    first = re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]
    try:
        counts = {mark: sum(1 for row in csv.reader([first], delimiter=mark) for _ in row) for mark in ",;\t"}
    except csv.Error:
        raise InputError("import.csv-malformed", line=1) from None
    best = max(counts, key=lambda mark: counts[mark])
    if counts[best] < 2:  # noqa: PLR2004 — one column is no table
        raise InputError("import.unknown-format")
    return best


def _records(text: str, delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, tuple(row)
            line = reader.line_num + 1
    except csv.Error:
        raise InputError("import.csv-malformed", line=line) from None


def has_columns(table: Table, names: Sequence[str]) -> bool:
    """Whether the header holds all of ``names``, in any case and order."""
    return set(names) <= {name.casefold() for name in table.header}


def imported_table(table: Table, layout: Layout) -> Imported:
    """The rows as entries.

    Raises ``InputError`` ``import.csv-day`` (``line``) for a renewal that is no ISO date.
    """
    entries: list[Entry] = []
    not_carried = [NotCarried("", name, "format") for name in layout.never]
    names = [name.casefold() for name in table.header]
    for line, row in table.rows:
        entry, left = _entry(dict(zip(names, row, strict=True)), table.header, layout, line)
        entries.append(entry)
        not_carried += left
    if layout.named_top:
        entries = _without_common_top(entries)
    carries = {TARGETS[target] for name, target in layout.columns.items() if name in names} - {""}
    return Imported(
        source=layout.source,
        scope="",
        entries=tuple(entries),
        documents=(),
        contents={},
        groups=tuple(dict.fromkeys(entry.group for entry in entries if entry.group)),
        not_carried=tuple(not_carried),
        carries=frozenset(carries | {"title", "fields"}),
    )


def _entry(
    cells: Mapping[str, str], header: Sequence[str], layout: Layout, line: int
) -> tuple[Entry, list[NotCarried]]:
    """One row; ``cells`` by the column's name in lower case."""
    texts: dict[str, str] = {}
    urls: list[str] = []
    fields: list[FreeField] = []
    settings: list[str] = []
    moved = _moved(cells, layout)
    for shown in header:
        name = shown.casefold()
        text, target = cells[name], moved.get(name) or layout.columns.get(name)
        if target == "url":
            urls += [url for url in layout.split_urls(text) if url]
        elif target is not None and target != "ignore" and target not in texts:
            texts[target] = text
        elif name in layout.more:
            fields += layout.more[name](text)
        elif name in layout.settings:
            settings += [shown] if text not in {"", "0"} else []
        elif text and target != "ignore":
            fields.append(FreeField(name=shown, value=text, protected=bool(_SECRET_NAME.search(shown))))
    title = texts.get("title") or _host(urls) or texts.get("user", "")
    left = [NotCarried(title, name, "setting") for name in settings]
    totp = texts.get("totp", "").strip()
    read = read_totp(totp) if totp else None
    if totp and read is None:
        fields.append(FreeField(name="totp", value=texts["totp"], protected=True))
        left.append(NotCarried(title, "totp", "unreadable"))
    elif read is not None:
        left += [NotCarried(title, f"totp {name}", "setting") for name in read.left]
    group = tuple(part for part in texts.get("group", "").split(layout.split_group) if part)
    tags = (part.strip() for part in re.split(r"[;,]", texts.get("tags", "")))
    plain = {TARGETS[name]: text for name, text in texts.items() if name in _ONE_TEXT and name != "title"}
    secret = bool(texts.get("user") or texts.get("password"))
    entry = Entry.model_validate(
        {
            "id": new_id(),
            "title": title,
            "kind": guess_kind(title, group, urls, secret=secret),
            "urls": tuple(urls),
            "totp": read.totp if read is not None else None,
            "second_factor": SecondFactor(kind="totp") if read is not None else None,
            "fields": tuple(fields),
            "group": group,
            "tags": tuple(dict.fromkeys(part for part in tags if part)),
            "renewal": _day(texts.get("renewal", ""), line),
            "origin": Origin(source=layout.source, key=texts.get("key", "")),
            **plain,
        }
    )
    return entry, left


def _moved(cells: Mapping[str, str], layout: Layout) -> dict[str, str]:
    """What ``layout.instead`` means for one row: which column stands in, and which then means nothing."""
    moved: dict[str, str] = {}
    for target, stand_in in layout.instead.items():
        own = next(name for name, meant in layout.columns.items() if meant == target)
        if cells.get(stand_in) and not cells.get(own):
            moved |= {stand_in: target, own: "ignore"}
    return moved


def _without_common_top(entries: list[Entry]) -> list[Entry]:
    """Paths without their first part, when all begin with the same."""
    tops = Counter(entry.group[:1] for entry in entries)
    if len(tops) != 1 or () in tops:
        return entries
    return [entry.model_copy(update={"group": entry.group[1:]}) for entry in entries]


def _host(urls: Sequence[str]) -> str:
    try:
        return (urlsplit(urls[0]).hostname or urls[0]) if urls else ""
    except ValueError:
        return urls[0]


def _day(text: str, line: int) -> str | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise InputError("import.csv-day", line=line) from None
