"""A letter as the bytes that travel: built once, when its order is committed, the same at every attempt.

A release has to be finished before the node may open its share: the 20 words stand in it as marks, and its
attachments are missing. ``complete`` puts both in at sending. Nothing in here is random, so a second
attempt sends exactly what the first one did (P4).
"""

import base64
import hashlib
import quopri
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from typing import Final
from zoneinfo import ZoneInfo

from escrowd.node.letters import Letter, put_share

#: RFC 5322, 2.1.1: a longer line may be refused. Such a part travels quoted-printable.
_LINE_MAX: Final = 990
_HEADER_LINE: Final = 76
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


def finish(
    letter: Letter,
    envelope: Envelope,
    headers: Mapping[str, str],
    *,
    parts: bool,
    pages: Sequence[tuple[str, bytes]] = (),
) -> bytes:
    """The message, with CRLF line ends. Headers are ASCII (RFC 2047), bodies 8bit.

    Written by hand: the standard library takes four milliseconds for what is a dozen lines of a fixed form.
    Parameters: ``headers`` to add, ASCII; ``parts``: attachments will follow (``complete``); ``pages``, HTML
    documents that are attached now, by name: only together with ``parts``.
    """
    inner = _boundary(envelope.message_id, "alternative")
    alternative = [f'Content-Type: multipart/alternative; boundary="{inner}"', ""]
    for kind, content in (("plain", letter.text), ("html", letter.html)):
        encoding, body = _encoded(content)
        alternative += [
            f"--{inner}",
            f"Content-Type: text/{kind}; charset=utf-8",
            f"Content-Transfer-Encoding: {encoding}",
            "",
            body,
        ]
    alternative += [f"--{inner}--", ""]
    if parts:
        outer = _boundary(envelope.message_id, "mixed")
        opening = [f'Content-Type: multipart/mixed; boundary="{outer}"', "", f"--{outer}"]
        attached = [line for name, data in pages for line in _page(outer, name, data)]
        alternative = [*opening, *alternative, *attached, f"--{outer}--", ""]
    date = format_datetime(datetime.fromtimestamp(envelope.date, ZoneInfo(envelope.zone)))
    head = [
        f"From: {_mailbox(envelope.sender_name, envelope.sender)}",
        f"To: {_mailbox(envelope.name, envelope.address)}",
        f"Subject: {_words(letter.subject, 'Subject')}",
        f"Date: {date}",
        f"Message-ID: <{envelope.message_id}>",
        f"Content-Language: {envelope.language}",
        "Auto-Submitted: auto-generated",  # RFC 3834: no holiday reply is owed
        *(f"{name}: {value}" for name, value in headers.items()),
        "MIME-Version: 1.0",
    ]
    return "\r\n".join([*head, *alternative]).encode("utf-8")


def complete(
    message: bytes, message_id: str, *, shares: Sequence[Sequence[str]], parts: Iterable[tuple[str, bytes]]
) -> bytes:
    """The message of a release with the node's words and its attachments.

    Parameters: ``message``, from ``finish`` with ``parts``; ``shares``, 20 words a live set, the newest set
    first; ``parts``, names and contents.
    """
    boundary = _boundary(message_id, "mixed").encode()
    end = b"--" + boundary + b"--\r\n"
    filled = message.removesuffix(end)
    for place, words in enumerate(shares):
        filled = put_share(filled, words, place)
    pieces = [filled]
    for name, data in parts:
        head = (
            b"--%(boundary)b\r\nContent-Type: application/octet-stream\r\n"
            b'Content-Disposition: attachment; filename="%(name)b"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n"
        )
        pieces += [head % {b"boundary": boundary, b"name": name.encode("ascii")}, _base64(data), b"\r\n"]
    pieces.append(end)
    return b"".join(pieces)


def _page(boundary: str, name: str, data: bytes) -> list[str]:
    return [
        f"--{boundary}",
        "Content-Type: text/html; charset=utf-8",
        f'Content-Disposition: attachment; filename="{name}"',
        "Content-Transfer-Encoding: base64",
        "",
        _base64(data).decode("ascii"),
    ]


def _base64(data: bytes) -> bytes:
    text = base64.b64encode(data)
    width = _BASE64_LINE // 3 * 4
    return b"\r\n".join(text[at : at + width] for at in range(0, len(text), width))


def _boundary(message_id: str, part: str) -> str:
    return "escrow-" + hashlib.sha256(f"{part} {message_id}".encode()).hexdigest()[:32]


def _encoded(text: str) -> tuple[str, str]:
    """How a body travels, and the body then, with CRLF line ends."""
    lines = text.splitlines()
    # Not quoted-printable where it can be helped: it could break a mark of the share (node/letters.py).
    if all(len(line.encode()) <= _LINE_MAX for line in lines):
        return "8bit", "\r\n".join(lines)
    quoted = quopri.encodestring("\n".join(lines).encode("utf-8")).decode("ascii")
    return "quoted-printable", "\r\n".join(quoted.splitlines())


def _words(text: str, header: str) -> str:
    """The value of a header (RFC 5322, RFC 2047), folded. A line break in it ends nothing: it is a space."""
    flat = " ".join(text.split())
    charset = "us-ascii" if flat.isascii() else "utf-8"
    return Header(flat, charset, header_name=header, maxlinelen=_HEADER_LINE).encode(linesep="\r\n")


def _mailbox(name: str, address: str) -> str:
    user, _, domain = address.rpartition("@")
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    flat = " ".join(name.split())
    if flat.isascii() and len(flat) <= _HEADER_LINE:
        # The name alone: formataddr refuses an address that needs SMTPUTF8.
        shown = formataddr((flat, "@")).removesuffix("<@>").removesuffix("@")
        return f"{shown}<{user}@{domain}>"
    folded = Header(flat, "utf-8", header_name="From", maxlinelen=_HEADER_LINE).encode(linesep="\r\n")
    return f"{folded}\r\n <{user}@{domain}>"
