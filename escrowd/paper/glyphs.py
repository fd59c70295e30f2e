"""Text for paper: what the built-in fonts cannot show becomes ``[U+6F22]``, before PDF/A refuses the page.

The fonts are asked, not a table: a text beyond plain Latin is set once on a page of its own. If typst refuses
it, its characters are tried one by one. A sequence may fail although each character is there (an accent on a
letter from another font): then everything beyond plain Latin is written as code points.
"""

import json
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from escrowd.errors import InputError
from escrowd.paper.typeset import typeset

_PROBE: Final = Path(__file__).parent / "probe.typ"
_LATIN: Final = frozenset(
    map(chr, [*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x180)])
) | frozenset(
    "–—‘’‚“”„…€"  # noqa: RUF001 — these very characters
)
"""What all built-in fonts hold: no need to ask. (A test sets each of them.)"""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Controls, format characters (direction overrides), private, lone surrogates, unassigned, line breaks."""
_BLANK: Final = frozenset(
    map(chr, [0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x2800, 0x3164, 0xFFA0])
) | frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
"""Letters and marks that show nothing: fonts have them, as an empty glyph (Default_Ignorable_Code_Point)."""


def unseen(char: str) -> bool:
    """Whether a character shows nothing, or may show anything; a space is seen as a gap."""
    return char in _BLANK or unicodedata.category(char) in _UNSEEN


@lru_cache(maxsize=4096)
def printable(text: str) -> str:
    """``text`` in which each character that cannot be shown or seen is written as its code point."""
    seen = "".join(_code(char) if unseen(char) else char for char in text)
    if _sets(seen):
        return seen
    one_by_one = "".join(char if _sets(char) else _code(char) for char in seen)
    if _sets(one_by_one):
        return one_by_one
    return "".join(char if char in _LATIN else _code(char) for char in seen)


@lru_cache(maxsize=4096)
def _sets(text: str) -> bool:
    if _LATIN.issuperset(text):
        return True
    try:
        typeset(_PROBE, json.dumps(text))
    except InputError:
        return False
    return True


def _code(char: str) -> str:
    return f"[U+{ord(char):04X}]"
