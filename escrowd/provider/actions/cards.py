"""``escrow cards``: the first share set of a client, split in a child process, printed, then committed."""

from dataclasses import dataclass

from escrowd.provider.delivery import Deliver
from escrowd.provider.progress import Progress, silent
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class CardsMade:
    """``printed``: roles whose cards went out; ``kept``: those that wait, sealed, for a holder."""

    set_number: int
    slip39_id: int
    printed: tuple[str, ...]
    kept: tuple[str, ...]
    files: tuple[str, ...]


def make_cards(
    session: Session, client: str, *, deliver: Deliver, now: int, progress: Progress = silent
) -> CardsMade:
    """Refused (``ConflictError`` ``cards.set-exists``) for a client who has a set."""
    raise NotImplementedError
