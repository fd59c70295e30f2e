"""What a reader of a secret could miss: outer spaces, line breaks, characters that show nothing."""

import unicodedata
from collections.abc import Iterator
from typing import Final

_ODD: Final = frozenset({"Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Zs"})


def oddities(value: str) -> Iterator[tuple[str, str]]:
    """(Key of the sentence in the book ``list``, code points) for each thing that could be missed."""
    if value != value.strip(" "):
        yield "edge", ""
    if "\n" in value or "\r" in value:
        yield "lines", ""
    unseen = [char for char in value if unicodedata.category(char) in _ODD and char not in " \n\r"]
    if unseen:
        yield "unseen", ", ".join(dict.fromkeys(f"U+{ord(char):04X}" for char in unseen))
