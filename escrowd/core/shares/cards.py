"""One card: its twenty words and what they say about themselves.

A card is checked in the order: words, checksum, length, then the fields. Every cause is read from the parsed
fields, never from a library's message, which can carry a word.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal

from shamir_mnemonic.share import Share  # type: ignore[import-untyped]  # ships no types

from escrowd.core.keys import SigningKey, share_proof_key
from escrowd.core.shares import words as _words
from escrowd.errors import CardError

GROUPS: Final = ("nodes", "client", "successor", "reserve")
"""The groups of a client's share set, by SLIP-39 group index."""

GROUP_THRESHOLD: Final = 2
"""How many of the groups open a client's bundle."""

PROVIDER_THRESHOLD: Final = 2
"""How many of the provider's own cards open ``provider-key.age``."""

PROVIDER_CARDS: Final = 3
SECRET_BYTES: Final = 16

CardKind = Literal["client", "provider"]


@dataclass(frozen=True, slots=True)
class Card:
    """One share, as it stands on a card. The words and the share's value are in no ``repr``.

    ``words``: 20, full, lower case. ``identifier``: 15 bits, common to a set. ``group_index`` and
    ``member_index`` count from 0; the thresholds and the count say how many it takes.
    """

    words: tuple[str, ...] = field(repr=False)
    identifier: int
    group_index: int
    group_threshold: int
    group_count: int
    member_index: int
    member_threshold: int
    value: bytes = field(repr=False)

    @property
    def mnemonic(self) -> str:
        """The words in one line, as every SLIP-39 tool reads them."""
        return " ".join(self.words)

    @property
    def kind(self) -> CardKind:
        """``client``: of a client's share set, whoever holds it; ``provider``: one of the provider's own."""
        return "client" if self.group_count == len(GROUPS) else "provider"

    @property
    def group(self) -> str:
        """The group's name: one of ``GROUPS``, or ``provider``."""
        return GROUPS[self.group_index] if self.kind == "client" else "provider"

    @property
    def signing_key(self) -> SigningKey:
        """The card's share-proof key: signs a request, a drill, a restore."""
        return share_proof_key(self.words)

    @property
    def proof_key(self) -> bytes:
        """The public share-proof key, 32 bytes: tells the card from others, does not give it away."""
        return self.signing_key.public


def parse_card(text: str) -> Card:
    """Read one card.

    Raises ``CardError``: ``card.empty``, ``card.too-long``, ``card.word-unknown`` (``position``),
    ``card.word-count`` (``words``, ``expected``), and as ``card_of_words``.
    """
    return card_of_words(_words.read_words(text))


def parse_cards(text: str) -> tuple[Card, ...]:
    """Read one or more cards that stand one after the other in a text. Raises as ``parse_card``."""
    words = _words.read_words(text)
    size = _words.CARD_WORDS
    if len(words) % size:
        raise CardError("card.word-count", words=len(words), expected=size)
    return tuple(card_of_words(words[at : at + size]) for at in range(0, len(words), size))


def find_cards(text: str) -> tuple[Card, ...]:
    """Every card that stands somewhere in a text, in order, each once.

    A card is twenty full words of the list in a row, whose checksum holds: prose never has them by chance.
    """
    found: dict[Card, None] = {}
    run: list[str] = []
    for token in _words.tokens(text):
        if not _words.is_word(token):
            run = []
            continue
        run = [*run, token][-_words.CARD_WORDS :]
        if len(run) == _words.CARD_WORDS:
            with suppress(CardError):
                found.setdefault(card_of_words(tuple(run), hints=False))
    return tuple(found)


def card_of_words(words: tuple[str, ...], *, hints: bool = True) -> Card:
    """The card of words that are full and in the list.

    Parameters: ``hints``, whether to look for the cause of a wrong checksum (some milliseconds).

    Raises ``CardError``:
    of the checksum: ``card.words-swapped`` (``position``, ``next``: it holds once these change places),
    ``card.word-wrong`` (``position``: it can hold if this one word is another),
    ``card.checksum`` (nothing tells why);
    ``card.word-count``: not 20 words;
    ``card.foreign``: a sound SLIP-39 share that escrowd never made; ``feature`` says why: ``length``,
    ``extendable``, ``exponent``, ``layout``, ``padding``.
    """
    indices = _words.to_indices(words)
    if len(words) != _words.CARD_WORDS:
        raise _wrong_length(indices)
    head = indices[0] << 10 | indices[1]
    identifier, extendable, exponent = head >> 5, bool(head >> 4 & 1), head & 0xF
    if not _words.checksum_holds(indices, extendable=extendable):
        raise _wrong_checksum(indices, hints=hints)
    if extendable:
        raise CardError("card.foreign", feature="extendable")
    if exponent:
        raise CardError("card.foreign", feature="exponent")
    params = indices[2] << 10 | indices[3]
    group_index, group_threshold, group_count, member_index, member_threshold = (
        params >> shift & 0xF for shift in (16, 12, 8, 4, 0)
    )
    value = 0
    for index in indices[4 : -_words.CHECKSUM_WORDS]:
        value = value << 10 | index
    if value >> (8 * SECRET_BYTES):
        raise CardError("card.foreign", feature="padding")
    card = Card(
        words=words,
        identifier=identifier,
        group_index=group_index,
        group_threshold=group_threshold + 1,
        group_count=group_count + 1,
        member_index=member_index,
        member_threshold=member_threshold + 1,
        value=value.to_bytes(SECRET_BYTES, "big"),
    )
    if not _is_ours(card):
        raise CardError("card.foreign", feature="layout")
    return card


def to_share(card: Card) -> Share:
    """The card as the library's share."""
    return Share(
        card.identifier,
        False,  # noqa: FBT003 — the library's own positional field: extendable
        0,
        card.group_index,
        card.group_threshold,
        card.group_count,
        card.member_index,
        card.member_threshold,
        card.value,
    )


def _is_ours(card: Card) -> bool:
    """Whether the card is of one of our two layouts: two of four groups, or two of three in one group."""
    if card.kind == "client":
        return card.group_threshold == GROUP_THRESHOLD and card.group_index < len(GROUPS)
    shape = (card.group_count, card.group_threshold, card.group_index, card.member_threshold)
    return shape == (1, 1, 0, PROVIDER_THRESHOLD)


def _wrong_length(indices: list[int]) -> CardError:
    words = len(indices)
    # 33 words and a sound checksum: nobody mistyped anything, it is a share of something else.
    if words > _words.CARD_WORDS and (
        _words.checksum_holds(indices, extendable=False) or _words.checksum_holds(indices, extendable=True)
    ):
        return CardError("card.foreign", feature="length")
    return CardError("card.word-count", words=words, expected=_words.CARD_WORDS)


def _wrong_checksum(indices: list[int], *, hints: bool) -> CardError:
    if hints and (swapped := _words.swapped_neighbours(indices)):
        return CardError("card.words-swapped", position=swapped, next=swapped + 1)
    if hints and (wrong := _words.wrong_word(indices)):
        return CardError("card.word-wrong", position=wrong)
    return CardError("card.checksum")
