"""``escrow deposit``: publish a revision and bring every node up to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from escrowd.provider.progress import Progress, silent
from escrowd.provider.sending import NodeReport
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class Deposited:
    client: str
    revision: int
    new_revision: bool
    nodes: tuple[NodeReport, ...]


def deposit(
    session: Session, clients: Sequence[str] = (), *, now: int, progress: Progress = silent
) -> tuple[Deposited, ...]:
    """No ``clients`` means every client that has a set."""
    raise NotImplementedError
