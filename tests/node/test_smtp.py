"""The SMTP channel against a real server: what is known after each way in which a transaction can end."""

import asyncio
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

sys.path.insert(0, str(Path(__file__).parent))

from tls_world import NOW, YEAR, Authority, authority

from escrowd.node.channels.smtp import Relay, Result
from escrowd.node.config import SmtpConfig

#: aiosmtpd leaves the transports of a stopped server to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::DeprecationWarning"
)

MESSAGE = b"Subject: test\r\n\r\n.one\r\n..two\r\n.\r\nthree\r\n"


class Handler:
    """Keeps mails and sessions; ``answers`` by recipient and stage, "drop" cuts the connection."""

    def __init__(self, answers: dict[tuple[str, str], str] | None = None) -> None:
        self.answers = answers or {}
        self.mails: list[bytes] = []
        self.sessions: set[int] = set()
        self.options: list[list[str]] = []

    async def handle_MAIL(  # noqa: N802 — aiosmtpd's name
        self, _server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        self.sessions.add(id(session))
        self.options.append(options)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 — as above
        self, server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self._answer(server, "RCPT", address) or "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 — as above
        answer = self._answer(server, "DATA", envelope.rcpt_tos[0])
        if answer is None:
            self.mails.append(envelope.original_content)
        return answer or "250 kept"

    def _answer(self, server: Any, stage: str, address: str) -> str | None:
        answer = self.answers.get((stage, address))
        if answer == "drop":
            server.transport.abort()
        return answer


@contextmanager
def serving(handler: Handler, **options: Any) -> Iterator[int]:
    class Started(Controller):
        def factory(self) -> SMTP:
            return SMTP(self.handler, **{"enable_SMTPUTF8": True, **options})

        def _trigger_server(self) -> None:
            # The library would speak plain SMTP here, and wait for ever on a TLS port.
            socket.create_connection((self.hostname, self.port)).close()

    implicit = options.pop("implicit", None)
    controller = Started(handler, hostname="127.0.0.1", port=0, ssl_context=implicit)
    controller.port = _free()
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def config(port: int, **options: Any) -> SmtpConfig:
    values: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "plain",
        "sender": "node@node.example",
        "user": None,
        "password_file": None,
        "ca_file": None,
        "connections": 4,
        "timeout_ms": 3000,
        "data_timeout_ms": 500,
    }
    return SmtpConfig(**{**values, **options})


def send(
    port: int, *to: str, password: str | None = None, before: Any = None, **options: Any
) -> list[Result]:
    """Hand over one message to each recipient on one connection."""

    async def work() -> list[Result]:
        connection = Relay(config(port, **options), password, "node.example").connection()
        results = [await connection.send(address, MESSAGE, before) for address in to]
        await connection.close()
        await asyncio.sleep(0.01)  # the loop closes what was closed
        return results

    return asyncio.run(work())


def test_accepted_as_it_was() -> None:
    """A message arrives byte for byte, dots included, with its SIZE announced, on one reused connection."""
    handler = Handler()
    with serving(handler) as port:
        assert send(port, "a@x.example", "b@x.example") == [Result("accepted", 250)] * 2
    assert handler.mails == [MESSAGE, MESSAGE]
    assert len(handler.sessions) == 1
    assert handler.options == [[f"SIZE={len(MESSAGE)}"]] * 2


@pytest.mark.parametrize(
    ("stage", "answer", "expected"),
    [
        ("RCPT", "550 no", Result("refused", 550)),
        ("RCPT", "451 later", Result("refused", 451)),
        ("RCPT", "drop", Result("unreachable", 0, "network")),
        ("DATA", "554 no", Result("refused", 554)),
        ("DATA", "452 full", Result("refused", 452)),
        ("DATA", "drop", Result("lost")),
    ],
)
def test_what_is_known(stage: str, answer: str, expected: Result) -> None:
    """Refused where somebody said no, lost only after the body, unreachable before; the next letter goes on."""
    with serving(Handler({(stage, "a@x.example"): answer})) as port:
        assert send(port, "a@x.example", "b@x.example") == [expected, Result("accepted", 250)]


def test_withheld() -> None:
    """Asked after RCPT, a no stops the letter before DATA, and the connection serves the next."""
    handler = Handler()
    answers = iter([False, True])

    async def before() -> bool:
        return next(answers)

    with serving(handler) as port:
        assert send(port, "a@x.example", "b@x.example", before=before) == [
            Result("withheld"),
            Result("accepted", 250),
        ]
    assert len(handler.mails) == 1


def test_nobody_there() -> None:
    """A server that is not there is unreachable, and says nothing about the address."""
    assert send(_free(), "a@x.example") == [Result("unreachable", 0, "network")]


def test_unicode_address() -> None:
    """An address with a German local part travels with SMTPUTF8, a German domain as punycode."""
    handler = Handler()
    with serving(handler) as port:
        assert [r.kind for r in send(port, "jürgen@bäcker.example", "j@bäcker.example")] == ["accepted"] * 2
    assert "SMTPUTF8" in handler.options[0]
    assert "SMTPUTF8" not in handler.options[1]


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return authority(tmp_path)


def auth(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(handled=False, success=data.login == b"escrowd" and data.password == b"right")


def tls(context: ssl.SSLContext) -> dict[str, Any]:
    return {"tls_context": context, "require_starttls": True, "authenticator": auth, "auth_required": True}


def test_starttls_and_auth(ca: Authority) -> None:
    """STARTTLS with a verified name, then AUTH; a wrong password says "auth"."""
    handler = Handler()
    with serving(handler, **tls(ca.server("127.0.0.1"))) as port:
        options = {"security": "starttls", "ca_file": ca.path, "user": "escrowd"}
        assert send(port, "a@x.example", password="right", **options) == [Result("accepted", 250)]
        (result,) = send(port, "a@x.example", password="wrong", **options)
    assert (result.kind, result.cause) == ("unreachable", "auth")
    assert len(handler.mails) == 1


def test_implicit_tls(ca: Authority) -> None:
    """TLS from the first byte, with a verified name."""
    handler = Handler()
    with serving(handler, implicit=ca.server("127.0.0.1")) as port:
        assert send(port, "a@x.example", security="implicit", ca_file=ca.path) == [Result("accepted", 250)]


@pytest.mark.parametrize("wrong", ["name", "authority", "none", "early", "late"])
def test_tls_is_verified(ca: Authority, tmp_path: Path, wrong: str) -> None:
    """No letter goes to a server of another name or authority, nor without TLS; a wrong date says "clock"."""
    contexts = {
        "name": lambda: ca.server("other.example"),
        "authority": lambda: authority(_new(tmp_path / "foreign")).server("127.0.0.1"),
        "none": lambda: None,
        "early": lambda: ca.server("127.0.0.1", begins=NOW + YEAR, ends=NOW + 2 * YEAR),
        "late": lambda: ca.server("127.0.0.1", begins=NOW - 2 * YEAR, ends=NOW - YEAR),
    }
    handler = Handler()
    context = contexts[wrong]()
    with serving(handler, **({} if context is None else {"tls_context": context})) as port:
        (result,) = send(port, "a@x.example", security="starttls", ca_file=ca.path)
    assert (result.kind, result.cause) == ("unreachable", "clock" if wrong in {"early", "late"} else "tls")
    assert handler.mails == []


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder
