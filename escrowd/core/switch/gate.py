"""The last question before a queued mail goes: is it still true? Rules R29 and R30 (see ``transitions``)."""

from dataclasses import replace

from escrowd.core.orders import Gate, Order
from escrowd.core.releases import Release, find, is_untrue
from escrowd.core.switch.facts import Facts, Moment, NodeFacts, Notice
from escrowd.core.switch.measures import in_round, pairs, phase, release_from, silence, step_released
from escrowd.core.terms import PROVIDER


def may_go(facts: Facts, node: NodeFacts, now: Moment, order: Order) -> Gate:
    """Say whether a queued mail may go now, must wait, or is never to go (R30).

    Reads of the order what its key holds. For a release, ``may_release`` is asked.
    """
    if order.kind == "release":
        return may_release(facts, node, now, order)
    if facts.generation != node.generation:  # R11
        return Gate.WAIT
    return Gate.GO if _is_true(in_round(facts, node), node, now, order) else Gate.DROP  # R30


def may_release(facts: Facts, node: NodeFacts, now: Moment, order: Order) -> Gate:
    """Answer at the point of no return: RCPT was accepted, ``release_begun`` is next (R29).

    Reads of the order: ``epoch``, ``client``, ``person``, ``number``. WAIT leaves the mail in the outbox.
    """
    release = find(facts.releases, order)
    if release is None or is_untrue(release, order):  # R30
        return Gate.DROP
    if facts.generation != node.generation or node.state == "held":  # R11, R9
        return Gate.WAIT
    if release.is_out:  # R28: this person has it, the other addresses follow
        return Gate.GO
    facts = in_round(facts, node)  # R10
    notice = _notice(facts, release)
    if notice is None:
        return Gate.DROP
    step, allowed = step_released(facts, notice), release_from(facts, node, now)
    if step is None or silence(facts, node, now) < step:  # R7
        return Gate.WAIT
    return Gate.GO if allowed is not None and now.awake >= allowed else Gate.WAIT  # R9


def _notice(facts: Facts, release: Release) -> Notice | None:
    """What announced this release, if it is of this epoch and still has somebody to go to."""
    who = (release.client, release.person)
    if release.epoch != facts.epoch or who not in {(d.client, b.person) for d, b in pairs(facts)}:
        return None
    return next((n for n in facts.notices if (n.client, n.person) == who), None)


def _is_true(facts: Facts, node: NodeFacts, now: Moment, order: Order) -> bool:
    same = order.epoch == facts.epoch
    match order.kind:
        case "remind":
            true = same and order.number == facts.reminded and phase(facts, node, now) == "current"
        case "overdue":
            true = same and order.number >= facts.warn_first and facts.announced is None
        case "warn":
            true = same and order.number == facts.warnings >= facts.warn_first and facts.announced is None
        case "announce" if order.person == PROVIDER:
            true = same and order.number == facts.announcements >= facts.announce_first
        case "announce":
            true = same and order.number >= facts.announce_first
        case "unconfirmed":
            release = find(facts.releases, replace(order, person=order.about))
            true = release is not None and not release.confirmed
        case "all-clear":
            true = facts.announced is None and facts.gone is None
        case "link-spent" | "anew" | "vouched" | "reported" | "gone" | "probe-announce" | "probe-release":
            true = same
        case _:
            true = True
    return true
