"""A release, saved by any mail program as ``.eml``: attachments, and the node's share in the text.

A mail program may have forwarded it, attached it to another mail, quoted it or kept only the HTML. So the
share is looked for, not expected in one place: twenty words of the list in a row, whose checksum holds.

It may also be made to exhaust its reader. So a header is read no further than any real one goes, by the older
of the standard library's two parsers (the newer needs minutes for a crafted one), and parts are counted.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import replace
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from itertools import islice
from pathlib import Path
from typing import Final

from escrowd.core.shares import find_cards
from escrowd.core.wire import BUNDLE_FILE, MANIFEST_FILE, MAX_SMALL_FILE
from escrowd.errors import InputError
from escrowd.machine.files import read_bounded
from escrowd.recovery.materials import KEY_NAME, GivenCard, KeyFile, Materials, gather

MAX_MAIL: Final = 96 * 1024 * 1024
"""The largest mail read, in bytes: 64 MiB of attachment in base64, and room."""

_DEPTH: Final = 3
"""How many mails deep an attached release is looked for."""
_MAX_TEXT: Final = 1024 * 1024
_MAX_HEADER: Final = 998
"""Characters of one header that are read: the longest line of a mail (RFC 5322, section 2.1.1)."""
_MAX_PARTS: Final = 1000
# Not an HTML parser: words are looked for, and a parser takes minutes for what somebody built to that end.
_TAG: Final = re.compile(r"<[^<>]*>")


def read_release(path: Path) -> Materials:
    """What a saved release holds.

    The bundle may be missing: a large one is only linked (then ``open_materials`` says
    ``recovery.no-bundle``).
    Raises ``InputError`` ``release.not-a-release`` (``source``): no part of a release is in it;
    ``release.part-too-large`` (``source``, ``name``); as ``gather``; and as ``machine.files.read_bounded``.
    """
    mail = read_bounded(path, MAX_MAIL)
    try:
        leaves = list(islice(_leaves(mail), _MAX_PARTS + 1))
    except RecursionError:
        # The standard library reads a mail as deep as it is nested. No release is.
        raise InputError("release.not-a-release", source=path.name) from None
    if len(leaves) > _MAX_PARTS:
        raise InputError("release.not-a-release", source=path.name)
    parts = [_part(path.name, part) for part in leaves]
    cards = {given.card: given for part in parts for given in part.cards}
    found = gather([*(Materials(part.bundle, part.keys, part.manifest) for part in parts)])
    if not found.keys and found.bundle is None and not cards:
        raise InputError("release.not-a-release", source=path.name)
    return replace(found, cards=tuple(cards.values()))


class _Bounded(Compat32):
    """How a mail is read: of each header its beginning."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_MAX_HEADER]


def _leaves(mail: bytes, depth: int = 0) -> Iterator[Message]:
    """Every single part of a mail and of the mails attached to it."""
    for part in BytesParser(policy=_Bounded()).parsebytes(mail).walk():
        inner = _attached(part) if depth < _DEPTH else None
        if inner is not None:
            yield from _leaves(inner, depth + 1)
        elif not part.is_multipart():
            yield part


def _attached(part: Message) -> bytes | None:
    """The mail in a part that the parser takes for something else, or for an empty mail."""
    if part.get_content_type() == "message/rfc822":
        # RFC 2046 forbids base64 here; programs that send it are read by all others, not by Python's parser.
        if str(part.get("content-transfer-encoding", "")).strip().lower() != "base64":
            return None
        inner = part.get_payload()
        text = "".join(one.as_string() for one in inner if isinstance(one, Message))
        try:
            return base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return None
    if (part.get_filename("") or "").lower().endswith(".eml") and not part.is_multipart():
        content = part.get_payload(decode=True)
        return content if isinstance(content, bytes) else None
    return None


def _part(source: str, part: Message) -> Materials:
    name = part.get_filename("") or ""
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    if name == BUNDLE_FILE:
        return Materials(bundle=data)
    key = KEY_NAME.fullmatch(name)
    if key or name == MANIFEST_FILE:
        if len(data) > MAX_SMALL_FILE:
            raise InputError("release.part-too-large", source=source, name=name)
        if key:
            return Materials(keys=(KeyFile(int(key[1]), data, name),))
        return Materials(manifest=data)
    is_text = part.get_content_maintype() == "text" or name.endswith(".txt")
    if is_text and len(data) <= _MAX_TEXT:
        # The words are ASCII, whatever the rest of the text is written in.
        text = data.decode("utf-8", errors="replace")
        cards = find_cards(_without_tags(text) if part.get_content_subtype() == "html" else text)
        return Materials(cards=tuple(GivenCard(card, source) for card in cards))
    return Materials()


def _without_tags(html: str) -> str:
    return _TAG.sub(" ", html)
