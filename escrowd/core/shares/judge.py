"""Judging one card against what is known of a client's sets, before anything is combined.

The rules, in this order; the number stands where each is enforced.

1. The card is of a client's set, not one of the provider's own.
2. Its identifier is that of a live set. One of a retired set is named with its date and the valid set.
3. Group and member exist in the set, split as the set was split.
4. Its share-proof key is the one of that place.
5. A node's card of a set that does not live here is surplus where the others do without it: a release brings
   the node's words of every set that a person may hold a card of, and one bundle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from escrowd.core.encoding import day
from escrowd.core.shares.cards import Card
from escrowd.core.shares.groups import minimal_combinations
from escrowd.errors import CardError

_NODES: Final = "nodes"
_OF_NO_LIVE_SET: Final = frozenset({"card.retired", "card.other-client"})


@dataclass(frozen=True, slots=True)
class GroupDescription:
    """One group of a set: its name, how many of how many, and the public share-proof keys in member order."""

    name: str
    threshold: int
    count: int
    proof_keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SetDescription:
    """One live share set: its number per client, its SLIP-39 identifier, its groups in SLIP-39 order."""

    number: int
    identifier: int
    groups: tuple[GroupDescription, ...]


@dataclass(frozen=True, slots=True)
class RetiredSet:
    """A set that no longer opens the newest bundle. ``date``: when it ended, in Unix seconds."""

    number: int
    identifier: int
    date: int


@dataclass(frozen=True, slots=True)
class KnownSets:
    """What a manifest says about a client's sets, the newest live set last."""

    live: tuple[SetDescription, ...]
    retired: tuple[RetiredSet, ...] = ()


def judge_card(card: Card, known: KnownSets) -> SetDescription:
    """The live set that the card belongs to.

    Raises ``CardError``: ``card.provider`` (one of the provider's own), ``card.retired`` (``set``, ``on``: a
    day, ``valid``), ``card.other-client`` (``valid``), ``card.other-split`` (``group``, ``set``),
    ``card.not-issued`` (``group``, ``set``: right numbers, but not the card that was made).
    """
    if card.kind != "client":  # 1
        raise CardError("card.provider")
    valid = ", ".join(str(own.number) for own in known.live)
    for own in known.live:
        if own.identifier == card.identifier:  # 2
            _judge_place(card, own)
            return own
    for old in known.retired:
        if old.identifier == card.identifier:  # 2
            raise CardError("card.retired", set=old.number, on=day(old.date), valid=valid)
    raise CardError("card.other-client", valid=valid)


def choose_set(cards: Sequence[Card], known: KnownSets) -> tuple[SetDescription, tuple[Card, ...]]:
    """The newest live set that the cards suffice for, and its cards among those given.

    While a new set is unproved, a release carries the node's share of both, and the holder may have a card of
    the older one only. If the cards suffice for no set: the set with the most cards, for the caller to say
    what is missing.
    Every card is judged; one wrong card is an error even where the others would do, because its holder
    believes in it. Nobody believes in a node's card: one of another set is left aside, if there is one of a
    live set, too, or the others suffice (5).
    Raises ``CardError`` ``card.none`` and as ``judge_card``, with ``card``, the number of the wrong one, from
    1.
    """
    if not cards:
        raise CardError("card.none")
    sets: dict[int, tuple[SetDescription, list[Card]]] = {}
    aside: list[CardError] = []
    for number, card in enumerate(cards, start=1):
        try:
            own = judge_card(card, known)
        except CardError as error:
            named = error.__class__(error.code, card=number, **error.fields)
            if card.group != _NODES or error.code not in _OF_NO_LIVE_SET:
                raise named from None
            aside.append(named)
        else:
            sets.setdefault(own.number, (own, []))[1].append(card)
    if aside and not any(_does_without(own_cards) for _, own_cards in sets.values()):  # 5
        raise aside[0]

    def rank(number: int) -> tuple[bool, int, int]:
        its_cards = sets[number][1]
        enough = any(minimal_combinations(its_cards))
        return enough, 0 if enough else len(set(its_cards)), number

    chosen, its_cards = sets[max(sets, key=rank)]
    return chosen, tuple(its_cards)


def _does_without(cards: Sequence[Card]) -> bool:
    """Whether cards of one live set need no node's card of another."""
    return any(card.group == _NODES for card in cards) or any(minimal_combinations(cards))


def _judge_place(card: Card, own: SetDescription) -> None:
    group = own.groups[card.group_index] if card.group_index < len(own.groups) else None
    if group is None or card.member_threshold != group.threshold or card.member_index >= group.count:  # 3
        raise CardError("card.other-split", group=card.group, set=own.number)
    if card.proof_key != group.proof_keys[card.member_index]:  # 4
        raise CardError("card.not-issued", group=card.group, set=own.number)
