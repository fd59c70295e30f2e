"""What the rules measure: silence, phases, steps, and what still holds a release back.

The numbered rules that stand here at their lines are listed in ``rules``.
"""

from dataclasses import replace

from escrowd.core.releases import Release
from escrowd.core.switch.facts import SECOND, Deposit, Facts, Moment, NodeFacts, Notice, Phase, Probe
from escrowd.core.terms import Beneficiary


def silence(facts: Facts, node: NodeFacts, now: Moment) -> int:
    """Milliseconds of silence that count in this epoch (R1)."""
    heard = now.node - facts.began.node
    awake = now.awake - facts.began.awake
    return max(heard, awake - node.policy.deaf_limit * SECOND)  # R1


def phase(facts: Facts, node: NodeFacts, now: Moment) -> Phase:
    """How far the switch is. ``released`` from the first release of this epoch that went out."""
    if any(r.done_awake is not None for r in of_epoch(facts)):
        return "released"
    if facts.announced is not None:
        return "announced"
    return "overdue" if silence(facts, node, now) >= deadline(facts) else "current"  # R2


def deadline(facts: Facts) -> int:
    """Silence at which the provider is overdue, in milliseconds: as agreed, or when people moved it (R19)."""
    agreed = (facts.timings.interval + facts.pause) * SECOND
    return agreed if facts.gone is None else min(agreed, facts.gone)  # R19


def in_round(facts: Facts, node: NodeFacts) -> Facts:
    """The facts as they count in the node's round (R10)."""
    if facts.round == node.round:
        return facts
    return replace(
        facts,
        round=node.round,
        warn_first=facts.warnings + 1,
        warn_accepted=None,
        announce_first=facts.announcements + 1,
        notices=tuple(replace(n, accepted=None) for n in facts.notices),
        refused_at=None,
        blind_at=None,  # what the refusals add up to stays; the next one in this round gives the verdict
    )


def pairs(facts: Facts) -> list[tuple[Deposit, Beneficiary]]:
    """Each person of each deposit to whom a release would go, if not now then after its trial."""
    return [(d, b) for d in facts.deposits if not d.ended for b in d.beneficiaries]


def in_trial(deposit: Deposit) -> bool:
    """Whether what would go to its people goes to the provider, marked as a probe (R16)."""
    return deposit.trial_ends_awake is not None


def earnest(facts: Facts) -> list[tuple[Deposit, Beneficiary]]:
    """Of ``pairs``, those whose deposit's trial is over."""
    return [(d, b) for d, b in pairs(facts) if not in_trial(d)]  # R16


def witnesses(facts: Facts) -> list[tuple[Deposit, str]]:
    """Each witness of each deposit whose trial is over. Who gets a release as well is told as that."""
    return [
        (d, person)
        for d in facts.deposits
        if not d.ended and not in_trial(d)  # R16
        for person in d.witnesses
        if person not in {b.person for b in d.beneficiaries}
    ]


def release_from(facts: Facts, node: NodeFacts, now: Moment) -> int | None:
    """Awake time from which R9 lets this switch release; None while another node answers."""
    if node.state == "held":  # R9
        return None
    policy, began, allowed = node.policy, facts.began, 0
    if node.settle_from is not None:
        end = node.settle_from + policy.settle * SECOND
        most = node.settle_from + policy.settle_most * SECOND - (node.settled - facts.settled)
        allowed = min(end, most)  # R9
    if node.state == "deaf":  # R9: until deafness has used up deaf_limit
        allowed = max(allowed, began.awake + policy.deaf_limit * SECOND + now.node - began.node)
    return allowed


def put_off(facts: Facts, *, announced: bool, since: int = 0) -> int:
    """Milliseconds that vouches added to the end of a phase (R18).

    Parameters: ``announced``, of the phase that began with the announcement, and not while overdue;
    ``since``, silence from which a vouch counts.
    """
    counted = [v for v in facts.vouches if v.announced == announced and v.at >= since]
    return sum(v.seconds for v in counted) * SECOND  # R18


def step_announced(facts: Facts, node: NodeFacts) -> int | None:
    """Silence at which the switch is announced (R5); None while nothing lets it."""
    due = deadline(facts) + facts.timings.grace * SECOND
    at = step(due, facts.warn_accepted, node.policy.notice, facts.blind_at)
    return None if at is None else at + put_off(facts, announced=False)  # R18


def step_released(facts: Facts, notice: Notice) -> int | None:
    """Silence at which what a notice announced is released (R7); None while nothing lets it."""
    due = notice.at + (facts.timings.announce + notice.after) * SECOND
    at = step(due, notice.accepted, facts.timings.announce, facts.blind_at)
    return None if at is None else at + put_off(facts, announced=True, since=notice.at)  # R18


def step_rehearsed(facts: Facts, probe: Probe) -> int:
    """Silence at which the release that a probe stands for would be made (R17)."""
    due = probe.at + (facts.timings.announce + probe.after) * SECOND
    return due + put_off(facts, announced=True, since=probe.at)


def step(due: int, accepted: int | None, wait: int, blind_at: int | None) -> int | None:
    """Silence at which a step is taken that also waits for an accepted mail; None: not as things are."""
    ways = [accepted + wait * SECOND] if accepted is not None else []
    ways += [blind_at] if blind_at is not None else []
    return max(due, min(ways)) if ways else None


def is_blind(now: int, accepted: int | None, wait: int) -> bool:
    """Whether a step at this silence rests on refusals alone (R8)."""
    return accepted is None or now < accepted + wait * SECOND  # R8


def of_epoch(facts: Facts) -> list[Release]:
    """What this epoch's silence ordered to release."""
    return [r for r in facts.releases if r.epoch == facts.epoch]


def unreleased(facts: Facts) -> list[tuple[Deposit, Beneficiary]]:
    """Each person of each deposit to whom nothing went out in this epoch."""
    done = {(r.client, r.person) for r in of_epoch(facts) if r.done_awake is not None}
    return [(d, b) for d, b in pairs(facts) if (d.client, b.person) not in done]
