"""What a reader of a secret could miss: outer spaces, line breaks, characters that show nothing."""

import unicodedata
from collections.abc import Iterator

from escrowd.paper.glyphs import unseen


def oddities(value: str) -> Iterator[tuple[str, str]]:
    """(Key of the sentence in the book ``list``, code points) for each thing that could be missed."""
    if value != value.strip(" "):
        yield "edge", ""
    if "\n" in value or "\r" in value:
        yield "lines", ""
    odd = [char for char in dict.fromkeys(value) if (unseen(char) or _gap(char)) and char not in " \n\r"]
    if odd:
        yield "unseen", ", ".join(f"U+{ord(char):04X}" for char in odd)


def _gap(char: str) -> bool:
    return unicodedata.category(char) == "Zs"
