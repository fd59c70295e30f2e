"""Who is meant by a name or a telephone number in a free text. Pure."""

import re
from typing import Final

_SAME_PHONE: Final = 7
"""Digits at the end that two ways to write one number have in common."""
PHONE: Final = re.compile(r"\d(?:[\s/()\-.]{0,3}\d){5,}")
_SHORT: Final = 3
"""Letters of the shortest word of a name that tells anybody apart."""
_LEGAL: Final = frozenset(
    {"gmbh", "und", "and", "co", "kg", "ohg", "gbr", "ug", "ltd", "inc", "the", "der", "die"}
)


def words_in(name: str) -> frozenset[str]:
    """The words that tell its bearer apart, in lower case."""
    found = re.findall(r"\w+", name.casefold())
    return frozenset(word for word in found if len(word) >= _SHORT and word not in _LEGAL)


def digits_in(phone: str) -> str:
    """The end of a number, which all ways to write it have in common; "" for none."""
    digits = "".join(sign for sign in phone if sign.isdigit())
    return digits[-_SAME_PHONE:] if len(digits) >= _SAME_PHONE else ""
