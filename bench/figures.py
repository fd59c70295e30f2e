"""A figure beside its reference, and how it is printed."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the bench. ``ratio`` is what the goal is about; ``at_least`` or ``at_most``: the goal."""

    what: str
    measured: str
    reference: str
    ratio: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def reached(self) -> bool:
        """Whether the goal is reached."""
        low = self.at_least is None or self.ratio >= self.at_least
        return low and (self.at_most is None or self.ratio <= self.at_most)

    def __str__(self) -> str:
        """One line: what, measured, reference, ratio, goal, verdict."""
        goal = f">= {self.at_least}" if self.at_least is not None else f"<= {self.at_most}"
        verdict = "reached" if self.reached else "MISSED"
        figures = f"{self.measured:>16} | {self.reference:>30} | {self.ratio:7.2f} {goal:>8}"
        return f"{self.what:44} {figures} {verdict}"


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes once, in seconds of the monotonic clock."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def side_by_side(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """The medians of both, measured in turn so that the machine's moods hit both alike; seconds."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    mine, other = zip(*pairs, strict=True)
    return statistics.median(mine), statistics.median(other)
