"""Where the node's words stand in a finished release, and how they get there at sending.

A release carries the node's share of each live set: 20 words a set, under marks of their own.
"""

import re
from collections.abc import Sequence
from typing import Final

_WORDS: Final = 20
MOST_SHARES: Final = 3
"""The newest set, one that is sealed beside it, and one that is kept."""


def share_marks(place: int) -> tuple[str, ...]:
    """What stands in a release in place of the words of one set. ``place`` 0 is the newest set."""
    family = "SHARE" if not place else f"SHAR{place}"
    return tuple(f"%{family}-{at:02}%" for at in range(1, _WORDS + 1))


SHARE_MARKS: Final = share_marks(0)
"""Those of the newest set."""


def _mark(place: int) -> re.Pattern[bytes]:
    # Quoted-printable may break a line anywhere, a mark included.
    family = [bytes([letter]) for letter in (b"SHARE" if not place else b"SHAR%d" % place)]
    return re.compile(rb"(?:=\r\n)?".join([b"%", *family, b"-", rb"(\d)", rb"(\d)", b"%"]))


_MARKS: Final = tuple(_mark(place) for place in range(MOST_SHARES))


def put_share(message: bytes, words: Sequence[str], place: int = 0) -> bytes:
    """``message``, whose headers end at the first empty line, with 20 words in place of the marks.

    Parameters: ``place``, of the set, as in ``share_marks``. Headers stay as they are: a client may be called
    like a mark, and a subject holds no secret (P10).

    Raises: ValueError if there are not 20 words or a mark is missing: no release leaves without its share.
    """
    if len(words) != _WORDS:
        raise ValueError(len(words))
    head, empty, body = message.partition(b"\r\n\r\n")
    found = {int(match[1] + match[2]) for match in _MARKS[place].finditer(body)}
    if not found >= set(range(1, _WORDS + 1)):
        raise ValueError(len(found))
    return head + empty + _MARKS[place].sub(lambda match: _word(match, words), body)


def _word(match: re.Match[bytes], words: Sequence[str]) -> bytes:
    at = int(match[1] + match[2])
    return words[at - 1].encode() if 1 <= at <= len(words) else match[0]
