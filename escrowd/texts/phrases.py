"""Recognition phrases: three everyday words that a person's mails and card share.

A mail without them, or with others, is not from us. They guard against a clumsy forger, no more: they are no
secret and open nothing. None may be taken for a word of a card, so none begins with the same four letters as
a word of the SLIP-39 list, nor as another of its own list (a test compares them).
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

WORDS_IN_PHRASE = 3

_HOME = Path(__file__).parent


@cache
def phrase_words(language: str) -> tuple[str, ...]:
    """The words of ``language`` ("de" or "en") from which a phrase is drawn."""
    return tuple((_HOME / language / "phrases.txt").read_text(encoding="utf-8").split())


def phrase(language: str, below: Callable[[int], int]) -> str:
    """Three different words of ``language``, as "Gießkanne, Honig, Laterne".

    Parameters: ``below(n)``, the caller's random number from 0 to n - 1 (``secrets.randbelow``).
    """
    left = list(phrase_words(language))
    return ", ".join(left.pop(below(len(left))) for _ in range(WORDS_IN_PHRASE))
