"""Reasons in passing: why something was done, and who wanted it. Who is asked, and how, is not known here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said of a change. Both empty: nothing; ``asked_by`` never stands alone."""

    why: str = ""
    asked_by: str = ""


NOTHING: Final = Said()

Ask = Callable[[], Said]
"""Asks for the reason of a change that is about to be written. It may raise: then nothing was written."""


def nothing_said() -> Said:
    """Nobody is asked."""
    return NOTHING
