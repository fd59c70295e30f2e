"""What a beneficiary has on the table: a sealed bundle, sealed keys, a manifest, cards.

Nothing is opened here.
"""

import codecs
import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Final

from escrowd.core.shares import CARD_WORDS, Card, find_cards, parse_cards
from escrowd.core.statements import MAX_COMPACT
from escrowd.core.wire import MAX_FILE, MAX_SMALL_FILE
from escrowd.errors import CardError, EscrowdError, InputError
from escrowd.machine.files import open_regular, read_bounded
from escrowd.recovery.revisions import Candidate, choose_revision, sound_manifests

_CHUNK: Final = 64 * 1024
MAX_CARD_FILE: Final = 64 * 1024
_PAGE: Final = frozenset({"card.word-unknown", "card.word-count"})
_MOSTLY_ELSE: Final = 3
_SEVERAL: Final = 2
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
    are not the one that is to be opened; ``unproved``: bundles that no manifest names, beside one that is
    named; ``asked``: the revision to open was asked for by its number.
    """

    bundle: Path | bytes | None = field(default=None, repr=False)
    keys: tuple[KeyFile, ...] = ()
    manifest: bytes | None = field(default=None, repr=False)
    cards: tuple[GivenCard, ...] = ()
    aside: tuple[Candidate, ...] = field(default=(), repr=False)
    unproved: tuple[Path | bytes, ...] = field(default=(), repr=False)
    asked: bool = False

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


def gather(parts: Iterable[Materials], *, revision: int | None = None) -> Materials:
    """All parts as one: a release and a downloaded bundle, a kit and typed cards.

    Where they bring different bundles or manifests, ``choose_revision`` chooses, or ``revision`` does.
    Of different keys all stay: which is the right one, the manifest says, or the cards.
    Raises ``InputError`` ``recovery.two-bundles``, ``recovery.two-manifests`` where nothing decides: which is
    meant is not for us to guess; ``NotFoundError`` ``recovery.no-revision`` (``revision``).
    """
    table = list(parts)
    aside = [one for part in table for one in part.aside]
    given = [*(part.bundle for part in table), *(one.bundle for one in aside)]
    bundles = [one for one in given if one is not None]
    bundles += [one for part in table for one in part.unproved]
    signed = [*(part.manifest for part in table), *(one.manifest for one in aside)]
    manifests = {one.strip(): one for one in signed if one is not None}
    cards = tuple(given for part in table for given in part.cards)
    chosen = _choose(bundles, list(manifests.values()), [given.card for given in cards], revision)
    keys: dict[tuple[int | None, bytes], KeyFile] = {}
    for key in (key for part in table for key in part.keys):
        keys.setdefault((key.number, key.data), key)
    ordered = tuple(sorted(keys.values(), key=lambda key: key.number is None))
    return replace(chosen, keys=ordered, cards=cards, asked=revision is not None)


def _choose(
    bundles: Sequence[Path | bytes],
    manifests: Sequence[bytes],
    cards: Sequence[Card],
    revision: int | None,
) -> Materials:
    """The bundle and the manifest, and what is set aside."""
    plain = Materials(bundles[-1] if bundles else None, manifest=manifests[0] if manifests else None)
    if revision is None and len(bundles) < _SEVERAL and len(manifests) < _SEVERAL:
        return plain
    different = {_sha256(one): one for one in bundles}
    signed = sound_manifests(manifests)
    if revision is None and len(different) < _SEVERAL and len(signed) < _SEVERAL:
        # Of one bundle, a damaged manifest beside a sound one is passed over; alone, it is judged later.
        return replace(plain, manifest=signed[0][1]) if signed else plain
    found = choose_revision(different, signed, cards, revision)
    if found is None:
        raise InputError("recovery.two-bundles" if len(different) > 1 else "recovery.two-manifests")
    chosen, others = found
    named = {claims.bundle_sha256 for claims, _ in signed}
    unproved = tuple(one for sha256, one in different.items() if sha256 not in named)
    return Materials(chosen.bundle, manifest=chosen.manifest, aside=others, unproved=unproved)


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
