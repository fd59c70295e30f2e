"""What the programs print: results on standard output, errors and progress on standard error."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Cell = str | int | None


def say(text: str = "") -> None:
    """Print one line of a result."""
    print(text)  # noqa: T201 — this is where results leave


def note(text: str) -> None:
    """Say on standard error what is going on; never part of a result."""
    print(text, file=sys.stderr)  # noqa: T201 — as above


def as_json(value: object) -> None:
    """Print a result as JSON for machines."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


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


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error while a terminal looks on; calls with what has been done since.

    Parameters: ``label``, what is being done; ``total``, in the unit of the calls (bytes, steps).
    """
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.advance(task, done)
