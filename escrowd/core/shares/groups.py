"""Splitting a secret into groups of shares, and combining (SLIP-39, two levels, no passphrase)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

from shamir_mnemonic import MnemonicError  # type: ignore[import-untyped]  # ships no types
from shamir_mnemonic.shamir import (  # type: ignore[import-untyped]  # as above
    EncryptedMasterSecret,
    ShareGroup,
    recover_ems,
    split_ems,
)

from escrowd.core.keys import random_bytes
from escrowd.core.shares.cards import (
    GROUP_THRESHOLD,
    GROUPS,
    PROVIDER_CARDS,
    PROVIDER_THRESHOLD,
    SECRET_BYTES,
    Card,
    to_share,
)
from escrowd.errors import CardError, ConflictError, InputError

MAX_IDENTIFIER: Final = 2**15 - 1
MAX_MEMBERS: Final = 16


@dataclass(frozen=True, slots=True)
class GroupLayout:
    """One group: ``threshold`` of its ``count`` shares stand for the group (SLIP-39: 1 only of 1)."""

    name: str
    threshold: int = 1
    count: int = 1


CLIENT_LAYOUT: Final = tuple(GroupLayout(name) for name in GROUPS)
"""A client's share set: any two of the four groups, one share each."""

PROVIDER_LAYOUT: Final = (GroupLayout("provider", PROVIDER_THRESHOLD, PROVIDER_CARDS),)
"""The provider's own cards: two of three."""


def new_identifier(taken: Collection[int]) -> int:
    """A random SLIP-39 identifier that is not among ``taken``.

    Raises ``ConflictError`` ``share.identifiers-used-up``.
    """
    free = MAX_IDENTIFIER + 1 - len({number for number in taken if 0 <= number <= MAX_IDENTIFIER})
    while free:
        number = int.from_bytes(random_bytes(2), "big") & MAX_IDENTIFIER
        if number not in taken:
            return number
    raise ConflictError("share.identifiers-used-up", limit=MAX_IDENTIFIER + 1)


def split(secret: bytes, identifier: int, layout: Sequence[GroupLayout]) -> dict[str, tuple[str, ...]]:
    """Split a secret of 16 bytes; returned are the mnemonics of each group, by the group's name.

    Two groups combine, or the one if there is but one. Not extendable, iteration exponent 0, empty
    passphrase.
    Raises ``InputError``: ``share.secret-size``, ``share.identifier-range``, ``share.layout``.
    """
    if len(secret) != SECRET_BYTES:
        raise InputError("share.secret-size", size=len(secret), expected=SECRET_BYTES)
    if not 0 <= identifier <= MAX_IDENTIFIER:
        raise InputError("share.identifier-range", limit=MAX_IDENTIFIER)
    for group in layout:
        lowest = 1 if group.count == 1 else 2
        if not lowest <= group.threshold <= group.count <= MAX_MEMBERS:
            raise InputError("share.layout", group=group.name, threshold=group.threshold, count=group.count)
    encrypted = EncryptedMasterSecret.from_master_secret(
        secret, passphrase=b"", identifier=identifier, extendable=False, iteration_exponent=0
    )
    threshold = 1 if len(layout) == 1 else GROUP_THRESHOLD
    shares = split_ems(threshold, [(group.threshold, group.count) for group in layout], encrypted)
    return {
        group.name: tuple(share.mnemonic() for share in members)
        for group, members in zip(layout, shares, strict=True)
    }


def minimal_combinations(cards: Sequence[Card]) -> Iterator[tuple[Card, ...]]:
    """Each smallest choice of cards that combines: just as many groups, and members of each, as it takes.

    Expects cards of one set; a card given twice counts once. Yields nothing if they do not suffice.
    """
    if not cards:
        return
    groups = _by_group(list(dict.fromkeys(cards)))
    complete = {index: own for index, own in groups.items() if len(own) >= own[0].member_threshold}
    needed = cards[0].group_threshold
    for chosen in combinations(sorted(complete), needed):
        choices = [combinations(complete[index], complete[index][0].member_threshold) for index in chosen]
        for members in product(*choices):
            yield tuple(card for group in members for card in group)


def combine_all(cards: Sequence[Card]) -> tuple[tuple[bytes, tuple[Card, ...]], ...]:
    """Each secret that the cards combine to, with the minimal choice of cards that gave it.

    A surplus card is not needed and does no harm; a wrong one only spoils the choices that it is in. The same
    card twice counts once. More than one secret can come only from cards that were made to deceive.
    Raises ``CardError``: ``card.none``, ``card.different-sets``, ``card.same-place`` (``group``, ``member``:
    two different cards in one place), ``card.member-threshold`` (``group``), ``card.same-group`` (``group``:
    all of one group), ``card.group-incomplete`` (``group``, ``have``, ``needed``), ``card.digest``.
    """
    own = _distinct(cards)
    _check_enough(own)
    secrets: dict[bytes, tuple[Card, ...]] = {}
    for chosen in minimal_combinations(own):
        secret = _recover(chosen)
        if secret is not None:
            secrets.setdefault(secret, chosen)
    if not secrets:
        raise CardError("card.digest", cards=len(own))
    return tuple(secrets.items())


def combine(cards: Sequence[Card]) -> bytes:
    """The 16-byte secret of cards of one set.

    Raises as ``combine_all``, and ``card.digest`` if they disagree.
    """
    found = combine_all(cards)
    if len(found) > 1:
        raise CardError("card.digest", cards=len(cards))
    return found[0][0]


def _recover(chosen: Sequence[Card]) -> bytes | None:
    """The secret of one minimal choice, or ``None`` if SLIP-39's digest of the shared secret does not fit."""
    groups: dict[int, ShareGroup] = {}
    for card in chosen:
        groups.setdefault(card.group_index, ShareGroup()).add(to_share(card))
    try:
        # Every other cause was excluded from the fields; what is left is the digest. The message is not read.
        return bytes(recover_ems(groups).decrypt(b""))
    except MnemonicError:
        return None


def _by_group(cards: Sequence[Card]) -> dict[int, list[Card]]:
    groups: dict[int, list[Card]] = {}
    for card in cards:
        groups.setdefault(card.group_index, []).append(card)
    return groups


def _distinct(cards: Sequence[Card]) -> list[Card]:
    """The cards without repetitions; refuses what can be told from the fields to be no one set."""
    if not cards:
        raise CardError("card.none")
    places: dict[tuple[int, int], Card] = {}
    thresholds: dict[int, int] = {}
    first = cards[0]
    for card in cards:
        if (card.identifier, card.kind) != (first.identifier, first.kind):
            raise CardError("card.different-sets")
        if thresholds.setdefault(card.group_index, card.member_threshold) != card.member_threshold:
            raise CardError("card.member-threshold", group=card.group)
        known = places.setdefault((card.group_index, card.member_index), card)
        if known.words != card.words:
            raise CardError("card.same-place", group=card.group, member=card.member_index + 1)
    return list(places.values())


def _check_enough(cards: Sequence[Card]) -> None:
    groups = _by_group(cards)
    first = cards[0]
    complete = sum(len(own) >= own[0].member_threshold for own in groups.values())
    if complete >= first.group_threshold:
        return
    for own in groups.values():
        if len(own) < own[0].member_threshold:
            raise CardError(
                "card.group-incomplete", group=own[0].group, have=len(own), needed=own[0].member_threshold
            )
    raise CardError("card.same-group", group=first.group, groups=complete, needed=first.group_threshold)
