"""What people are told lies ahead: the earliest moments, as distances from now.

At best: the node hears from now on, and a mail still owed to the provider is accepted as soon as it goes. So
a date moves away with each trouble, and comes nearer only when a refusing address is passed over. While
another node answers (R9) the dates are those from before; when that ends, every epoch begins anew.
"""

from escrowd.core.releases import state_of
from escrowd.core.switch.facts import SECOND, Deposit, Facts, Moment, NodeFacts, Notice, Planned, Schedule
from escrowd.core.switch.measures import (
    deadline,
    of_epoch,
    pairs,
    put_off,
    release_from,
    silence,
    step,
)


def schedule(facts: Facts, node: NodeFacts, now: Moment) -> Schedule:
    """The deadline, the announcement and each release, in milliseconds of node time from now."""
    passed = silence(facts, node, now)
    announced = _announced(facts, node, passed)
    allowed = release_from(facts, node, now)
    blocked = 0 if allowed is None else min(max(0, allowed - now.awake), node.policy.settle * SECOND)
    known = {(n.client, n.person): n for n in facts.notices}
    ordered = {(r.client, r.person): r for r in of_epoch(facts)}
    planned = []
    for deposit, b in pairs(facts):
        pair = (deposit.client, b.person)
        state, earliest = state_of(ordered.get(pair)), 0
        if state in ("waiting", "ordered"):
            named = max(announced, passed + _trial_left(deposit, now))  # R16
            earliest = max(blocked, _released(facts, known.get(pair), b.after, named, passed) - passed)
        planned.append(Planned(deposit.client, b.person, b.role, state, earliest))
    return Schedule(deadline(facts) - passed, announced - passed, tuple(planned))


def _announced(facts: Facts, node: NodeFacts, passed: int) -> int:
    if facts.announced is not None:
        return facts.announced
    due = deadline(facts) + facts.timings.grace * SECOND
    accepted = max(passed, deadline(facts)) if facts.warn_accepted is None else facts.warn_accepted
    at = step(due, accepted, node.policy.notice, facts.blind_at) or due
    return max(passed, at + put_off(facts, announced=False))  # R18


def _trial_left(deposit: Deposit, now: Moment) -> int:
    return 0 if deposit.trial_ends_awake is None else max(0, deposit.trial_ends_awake - now.awake)


def _released(facts: Facts, notice: Notice | None, after: int, named: int, passed: int) -> int:
    """Silence at which one release is made at the earliest; ``named``, when it is announced, if not yet."""
    wait = facts.timings.announce
    if notice is None:
        return named + (wait + after) * SECOND
    accepted = max(passed, notice.at) if notice.accepted is None else notice.accepted
    due = notice.at + (wait + notice.after) * SECOND
    at = step(due, accepted, wait, facts.blind_at) or due
    return max(passed, at + put_off(facts, announced=True, since=notice.at))  # R18
