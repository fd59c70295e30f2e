"""Where the node's 20 words stand in a finished release, and how they get there at sending."""

import re
from collections.abc import Sequence

SHARE_MARKS = tuple(f"%SHARE-{at:02}%" for at in range(1, 21))
"""What stands in a release in place of the node's 20 words until it is sent."""

# Quoted-printable may break a line anywhere, a mark included.
_MARK = re.compile(rb"(?:=\r\n)?".join([b"%", b"S", b"H", b"A", b"R", b"E", b"-", rb"(\d)", rb"(\d)", b"%"]))


def put_share(message: bytes, words: Sequence[str]) -> bytes:
    """``message``, whose headers end at the first empty line, with the node's 20 words in place of the marks.

    Headers stay as they are: a client may be called like a mark, and a subject holds no secret (P10).

    Raises: ValueError if there are not 20 words or a mark is missing: no release leaves without its share.
    """
    if len(words) != len(SHARE_MARKS):
        raise ValueError(len(words))
    head, empty, body = message.partition(b"\r\n\r\n")
    found = {int(match[1] + match[2]) for match in _MARK.finditer(body)}
    if not found >= set(range(1, len(words) + 1)):
        raise ValueError(len(found))
    return head + empty + _MARK.sub(lambda match: _word(match, words), body)


def _word(match: re.Match[bytes], words: Sequence[str]) -> bytes:
    at = int(match[1] + match[2])
    return words[at - 1].encode() if 1 <= at <= len(words) else match[0]
