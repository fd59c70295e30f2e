"""How one share set of a client gives way to the next, so that nobody is locked out by a change (P7).

A provider who prints a set knows all its share-proof keys, so no proof of a card alone shows that a holder
has it. What ends a set for good is therefore always a click of the client, at an address that the provider
cannot have made or lost for them (``core.addresses``, A12).

S1   *Sealed*: the sets that the newest deposit is sealed to, two at most. *Kept*: one that the provider
     stopped sealing to; of it the node keeps what it then had. Sealed and kept sets are live: their shares
     and keys are released together. All others are over.
S2   A deposit brings every sealed set, and may bring a new one with a higher number.
S3   With two sealed sets, a further one takes the place of the newer one, if no holder ever proved a card of
     that and the client did not confirm it: nobody relies on it. Else it is refused.
S4   Whose card is needed: the groups of the roles in the terms that count, and each group whose card of an
     older live set was ever proved.
S5   Older sets are retired when the client confirmed, by a click at an address that may act, that the cards
     of the newest set are there, all cards needed were proved in it, and the first bundle that is sealed to
     it is ``RIPE`` (30 d awake) old: from then on an older bundle stands beside a spoilt one that the new
     cards open, too (P7). The click counts for one set; click, proofs and age may come in any order. No clock
     ends a set: the first event after that does, a deposit, a proof or a click.
     *At once*: where the card of the newest set asked for it (purpose ``retire``), and the client confirmed
     that by a click which said so, older sets end without the other proofs and without the wait. A click
     that said anything else hastens nothing: who prints a card can ask with it.
S6   The provider alone can only stop sealing to the oldest of two sealed sets: an ``unseal`` gives notice to
     all; a second one, ``UNSEAL_NOTICE`` (30 d awake) later, makes it kept, unless a request runs. Only one
     set is kept at a time. A proof with a card of the set, while the notice runs, changes nothing: kept sets
     are released.
S7   For the provider's own estate its successor stands in the client's place (``terms.owner_role``).
S8   Retiring deletes share and key of a set; nothing else here does. A retired set never returns.

Times are milliseconds of the node's awake time.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from escrowd.core.strict import GroupName
from escrowd.core.terms import DAY, Role
from escrowd.errors import ConflictError, RefusedError

SECOND: Final = 1_000
"""Milliseconds."""
UNSEAL_NOTICE: Final = 30 * DAY
"""Seconds."""
RIPE: Final = 30 * DAY
"""Seconds."""
MOST_SEALED: Final = 2


@dataclass(frozen=True, slots=True)
class Proof:
    """A card was proved: its set and group, and when first and last."""

    set: int
    group: GroupName
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Sets:
    """The share sets of one client on one node.

    ``sealed`` and ``kept``, ascending (S1); ``over``, ascending; ``proofs``; ``confirmed``, the set whose
    cards the client confirmed by a click; ``at_once``, the set whose card asked that older ones end, and
    ``hastened``, the one for which the client confirmed that; ``unseal``, the set whose unsealing is on
    notice since ``unseal_since``; ``since``, when the first bundle came that is sealed to the newest set.
    """

    sealed: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()
    over: tuple[int, ...] = ()
    proofs: tuple[Proof, ...] = ()
    confirmed: int | None = None
    at_once: int | None = None
    hastened: int | None = None
    unseal: int | None = None
    unseal_since: int = 0
    since: int = 0

    @property
    def newest(self) -> int:
        """The newest sealed set; 0 before the first deposit."""
        return self.sealed[-1] if self.sealed else 0

    @property
    def live(self) -> tuple[int, ...]:
        """All whose shares are released, ascending (S1)."""
        return tuple(sorted({*self.sealed, *self.kept}))

    @property
    def older(self) -> tuple[int, ...]:
        """The live ones but for the newest."""
        return tuple(number for number in self.live if number != self.newest)

    def has_proved(self, number: int, group: str) -> bool:
        """Whether this card was ever proved."""
        return any((proof.set, proof.group) == (number, group) for proof in self.proofs)


@dataclass(frozen=True, slots=True)
class Change:
    """What an event made of the sets.

    ``retired``: the driver deletes their shares and keys in the same transaction, moves requests along
    (``requests.move_along``) and tells all holders; ``superseded``, never proved and replaced (S3): deleted
    alike, told to nobody but the provider; ``kept``: the driver keeps each bundle that is sealed to it, with
    key, share and manifest; ``noticed``, an unsealing to tell to all.
    """

    sets: Sets
    retired: tuple[int, ...] = ()
    superseded: tuple[int, ...] = ()
    kept: int | None = None
    noticed: int | None = None


# Events --------------------------------------------------------------------------------------------------


def deposit(sets: Sets, now: int, numbers: Collection[int], roles: Collection[Role]) -> Change:
    """Take the sets of a new deposit (S2, S3). Refused, nothing changes.

    Parameters: ``numbers``, the live sets that its manifest and files name; ``roles`` in the terms that
    count.
    Raises ``RefusedError``: ``sets.retired`` (field ``set``: it is over), ``sets.dropped`` (field ``set``:
    live, and missing), ``sets.two-live`` (field ``set``: the newer of two has proved cards, so a third one
    has no place), ``sets.number`` (field ``set``: a new one, lower than one before).
    """
    given = tuple(sorted(set(numbers)))
    for number in given:
        if number in sets.over or number in sets.kept:
            raise RefusedError("sets.retired", set=number)
    missing = [number for number in sets.sealed if number not in given]
    new = [number for number in given if number not in sets.sealed]
    seen = max((*sets.sealed, *sets.kept, *sets.over), default=0)
    for number in new:
        if number < seen:
            raise RefusedError("sets.number", set=number)
    if len(given) > MOST_SEALED:
        raise RefusedError("sets.two-live", set=new[0])
    replaces = len(sets.sealed) == MOST_SEALED and missing == [sets.newest] and bool(new)
    if missing and not replaces:
        raise RefusedError("sets.dropped", set=missing[0])
    relied_on = sets.confirmed == sets.newest or any(proof.set == sets.newest for proof in sets.proofs)
    if replaces and relied_on:  # S3
        raise RefusedError("sets.two-live", set=sets.newest)
    since = now if new else sets.since
    after = replace(sets, sealed=given, over=tuple(sorted((*sets.over, *missing))), since=since)
    return replace(retire(after, now, roles), superseded=tuple(missing))


def proved(sets: Sets, now: int, number: int, group: GroupName, roles: Collection[Role]) -> Change:
    """A card was proved, for whatever purpose. Then the sets may be due to retire.

    Raises ``RefusedError`` ``sets.retired`` (field ``set``).
    """
    if number not in sets.live:
        raise RefusedError("sets.retired", set=number)
    old = next((p for p in sets.proofs if (p.set, p.group) == (number, group)), None)
    proof = Proof(number, group, now if old is None else old.first, now)
    proofs = (*(p for p in sets.proofs if p is not old), proof)
    return retire(replace(sets, proofs=proofs), now, roles)


def ask_at_once(sets: Sets, number: int, group: str, *, owner: Role = "client") -> Change:
    """A proof with the purpose ``retire``: older sets should end at once (S5).

    Parameters: ``owner``, the group whose card may ask (S7).
    It ends nothing; the driver asks the client by mail to confirm it. Call ``proved`` first.
    Raises ``RefusedError`` ``proof.not-the-client`` (field ``group``); ``ConflictError`` ``sets.not-newest``
    (fields ``set``, ``newest``), ``sets.only-one`` (field ``set``: nothing is there to end).
    """
    if group != owner:
        raise RefusedError("proof.not-the-client", group=group)
    _check_newest(sets, number)
    return Change(replace(sets, at_once=number))


def confirm(
    sets: Sets, now: int, number: int, roles: Collection[Role], *, may_act: bool, at_once: bool = False
) -> Change:
    """The client confirms by a click that the cards of set ``number`` are there (S5).

    Parameters: ``may_act``, what ``addresses.may_act`` says of the address of the click; ``at_once``, the
    page said that older sets end at once.
    Raises ``RefusedError`` ``address.hangs``; ``ConflictError`` ``sets.not-newest``, ``sets.only-one``.
    """
    if not may_act:
        raise RefusedError("address.hangs")
    if number == sets.newest and number == (sets.hastened if at_once else sets.confirmed):
        return retire(sets, now, roles)
    _check_newest(sets, number)
    hastened = number if at_once else sets.hastened
    return retire(replace(sets, confirmed=number, hastened=hastened), now, roles)


def unseal(sets: Sets, now: int, number: int, *, request_runs: bool) -> Change:
    """The provider's statement ``unseal`` (S6): the first gives notice, one 30 d later acts.

    Parameters: ``request_runs``, what ``requests.runs`` says.
    Raises ``ConflictError``: ``sets.unseal-too-early`` (field ``left``: seconds), ``sets.request-runs``,
    ``sets.only-one`` (field ``set``), ``sets.not-oldest`` (field ``set``), ``sets.kept-already`` (field
    ``set``: the kept one, which must be retired first).
    """
    if len(sets.sealed) < MOST_SEALED:
        raise ConflictError("sets.only-one", set=sets.newest)
    if number != sets.sealed[0]:
        raise ConflictError("sets.not-oldest", set=number)
    if sets.kept:
        raise ConflictError("sets.kept-already", set=sets.kept[0])
    if sets.unseal != number:
        return Change(replace(sets, unseal=number, unseal_since=now), noticed=number)
    left = sets.unseal_since + UNSEAL_NOTICE * SECOND - now
    if left > 0:
        raise ConflictError("sets.unseal-too-early", left=-(-left // SECOND))
    if request_runs:
        raise ConflictError("sets.request-runs")
    after = replace(sets, sealed=sets.sealed[1:], kept=(number,), unseal=None, unseal_since=0)
    return Change(after, kept=number)


def retire(sets: Sets, now: int, roles: Collection[Role]) -> Change:
    """Retire what is due (S5). To be called too when terms that count name other roles."""
    newest = sets.newest
    if not sets.older or sets.confirmed != newest:
        return Change(sets)
    in_time = not missing(sets, roles) and ripe_from(sets) <= now
    if not in_time and (sets.at_once != newest or sets.hastened != newest):
        return Change(sets)
    retired = sets.older
    after = replace(
        sets,
        sealed=(newest,),
        kept=(),
        over=tuple(sorted((*sets.over, *retired))),
        at_once=None,
        hastened=None,
        unseal=None,
        unseal_since=0,
    )
    return Change(after, retired=retired)


# What holds ------------------------------------------------------------------------------------------------


def needed(sets: Sets, roles: Collection[Role]) -> frozenset[GroupName]:
    """The groups whose cards must be proved before older sets end (S4)."""
    ever = {proof.group for proof in sets.proofs if proof.set in sets.older}
    return frozenset({*roles, *ever})


def missing(sets: Sets, roles: Collection[Role]) -> frozenset[GroupName]:
    """The groups of these whose card of the newest set was not proved yet."""
    return frozenset(group for group in needed(sets, roles) if not sets.has_proved(sets.newest, group))


def ripe_from(sets: Sets) -> int:
    """From when a set is old enough that the older ones may end (S5)."""
    return sets.since + RIPE * SECOND


def unseal_from(sets: Sets) -> int | None:
    """When the second ``unseal`` can be stated; None: none is on notice."""
    return None if sets.unseal is None else sets.unseal_since + UNSEAL_NOTICE * SECOND


def _check_newest(sets: Sets, number: int) -> None:
    if number != sets.newest:
        raise ConflictError("sets.not-newest", set=number, newest=sets.newest)
    if not sets.older:
        raise ConflictError("sets.only-one", set=number)
