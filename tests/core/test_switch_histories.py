"""The switch over random histories: what must hold whatever happens, and in whichever order.

A history is a list of things that happen, drawn at random: time, check-ins, pauses, starts, deafness, copies,
mail servers and mailboxes that work or do not, deposits that come, change and end. The same history can be
driven in two ways and always ends the same. What an onlooker sees of it goes to the checker of promises.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from checker.promises import check
from core.switch_world import ALL, CLIENT, SUCCESSOR, WITNESS, D, H, World, person
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from escrowd.core.switch import confirmed, evaluate, may_go
from escrowd.core.switch.facts import TRIAL, VOUCHES_MOST, Facts
from escrowd.core.terms import DAY, Timings
from escrowd.errors import EscrowdError

Deed = tuple[str, int | str]

SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(SOME, max_examples=100)

timings = st.builds(
    Timings,
    interval=st.integers(7, 40).map(lambda d: d * DAY),
    grace=st.integers(9, 20).map(lambda d: d * DAY),
    announce=st.integers(5, 15).map(lambda d: d * DAY),
)
mailboxes = st.sampled_from(["take", "take", "take", "refuse", "later", "mute"])
starts = st.tuples(st.just("start"), st.sampled_from(["long", "long", "short", "short", "deaf", "restored"]))
hearings = st.tuples(st.just("hear"), st.sampled_from(["self", "none", "none", "other"]))
others: st.SearchStrategy[Deed] = st.one_of(
    st.tuples(st.just("check in"), st.sampled_from(["typed", "link"])),
    st.tuples(st.just("pause"), st.integers(1, 60)),
    st.tuples(st.just("relay"), st.sampled_from([0, 1])),
    st.tuples(st.just("digest"), st.sampled_from([0, 1])),
    st.tuples(st.just("people"), st.sampled_from(["take", "refuse", "later", "lost"])),
    st.tuples(st.just("slow"), st.sampled_from([0, 1])),
    st.tuples(st.just("deposit"), st.integers(0, 7)),
    st.tuples(st.just("arm"), st.sampled_from(["bakery", "practice"])),
    st.tuples(st.just("end"), st.sampled_from(["bakery", "practice"])),
    st.tuples(st.just("confirm"), st.sampled_from([CLIENT, SUCCESSOR])),
    st.tuples(st.just("agree"), st.integers(7, 40)),
)
# A third is what people say, and a third trouble with the node or the provider's mailbox.
said: st.SearchStrategy[Deed] = st.one_of(
    st.tuples(
        st.sampled_from(["vouch", "report"]), st.sampled_from([CLIENT, SUCCESSOR, WITNESS, "tttttttt"])
    ),
    st.tuples(st.just("gone"), st.sampled_from([SUCCESSOR, WITNESS])),
    st.tuples(st.just("links"), st.integers(1, 4)),
)
trouble: st.SearchStrategy[Deed] = st.one_of(starts, hearings, st.tuples(st.just("mailbox"), mailboxes))
deeds: st.SearchStrategy[Deed] = st.sampled_from([trouble, said, others]).flatmap(lambda which: which)
# A history worth looking at: a silence that lasts until about a step, then trouble, hours or weeks apart.
hours = st.one_of(st.integers(0, 48), st.integers(0, 10 * 24), st.integers(10 * 24, 70 * 24))
STEPS = ("check-in", "deadline", "announced", "released")


@dataclass(frozen=True)
class History:
    """A provider agrees on timings, is silent until ``quiet`` hours after a step, and then things happen."""

    agreed: Timings
    mailbox: str
    step: str
    quiet: int
    happens: list[tuple[Deed, int]]
    tick: int
    witnesses: tuple[str, ...]
    trial: bool


histories = st.builds(
    History,
    agreed=timings,
    mailbox=mailboxes,
    step=st.sampled_from(STEPS),
    quiet=st.integers(-36, 5 * 24),
    happens=st.lists(st.tuples(deeds, hours), max_size=12),
    tick=st.sampled_from([6, 7, 24]),
    witnesses=st.sampled_from([(), (WITNESS,)]),
    trial=st.booleans(),
)

GROUPS = (
    ("bakery", ALL),
    ("bakery", ALL[:1]),
    ("practice", (person(CLIENT, "client"), person("ssssssss", "successor", 5))),
    ("practice", (person("tttttttt", "client"),)),
)


def _confirm(world: World, who: int | str) -> None:
    for release in world.facts.releases:
        if release.person == who:
            world.facts = confirmed(
                world.facts, client=release.client, person=release.person, epoch=release.epoch
            )
    world.evaluate()


def _deposit(world: World, number: int | str) -> None:
    client, people = GROUPS[int(number) % 4]
    special = int(number) >= len(GROUPS)
    world.put(client, *people, witnesses=(WITNESS,) if special else (), trial=special)


def _arm(world: World, client: int | str) -> None:
    try:
        world.arm(str(client))
    except EscrowdError:
        world.evaluate()


def _gone(world: World, who: int | str) -> None:
    world.report(str(who))
    world.report(CLIENT)


def _links(world: World, number: int | str) -> None:
    for _ in range(int(number)):
        world.check_in("link")


def _end(world: World, client: int | str) -> None:
    try:
        world.end(str(client))
    except EscrowdError:
        world.evaluate()


DEEDS: dict[str, Callable[[World, int | str], object]] = {
    "check in": lambda w, how: w.check_in(str(how)),
    "pause": lambda w, days: w.check_in(pause=int(days)),
    "start": lambda w, how: w.restart(
        long_stop=how == "long", restored=how == "restored", deaf=how == "deaf"
    ),
    "hear": lambda w, answer: w.hear(answer),  # type: ignore[arg-type]
    "relay": lambda w, up: setattr(w, "relay_up", bool(up)),
    "digest": lambda w, on: setattr(w, "digest", bool(on)),
    "mailbox": lambda w, how: setattr(w, "mailbox", how),
    "people": lambda w, how: setattr(w, "people", how),
    "slow": lambda w, on: setattr(w, "slow", bool(on)),
    "deposit": _deposit,
    "end": _end,
    "arm": _arm,
    "vouch": lambda w, who: w.vouch(str(who)),
    "gone": _gone,
    "links": _links,
    "report": lambda w, who: w.report(str(who)),
    "confirm": _confirm,
    "agree": lambda w, days: w.agree(Timings(interval=int(days) * DAY)),
}


def live(history: History, *, every: bool = False) -> World:
    """Let a history happen. ``every``: evaluate at every tick, not only when a hint is due."""
    tick = history.tick * H
    world = World(
        timings=history.agreed,
        mailbox=history.mailbox,
        every=every,
        witnesses=history.witnesses,
        trial=history.trial,
    )
    agreed = (history.agreed.interval, history.agreed.grace, history.agreed.announce)
    waits = sum(agreed[: STEPS.index(history.step)]) * 1_000
    world.run(max(0, waits + history.quiet * H), tick=tick)
    for (deed, what), then in history.happens:
        DEEDS[deed](world, what)
        world.run(then * H, tick=tick)
    world.run(tick, tick=tick)
    return world


@MANY
@given(histories)
def test_every_promise_is_kept(history: History) -> None:
    """The checker, which knows nothing of the switch, finds nothing to complain of (P2, P3, P4)."""
    assert check(live(history).history) == []


@SOME
@given(histories)
def test_no_order_repeats(history: History) -> None:
    """No key is ever given twice (P4)."""
    keys = [order.key for _, order in live(history).log]
    assert len(keys) == len(set(keys))


@SOME
@given(histories)
def test_no_phase_goes_back_within_an_epoch(history: History) -> None:
    """Only a check-in, or a beginning anew, leads back."""
    rank = {"current": 0, "overdue": 1, "announced": 2, "released": 3}
    for (epoch, phase), (later_epoch, later) in pairwise(live(history).phases):
        assert (later_epoch, rank[later]) >= (epoch, rank[phase])


@MANY
@given(histories)
def test_hints_miss_nothing(history: History) -> None:
    """Evaluating only when a hint is due gives the same orders at the same moments as at every tick."""
    at_hints, at_ticks = live(history), live(history, every=True)
    assert at_hints.log == at_ticks.log
    last = [evaluate(w.facts, w.node, w.now) for w in (at_hints, at_ticks)]
    assert last[0] == last[1]
    assert at_hints.evaluations <= at_ticks.evaluations


@SOME
@given(histories)
def test_evaluating_again_orders_nothing(history: History) -> None:
    """What was committed is not ordered again at the same moment, and the facts stay the very same object."""
    world = live(history)
    again = evaluate(evaluate(world.facts, world.node, world.now).facts, world.node, world.now)
    assert again.orders == ()
    assert again.facts is evaluate(again.facts, world.node, world.now).facts


@SOME
@given(histories)
def test_hints_lie_ahead(history: History) -> None:
    """A hint is never now or past: a tick that finds nothing due comes to an end."""
    world = live(history)
    found = evaluate(world.facts, world.node, world.now)
    due = evaluate(found.facts, world.node, world.now).due
    assert due.node is None or due.node > world.now.node
    assert due.awake is None or due.awake > world.now.awake


STORED = TypeAdapter(Facts)


def plain(value: object) -> bool:
    """No floats, and no string that could be a text or a key."""
    if isinstance(value, dict):
        return all(plain(v) for v in value.values())
    if isinstance(value, list):
        return all(plain(v) for v in value)
    return value is None or isinstance(value, int) or (isinstance(value, str) and len(value) <= 32)


@SOME
@given(histories)
def test_the_facts_survive_the_store(history: History) -> None:
    """Written as JSON and read back they are equal, and hold nothing but integers, booleans and short strings."""
    facts = live(history).facts
    text = STORED.dump_json(facts)
    assert STORED.validate_json(text) == facts
    assert plain(json.loads(text))


@SOME
@given(histories)
def test_a_schedule_never_promises_the_past(history: History) -> None:
    """What still waits lies ahead or is due now, and no release lies before its announcement."""
    world = live(history)
    schedule = evaluate(world.facts, world.node, world.now).schedule
    for planned in schedule.releases:
        assert planned.earliest >= 0
        if planned.state == "waiting":
            assert planned.earliest >= schedule.announced


@SOME
@given(histories, st.integers(0, 5))
def test_a_check_in_in_time_always_stops_what_is_not_out(history: History, hours: int) -> None:
    """After a typed check-in no mail of an earlier epoch's warning, announcement or unsent release may go."""
    world = live(history)
    world.run(hours * H, tick=H)
    if not world.check_in():
        return
    out = {(r.client, r.person, r.epoch) for r in world.facts.releases}
    for order in world.queue:
        stays = ("all-clear", "checked-in", "unconfirmed", "trial-ended", "ended")
        if order.epoch < world.facts.epoch and order.kind not in stays:
            gate = may_go(world.facts, world.node, world.now, order)
            assert gate.value != "go" or (order.client, order.person, order.epoch) in out


# Safe must not become never -------------------------------------------------------------------------------


def bound(world: World) -> int:
    """Days within which a silent provider's clients are released, whatever happened before.

    The full silence of an epoch that may begin only now, with the longest pause, or a trial that may begin now;
    all that people may put off; for each of the two steps a series of refusals that may just begin, at warnings
    two days apart; the settling that an epoch may cost; and a few ticks.
    """
    t, policy = world.facts.timings, world.node.policy
    longest_wait = 30 * DAY
    named = max(t.interval + world.facts.pause + t.grace, TRIAL)
    silence = named + t.announce + longest_wait + VOUCHES_MOST
    refusals = 2 * (policy.blind_limit + 2 * policy.warn_every) + policy.notice + t.announce
    return (silence + refusals + policy.settle_most + 10 * DAY) // DAY


@MANY
@given(histories, st.lists(st.tuples(mailboxes, st.integers(1, 9)), max_size=3), mailboxes)
def test_none_waits_for_ever(history: History, moods: list[tuple[str, int]], mailbox: str) -> None:
    """A silent provider, a hearing node, a mail server that takes mail: everybody is released in time (P7).

    Whatever the provider's mailbox did meanwhile, and whether it takes the warnings in the end or refuses them.
    """
    world = live(history)
    world.relay_up, world.digest, world.slow, world.people = True, True, False, "take"
    world.hear("self")
    for mood, days in moods:
        world.mailbox = mood
        world.run(days * D, tick=12 * H)
    world.mailbox = mailbox if mailbox != "mute" else "take"
    world.run(bound(world) * D, tick=12 * H)
    assert {p.state for p in world.last.schedule.releases} <= {"released", "confirmed"}


@SOME
@given(histories)
def test_a_deaf_node_does_not_wait_for_ever_either(history: History) -> None:
    """A node that nobody ever hears again, but that can send mail, releases ``deaf_limit`` later (P7)."""
    world = live(history)
    world.hear("none")
    world.relay_up, world.digest, world.slow = True, True, False
    world.mailbox, world.people = "take", "take"
    world.run((bound(world) + 30) * D, tick=12 * H)
    assert {p.state for p in world.last.schedule.releases} <= {"released", "confirmed"}


@SOME
@given(histories, st.booleans())
def test_a_stop_uses_up_no_wait(history: History, long_stop: bool) -> None:  # noqa: FBT001 — drawn by hypothesis
    """Off for ten times all waits: after the start nothing is released or announced at once (P2)."""
    world = live(history)
    world.evaluate()
    before, orders = world.last, len(world.log)
    world.slow = False
    world.restart(long_stop=long_stop)
    new = [order.kind for _, order in world.log[orders:]]
    assert "release" not in new
    if before.phase != "announced":
        assert "announce" not in new or before.phase == "released"
    assert world.last.schedule.deadline >= before.schedule.deadline
