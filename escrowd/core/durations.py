"""Durations as people type and read them: ``30d``, ``12h``, ``45m``, ``90s``, ``1d12h``; seconds inside."""

import re
from typing import Final

from escrowd.errors import InputError

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_UNITS: Final = {"w": 7 * DAY, "d": DAY, "h": HOUR, "m": MINUTE, "s": 1}
_FORM = re.compile(r"(?=\d)" + "".join(rf"(?:(\d{{1,10}}){unit})?" for unit in _UNITS), re.ASCII)


def parse_duration(text: str) -> int:
    """The seconds that ``text`` stands for: numbers with the units w, d, h, m, s, largest unit first.

    Case and white space at either end do not matter. A number without a unit is refused: it would be read as
    days by one person and as seconds by the next.
    Raises ``InputError`` ``duration.malformed`` (``text``).
    """
    match = _FORM.fullmatch(text.strip().lower())
    if match is None:
        raise InputError("duration.malformed", text=text[:40])
    return sum(
        int(number) * size for number, size in zip(match.groups(), _UNITS.values(), strict=True) if number
    )


def format_duration(seconds: int) -> str:
    """The shortest single-unit text that ``parse_duration`` reads as ``seconds``; weeks are shown in days.

    Raises ``ValueError`` for a negative number.
    """
    if seconds < 0:
        raise ValueError(seconds)
    for unit, size in _UNITS.items():
        if unit != "w" and seconds >= size and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
