"""What people are told lies ahead: the earliest moments, as distances from now.

At best: the node hears from now on, and a mail still owed to the provider is accepted as soon as it goes. So
a date moves away with each trouble, and comes nearer only when a refusing address is passed over. While
another node answers (R9) the dates are those from before; when that ends, every epoch begins anew.
"""

from typing import Literal

from escrowd.core.switch.facts import SECOND, Facts, Moment, NodeFacts, Notice, Planned, Release, Schedule
from escrowd.core.switch.measures import (
    deadline,
    of_epoch,
    pairs,
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
        state, earliest = _state(ordered.get(pair)), 0
        if state in ("waiting", "ordered"):
            earliest = max(blocked, _released(facts, known.get(pair), b.after, announced, passed) - passed)
        planned.append(Planned(deposit.client, b.person, b.role, state, earliest))
    return Schedule(deadline(facts) - passed, announced - passed, tuple(planned))


def _announced(facts: Facts, node: NodeFacts, passed: int) -> int:
    if facts.announced is not None:
        return facts.announced
    due = deadline(facts) + facts.timings.grace * SECOND
    accepted = max(passed, deadline(facts)) if facts.warn_accepted is None else facts.warn_accepted
    return max(passed, step(due, accepted, node.policy.notice, facts.blind_at) or due)


def _released(facts: Facts, notice: Notice | None, after: int, announced: int, passed: int) -> int:
    """Silence at which one release is made at the earliest; ``announced``, when the switch is."""
    wait = facts.timings.announce
    if notice is None:
        named = max(announced, passed)
        return named + (wait + after) * SECOND
    accepted = max(passed, notice.at) if notice.accepted is None else notice.accepted
    due = notice.at + (wait + notice.after) * SECOND
    return max(passed, step(due, accepted, wait, facts.blind_at) or due)


def _state(release: Release | None) -> Literal["waiting", "ordered", "begun", "released", "confirmed"]:
    if release is None:
        return "waiting"
    if release.confirmed:
        return "confirmed"
    if release.done_awake is not None:
        return "released"
    return "begun" if release.open else "ordered"
