"""The switch against a model: a silent provider, a node that hears, mails that are accepted after a while.

Here everything can be said in advance, in a few lines of arithmetic that know no facts, phases or rules. The
switch, evaluated only when it asks to be, must give the same orders at the same millisecond.
"""

import heapq

from hypothesis import given, settings
from hypothesis import strategies as st

from escrowd.core import hearing
from escrowd.core.switch import (
    Deposit,
    Moment,
    NodeFacts,
    accepted,
    check_in,
    enrol,
    evaluate,
    release_begun,
    released,
    set_deposit,
)
from escrowd.core.terms import DAY, Beneficiary, Timings

S = 1_000
Said = set[tuple[int, str, str, int]]


def model(timings: Timings, pause: int, after: dict[str, int], delay: int) -> Said:
    """What is ordered when: (milliseconds from the check-in, kind, person, number). ``delay`` in ms."""
    deadline = (timings.interval + pause) * S
    said = {
        (deadline - days * DAY * S, "remind", "provider", days)
        for days in (14, 7, 3, 1)
        if deadline > days * DAY * S
    }
    announced = max(deadline + timings.grace * S, deadline + delay + 3 * DAY * S)
    step = 2 * DAY * S
    said |= {(at, "warn", "provider", n + 1) for n, at in enumerate(range(deadline, announced, step))}
    release = {who: announced + timings.announce * S + max(wait * S, delay) for who, wait in after.items()}
    said |= {(announced, "announce", who, 1) for who in after}
    said |= {
        (at, "announce", "provider", n + 1)
        for n, at in enumerate(range(announced, max(release.values()) + 1, step))
    }
    for who, at in release.items():
        for number, days in enumerate((0, 1, 3, 7, 14, 44, 74, 104)):
            said.add((at + days * DAY * S, "release", who, number))
        said |= {
            (at + 14 * DAY * S, "unconfirmed", other, 0) for other in ("provider", *after) if other != who
        }
    return said


def switch(timings: Timings, pause: int, after: dict[str, int], delay: int, until: int) -> Said:
    """What the switch orders, looked at only when it asks for it or an answer to a mail comes in."""
    start = Moment(77, 5)
    node = hearing.heard(NodeFacts(), start, "self")
    facts = enrol(node, start, timings)
    people = tuple(Beneficiary(person=who, role="client", after=wait) for who, wait in after.items())
    facts = set_deposit(facts, Deposit("bakery", 1, people))
    facts = check_in(facts, node, start, presence="typed", pause=pause).facts
    said: Said = set()
    answers: list[tuple[int, int, object]] = []
    passed = 0
    while passed <= until:
        now = Moment(start.awake + passed, start.node + passed)
        while answers and answers[0][0] <= passed:
            facts = accepted(facts, node, now, heapq.heappop(answers)[2])  # type: ignore[arg-type]
        found = evaluate(facts, node, now)
        facts = found.facts
        for order in found.orders:
            said.add((passed, order.kind, order.person, order.number))
            if order.kind in ("warn", "announce"):
                heapq.heappush(answers, (passed + delay, len(said), order))
            if order.kind == "release":
                facts = released(release_begun(facts, order), now, order)
        due = evaluate(facts, node, now).due
        ahead = [
            at - base for at, base in ((due.node, start.node), (due.awake, start.awake)) if at is not None
        ]
        ahead += [answers[0][0]] if answers else []
        if not ahead:
            break
        assert min(ahead) > passed or (answers and answers[0][0] == passed)
        passed = min(ahead)
    return said


@settings(max_examples=150, deadline=None)
@given(
    timings=st.builds(
        Timings,
        interval=st.integers(7 * DAY, 90 * DAY),
        grace=st.integers(7 * DAY, 55 * DAY),
        announce=st.integers(5 * DAY, 53 * DAY),
    ),
    pause=st.sampled_from([0, DAY, 60 * DAY]),
    waits=st.lists(st.integers(0, 30 * DAY), min_size=1, max_size=4),
    delay=st.integers(1, 20 * DAY * S),
)
def test_the_switch_says_what_the_model_says(
    timings: Timings, pause: int, waits: list[int], delay: int
) -> None:
    """Every reminder, warning, announcement, release and repeat comes at its millisecond, and nothing else."""
    after = {f"{'abcdefgh'[:7]}{'abcd'[n]}": wait for n, wait in enumerate(waits)}
    expected = model(timings, pause, after, delay)
    until = max(at for at, kind, _, number in expected if (kind, number) == ("release", 0)) + 60 * DAY * S
    found = switch(timings, pause, after, delay, until)
    assert {said for said in found if said[0] <= until} == {said for said in expected if said[0] <= until}
