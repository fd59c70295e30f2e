"""``escrow open`` and ``escrow why``: the bundle read by the provider."""

from dataclasses import dataclass
from pathlib import Path

from escrowd.core.bundle.model import Bundle, Decision, Entry, Revision
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class Why:
    entry: Entry
    decisions: tuple[Decision, ...]
    history: tuple[Revision, ...]


def open_bundle(session: Session, client: str) -> Bundle:
    raise NotImplementedError


def open_to_folder(session: Session, client: str, folder: Path) -> tuple[str, ...]:
    """Writes the readable payload into a new 0700 ``folder``; returns the names written."""
    raise NotImplementedError


def why(session: Session, client: str, ref: str) -> Why:
    raise NotImplementedError
