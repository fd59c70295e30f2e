"""``escrow status``: what the nodes say, worst first, and the next command."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from escrowd.provider.workspace import Session

Severity = Literal["alarm", "warn", "todo", "fine"]


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One fact. ``code`` is stable (``node.mute``), ``fields`` what a sentence needs; ``client`` None: the provider's own."""

    severity: Severity
    code: str
    node: str | None
    client: str | None
    fields: dict[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Status:
    """``rows`` worst first; ``next_command``: what to type next, as words after ``escrow``, or None."""

    rows: tuple[StatusRow, ...]
    next_command: tuple[str, ...] | None


def status(folder: Path, *, now: int) -> Status:
    """Needs no passphrase and takes no lock: asks each node whether it is there, else tells the last receipt."""
    raise NotImplementedError


def ask_status(session: Session, *, now: int) -> Status:
    """Asks each node for its standing with a signed query."""
    raise NotImplementedError
