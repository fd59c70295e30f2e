"""A statement to the nodes: pending first, then sent, then its receipt verified and its head kept."""

from dataclasses import dataclass
from typing import Literal

from escrowd.errors import EscrowdError


@dataclass(frozen=True, slots=True)
class NodeReport:
    """What became of one statement at one node.

    ``error`` is ``None`` when the node gave a receipt that verifies. ``notes`` name what else was seen:
    ``went-back`` (the node is a restored copy), ``sent-again`` (and what it had lost was told to it again),
    ``moved-on`` (its ledger holds entries that this workspace never saw). ``standing`` is the node's answer.
    """

    fingerprint: str
    url: str
    error: EscrowdError | None
    seq: int | None
    standing: dict[str, object] | None
    notes: tuple[Literal["went-back", "sent-again", "moved-on"], ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the node answered with a good receipt."""
        return self.error is None
