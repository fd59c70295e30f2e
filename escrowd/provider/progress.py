"""How long work reports itself: a step's stable name, and how much of it is done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

StepName = Literal["draw", "paper", "seal", "open", "upload", "state", "ask", "look"]


@dataclass(frozen=True, slots=True)
class Step:
    """One report.

    ``subject``: a client id or a node's URL; ``done`` and ``total``: bytes for upload, else items.
    """

    name: StepName
    subject: str
    done: int
    total: int


Progress = Callable[[Step], None]


def silent(step: Step) -> None:
    """The progress that nobody watches."""
    del step
