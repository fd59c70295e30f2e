"""``escrow kit`` and ``escrow list``: files that leave the house."""

from dataclasses import dataclass
from pathlib import Path

from escrowd.provider.progress import Progress, silent
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class KitWritten:
    folder: Path
    revision: int
    files: tuple[str, ...]


def write_kit(
    session: Session, client: str, folder: Path, *, now: int, progress: Progress = silent
) -> KitWritten:
    raise NotImplementedError


def write_list(session: Session, client: str, file: Path, *, now: int) -> int:
    """The complete list as one HTML file (0600), readable by all who get it. Returns the revision."""
    raise NotImplementedError
