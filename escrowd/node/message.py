"""A letter as the bytes that travel: built once, when its order is committed, the same at every attempt.

A release has to be finished before the node may open its share: the 20 words stand in it as marks, and its
attachments are missing. ``complete`` puts both in at sending. Nothing in here is random, so a second
attempt sends exactly what the first one did (P4).
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Final
from zoneinfo import ZoneInfo

from escrowd.node.letters import Letter, put_share

#: RFC 5322, 2.1.1: a longer line may be refused. Such a part travels quoted-printable.
_LINE_MAX: Final = 990
_BASE64_LINE: Final = 57  # bytes that fill a line of 76 characters


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around a letter. ``date``: wall time, Unix seconds; ``message_id`` without its brackets."""

    sender_name: str
    sender: str
    name: str
    address: str
    message_id: str
    date: int
    zone: str
    language: str


def finish(letter: Letter, envelope: Envelope, headers: Mapping[str, str], *, parts: bool) -> bytes:
    """The message, with CRLF line ends.

    Parameters: ``headers`` to add; ``parts``: attachments will follow (``complete``).
    """
    message = EmailMessage(policy=SMTP if envelope.address.isascii() else SMTPUTF8)
    message["From"] = _address(envelope.sender_name, envelope.sender)
    message["To"] = _address(envelope.name, envelope.address)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.fromtimestamp(envelope.date, ZoneInfo(envelope.zone)))
    message["Message-ID"] = f"<{envelope.message_id}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday reply is owed
    for name, value in headers.items():
        message[name] = value
    message.set_content(letter.text, cte=_encoding(letter.text))
    message.add_alternative(letter.html, subtype="html", cte=_encoding(letter.html))
    message.set_boundary(_boundary(envelope.message_id, "alternative"))
    if parts:
        message.make_mixed()
        message.set_boundary(_boundary(envelope.message_id, "mixed"))
    message["Content-Language"] = envelope.language
    return message.as_bytes()


def complete(
    message: bytes, message_id: str, *, share: Sequence[str] | None, parts: Iterable[tuple[str, bytes]]
) -> bytes:
    """The message of a release with the node's 20 words and its attachments.

    Parameters: ``message``, from ``finish`` with ``parts``; ``share``, the words; ``parts``, names and
    contents.
    """
    boundary = _boundary(message_id, "mixed").encode()
    end = b"--" + boundary + b"--\r\n"
    pieces = [message.removesuffix(end) if share is None else put_share(message.removesuffix(end), share)]
    for name, data in parts:
        head = (
            b"--%(boundary)b\r\nContent-Type: application/octet-stream\r\n"
            b'Content-Disposition: attachment; filename="%(name)b"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n"
        )
        pieces += [head % {b"boundary": boundary, b"name": name.encode("ascii")}, _base64(data), b"\r\n"]
    pieces.append(end)
    return b"".join(pieces)


def _base64(data: bytes) -> bytes:
    text = base64.b64encode(data)
    width = _BASE64_LINE // 3 * 4
    return b"\r\n".join(text[at : at + width] for at in range(0, len(text), width))


def _boundary(message_id: str, part: str) -> str:
    return "escrow-" + hashlib.sha256(f"{part} {message_id}".encode()).hexdigest()[:32]


def _encoding(text: str) -> str:
    # Not quoted-printable where it can be helped: it could break a mark of the share (node/letters.py).
    return (
        "8bit" if all(len(line.encode()) <= _LINE_MAX for line in text.splitlines()) else "quoted-printable"
    )


def _address(name: str, address: str) -> Address:
    user, _, domain = address.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    return Address(display_name=name, username=user, domain=domain)
