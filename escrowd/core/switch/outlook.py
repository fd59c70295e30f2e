"""What people are told lies ahead: the earliest moments, as distances from now.

At best: the node goes on hearing, and a mail still owed to the provider is accepted as soon as it goes. So a
date can move away, and never comes nearer unless the provider agrees on something else.
"""

from dataclasses import replace
from typing import Literal

from escrowd.core.switch.facts import SECOND, Facts, Moment, NodeFacts, Notice, Planned, Release, Schedule
from escrowd.core.switch.measures import (
    deadline,
    pairs,
    release_from,
    release_of,
    silence,
    step,
    step_released,
)


def schedule(facts: Facts, node: NodeFacts, now: Moment) -> Schedule:
    """The deadline, the announcement and each release, in milliseconds of node time from now."""
    passed = silence(facts, node, now)
    announced = _announced(facts, node, passed)
    allowed = release_from(facts, node, now)
    blocked = max(0, allowed - now.awake) if allowed is not None else 0
    known = {(n.client, n.person): n for n in facts.notices}
    planned = []
    for deposit, b in pairs(facts):
        notice = known.get((deposit.client, b.person))
        if notice is None:
            notice = Notice(deposit.client, b.person, b.role, max(announced, passed), b.after, 0)
        planned.append(_planned(facts, notice, passed, blocked))
    return Schedule(deadline(facts) - passed, announced - passed, tuple(planned))


def _announced(facts: Facts, node: NodeFacts, passed: int) -> int:
    if facts.announced is not None:
        return facts.announced
    due = deadline(facts) + facts.timings.grace * SECOND
    accepted = max(passed, deadline(facts)) if facts.warn_accepted is None else facts.warn_accepted
    return max(passed, step(due, accepted, node.policy.notice, facts.blind_at) or due)


def _planned(facts: Facts, notice: Notice, passed: int, blocked: int) -> Planned:
    release = release_of(facts, notice.client, notice.person, facts.epoch)
    state = _state(release)
    if state not in ("waiting", "ordered"):
        return Planned(notice.client, notice.person, notice.role, state, 0)
    hoped = notice if notice.accepted is not None else replace(notice, accepted=max(passed, notice.at))
    earliest = step_released(facts, hoped) or passed
    return Planned(notice.client, notice.person, notice.role, state, max(earliest - passed, blocked, 0))


def _state(release: Release | None) -> Literal["waiting", "ordered", "begun", "released", "confirmed"]:
    if release is None:
        return "waiting"
    if release.confirmed:
        return "confirmed"
    if release.done_awake is not None:
        return "released"
    return "begun" if release.open else "ordered"
