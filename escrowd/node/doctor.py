"""``escrowd doctor``: try out everything that a node needs, and change nothing.

Works beside the running node. The public URL is asked as the node itself asks it (``hearing``): an answer
signed with the node's key proves that people reach it. The one trace it may leave is a trial letter.
"""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Final, Literal
from zoneinfo import ZoneInfo

from escrowd.core.keys import ProviderKey
from escrowd.errors import EscrowdError, UnavailableError
from escrowd.node.channels.smtp import Relay, Result
from escrowd.node.config import NodeConfig, load_key, smtp_password
from escrowd.node.hearing import ask, new_number
from escrowd.node.store.overview import read_overview

Part = Literal["key", "store", "disk", "mail", "letter", "public-url"]
LEAST_FREE: Final = 2**30
"""Bytes. Sixteen bundles of the largest size, with their former revisions and a copy of the database."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One part that was tried; ``problem`` None: it does."""

    part: Part
    problem: EscrowdError | None


def examine(config: NodeConfig, *, mail_to: str | None, wall: int) -> Iterator[Finding]:
    """Try each part in turn.

    Parameters: ``mail_to``, an address that gets a trial letter; ``wall``, Unix seconds.
    Problems: what ``load_key`` and ``smtp_password`` raise; ``store.missing`` before the first start;
    ``UnavailableError`` ``doctor.disk`` (``free``, ``least``: bytes), ``doctor.mail`` (``host``, ``cause``,
    ``reply``: the code), ``doctor.letter`` (``address``, ``cause``, ``reply``), ``doctor.public-url``
    (``url``, ``cause``).
    """
    try:
        key = load_key(config.folder)
        password = smtp_password(config.smtp)
    except EscrowdError as error:
        yield Finding("key", error)
        return
    yield Finding("key", None)
    yield Finding("store", _store(config, wall))
    free = shutil.disk_usage(config.folder).free
    full = UnavailableError("doctor.disk", free=free, least=LEAST_FREE) if free < LEAST_FREE else None
    yield Finding("disk", full)
    relay = Relay(config.smtp, password, config.smtp.sender.rpartition("@")[2])
    yield Finding("mail", _mail(config, asyncio.run(relay.probe())))
    if mail_to is not None:
        yield Finding("letter", _letter(config, relay, mail_to, wall))
    yield Finding("public-url", _public_url(config, key))


def _store(config: NodeConfig, wall: int) -> EscrowdError | None:
    try:
        read_overview(config.folder, wall=wall)
    except EscrowdError as error:
        return error
    return None


def _mail(config: NodeConfig, result: Result) -> EscrowdError | None:
    if result.kind == "accepted":
        return None
    return UnavailableError("doctor.mail", host=config.smtp.host, cause=result.cause, reply=result.code)


def _letter(config: NodeConfig, relay: Relay, address: str, wall: int) -> EscrowdError | None:
    message = EmailMessage()
    message["From"] = config.smtp.sender
    message["To"] = address
    message["Subject"] = f"{config.name}: escrowd doctor"
    message["Date"] = format_datetime(datetime.fromtimestamp(wall, ZoneInfo(config.zone)))
    message["Message-ID"] = make_msgid(domain=config.smtp.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{config.name}\n{config.public_url}\n")
    result = asyncio.run(_send(relay, address, message.as_bytes().replace(b"\n", b"\r\n")))
    if result.kind == "accepted":
        return None
    return UnavailableError(
        "doctor.letter", address=address, cause=result.cause or result.kind, reply=result.code
    )


async def _send(relay: Relay, address: str, message: bytes) -> Result:
    connection = relay.connection()
    try:
        return await connection.send(address, message)
    finally:
        await connection.close()


def _public_url(config: NodeConfig, key: ProviderKey) -> EscrowdError | None:
    # Another number is right: it is the running node's, not this program's.
    heard = ask(config.public_url, key.signing.public, new_number())
    if heard.answer == "none":
        return UnavailableError("doctor.public-url", url=config.public_url, cause=heard.cause)
    return None
