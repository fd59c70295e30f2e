"""What the programs print: results on standard output, errors and progress on standard error."""

import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from escrowd.errors import EscrowdError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from escrowd.provider.progress import Step

Cell = str | int | None


def say(text: str = "") -> None:
    """Print one line of a result."""
    print(text)  # noqa: T201 — this is where results leave


def note(text: str) -> None:
    """Say on standard error what is going on; never part of a result."""
    print(text, file=sys.stderr)  # noqa: T201 — as above


def plain_text(text: str) -> str:
    """The text with its control characters spelt out: a name from an export must not steer a terminal."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else f"[U+{ord(c):04X}]" for c in text)


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
        grid.add_row(*(Text("" if cell is None else plain_text(str(cell))) for cell in row))
    console = Console(soft_wrap=False) if sys.stdout.isatty() else Console(width=1000)
    console.print(grid)


def listing(values: Sequence[object], columns: Mapping[str, str], *, machine: bool) -> None:
    """Print things of one kind: whole as JSON for a machine, else a row each.

    Parameters: ``columns``, heading -> field, in the order of printing.
    """
    if machine:
        as_json(values)
    else:
        table(tuple(columns), [[getattr(value, name) for name in columns.values()] for value in values])


class Bars:
    """Progress bars on standard error while a terminal looks on. A bar is gone when its work is done.

    Called with each ``Step``, by several threads at once where several nodes are spoken to.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._progress: Progress | None = None
        self._tasks: dict[tuple[str, str], TaskID] = {}

    def __call__(self, step: "Step") -> None:
        """Show how far a step is."""
        if not sys.stderr.isatty():
            return
        with self._lock:
            self._show(step)

    def _show(self, step: "Step") -> None:
        from rich.console import Console
        from rich.progress import Progress

        if self._progress is None:
            self._progress = Progress(console=Console(stderr=True), transient=True, redirect_stdout=False)
            self._progress.start()
        key = (step.name, step.subject)
        if key not in self._tasks:
            self._tasks[key] = self._progress.add_task(f"{step.name} {step.subject}", total=step.total)
        self._progress.update(self._tasks[key], completed=step.done, total=step.total)
        if step.done >= step.total:
            self._progress.remove_task(self._tasks.pop(key))
        if not self._tasks:
            self._progress.stop()
            self._progress = None


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
