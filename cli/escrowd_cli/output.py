"""What the programs print: results on standard output, errors and progress on standard error."""

import json
import sys
from collections.abc import Sequence

from escrowd.errors import EscrowdError

Cell = str | int | None


def say(text: str = "") -> None:
    """Print one line of a result."""
    print(text)  # noqa: T201 — this is where results leave


def note(text: str) -> None:
    """Say on standard error what is going on; never part of a result."""
    print(text, file=sys.stderr)  # noqa: T201 — as above


def as_json(value: object) -> None:
    """Print a result as JSON for machines."""
    say(json.dumps(plain(value), ensure_ascii=False, indent=2))


def table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print rows under headings, in full: a narrow terminal wraps, a pipe gets every character."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    console = Console(soft_wrap=False) if sys.stdout.isatty() else Console(width=1000)
    console.print(grid)


def step(name: str, subject: str, done: int, total: int) -> None:
    """Show how far long work is, in place, on standard error; only while a terminal looks on.

    Parameters: ``name``, what is being done; ``subject``, to whom; ``done`` of ``total``.
    """
    if sys.stderr.isatty():
        percent = 100 * done // total if total else 100
        end = "\n" if done >= total else "\r"
        print(f"  {name} {subject} … {percent:3d} %", end=end, file=sys.stderr, flush=True)  # noqa: T201 — as above


def plain(value: object) -> object:
    """A result of an action as plain JSON values: models and dataclasses become objects."""
    from dataclasses import fields, is_dataclass

    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, EscrowdError):
        return {"code": value.code, "fields": value.fields}
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | bool | None) else str(value)
