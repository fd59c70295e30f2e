"""The switch against a model: a silent provider, a node that hears, mails that are accepted after a while.

Here everything can be said in advance, in some lines of arithmetic that know no facts, phases or rules. People
report and vouch, and the deposit may be in its trial. The switch, evaluated only when it asks to be, must give
the same orders at the same millisecond.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from core.switch_world import WITNESS
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from escrowd.core import hearing
from escrowd.core.switch import (
    Change,
    Deposit,
    Facts,
    Moment,
    NodeFacts,
    Order,
    accepted,
    check_in,
    enrol,
    evaluate,
    release_begun,
    released,
    report,
    set_deposit,
    vouch,
)
from escrowd.core.terms import DAY, Beneficiary, Timings

S = 1_000
STEP = 2 * DAY * S
SOON = 7
Said = set[tuple[int, str, str, int]]


@dataclass(frozen=True)
class Story:
    """What is agreed, and what happens. Times in milliseconds from the check-in, durations of terms in seconds.

    ``after``, each person's wait; ``delay`` until a mail to the provider is accepted; ``moved``, when two
    people report, 0 never; ``early`` and ``late``, how many vouch soon after the deadline and after people
    were told; ``trial``, when it ends.
    """

    timings: Timings
    pause: int
    after: dict[str, int]
    delay: int
    moved: int
    early: int
    late: int
    trial: int

    @property
    def people(self) -> list[str]:
        """Who reports and vouches."""
        return [WITNESS, *self.after]


@dataclass
class Model:
    """The arithmetic."""

    story: Story
    said: Said = field(default_factory=set)

    def __post_init__(self) -> None:
        story, t = self.story, self.story.timings
        agreed = (t.interval + story.pause) * S
        self.deadline = min(agreed, story.moved or agreed)
        self.early = story.early if story.trial <= self.deadline + SOON else 0
        self.base = self.deadline + max(t.grace * S, story.delay + 3 * DAY * S)
        self.announced = self.base + self.early * 14 * DAY * S
        self.named = max(self.announced, story.trial)
        wait, late = t.announce * S, story.late * 14 * DAY * S
        self.release = {
            who: self.named + wait + max(a * S, story.delay) + late for who, a in story.after.items()
        }
        self.last = max(self.release.values())
        self.times = [self.announced]
        while (then := self.next_announcement()) <= self.last:
            self.times.append(then)
        self.say(agreed)

    def next_announcement(self) -> int:
        """After two days, or when the trial ends and there is more to say."""
        last = self.times[-1]
        return self.story.trial if last < self.story.trial < last + STEP else last + STEP

    def all(self, at: int, kind: str, number: int) -> None:
        """Told to everybody; in the trial to the provider alone."""
        self.said.add((at, kind, "provider", number))
        if self.story.trial <= at:
            self.said |= {(at, kind, who, number) for who in self.story.people}

    def say(self, agreed: int) -> None:
        """Everything that is ordered."""
        story, said = self.story, self.said
        for days in (14, 7, 3, 1):
            at = agreed - days * DAY * S
            if 0 < at < (story.moved or agreed):
                said.add((at, "remind", "provider", days))
        warned = list(range(self.deadline, self.announced, STEP))
        said |= {(at, "warn", "provider", n + 1) for n, at in enumerate(warned)}
        if self.story.trial < self.announced:
            at = max(self.deadline, story.trial)
            said.add((at, "overdue", WITNESS, sum(w <= at for w in warned)))
        said |= {(at, "announce", "provider", n + 1) for n, at in enumerate(self.times)}
        number = self.times.index(self.named) + 1
        said |= {(self.named, "announce", who, number) for who in story.people}
        self.say_trial()
        if story.moved:
            self.all(story.moved, "reported", 1)
            self.all(story.moved, "gone", 2)
        for n in range(self.early):
            self.all(self.deadline + SOON, "vouched", n + 1)
        for n in range(story.late):
            self.all(self.named + SOON, "vouched", self.early + n + 1)
        for who, at in self.release.items():
            for number, days in enumerate((0, 1, 3, 7, 14, 44, 74, 104)):
                said.add((at + days * DAY * S, "release", who, number))
            others = [other for other in ("provider", *story.after) if other != who]
            said |= {(at + 14 * DAY * S, "unconfirmed", other, 0) for other in others}

    def say_trial(self) -> None:
        """The end of the trial, and what is rehearsed before it."""
        trial, wait = self.story.trial, self.story.timings.announce * S
        if trial:
            self.said |= {(trial, "trial-ended", who, 0) for who in ("provider", *self.story.after)}
        if self.announced < trial:
            self.said.add((self.announced, "probe-announce", "provider", 0))
        rehearsed = {self.announced + wait + after * S for after in self.story.after.values()}
        self.said |= {(at, "probe-release", "provider", 0) for at in rehearsed if at < trial}


def acts(story: Story, model: Model) -> list[tuple[int, Callable[[Facts, NodeFacts, Moment], Change]]]:
    """Who says what when."""

    def reporting(who: str) -> Callable[[Facts, NodeFacts, Moment], Change]:
        return lambda facts, node, now: report(facts, node, now, person=who)

    def vouching(who: str) -> Callable[[Facts, NodeFacts, Moment], Change]:
        return lambda facts, node, now: vouch(facts, node, now, person=who)

    found = [(story.moved, reporting(who)) for who in story.people[:2] if story.moved]
    found += [(model.deadline + SOON, vouching(who)) for who in story.people[: story.early]]
    late = story.people[model.early : model.early + story.late]
    found += [(model.named + SOON, vouching(who)) for who in late]
    return sorted(found, key=lambda act: act[0])


def switch(story: Story, model: Model, until: int) -> Said:
    """What the switch orders, looked at only when it asks for it or something happens."""
    start = Moment(77, 5)
    node = hearing.heard(NodeFacts(), start, "self")
    people = tuple(Beneficiary(person=who, role="client", after=wait) for who, wait in story.after.items())
    trial = start.awake + story.trial if story.trial else None
    deposit = Deposit("bakery", 1, people, witnesses=(WITNESS,), trial_ends_awake=trial)
    facts = set_deposit(enrol(node, start, story.timings), deposit)
    facts = check_in(facts, node, start, presence="typed", pause=story.pause).facts
    said: Said = set()
    answers: list[tuple[int, int, Order]] = []
    happens = acts(story, model)
    passed = 0
    while passed <= until:
        now = Moment(start.awake + passed, start.node + passed)
        while answers and answers[0][0] <= passed:
            facts = accepted(facts, node, now, heapq.heappop(answers)[2])
        orders = list[Order]()
        while happens and happens[0][0] <= passed:
            change = happens.pop(0)[1](facts, node, now)
            facts, orders = change.facts, [*orders, *change.orders]
        found = evaluate(facts, node, now)
        facts = found.facts
        for order in (*orders, *found.orders):
            said.add((passed, order.kind, order.person, order.number))
            if order.kind in ("warn", "announce") and order.person == "provider":
                heapq.heappush(answers, (passed + story.delay, len(said), order))
            if order.kind == "release":
                facts = released(release_begun(facts, order), now, order)
        due = evaluate(facts, node, now).due
        ahead = [
            at - base for at, base in ((due.node, start.node), (due.awake, start.awake)) if at is not None
        ]
        ahead += [at for at, *_ in (*answers[:1], *happens[:1])]
        if not ahead:
            break
        assert min(ahead) > passed or (answers and answers[0][0] == passed)
        passed = min(ahead)
    return said


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Anything that may be agreed, and half of the time nothing but silence."""
    timings = Timings(
        interval=draw(st.integers(7 * DAY, 90 * DAY)),
        grace=draw(st.integers(7 * DAY, 55 * DAY)),
        announce=draw(st.integers(5 * DAY, 53 * DAY)),
    )
    pause = draw(st.sampled_from([0, DAY, 60 * DAY]))
    waits = draw(st.lists(st.integers(0, 30 * DAY), min_size=1, max_size=4))
    moved = draw(st.one_of(st.just(0), st.integers(pause * S + 1, (pause + timings.interval) * S - 1)))
    early, late = draw(st.sampled_from([(0, 0), (0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2)]))
    return Story(
        timings=timings,
        pause=pause,
        after={f"{'abcdefgh'[:7]}{'abcd'[n]}": wait for n, wait in enumerate(waits)},
        delay=draw(st.integers(SOON + 1, 20 * DAY * S)),
        moved=moved,
        early=early,
        late=late,
        trial=draw(st.one_of(st.just(0), st.integers(1, 120 * DAY * S))),
    )


@settings(max_examples=200, deadline=None)
@given(stories())
def test_the_switch_says_what_the_model_says(story: Story) -> None:
    """Every order, from the reminder to the repeats, comes at its millisecond, and nothing else (P2, P7)."""
    model = Model(story)
    # At the very instant at which a trial ends, who speaks before the tick that ends it is still in it.
    assume(story.trial not in (story.moved, model.deadline + SOON) or not story.trial)
    until = model.last + 60 * DAY * S
    found = switch(story, model, until)
    assert {said for said in found if said[0] <= until} == {said for said in model.said if said[0] <= until}
