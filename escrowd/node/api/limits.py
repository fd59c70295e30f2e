"""Bodies are bounded before they are read.

1. A ``Content-Length`` over the limit is refused with nothing read.
2. A body that grows over the limit while it comes (chunked, or a length that lied) is cut there.
3. A body that stops coming is given up: a slow sender must not hold a connection for ever.

What the limit is depends on the route: a small one for all, and for a file the size that its signed
statement names.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import ClientDisconnect, Request

from escrowd.errors import InputError, UnavailableError

#: Seconds between two pieces of a body.
PATIENCE: Final = 60
#: The longest header that carries a statement, in characters, its scheme included.
MAX_HEADER: Final = 34 * 1024


def declared_length(request: Request) -> int | None:
    """The ``Content-Length``, or None for a chunked body. Raises ``InputError("http.content-length")``."""
    text = request.headers.get("content-length")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > len(str(2**63)):
        raise InputError("http.content-length")
    return int(text)


async def pieces(request: Request, *, limit: int) -> AsyncIterator[bytes]:
    """The body, piece by piece, never more than ``limit`` bytes in all.

    Raises ``InputError``: ``http.body-too-large`` (field ``limit``), ``http.content-length``;
    ``UnavailableError``: ``http.body-slow``, ``http.body-cut``.
    """
    length = declared_length(request)
    if length is not None and length > limit:
        raise InputError("http.body-too-large", limit=limit)  # rule 1
    seen = 0
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise UnavailableError("http.body-slow", seconds=PATIENCE) from None  # rule 3
        except ClientDisconnect:
            raise UnavailableError("http.body-cut") from None
        seen += len(piece)
        if seen > limit:
            raise InputError("http.body-too-large", limit=limit)  # rule 2
        if piece:
            yield piece


async def whole(request: Request, *, limit: int) -> bytes:
    """The body at once. Raises as ``pieces``."""
    return b"".join([piece async for piece in pieces(request, limit=limit)])
