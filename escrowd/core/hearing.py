"""The rules of a node's clocks and of its hearing."""

from dataclasses import dataclass
from typing import Literal

from escrowd.core.switch.facts import Moment, NodeFacts

Answer = Literal["self", "other", "none"]


def advance(now: Moment, *, hearing: bool, elapsed: int, tick: int, time_scale: int = 1) -> Moment:
    """The moment after a tick.

    Parameters: ``elapsed``, milliseconds on the monotonic clock since the last tick, of which at most two
    ``tick`` lengths count; ``hearing``, the node's state is ``hearing``; ``time_scale`` multiplies both.
    """
    raise NotImplementedError


def started(node: NodeFacts, now: Moment, *, wall_gap: int = 0, restored: bool = False) -> NodeFacts:
    """The node facts after a start: deaf until the first good answer.

    Parameters: ``wall_gap``, seconds on the wall clock since the last committed tick (negative or 0: none
    known); ``restored``, the database is a copy that was put back.
    """
    raise NotImplementedError


def heard(node: NodeFacts, now: Moment, answer: Answer) -> NodeFacts:
    """The node facts after asking the own public URL: it answered itself, another did, or nobody."""
    raise NotImplementedError


def relay_took(node: NodeFacts, now: Moment) -> NodeFacts:
    """The node facts after the mail server took any mail."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Mark:
    """Node time in milliseconds beside the wall clock in seconds, noted once a day."""

    node: int
    wall: int


def noted(marks: tuple[Mark, ...], mark: Mark) -> tuple[Mark, ...]:
    """The marks after a tick: one a day, those of the last 30 days and the one before."""
    raise NotImplementedError


def behind(marks: tuple[Mark, ...], mark: Mark) -> int:
    """How far node time fell behind the wall clock in the last 30 d, in seconds; 0 if it did not."""
    raise NotImplementedError
