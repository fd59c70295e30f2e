"""Read a printed card as a person would: the 20 numbered words, off the page."""

import re
from pathlib import Path

from escrowd.errors import UnavailableError

NUMBERED_WORD = re.compile(r"(?<![\w-])([1-9]|1\d|20)\. ([a-z]{3,8})\b")


def words_of(pdf: Path) -> list[str]:
    """The words of a card, in order.

    Raises ``UnavailableError`` ``demo.extra-missing``, ``demo.card-unread`` (``file``).
    """
    try:
        from pypdf import PdfReader
    except ImportError:
        raise UnavailableError("demo.extra-missing", extra="demo") from None
    text = "\n".join(page.extract_text() for page in PdfReader(pdf).pages)
    words = {int(number): word for number, word in NUMBERED_WORD.findall(text)}
    if sorted(words) != list(range(1, 21)):
        raise UnavailableError("demo.card-unread", file=str(pdf))
    return [words[number] for number in range(1, 21)]
