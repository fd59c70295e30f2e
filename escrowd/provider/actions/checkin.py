"""``escrow checkin|pause|resume``."""

from collections.abc import Sequence

from escrowd.machine.secret_input import Secret
from escrowd.provider.sending import NodeReport
from escrowd.provider.workspace import Session


def check_in(session: Session, *, now: int, cards: Sequence[str] = ()) -> tuple[NodeReport, ...]:
    """Refused (``checkin.not-typed``) when the passphrase did not come from the terminal.

    ``cards``: the text of two provider's cards; then the root itself signs, which counts at once.
    """
    raise NotImplementedError


def pause(session: Session, *, seconds: int, reason: str, now: int) -> tuple[NodeReport, ...]:
    raise NotImplementedError


def resume(session: Session, *, now: int) -> tuple[NodeReport, ...]:
    raise NotImplementedError
