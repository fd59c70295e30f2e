"""What events make of the facts. Each takes the moment at which it is recorded; none asks a clock.

After each of them the driver evaluates at once, in the same transaction. Rules up to R19 are in
``rules``, R31 and R32 in ``people``, R33 in ``deposits``.

R20  A check-in begins a new epoch and cancels whatever has not gone out, from the reminder to the release.
     Who was told of it, of a report or that the provider is overdue is told that it is off. What people said
     ends with the epoch.
R21  ``typed`` counts, always. A mailed link counts three times in a row; then, and once people moved the
     deadline (R32), only ``typed`` will do: a link vouches where a vouch may be given (R31). Nothing else
     counts: a forgotten job must not keep a dead provider alive.
R22  A pause is a typed check-in with a later deadline. Within 365 d of node time, pauses add up to 120 d at
     most; one that a check-in cut short counts for as long as it lasted.
R23  A typed check-in ends the repeats to successor and reserve, never those to the client.
R24  New timings hold from the next check-in. A wait that was announced does not change in its epoch.
R25  A restored node, or one whose copy is gone, begins every epoch anew and says so: nobody checked in, so
     links stay counted and what is left of a pause stays.
R26  Accepted: the first accepted warning of the epoch and round; the first accepted announcement for all that
     it names. A mail of another epoch or round shows nothing.
R27  A refusal counts only while the mail server had taken some mail within relay_window; between two of them
     in a row, with no acceptance, the time counts in which it had.
R28  The point of no return is one mail's. Whoever holds the share holds it: what was begun and has no
     outcome counts as out; what was definitely refused is back where it was, and is cancelled if a check-in
     came between.
R29  At the point of no return everything is asked again: epoch, round, R7 and R9. What fails for now waits.
R30  A mail that a check-in, a later mail of its kind or a new round made untrue does not go out any more.
"""

from dataclasses import replace
from typing import Literal

from escrowd.core import releases as after_order
from escrowd.core.orders import Order
from escrowd.core.switch.facts import (
    LINKS_IN_A_ROW,
    PAUSES_MOST,
    PAUSES_WITHIN,
    SECOND,
    Change,
    Facts,
    Moment,
    NodeFacts,
    Pause,
)
from escrowd.core.switch.measures import in_round, phase, silence
from escrowd.core.switch.people import everybody, to_all, vouch_by_link
from escrowd.core.terms import PROVIDER, Role, Timings, check_pause
from escrowd.errors import NotFoundError, RefusedError


def enrol(node: NodeFacts, now: Moment, timings: Timings) -> Facts:
    """The facts of a provider who enrols: epoch 1 begins."""
    return Facts(
        epoch=1,
        began=now,
        settled=_settled(node, now),
        generation=node.generation,
        round=node.round,
        timings=timings,
    )


def check_in(facts: Facts, node: NodeFacts, now: Moment, *, presence: str, pause: int = 0) -> Change:
    """Begin a new epoch and cancel what this switch has not released.

    A link that does not count as a check-in any more vouches, if a vouch counts now (R21).

    Parameters: ``presence``, ``typed`` or ``link``; ``pause`` in seconds, only with ``typed``.

    Raises ``RefusedError`` ``checkin.not-typed`` (no fields: any other presence, or a pause by link) and
    ``pause.used-up`` (fields ``asked``, ``left``: seconds); ``InputError`` ``terms.out-of-bounds``, as
    ``terms.check_pause``.
    """
    if presence not in ("typed", "link") or (pause and presence != "typed"):  # R21
        raise RefusedError("checkin.not-typed")
    typed = presence == "typed"
    if not typed and (facts.links >= LINKS_IN_A_ROW or facts.gone is not None):  # R21
        return _link_spent(facts, node, now)
    pauses = _pauses(facts, now)
    if pause:
        check_pause(pause)
        left = PAUSES_MOST - sum(p.seconds for p in pauses)
        if pause > left:  # R22
            raise RefusedError("pause.used-up", asked=pause, left=max(0, left))
    after = replace(
        _new_epoch(facts, node, now),
        timings=facts.next_timings or facts.timings,  # R24
        next_timings=None,
        pause=pause,
        pauses=pauses,
        links=0 if typed else facts.links + 1,
        releases=tuple(
            replace(r, stopped=r.stopped or (typed and r.role != "client"))  # R23
            for r in facts.releases
            if r.is_out  # R20, R28
        ),
    )
    orders = _all_clear(facts)
    if not typed or phase(facts, node, now) != "current":
        orders.append(Order("checked-in", after.epoch, number=after.links))
    return Change(after, tuple(orders))


def begin_anew(facts: Facts, node: NodeFacts, now: Moment) -> Change:
    """Begin the epoch anew without a check-in: the node was restored, or a copy of it is gone.

    To be applied to every switch whose ``generation`` is not the node's; until then it orders nothing.
    """
    pauses = _pauses(facts, now)
    taken = sum(p.seconds for p in pauses) - sum(p.seconds for p in _pauses(replace(facts, pause=0), now))
    after = replace(
        _new_epoch(facts, node, now),
        pause=facts.pause - taken,  # R25
        pauses=pauses,
        releases=tuple(r for r in facts.releases if r.is_out),
    )
    return Change(after, tuple(to_all(after, Order("anew", after.epoch))))


def set_timings(facts: Facts, timings: Timings) -> Facts:
    """Record new timings: they hold from the next check-in (R24)."""
    return replace(facts, next_timings=timings)


def accepted(facts: Facts, node: NodeFacts, now: Moment, order: Order) -> Facts:
    """The mail server took the mail of a warning or announcement for an address of the provider (R26).

    Any other order changes nothing, so the driver need not choose. Reads of the order: ``kind``, ``epoch``,
    ``person``, ``number``.
    """
    facts = in_round(facts, node)
    if not _shows_something(facts, order):
        return facts
    passed = silence(facts, node, now)
    facts = replace(facts, refused_at=None)  # R27: the series ends
    if order.kind == "warn":
        return facts if facts.warn_accepted is not None else replace(facts, warn_accepted=passed)
    notices = [
        replace(n, accepted=passed) if n.accepted is None and n.number <= order.number else n
        for n in facts.notices
    ]
    return replace(facts, notices=tuple(notices))


def refused(facts: Facts, node: NodeFacts, now: Moment, order: Order) -> Facts:
    """Every address of the provider definitely refused this order (4xx, 5xx), each as its last answer (R27).

    Also to be called when the provider has no address at all. Call it again at each further such answer.
    Any other order changes nothing.
    """
    facts = in_round(facts, node)
    window = node.policy.relay_window * SECOND
    if not _shows_something(facts, order) or node.relay_last is None:
        return facts
    if now.awake - node.relay_last > window:  # R27
        return facts
    passed = silence(facts, node, now)
    relay = node.relay_good + now.awake - node.relay_last
    total = facts.refused
    if facts.refused_at is not None:
        total += min(passed - facts.refused_at, relay - facts.refused_relay)  # R27
    blind_at = facts.blind_at
    if blind_at is None and total >= node.policy.blind_limit * SECOND:
        blind_at = passed
    return replace(facts, refused=total, refused_at=passed, refused_relay=relay, blind_at=blind_at)


def release_begun(facts: Facts, order: Order) -> Facts:
    """Record the point of no return of one mail; ``may_release`` said GO in the same transaction (R28)."""
    return replace(facts, releases=after_order.begun(facts.releases, order))


def release_refused(facts: Facts, now: Moment, order: Order, *, begun: bool = True) -> Facts:
    """Record a definite 4xx or 5xx to DATA: nothing left. A check-in cancels again (R28).

    Parameters: ``begun`` as in ``releases.refused``.
    """
    releases = after_order.refused(facts.releases, now.awake, order, begun=begun)
    return replace(facts, releases=tuple(r for r in releases if r.epoch == facts.epoch or r.is_out))  # R28


def released(facts: Facts, now: Moment, order: Order) -> Facts:
    """Record a 250, a lost reply, or a crash after ``release_begun``: the mail counts as out (R28)."""
    return replace(facts, releases=after_order.went_out(facts.releases, now.awake, order))


def confirmed(facts: Facts, *, client: str, person: str, epoch: int) -> Facts:
    """Record that the person has the release: its repeats end. Twice is once.

    Raises ``NotFoundError`` ``release.unknown`` (fields ``client``, ``person``).
    """
    order = Order("release", epoch, person, client)
    if after_order.find(facts.releases, order) is None:
        raise NotFoundError("release.unknown", client=client, person=person)
    return replace(facts, releases=after_order.confirmed(facts.releases, order))


def _link_spent(facts: Facts, node: NodeFacts, now: Moment) -> Change:
    """A check-in by link that does not count as one (R21). If it cannot vouch either, it says so once."""
    change = vouch_by_link(facts, node, now, PROVIDER)
    if change.vouched:
        return change
    spent = () if facts.link_spent else (Order("link-spent", facts.epoch, number=facts.links + 1),)
    return Change(replace(facts, link_spent=True), spent, counted=False)


def _new_epoch(facts: Facts, node: NodeFacts, now: Moment) -> Facts:
    """Fresh facts of the next epoch, with all that outlives an epoch."""
    return replace(
        enrol(node, now, facts.timings),
        epoch=facts.epoch + 1,
        next_timings=facts.next_timings,
        links=facts.links,
        pauses=facts.pauses,
        deposits=facts.deposits,
    )


def _all_clear(facts: Facts) -> list[Order]:
    out = {(r.client, r.person) for r in facts.releases if r.epoch == facts.epoch and r.is_out}
    told: dict[tuple[str, str], Role | Literal[""]]
    told = {(n.client, n.person): n.role for n in facts.notices}
    told |= {(t.client, t.person): "" for t in facts.told}
    if facts.reports:
        told |= {(client, person): role for client, person, role in everybody(facts)}
    return [
        Order("all-clear", facts.epoch, person, client, role=role)
        for (client, person), role in told.items()
        if (client, person) not in out  # R20
    ]


def _pauses(facts: Facts, now: Moment) -> tuple[Pause, ...]:
    """The pauses of the last 365 d of node time, the running one for as long as it lasted (R22)."""
    taken = min(facts.pause, -(-(now.node - facts.began.node) // SECOND))
    pauses = (*facts.pauses, Pause(facts.began.node, taken)) if taken else facts.pauses
    return tuple(p for p in pauses if p.node + (p.seconds + PAUSES_WITHIN) * SECOND > now.node)


def _settled(node: NodeFacts, now: Moment) -> int:
    """Milliseconds awake that the node has spent settling, the running spell included (R9)."""
    if node.settle_from is None:
        return node.settled
    return node.settled + min(now.awake - node.settle_from, node.policy.settle * SECOND)


def _shows_something(facts: Facts, order: Order) -> bool:
    """Whether an answer to this mail says something about the provider's address, now (R26)."""
    if order.person != PROVIDER or order.epoch != facts.epoch:
        return False
    first = {"warn": facts.warn_first, "announce": facts.announce_first}.get(order.kind)
    return first is not None and order.number >= first
