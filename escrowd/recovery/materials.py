"""What a beneficiary has on the table: a sealed bundle, sealed keys, a manifest, cards.

Nothing is opened here.
"""

import codecs
import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from escrowd.core.shares import CARD_WORDS, Card, find_cards, parse_cards
from escrowd.core.statements import MAX_COMPACT
from escrowd.core.wire import MAX_FILE, MAX_SMALL_FILE
from escrowd.errors import CardError, EscrowdError, InputError
from escrowd.machine.files import open_regular, read_bounded
from escrowd.recovery.revisions import Candidate, choose_revision

_CHUNK: Final = 64 * 1024
MAX_CARD_FILE: Final = 64 * 1024
_PAGE: Final = frozenset({"card.word-unknown", "card.word-count"})
_MOSTLY_ELSE: Final = 3
KEY_NAME: Final = re.compile(r"key-([1-9]\d{0,3})\.age")


@dataclass(frozen=True, slots=True)
class GivenCard:
    """A card and where it came from: a file's name, or what the caller calls it."""

    card: Card
    source: str


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A sealed key. ``number``: the set's, if the file's name says it."""

    number: int | None
    data: bytes = field(repr=False)
    source: str


@dataclass(frozen=True, slots=True)
class Materials:
    """What is there to open and to open with.

    ``bundle``: the file, or its bytes if it came in a mail. ``aside``: other revisions that were given, and
    are not the one that is to be opened.
    """

    bundle: Path | bytes | None = field(default=None, repr=False)
    keys: tuple[KeyFile, ...] = ()
    manifest: bytes | None = field(default=None, repr=False)
    cards: tuple[GivenCard, ...] = ()
    aside: tuple[Candidate, ...] = field(default=(), repr=False)

    def open_bundle(self) -> BinaryIO:
        """A stream of the sealed bundle.

        Raises ``InputError`` ``recovery.no-bundle``, ``file.too-large`` (``path``, ``size``, ``limit``); as
        ``open_regular``.
        """
        if self.bundle is None:
            raise InputError("recovery.no-bundle")
        if isinstance(self.bundle, bytes):
            return io.BytesIO(self.bundle)
        stream = open_regular(self.bundle)
        size = stream.seek(0, io.SEEK_END)
        if size > MAX_FILE:
            stream.close()
            raise InputError("file.too-large", path=str(self.bundle), size=size, limit=MAX_FILE)
        stream.seek(0)
        return stream


def gather(parts: Iterable[Materials]) -> Materials:
    """All parts as one: a release and a downloaded bundle, a kit and typed cards.

    Where they bring different bundles or manifests, ``choose_revision`` chooses.
    Raises ``InputError`` ``recovery.two-bundles``, ``recovery.two-manifests`` where nothing decides, and
    ``recovery.two-keys`` (``set``): which is meant is not for us to guess.
    """
    table = list(parts)
    aside = [one for part in table for one in part.aside]
    given = [*(part.bundle for part in table), *(one.bundle for one in aside)]
    bundles = [one for one in given if one is not None]
    signed = [*(part.manifest for part in table), *(one.manifest for one in aside)]
    manifests = {one.strip(): one for one in signed if one is not None}
    cards = tuple(given for part in table for given in part.cards)
    bundle, manifest, others = _choose(bundles, list(manifests.values()), [given.card for given in cards])
    keys: dict[int | None, KeyFile] = {}
    unnumbered: list[KeyFile] = []
    for key in (key for part in table for key in part.keys):
        if key.number is None:
            unnumbered.append(key)
        elif keys.setdefault(key.number, key).data != key.data:
            raise InputError("recovery.two-keys", set=key.number)
    return Materials(bundle, (*keys.values(), *unnumbered), manifest, cards, others)


def _choose(
    bundles: Sequence[Path | bytes], manifests: Sequence[bytes], cards: Sequence[Card]
) -> tuple[Path | bytes | None, bytes | None, tuple[Candidate, ...]]:
    if len(bundles) > 1 or len(manifests) > 1:
        different = {_sha256(one): one for one in bundles}
        if len(different) > 1 or len(manifests) > 1:
            found = choose_revision(different, manifests, cards)
            if found is None:
                raise InputError("recovery.two-bundles" if len(different) > 1 else "recovery.two-manifests")
            return found[0].bundle, found[0].manifest, found[1]
    return (bundles[-1] if bundles else None), (manifests[0] if manifests else None), ()


def read_files(
    *, bundle: Path | None = None, keys: Sequence[Path] = (), manifest: Path | None = None
) -> Materials:
    """Single files. Raises as ``machine.files.read_bounded``."""
    return Materials(
        bundle=bundle,
        keys=tuple(read_key(path) for path in keys),
        manifest=None if manifest is None else read_bounded(manifest, MAX_COMPACT),
    )


def read_key(path: Path, name: str | None = None) -> KeyFile:
    """A sealed key in a file. ``name``: its first name. Raises as ``machine.files.read_bounded``."""
    match = KEY_NAME.fullmatch(name or path.name)
    return KeyFile(int(match[1]) if match else None, read_bounded(path, MAX_SMALL_FILE), path.name)


def read_cards(*, files: Sequence[Path] = (), texts: Sequence[tuple[str, str]] = ()) -> Materials:
    """Cards out of text files, and typed or pasted ones. A file or text may hold several, and a whole page.

    A whole page is the text of a card's PDF or of a release, copied as it is: mostly other words, and in it
    twenty of the list in a row whose checksum holds.

    Parameters: ``texts``, pairs of what to call the card in an error, and its words.
    Raises as ``core.shares.parse_card``, with the field ``source`` in addition; ``CardError``
    ``card.not-text`` (``source``); and as ``machine.files.read_bounded``.
    """
    sources = list(texts)
    for path in files:
        data = read_bounded(path, MAX_CARD_FILE)
        try:
            sources.append((path.name, _decoded(data)))
        except UnicodeDecodeError:
            raise CardError("card.not-text", source=path.name) from None
    return Materials(cards=tuple(given for source, text in sources for given in _parse(source, text)))


def with_source(error: EscrowdError, source: str) -> EscrowdError:
    """The same error with the field ``source``."""
    return error.__class__(error.code, **{**error.fields, "source": source})


def _decoded(data: bytes) -> str:
    # What Windows writes as "Unicode" (PowerShell's >, older editors) is UTF-16 and begins with its mark.
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8")


def _parse(source: str, text: str) -> list[GivenCard]:
    try:
        return [GivenCard(card, source) for card in parse_cards(text)]
    except CardError as error:
        found = find_cards(text) if error.code in _PAGE else ()
        words = sum(any(map(str.isalpha, word)) for word in text.split())
        # Where cards make up most of the text, one of them was mistyped: that has to be told.
        if found and words > _MOSTLY_ELSE * CARD_WORDS * len(found):
            return [GivenCard(card, source) for card in found]
        raise with_source(error, source) from None


def _sha256(bundle: Path | bytes) -> str:
    digest = hashlib.sha256()
    with Materials(bundle).open_bundle() as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
