"""Fields of an error as people read them: what stands behind the colon in ``{value:duration}``."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from string import Formatter
from typing import Any

from escrowd.core.durations import format_duration

CARDS = {
    "nodes": "the node's share",
    "client": "the client's card",
    "successor": "the successor's card",
    "reserve": "the reserve's card",
    "provider": "a provider's card",
}

PROBLEMS = {
    "missing": "is missing",
    "extra_forbidden": "is nothing that belongs there",
    "string_too_short": "is too short",
    "string_too_long": "is too long",
    "too_short": "has too few parts",
    "too_long": "has too many parts",
    "string_pattern_mismatch": "is not written as it must be",
    "value_error": "is not possible",
    "literal_error": "is none of the possible values",
    "address_malformed": "is no mail address",
    "domain_malformed": "has no domain name behind the @",
    "id_twice": "has one id twice",
    "reference_unknown": "names an entry that is not there",
    "card_twice": "names the same card twice",
}
"""pydantic's types of error, and our own, as the end of a sentence; every other is named by its type."""

_UNITS = ("bytes", "KiB", "MiB", "GiB")
_KIB = 1024


class Readable(Formatter):
    """Fills in a sentence; a field that the error does not have (a newer node's) reads ``?``."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> object:
        """The field ``key``."""
        del args
        return kwargs.get(str(key), "?")

    def format_field(self, value: Any, format_spec: str) -> str:
        """The field in the form that stands behind its colon; as it is if it does not fit that form."""
        try:
            return FORMS[format_spec](value)
        except (TypeError, ValueError, OverflowError, OSError):
            return str(value)


def _bytes(value: int) -> str:
    """As a number that divides: limits are round, and of a size only the order matters."""
    unit = 0
    while value >= _KIB and unit + 1 < len(_UNITS):
        value, unit = value // _KIB, unit + 1
    return f"{value} {_UNITS[unit]}"


def _problem(value: str) -> str:
    if value.endswith("_type"):
        return "is of another kind than expected"
    return PROBLEMS.get(value, f"breaks a rule ({value.replace('_', ' ')})")


FORMS: dict[str, Callable[[Any], str]] = {
    "": str,
    "duration": format_duration,
    "date": lambda value: datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d"),
    "bytes": _bytes,
    "fingerprint": lambda value: " ".join(value[at : at + 4] for at in range(0, len(value), 4)),
    "card": lambda value: CARDS.get(value, f"the share {value}"),
    "field": lambda value: value or "it",
    "words": lambda value: (
        "".join(f" {c.lower()}" if c.isupper() else c for c in value).strip().replace("_", "-")
    ),
    "problem": _problem,
    "line": lambda value: f" (line {value})" if value else "",
}
"""The forms: ``duration`` of seconds, ``date`` of Unix seconds, ``bytes``, ``fingerprint`` in fours, ``card``
of a group's name, ``field`` of a place in a document, ``words`` of a class's or a setting's name,
``problem`` of a type of error, ``line`` of a number that may be unknown (0).
"""
