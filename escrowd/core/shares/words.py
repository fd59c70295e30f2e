"""The words on a card: reading them as people type them, and their checksum (SLIP-39: word list, RS1024).

A word is named by its position, counted from 1, and never quoted: an error may end up in a log.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from shamir_mnemonic.constants import (  # type: ignore[import-untyped]  # ships no types
    CUSTOMIZATION_STRING_EXTENDABLE,
    CUSTOMIZATION_STRING_ORIG,
)
from shamir_mnemonic.rs1024 import create_checksum, verify_checksum  # type: ignore[import-untyped]
from shamir_mnemonic.wordlist import WORDLIST  # type: ignore[import-untyped]

from escrowd.errors import CardError

CARD_WORDS: Final = 20
"""Words on a card: a secret of 16 bytes."""

CHECKSUM_WORDS: Final = 3
PREFIX: Final = 4
"""Letters that tell each word of the list from every other."""

_RADIX_BITS: Final = 10
_LONGEST_TEXT: Final = 100_000
_INDEX: Final[dict[str, int]] = {word: index for index, word in enumerate(WORDLIST)}
_FULL: Final[dict[str, str]] = {word[:PREFIX]: word for word in WORDLIST}
# "1.", "(2)", "03:", "4 -", a lone "5": numbers of a list. A word never contains a digit.
_NUMBERING = re.compile(r"[\W\d_]+")


def expand(word: str) -> str | None:
    """The full word that ``word`` is, or is a beginning of (four letters or more); else ``None``."""
    full = _FULL.get(word[:PREFIX])
    return full if full is not None and len(word) >= PREFIX and full.startswith(word) else None


def is_word(text: str) -> bool:
    """Whether ``text`` is a full word of the list, in lower case."""
    return text in _INDEX


def tokens(text: str) -> list[str]:
    """The words of a text, lower case, without numbers and punctuation around them; not yet expanded."""
    # NFKC: full-width letters and no-break spaces out of PDF viewers. Format characters (a byte order mark, a
    # soft hyphen, a zero-width space) are not seen by whoever pasted them.
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf").lower()
    return _NUMBERING.sub(" ", plain).split()


def read_words(text: str) -> tuple[str, ...]:
    """All words of a text, expanded, lower case.

    Read are any case and white space, lists with numbers or commas, and beginnings of four letters or more.
    Raises ``CardError``: ``card.empty``, ``card.too-long``, ``card.word-unknown`` (field ``position``).
    """
    if len(text) > _LONGEST_TEXT:
        raise CardError("card.too-long", size=len(text), limit=_LONGEST_TEXT)
    words = []
    for position, token in enumerate(tokens(text), start=1):
        word = expand(token)
        if word is None:
            raise CardError("card.word-unknown", position=position)
        words.append(word)
    if not words:
        raise CardError("card.empty")
    return tuple(words)


def to_indices(words: Sequence[str]) -> list[int]:
    """Each full word's number in the list, 0 to 1023."""
    return [_INDEX[word] for word in words]


def checksum_holds(indices: Sequence[int], *, extendable: bool) -> bool:
    """Whether the last three words are the RS1024 checksum of those before them."""
    custom = CUSTOMIZATION_STRING_EXTENDABLE if extendable else CUSTOMIZATION_STRING_ORIG
    return bool(verify_checksum(indices, custom))


def swapped_neighbours(indices: Sequence[int]) -> int:
    """The position of the one pair of neighbours that must be exchanged to make the checksum hold; else 0.

    The pair is this position and the next. 0 also when more than one exchange would do.
    """
    found = []
    for at in range(len(indices) - 1):
        other = [*indices[:at], indices[at + 1], indices[at], *indices[at + 2 :]]
        if other != list(indices) and checksum_holds(other, extendable=False):
            found.append(at + 1)
    return found[0] if len(found) == 1 else 0


def wrong_word(indices: Sequence[int]) -> int:
    """The position of the one word that can be replaced to make the checksum hold; else 0.

    RS1024 is linear over bits, so the effect of changing bit b of word i is one number, and the effect of a
    replacement is the XOR of at most ten of them. The code has distance 4: if just one word is wrong, only
    one position fits. With more wrong words a position fits by chance once in 50,000 times. The word itself
    is not told: whoever holds the card reads it there, and nobody should accept a guess.
    """
    data, check = list(indices[:-CHECKSUM_WORDS]), list(indices[-CHECKSUM_WORDS:])
    base = _packed(data)
    syndrome = base ^ _pack(check)
    found = []
    for at in range(len(data)):
        effects = [
            base ^ _packed([*data[:at], data[at] ^ (1 << bit), *data[at + 1 :]]) for bit in range(_RADIX_BITS)
        ]
        if _in_span(syndrome, effects):
            found.append(at + 1)
    for at in range(CHECKSUM_WORDS):
        mask = ((1 << _RADIX_BITS) - 1) << (_RADIX_BITS * (CHECKSUM_WORDS - 1 - at))
        if syndrome & ~mask == 0:
            found.append(len(data) + at + 1)
    return found[0] if len(found) == 1 else 0


def _packed(data: Sequence[int]) -> int:
    return _pack(create_checksum(data, CUSTOMIZATION_STRING_ORIG))


def _pack(check: Sequence[int]) -> int:
    value = 0
    for index in check:
        value = value << _RADIX_BITS | index
    return value


def _in_span(value: int, vectors: Sequence[int]) -> bool:
    """Whether ``value`` is an XOR of some of ``vectors`` (Gaussian elimination over GF(2))."""
    basis: list[int] = []
    for vector in vectors:
        reduced = _reduce(vector, basis)
        if reduced:
            basis.append(reduced)
            basis.sort(reverse=True)
    return _reduce(value, basis) == 0


def _reduce(value: int, basis: Sequence[int]) -> int:
    for vector in basis:
        value = min(value, value ^ vector)
    return value
