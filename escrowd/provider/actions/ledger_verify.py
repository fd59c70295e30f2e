"""``escrow ledger verify``."""

from dataclasses import dataclass
from pathlib import Path

from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class LedgerChecked:
    node: str
    entries: int
    seq: int
    head: str
    own: int
    erased: int
    matches_last_seen: bool | None


def verify_ledger_file(file: Path, *, node: str | None = None) -> LedgerChecked:
    raise NotImplementedError


def verify_ledger_of_node(session: Session, url: str) -> LedgerChecked:
    raise NotImplementedError
