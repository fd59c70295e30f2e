"""Share sets on this node: what a deposit, a proof, a click or the provider's notice makes of them.

``core.sets`` decides. A set that is over loses its keys and shares here, in the same transaction, and the
ledger says so; what nothing refers to any more is cleaned up from the disk later.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

from escrowd.core import requests, sets
from escrowd.core.sets import UNSEAL_NOTICE, Change, Sets
from escrowd.core.terms import PROVIDER, Role
from escrowd.node import letters
from escrowd.node.asking import settle
from escrowd.node.intake.circle import Case
from escrowd.node.posting import Common, Link
from escrowd.node.store.deposits import drop_sets
from escrowd.node.store.rights import load_requests, load_sets, save_sets

_MS = 1000
Why = Literal["proved", "missing", "at-once"]


def known_sets(case: Case) -> Sets:
    """The client's sets as they stand."""
    return load_sets(case.place.tx, case.place.provider, case.place.client)


def apply(
    case: Case,
    before: Sets,
    change: Change,
    *,
    by: Literal["confirmed", "card"] = "confirmed",
    again: bool = False,
) -> None:
    """Store what became of the sets, delete what is over, and tell whom it concerns.

    Parameters: ``by``, what retired a set, if one is retired: the client's click, or their card and a click
    that says "at once"; ``again``, as of ``ask_client``.
    """
    place = case.place
    save_sets(place.tx, place.provider, place.client, change.sets)
    over = (*change.retired, *change.superseded)
    if over:
        drop_sets(place.tx, place.provider, place.client, over)
        case.enter("sets-over", retired=list(change.retired), superseded=list(change.superseded))
        here = load_requests(place.tx, place.provider, place.client)
        moved = requests.move_along(here, retired=over, newest=change.sets.newest)
        settle(case.context.desk, place, moved)
    for number in change.retired:
        _tell_retired(case, change.sets.newest, number, by)
    if change.kept is not None:
        case.enter("set-kept", set=change.kept)
    if change.noticed is not None:
        _tell_unseal(case, change.sets.newest, change.noticed)
    if change.sets.newest != before.newest and change.sets.older:
        _tell_new(case, change.sets)
    if not sets.missing(change.sets, case.roles):
        ask_client(case, change.sets, "proved", again=again)


def ask_client(case: Case, now: Sets, why: Why, *, again: bool = False) -> None:
    """Ask the client to confirm that the newest cards are there, or that older sets end, unless they did.

    Parameters: ``again``, the client's newest card was proved: ask once for each reason and day of awake
    time, since the letter of another day may be lost. Else once for each reason.
    """
    if not now.older or (now.hastened if why == "at-once" else now.confirmed) == now.newest:
        return
    old = now.older[0]
    ends_from = 0 if why == "at-once" else ripe_wall(case, now)
    day = f"/{case.day}" if again else ""

    def letter(common: Common, link: Link) -> letters.Context:
        return letters.SetConfirm(
            **common,
            client=case.client_name,
            number=now.newest,
            old=old,
            link=link("set"),
            why=why,
            ends_from=ends_from,
        )

    for person in sorted(case.owners):
        case.write("set-confirm", f"{person}/{now.newest}/{why}{day}", person, letter)


def ripe_wall(case: Case, now: Sets) -> int:
    """Wall time from which older sets can end in time (``core.sets``, S5); 0: they can now."""
    left = sets.ripe_from(now) - case.place.now.moment.awake
    return case.place.now.wall_in(left) if left > 0 else 0


def set_asked(key: str) -> tuple[int, str]:
    """Of which set the letter with this order key spoke, and why it was written (``ask_client``)."""
    _, _, _, _, number, why, *_ = key.split("/")
    return int(number), why


def _tell_retired(case: Case, newest: int, number: int, by: Literal["confirmed", "card"]) -> None:
    def letter(person: str, common: Common, _: Link) -> letters.Context:
        return letters.SetRetired(
            **common,
            client=case.client_name,
            who="" if case.owner == "client" else ", ".join(sorted(map(case.name, case.owners))),
            audience=case.audience(person),
            number=newest,
            old=number,
            by=by,
            at=case.place.now.wall,
        )

    _tell_all(case, "set-retired", str(number), letter)


def _tell_unseal(case: Case, newest: int, number: int) -> None:
    now = case.place.now

    def letter(person: str, common: Common, link: Link) -> letters.Context:
        return letters.SetUnseal(
            **common,
            client=case.client_name,
            audience=case.audience(person),
            number=newest,
            old=number,
            counts_from=now.wall_in(UNSEAL_NOTICE * _MS),
            link="" if person == PROVIDER else link("card"),
        )

    _tell_all(case, "set-unseal", f"{number}/{now.moment.awake}", letter)


def _tell_all(case: Case, kind: str, key: str, make: Callable[[str, Common, Link], letters.Context]) -> None:
    for person in (PROVIDER, *case.people()):
        case.write(kind, f"{person}/{key}", person, partial(make, person))


def _tell_new(case: Case, now: Sets) -> None:
    for person, role in case.people().items():
        if role == "witness":
            continue

        def letter(common: Common, link: Link, role: Role = role) -> letters.Context:
            return letters.SetNew(
                **common,
                client=case.client_name,
                role=role,
                number=now.newest,
                old=now.older[-1],
                link=link("card"),
            )

        case.write("set-new", f"{person}/{now.newest}", person, letter)
    ask_client(case, now, "missing")
