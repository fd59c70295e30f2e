"""How many connections a node keeps open, and which of them gives way to a new one.

1. A connection waits until it has sent the whole head of a request, and again when the answer is out. Past
   the limit, the one that has waited longest is cut. Whoever speaks is served: the node's own question
   (``node.hearing``) comes with its connection, so a flood of silent ones cannot make the node deaf.
2. If none waits, the new one is cut: all others are at work.

uvicorn's ``limit_concurrency`` would do the opposite. It answers 503 to every request once enough connections
are open, however silent they are, and the node would not hear itself.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


def bounded(limit: int) -> type[asyncio.Protocol]:
    """The protocol of one server's connections, for uvicorn's ``http``. ``limit``: how many at once."""
    # A dict for its order: who waits longest stands first.
    waiting: dict[HttpToolsProtocol, None] = {}

    class Bounded(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
            super().connection_made(transport)
            waiting[self] = None
            if len(self.connections) > limit:
                longest = next(iter(waiting))  # rule 1; rule 2 where it is this very one
                del waiting[longest]
                longest.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            waiting.pop(self, None)
            super().connection_lost(exc)

        def on_headers_complete(self) -> None:
            waiting.pop(self, None)
            super().on_headers_complete()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.cycle.response_complete and not self.transport.is_closing():
                waiting[self] = None

    return Bounded
