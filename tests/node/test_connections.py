"""A flood of open connections: who is silent gives way, who speaks is served."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from escrowd.node.api.connections import bounded

LIMIT = 16
QUESTION = b"GET / HTTP/1.1\r\nHost: node\r\n\r\n"


@pytest.fixture
def port() -> Iterator[int]:
    """A server with room for 16 connections; a request with a body is answered when all of it is there."""

    async def answer(_scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    config = uvicorn.Config(answer, http=bounded(LIMIT), lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def opened(port: int, stack: contextlib.ExitStack, *, saying: bytes = b"") -> socket.socket:
    line = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
    line.sendall(saying)
    return line


def answered(line: socket.socket) -> bool:
    try:
        return line.recv(1000).startswith(b"HTTP/1.1 200 ")
    except ConnectionResetError:
        return False


@pytest.mark.parametrize(
    "silence", [b"", b"GET / HTT", QUESTION], ids=["silent", "half a head", "kept alive"]
)
def test_a_flood_that_says_nothing_shuts_nobody_out(port: int, silence: bytes):
    """With the room ten times taken by who sends nothing more, each new request is served."""
    with contextlib.ExitStack() as stack:
        flood = [opened(port, stack, saying=silence) for _ in range(10 * LIMIT)]
        if silence == QUESTION:
            answered(flood[-1])  # what was asked before is answered by then: now they are silent
        for _ in range(3):
            assert answered(opened(port, stack, saying=QUESTION))


def at_work(port: int, stack: contextlib.ExitStack) -> socket.socket:
    head = b"POST / HTTP/1.1\r\nHost: node\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
    line = opened(port, stack, saying=head)
    assert line.recv(1000).startswith(b"HTTP/1.1 100 ")
    return line


def test_who_is_at_work_is_not_cut(port: int):
    """A request under way outlives a flood; a new connection is cut only when all others are at work."""
    with contextlib.ExitStack() as stack:
        busy = [at_work(port, stack) for _ in range(LIMIT - 1)]
        for _ in range(5 * LIMIT):
            opened(port, stack)
        assert answered(opened(port, stack, saying=QUESTION))
        busy.append(at_work(port, stack))
        assert not answered(opened(port, stack, saying=QUESTION))
        for line in busy:
            line.sendall(b"abcd")
        assert all(answered(line) for line in busy)
