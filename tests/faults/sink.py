"""A real SMTP server (aiosmtpd) that keeps what it takes, with scripted answers: refuse, hang, drop.

``rule(stage, recipient)`` is asked at "RCPT" and, with the whole message there, at "DATA". It answers None (take it),
a reply such as "550 no" (said), "drop" (the connection is cut), "take-and-drop" (kept, then cut before the
reply), or "hang" (no answer until the sink stops).
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from aiosmtpd.controller import Controller

Rule = Callable[[str, str], str | None]


@dataclass(frozen=True)
class Mail:
    """A mail that the sink took. ``at``: seconds on the monotonic clock."""

    to: str
    content: bytes
    at: float

    def header(self, name: str) -> str:
        """The first header of that name, unfolded; "" without one."""
        head, _, _ = self.content.partition(b"\r\n\r\n")
        for line in head.replace(b"\r\n ", b" ").split(b"\r\n"):
            key, colon, value = line.partition(b":")
            if colon and key.decode().lower() == name.lower():
                return value.strip().decode()
        return ""


@dataclass
class Sink:
    """The server and what it took. Use as a context manager; ``up`` and ``down`` in between as often as needed."""

    rule: Rule = lambda _stage, _to: None
    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    connections: int = 0
    _controller: Controller | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def up(self) -> None:
        """Listen, on the same port as before."""
        if not self.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        self._controller = Controller(
            _Handler(self), hostname="127.0.0.1", port=self.port, decode_data=False, enable_SMTPUTF8=True
        )
        self._controller.start()

    def down(self) -> None:
        """Refuse connections, and cut those that there are."""
        if self._controller is not None:
            controller, self._controller = self._controller, None
            controller.stop()

    def take(self, mail: Mail) -> None:
        """Keep one mail."""
        with self._lock:
            self.mails.append(mail)

    def taken(self, to: str = "", subject: str = "") -> list[Mail]:
        """Mails to one address (or all), whose raw subject holds a text."""
        with self._lock:
            return [m for m in self.mails if to in {"", m.to} and subject in m.header("Subject")]


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_RCPT(  # noqa: N802 — aiosmtpd's name
        self, server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        answer = await self._asked(server, "RCPT", address)
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 — as above
        to = envelope.rcpt_tos[0]
        answer = self.sink.rule("DATA", to)
        if answer in {None, "take-and-drop"}:
            self.sink.take(Mail(to, envelope.content, time.monotonic()))
        if answer == "take-and-drop":
            server.transport.abort()
            return "250 never said"
        answer = await self._asked(server, "DATA", to) if answer is not None else None
        return answer or "250 kept"

    async def _asked(self, server: Any, stage: str, to: str) -> str | None:
        answer = self.sink.rule(stage, to)
        if answer == "drop":
            server.transport.abort()
            return "421 never said"
        if answer == "hang":
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(600)
        return answer
