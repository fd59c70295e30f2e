"""Handing one letter to the mail server, and saying exactly what is known about it afterwards.

1. One recipient per transaction; SIZE in MAIL; no pipelining: each command waits for its reply. So a refusal
   belongs to one address, and before DATA nothing has left.
2. After RCPT was accepted, the caller is asked once more (``before_data``). That is the place of the point
   of no return: it may commit "begun", or stop the letter.
3. What is known, in five words: *accepted* (2xx after the body), *refused* (a definite 4xx or 5xx: nothing
   left), *lost* (the body went out and no reply was understood: it may have arrived), *unreachable* (no
   body went out and nobody refused the address), *withheld* (``before_data`` said no).
4. 421 is the server's farewell, not a word about the address: unreachable.
5. A letter with 8-bit bytes goes as it is to a server that takes them (RFC 6152), re-encoded to others.
6. TLS, where configured, is required and the name verified; without it no password and no letter is sent.

Only reply codes leave this module. A server's text may quote the letter or the address.
"""

import asyncio
import contextlib
import email.parser
import email.policy
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal

import aiosmtplib
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from escrowd.node.config import SmtpConfig

Kind = Literal["accepted", "refused", "lost", "unreachable", "withheld"]

_OK: Final = range(200, 300)
_REFUSED: Final = range(400, 600)
_FAREWELL: Final = 421
_START_INPUT: Final = 354
_NO_SUCH_MAILBOX_NAME: Final = 553
_QUIT_SECONDS: Final = 5
#: Most telling first: a time-out is an OSError too.
_CAUSES: Final = (
    ((SMTPAuthenticationError,), "auth"),
    ((SMTPNotSupported,), "tls"),
    ((SMTPTimeoutError, asyncio.TimeoutError), "timeout"),
    ((SMTPServerDisconnected, OSError), "network"),
)
#: OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED.
_CLOCK_ERRORS: Final = frozenset({9, 10})


@dataclass(frozen=True, slots=True)
class Result:
    """What is known about one attempt (rule 3).

    ``code``: the server's reply code, 0 if there was none. ``cause`` of *unreachable*: "network",
    "timeout", "tls", "clock" (a certificate outside its dates: ours or the server's clock is wrong),
    "auth", "farewell", "protocol".
    """

    kind: Kind
    code: int = 0
    cause: str = ""


class Relay:
    """The server that the node hands mail to: makes connections, all with the same settings.

    Parameters: ``config``; ``password`` if a user is configured; ``helo``, the name to greet with.
    """

    def __init__(self, config: SmtpConfig, password: str | None, helo: str) -> None:
        self._config = config
        self._password = password
        self._helo = helo
        self._tls = None if config.security == "plain" else ssl.create_default_context(cafile=_ca(config))

    def connection(self) -> "Connection":
        """A connection, not yet open: opened by its first letter, kept for the next ones."""
        config = self._config
        client = aiosmtplib.SMTP(
            hostname=config.host,
            port=config.port,
            local_hostname=self._helo,
            timeout=config.timeout_ms / 1000,
            use_tls=config.security == "implicit",
            start_tls=False,  # done by hand, to tell its failure from others
            tls_context=self._tls,
        )
        return Connection(client, config, self._password)

    async def probe(self) -> Result:
        """Connect, greet, log in, say goodbye: *accepted* if a letter could be handed over now."""
        connection = self.connection()
        result = await connection.open()
        await connection.close()
        return result or Result("accepted")


class Connection:
    """One connection, used by one worker at a time."""

    def __init__(self, client: aiosmtplib.SMTP, config: SmtpConfig, password: str | None) -> None:
        self._client = client
        self._config = config
        self._password = password

    async def open(self) -> Result | None:
        """Connect, with TLS and AUTH as configured. Nothing if it is open then, else why it is not."""
        client, config = self._client, self._config
        try:
            await client.connect()
            await client.ehlo()
            if config.security == "starttls":
                if not client.supports_extension("starttls"):
                    client.close()
                    return Result("unreachable", 0, "tls")  # rule 6
                await client.starttls()
                await client.ehlo()
            if config.user is not None:
                await self._login(config.user)
        except (SMTPException, OSError) as error:
            client.close()
            return Result("unreachable", getattr(error, "code", 0), _cause(error))
        return None

    async def _login(self, user: str) -> None:
        try:
            await self._client.login(user, self._password or "")
        except (SMTPResponseException, SMTPServerDisconnected, SMTPTimeoutError):
            raise
        except SMTPException as error:  # no method that both sides know
            raise SMTPAuthenticationError(0, "") from error

    async def send(
        self,
        recipient: str,
        message: bytes,
        before_data: Callable[[], Awaitable[bool]] | None = None,
    ) -> Result:
        """Hand over one finished message for one recipient.

        Parameters: ``message``, with CRLF line ends; ``before_data``, asked after RCPT
        was accepted (rule 2). Never raises for what a server or network does.
        """
        reused = self._client.is_connected
        for attempt in (1, 2):
            if not self._client.is_connected and (failure := await self.open()) is not None:
                return failure
            message = self._encoded(message)
            result = await self._envelope(recipient, message)
            # An idle server hangs up unannounced; that is found out at MAIL, and a new connection settles it.
            if result is not None and result.kind == "unreachable" and reused and attempt == 1:
                self._client.close()
                continue
            break
        if result is not None:
            return await self._reset(result)
        if before_data is not None and not await before_data():
            return await self._reset(Result("withheld"))
        return await self._data(message)

    def _encoded(self, message: bytes) -> bytes:
        """The message as this server takes it (rule 5)."""
        if message.isascii() or self._client.supports_extension("8bitmime"):
            return message
        policy = email.policy.SMTP.clone(cte_type="7bit")
        return email.parser.BytesParser(policy=policy).parsebytes(message).as_bytes()

    async def _envelope(self, recipient: str, message: bytes) -> Result | None:
        """MAIL and RCPT; nothing if both were accepted (rule 1)."""
        client = self._client
        address, options = _address(recipient)
        if options and not client.supports_extension("smtputf8"):
            return Result("refused", _NO_SUCH_MAILBOX_NAME)
        if client.supports_extension("size"):
            options.append(b"SIZE=%d" % len(message))
        if not message.isascii():
            options.append(b"BODY=8BITMIME")
        sender, _ = _address(self._config.sender)
        try:
            reply = await client.execute_command(b"MAIL", b"FROM:<%s>" % sender, *options)
            if reply.code in _OK:
                reply = await client.execute_command(b"RCPT", b"TO:<%s>" % address)
        except (SMTPException, OSError) as error:
            client.close()
            return Result("unreachable", 0, _cause(error))
        return None if reply.code in _OK else _definite(reply.code)

    async def _data(self, message: bytes) -> Result:
        client = self._client
        try:
            reply = await client.execute_command(b"DATA")
        except (SMTPException, OSError) as error:
            client.close()
            return Result("unreachable", 0, _cause(error))
        if reply.code != _START_INPUT:
            return await self._reset(_definite(reply.code))
        try:
            code = await self._body(message)
        except (SMTPException, OSError):
            client.close()
            return Result("lost")
        if code in _OK:
            return Result("accepted", code)
        if code in _REFUSED:
            # 421 too: after the body it is a definite "not taken" (RFC 5321, 4.2.5).
            return await self._reset(Result("refused", code))
        client.close()
        return Result("lost", code)

    async def _body(self, message: bytes) -> int:
        """The reply code to the body. Here, and only here, a missing reply is *lost* (rule 3)."""
        protocol = self._client.protocol
        if protocol is None:
            raise SMTPServerDisconnected("between 354 and the body")
        protocol.write(_stuffed(message))
        reply = await protocol.read_response(timeout=self._config.data_timeout_ms / 1000)
        return reply.code

    async def _reset(self, result: Result) -> Result:
        """Make the connection good for another letter; a connection in doubt is closed."""
        client = self._client
        if result.kind == "unreachable":
            client.close()
        elif client.is_connected:
            try:
                await client.rset()
            except (SMTPException, OSError):
                client.close()
        return result

    async def close(self) -> None:
        """Say QUIT if anybody listens, and hang up."""
        if self._client.is_connected:
            with contextlib.suppress(SMTPException, OSError):  # a farewell that nobody hears changes nothing
                await self._client.quit(timeout=_QUIT_SECONDS)
        self._client.close()


def _definite(code: int) -> Result:
    if code == _FAREWELL:
        return Result("unreachable", code, "farewell")  # rule 4
    if code in _REFUSED:
        return Result("refused", code)
    return Result("unreachable", code, "protocol")


def _stuffed(message: bytes) -> bytes:
    """The body as it goes over the wire: dots doubled at line starts, one final dot (RFC 5321, 4.5.2)."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


def _address(text: str) -> tuple[bytes, list[bytes]]:
    """The address for an envelope, and SMTPUTF8 if its local part needs that (RFC 6531)."""
    if text.isascii():
        return text.encode("ascii"), []
    user, _, domain = text.rpartition("@")
    whole = f"{user}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    return (whole.encode("ascii"), []) if whole.isascii() else (whole.encode("utf-8"), [b"SMTPUTF8"])


def _ca(config: SmtpConfig) -> str | None:
    return None if config.ca_file is None else str(config.ca_file)


def _cause(error: BaseException) -> str:
    """Why no letter could be handed over, in one word (see ``Result``)."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return "clock" if seen.verify_code in _CLOCK_ERRORS else "tls"
        if isinstance(seen, ssl.SSLError):
            return "tls"
        seen = seen.__cause__ or seen.__context__
    if isinstance(error, SMTPResponseException) and error.code == _FAREWELL:
        return "farewell"
    return next((word for kinds, word in _CAUSES if isinstance(error, kinds)), "protocol")
