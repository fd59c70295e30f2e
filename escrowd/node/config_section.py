"""One table of `config.toml`, read strictly."""

import datetime as dt
import re
from typing import Any, Final

from escrowd.errors import InputError

_DAY: Final = 86_400
_MS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION: Final = re.compile(r"([0-9]{1,9})(ms|[smhd])")
_ADDRESS: Final = re.compile(r"[^@\s<>\",;:\\()\[\]\x00-\x1f]+@[A-Za-z0-9.\-\[\]:]+")


class Section:
    """One table of the file. Remembers what was asked for, so that a misspelt key is refused and named.

    Its readers raise ``InputError``: ``config.missing``, ``config.type``, ``config.value``, or at the end
    ``config.unknown``.
    """

    def __init__(self, name: str, values: dict[str, Any]) -> None:
        self._prefix = f"{name}." if name else ""
        self._values = dict(values)

    def _take(self, name: str, default: Any, kind: type, expected: str) -> Any:
        value = self._values.pop(name, default)
        if value is None:
            raise InputError("config.missing", key=self._prefix + name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise InputError("config.type", key=self._prefix + name, expected=expected)
        return value

    def section(self, name: str, *, optional: bool = False) -> "Section":
        """A table inside this one."""
        return Section(name, self._take(name, {} if optional else None, dict, "table"))

    def text(self, name: str, *, default: str | None = None) -> str:
        """One line of text."""
        value: str = self._take(name, default, str, "text")
        if not value or not value.isprintable():
            raise InputError("config.value", key=self._prefix + name, allowed="one line of text")
        return value

    def optional(self, name: str) -> str | None:
        """One line of text, or nothing."""
        return self.text(name) if name in self._values else None

    def address(self, name: str) -> str:
        """A mail address."""
        value = self.text(name)
        if not _ADDRESS.fullmatch(value):
            raise InputError("config.value", key=self._prefix + name, allowed="NAME@HOST")
        return value

    def choice(self, name: str, allowed: tuple[Any, ...], default: str) -> Any:
        """One of several words."""
        value = self.text(name, default=default)
        if value not in allowed:
            raise InputError("config.value", key=self._prefix + name, allowed=", ".join(allowed))
        return value

    def integer(self, name: str, low: int, high: int, *, default: int) -> int:
        """A whole number within bounds."""
        value: int = self._take(name, default, int, "integer")
        if not low <= value <= high:
            raise InputError("config.value", key=self._prefix + name, allowed=f"{low} to {high}")
        return value

    def ms(self, name: str, default: str) -> int:
        """A duration, in milliseconds."""
        match = _DURATION.fullmatch(self.text(name, default=default))
        if not match or not int(match[1]):
            raise InputError("config.value", key=self._prefix + name, allowed="30d, 12h, 15m, 90s, 500ms")
        return int(match[1]) * _MS[match[2]]

    def seconds(self, name: str, default: str) -> int:
        """A duration, in seconds."""
        value = self.ms(name, default)
        if value % 1000:
            raise InputError("config.value", key=self._prefix + name, allowed="30d, 12h, 15m, 90s")
        return value // 1000

    def day(self, name: str) -> int | None:
        """The end of a day, wall time, or nothing."""
        if name not in self._values:
            return None
        value = self._take(name, None, dt.date, "date")
        return int(dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC).timestamp()) + _DAY

    def end(self) -> None:
        """Refuse what nobody asked for."""
        if self._values:
            raise InputError("config.unknown", key=self._prefix + next(iter(self._values)))
