"""Any CSV, once somebody says what its columns mean; columns that nobody names become free fields."""

from collections.abc import Mapping
from typing import Final

from escrowd.errors import InputError
from escrowd.provider.imports._table import TARGETS, Layout, Table

SOURCE: Final = "csv"


def mapped_layout(table: Table, columns: Mapping[str, str]) -> Layout:
    """The layout that ``columns`` describes: what (one of ``TARGETS``) to the column's name.

    Raises ``InputError`` ``import.csv-target`` (``target``), ``import.csv-column`` (``target``: the column
    named for it is not there; its name stays out, a file without a header has secrets there),
    ``import.csv-no-title`` when neither ``title`` nor ``url`` nor ``user`` is named.
    """
    there = {name.casefold() for name in table.header}
    meanings: dict[str, str] = {}
    for target, name in columns.items():
        if target not in TARGETS:
            raise InputError("import.csv-target", target=target[:40])
        if name.strip().casefold() not in there:
            raise InputError("import.csv-column", target=target)
        meanings[name.strip().casefold()] = target
    if not {"title", "url", "user"} & columns.keys():
        raise InputError("import.csv-no-title")
    return Layout(source=SOURCE, columns=meanings, never=())
