"""Whole sets: making one with all its checks, and opening a key with cards.

``make_set`` and ``make_provider_cards`` hold a secret in memory. They belong into a short-lived child process
without core dumps; who calls them sees to that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from escrowd.core import seal
from escrowd.core.keys import Identity, ProviderKey, new_identity, random_bytes
from escrowd.core.shares.cards import SECRET_BYTES, Card, parse_card
from escrowd.core.shares.groups import (
    CLIENT_LAYOUT,
    PROVIDER_LAYOUT,
    GroupLayout,
    combine_all,
    minimal_combinations,
    split,
)
from escrowd.errors import CardError, IntegrityError

_CANARY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class NewSet:
    """A share set as it was made and proved. The mnemonics are in no ``repr``.

    ``recipient``: what bundles are sealed to; ``key_file``: the content of ``key-N.age``; ``shares`` and
    ``proof_keys``: per group name, in member order, the text to print and the public share-proof key.
    """

    identifier: int
    recipient: str
    key_file: bytes = field(repr=False)
    shares: Mapping[str, tuple[str, ...]] = field(repr=False)
    proof_keys: Mapping[str, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class ProviderCards:
    """The provider's own cards: ``key_file`` is ``provider-key.age``; two of the three mnemonics open it."""

    identifier: int
    key_file: bytes = field(repr=False)
    mnemonics: tuple[str, ...] = field(repr=False)
    proof_keys: tuple[bytes, ...]


def make_set(identifier: int, layout: Sequence[GroupLayout] = CLIENT_LAYOUT) -> NewSet:
    """Make a share set: a new secret, a new identity, ``key-N.age`` and the shares, and prove that they open.

    Every minimal combination, read back from the very texts that will be printed, opens the key; its
    recipient is compared; a canary sealed to the recipient is opened.
    Raises ``InputError`` as ``split``; ``IntegrityError`` ``share.proof-failed``, which nothing should cause.
    """
    identity = new_identity()
    secret = random_bytes(SECRET_BYTES)
    key_file = _seal_key(identity.to_file(), secret)
    shares = split(secret, identifier, layout)
    cards = {name: tuple(parse_card(text) for text in texts) for name, texts in shares.items()}
    opened = _prove([card for own in cards.values() for card in own], key_file)
    canary = random_bytes(_CANARY_BYTES)
    sealed = seal.seal_bytes(canary, [identity.recipient])
    for content in set(opened):
        found = Identity.from_file(content)
        if found.recipient != identity.recipient or seal.unseal_bytes(sealed, [found.text]) != canary:
            raise IntegrityError("share.proof-failed")
    proof_keys = {name: tuple(card.proof_key for card in own) for name, own in cards.items()}
    return NewSet(identifier, identity.recipient, key_file, shares, proof_keys)


def make_provider_cards(key: ProviderKey, identifier: int) -> ProviderCards:
    """Seal a provider's root key to three new cards, of which two open it, and prove each pair.

    Raises as above.
    """
    secret = random_bytes(SECRET_BYTES)
    content = key.to_text()
    key_file = _seal_key(content, secret)
    (mnemonics,) = split(secret, identifier, PROVIDER_LAYOUT).values()
    cards = [parse_card(text) for text in mnemonics]
    if any(opened != content for opened in _prove(cards, key_file)):
        raise IntegrityError("share.proof-failed")
    return ProviderCards(identifier, key_file, mnemonics, tuple(card.proof_key for card in cards))


def open_key(key_file: bytes, secret: bytes) -> Identity:
    """The identity in ``key-N.age``.

    Raises ``CardError`` ``card.key-mismatch`` (the key belongs to other cards); ``IntegrityError``:
    ``age.not-age``, ``age.not-passphrase``, ``age.work-factor``, ``age.damaged``; ``InputError``
    ``key.identity-malformed``.
    """
    return Identity.from_file(_open_file(key_file, secret))


def open_key_with(cards: Sequence[Card], key_file: bytes) -> Identity:
    """The identity in ``key-N.age``, opened with enough cards of its set.

    Raises as ``combine_all`` and ``open_key``.
    """
    return Identity.from_file(_open_with(cards, key_file))


def open_provider_key(cards: Sequence[Card], key_file: bytes) -> ProviderKey:
    """The provider's root key, from ``provider-key.age`` and two of the three provider's cards.

    Raises as ``combine_all`` and ``open_key``; ``CardError`` ``card.not-provider`` for a client's card;
    ``InputError`` ``key.provider-malformed``.
    """
    if any(card.kind != "provider" for card in cards):
        raise CardError("card.not-provider")
    return ProviderKey.parse(_open_with(cards, key_file))


def _seal_key(content: bytes, secret: bytes) -> bytes:
    # Unchecked here: _prove opens it.
    return seal.seal_passphrase(content, secret.hex(), seal.KEY_WORK_FACTOR, check=False)


def _prove(cards: Sequence[Card], key_file: bytes) -> tuple[bytes, ...]:
    """What each minimal combination of the cards opens. Raises ``IntegrityError`` ``share.proof-failed``."""
    contents = []
    # One secret is tried on the key file once, however many combinations gave it: the answer would be the
    # same.
    known: dict[bytes, bytes] = {}
    for chosen in minimal_combinations(cards):
        try:
            ((secret, _cards),) = combine_all(chosen)
            if secret not in known:
                known[secret] = _open_file(key_file, secret)
        except (CardError, IntegrityError):
            raise IntegrityError("share.proof-failed") from None
        contents.append(known[secret])
    if not contents:
        raise IntegrityError("share.proof-failed")
    return tuple(contents)


def _open_with(cards: Sequence[Card], key_file: bytes) -> bytes:
    """The key file's content.

    Of several secrets, which only a forged card can cause, the one that opens counts.
    """
    found = combine_all(cards)
    for secret, _chosen in found[:-1]:
        try:
            return _open_file(key_file, secret)
        except CardError:
            continue
    return _open_file(key_file, found[-1][0])


def _open_file(key_file: bytes, secret: bytes) -> bytes:
    try:
        return seal.unseal_passphrase(key_file, secret.hex())
    except IntegrityError as error:
        if error.code == "age.wrong-passphrase":
            raise CardError("card.key-mismatch") from None
        raise
