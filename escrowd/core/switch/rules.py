"""Silence becomes phases, and phases become orders.

One provider, one switch. It counts the provider's silence on a clock of its own. *Silence* is 0 at the
check-in and grows with the node's time: the time in which the node was up, ticking, and heard itself at the
address where people would reach it. So whatever keeps the provider from being heard also keeps silence from
growing. There is one exception, or a node whose address died with its operator would wait for ever: once the
node has been deaf for ``deaf_limit`` in one epoch, further deafness counts as silence too.

::

        check-in            deadline            announced                     released
    ------*--------------------*--------------------*-----------------------------*------> silence
          0          interval + pause            + grace                 + announce + after
           current: reminders   overdue: warnings    announced: all are told       the share goes out

Silence alone moves nobody from overdue to announced, nor from announced to released. Each of these steps also
waits for a mail to the provider that a server accepted, long enough ago for it to be read. A step is taken at

    max(due, min(first accepted + wait, the moment at which the refusals add up to blind_limit)) + vouches

and the moment of the refusals is the only way around a warning: an address that answered, and said no, for
30 days, on a server that took other mail meanwhile. A step owed to it alone is *blind*, and every later
order says so. People who spoke to the provider put a step off (R18), and people who say that the provider
is gone let the wait begin sooner (R19); neither takes a warning away.

What is stored are facts that cannot be undone: mails that went out, and what people said. Everything else
is derived at each evaluation. ``evaluate`` returns what to do and the facts as they stand once that is
committed; it does nothing. Evaluating again at the same moment orders nothing. The number of each rule
stands at the lines that enforce it, here, in ``measures`` and in ``telling``; R20 and up, for what happens
in between, are listed in ``transitions``, ``deposits`` and ``people``.

R1   Silence = max(node time since the check-in, awake time since the check-in - deaf_limit).
R2   A boundary instant belongs to the later phase.
R3   Reminders go 14, 7, 3 and 1 d before the deadline; of several due only the latest; none at or before the
     check-in itself.
R4   From the deadline on the provider is warned, again each warn_every, while anything is left to release.
R5   Announced at deadline + grace, and notice after this epoch's first warning was accepted.
R6   An announcement names each release to the provider and to the person it goes to. It is repeated to the
     provider in place of the warning. What it did not name yet, because it came later, is announced at once.
R7   Released at its announcement + announce + the wait that was announced, and announce after the first
     announcement that names it was accepted for the provider. One person of one deposit at a time.
R8   A step that only R5's or R7's refusals allow is blind, and the epoch stays marked.
R9   Nothing is released while another node answers under this one's key; nor while this one is deaf and its
     deafness does not count (R1); nor for settle after a start or a deafness, settle_most in all an epoch.
R10  A new round (a start after a day off) drops what was accepted before, and the refusals' verdict with it:
     warnings and announcements go out again and must be accepted again. Phases stay.
R11  A switch of an older generation (restored node, a copy is gone) orders nothing until it began anew.
R12, R13  Repeats, and the telling of what nobody confirmed: ``core.releases``.
R14  A deposit whose end was ordered ends after its notice, but never once its provider is overdue.
R15  Witnesses of a deposit that waits for a release are told once that the provider is overdue, and once of
     the announcement; in a new round again.
R16  While a deposit is in its trial nothing is announced or released to its people, and its witnesses are
     told nothing. The trial ends by itself, in awake time; then R6 announces what it did not name.
R17  Meanwhile the provider gets what would have gone to them, once an epoch each, as a probe.
R18  Each vouch (R31) adds to the end of the phase in which it was given, all of an epoch VOUCHES_MOST at
     most. One given while announced moves each release that was announced before it and is not out.
R19  The deadline is never later than the moment to which reports (R32) moved it.
"""

from dataclasses import replace

from escrowd.core import releases as after_order
from escrowd.core.orders import Order
from escrowd.core.releases import Release
from escrowd.core.switch.facts import (
    DAY_MS,
    REMINDERS,
    SECOND,
    Deposit,
    Due,
    Evaluation,
    Facts,
    Moment,
    NodeFacts,
    Notice,
)
from escrowd.core.switch.measures import (
    deadline,
    in_round,
    in_trial,
    is_blind,
    of_epoch,
    pairs,
    phase,
    release_from,
    silence,
    step_announced,
    step_rehearsed,
    step_released,
    unreleased,
)
from escrowd.core.switch.outlook import schedule
from escrowd.core.switch.telling import rehearse, tell_witnesses

_Step = tuple[Facts, list[Order]]


def evaluate(facts: Facts, node: NodeFacts, now: Moment) -> Evaluation:
    """Say what is to be done at ``now``. Total: it raises nothing and answers any facts."""
    if facts.generation != node.generation:  # R11
        return _answer(facts, node, now, [], Due(now.node, now.awake))
    after, orders = in_round(facts, node), list[Order]()
    for rule in _RULES:
        after, more = rule(after, node, now)
        orders += more
    return _answer(after, node, now, orders, _due(after, node, now))


def _answer(facts: Facts, node: NodeFacts, now: Moment, orders: list[Order], due: Due) -> Evaluation:
    outlook = schedule(facts, node, now)
    return Evaluation(phase(facts, node, now), facts.blind, tuple(orders), facts, due, outlook)


# Rules that order something -------------------------------------------------------------------------------


def _end(facts: Facts, node: NodeFacts, now: Moment) -> _Step:
    if phase(facts, node, now) != "current":  # R14: P7, withdrawing takes nothing from who waits already
        return facts, []
    ends = [
        d for d in facts.deposits if not d.ended and d.ends_awake is not None and d.ends_awake <= now.awake
    ]
    if not ends:
        return facts, []
    deposits = tuple(replace(d, ended=True) if d in ends else d for d in facts.deposits)
    return replace(facts, deposits=deposits), [Order("ended", facts.epoch, client=d.client) for d in ends]


def _end_trial(facts: Facts, _node: NodeFacts, now: Moment) -> _Step:
    over = [
        d for d in facts.deposits if d.trial_ends_awake is not None and d.trial_ends_awake <= now.awake
    ]  # R16
    if not over:
        return facts, []
    deposits = tuple(replace(d, trial_ends_awake=None) if d in over else d for d in facts.deposits)
    first = [Order("trial-ended", facts.epoch, client=d.client) for d in over]
    clients = [(d, b) for d in over if not d.ended for b in d.beneficiaries if b.role == "client"]
    told = [Order("trial-ended", facts.epoch, b.person, d.client, role=b.role) for d, b in clients]
    return replace(facts, deposits=deposits), [*first, *told]


def _remind(facts: Facts, node: NodeFacts, now: Moment) -> _Step:
    if phase(facts, node, now) != "current":
        return facts, []
    passed = silence(facts, node, now)
    due = [days for days in _reminders(facts) if deadline(facts) - days * DAY_MS <= passed]  # R2
    if not due:
        return facts, []
    days = min(due)  # R3: only the latest
    return replace(facts, reminded=days), [Order("remind", facts.epoch, number=days)]


def _reminders(facts: Facts) -> list[int]:
    """Days of the reminders that this epoch still has, due or not."""
    return [
        days
        for days in REMINDERS
        if deadline(facts) - days * DAY_MS > 0 and (not facts.reminded or days < facts.reminded)  # R3
    ]


def _warn(facts: Facts, node: NodeFacts, now: Moment) -> _Step:
    passed = silence(facts, node, now)
    if passed < deadline(facts) or facts.announced is not None or not pairs(facts):  # R4
        return facts, []
    step = step_announced(facts, node)
    if step is not None and step <= passed:  # the announcement, due now, says more
        return facts, []
    repeated = facts.warned_at + node.policy.warn_every * SECOND
    if facts.warnings >= facts.warn_first and passed < repeated:  # R4, R10
        return facts, []
    number = facts.warnings + 1
    return replace(facts, warnings=number, warned_at=passed), [Order("warn", facts.epoch, number=number)]


def _announce(facts: Facts, node: NodeFacts, now: Moment) -> _Step:
    passed = silence(facts, node, now)
    if facts.announced is None:
        step = step_announced(facts, node)
        if step is None or passed < step or not pairs(facts):  # R5
            return facts, []
        blind = is_blind(passed, facts.warn_accepted, node.policy.notice)  # R8
        facts = replace(facts, announced=passed, blind=blind)
    return _announcement(facts, node, passed)


def _announcement(facts: Facts, node: NodeFacts, passed: int) -> _Step:
    left = unreleased(facts)
    known = {(n.client, n.person) for n in facts.notices}
    again = facts.announcements < facts.announce_first  # R10, and the first one
    named = [
        (d, b) for d, b in left if not in_trial(d) and (again or (d.client, b.person) not in known)
    ]  # R6, R16
    repeated = facts.announced_last + node.policy.warn_every * SECOND
    if not left or not (again or named or passed >= repeated):  # R4
        return facts, []
    number = facts.announcements + 1
    epoch, blind = facts.epoch, facts.blind
    orders = [Order("announce", epoch, number=number, blind=blind)]
    orders += [
        Order("announce", epoch, b.person, d.client, number, role=b.role, blind=blind) for d, b in named
    ]
    renamed = {(d.client, b.person) for d, b in named} & known
    notices = [replace(n, number=number) if (n.client, n.person) in renamed else n for n in facts.notices]
    notices += [
        Notice(d.client, b.person, b.role, passed, b.after, number)
        for d, b in named
        if (d.client, b.person) not in known
    ]
    return replace(facts, announcements=number, announced_last=passed, notices=tuple(notices)), orders


def _release(facts: Facts, node: NodeFacts, now: Moment) -> _Step:
    passed = silence(facts, node, now)
    allowed = release_from(facts, node, now)
    if allowed is None or now.awake < allowed:  # R9
        return facts, []
    releases, orders = list[Release](), list[Order]()
    for deposit, notice in _waiting(facts):
        step = step_released(facts, notice)
        if step is None or passed < step:  # R7
            continue
        blind = facts.blind or is_blind(passed, notice.accepted, facts.timings.announce)  # R8
        releases.append(
            Release(notice.client, notice.person, notice.role, facts.epoch, deposit.set, blind=blind)
        )
        orders.append(releases[-1].order)
    if not orders:
        return facts, []
    blind = facts.blind or any(r.blind for r in releases)
    return replace(facts, releases=(*facts.releases, *releases), blind=blind), orders


def _waiting(facts: Facts) -> list[tuple[Deposit, Notice]]:
    """What was announced and not ordered yet, and still has somebody to go to."""
    people = {(d.client, b.person): d for d, b in pairs(facts)}
    ordered = {(r.client, r.person) for r in of_epoch(facts)}
    named = [(people.get((n.client, n.person)), n) for n in facts.notices]
    return [(d, n) for d, n in named if d is not None and (n.client, n.person) not in ordered]


def _repeat(facts: Facts, _node: NodeFacts, now: Moment) -> _Step:
    releases, orders = after_order.repeat(facts.releases, now.awake, _held(facts))  # R12
    return (replace(facts, releases=releases), orders) if orders else (facts, [])


def _tell_unconfirmed(facts: Facts, _node: NodeFacts, now: Moment) -> _Step:
    releases, orders = after_order.tell_unconfirmed(  # R13
        facts.releases,
        now.awake,
        _held(facts),
        lambda client: [b for d, b in pairs(facts) if d.client == client],
    )
    return (replace(facts, releases=releases), orders) if orders else (facts, [])


def _held(facts: Facts) -> set[str]:
    return {d.client for d in facts.deposits if not d.ended}


_RULES = (
    _end,
    _end_trial,
    _remind,
    _warn,
    _announce,
    tell_witnesses,
    rehearse,
    _release,
    _repeat,
    _tell_unconfirmed,
)


# When to look again ---------------------------------------------------------------------------------------


def _due(facts: Facts, node: NodeFacts, now: Moment) -> Due:
    passed = silence(facts, node, now)
    silences = [at for at in _silences(facts, node) if at > passed]
    awakes = [at for at in _awakes(facts, node, now, passed) if at > now.awake]
    if silences:
        awakes.append(facts.began.awake + node.policy.deaf_limit * SECOND + min(silences))  # R1
    by_node = facts.began.node + min(silences) if silences else None
    return Due(by_node, min(awakes) if awakes else None)


def _silences(facts: Facts, node: NodeFacts) -> list[int]:
    """Each silence at which a rule may say something else."""
    marks = [deadline(facts), *(deadline(facts) - days * DAY_MS for days in _reminders(facts))]
    if not unreleased(facts):
        return marks
    again = node.policy.warn_every * SECOND
    if facts.announced is None:
        step = step_announced(facts, node)
        return [*marks, facts.warned_at + again, *([step] if step is not None else [])]
    steps = [step_released(facts, notice) for _, notice in _waiting(facts)]
    marks += [step_rehearsed(facts, probe) for probe in facts.probes if not probe.released]  # R17
    return [*marks, facts.announced_last + again, *(step for step in steps if step is not None)]


def _awakes(facts: Facts, node: NodeFacts, now: Moment, passed: int) -> list[int]:
    """Each awake time at which a rule may say something else."""
    marks = [d.ends_awake for d in facts.deposits if not d.ended and d.ends_awake is not None]
    marks += [d.trial_ends_awake for d in facts.deposits if d.trial_ends_awake is not None]  # R16
    marks += after_order.due(facts.releases, _held(facts))
    steps = [step_released(facts, notice) for _, notice in _waiting(facts)]
    allowed = release_from(facts, node, now)
    if allowed is not None and any(step is not None and step <= passed for step in steps):
        marks.append(allowed)
    return marks
