"""What was worked out of a bundle's parts, for bundles that have most of them in common.

Parts are told apart by identity, which costs nothing: an edit, or its undoing, makes new ones of what it
changes and keeps the others. A memory serves one walk through a history and ends with it.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

_T = TypeVar("_T")
_H = TypeVar("_H", bound=Hashable)


class Remembered:
    """Values by name and by the objects that they were made of."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], tuple[object, tuple[object, ...]]] = {}
        self._values: dict[Hashable, Hashable] = {}

    def once(self, name: str, make: Callable[[], _T], *of: object) -> _T:
        """What ``make`` gives, which ``name`` and the very objects ``of`` decide."""
        key = (name, *map(id, of))
        known = self._known.get(key)
        if known is None:
            # They are kept with it: what is alive shares its identity with nothing.
            known = self._known[key] = (make(), of)
        return cast("_T", known[0])

    def same(self, value: _H) -> _H:
        """``value``, or the equal one that was seen first: for ``of``."""
        return cast("_H", self._values.setdefault(value, value))
