"""The switch, rule by rule: silence, warnings, announcements, and what holds a release back."""

from dataclasses import replace

import pytest
from checker.events import Started
from checker.promises import check
from core.switch_world import CLIENT, RESERVE, SUCCESSOR, D, H, World, release, silent, went

from escrowd.core import hearing
from escrowd.core.switch import (
    Gate,
    Moment,
    Order,
    accepted,
    evaluate,
    may_release,
    refused,
)
from escrowd.core.terms import DAY, Timings


def test_a_silent_provider_is_reminded_warned_announced_and_released() -> None:
    """With the default terms each step comes at its day, and the checker finds every promise kept (P2, P3)."""
    world = silent(66)
    assert world.ordered("remind") == [(16.0, 14), (23.0, 7), (27.0, 3), (29.0, 1)]
    assert world.days("warn") == [30.0, 32.0, 34.0, 36.0, 38.0, 40.0, 42.0]
    assert world.days("announce", CLIENT) == [44.0]
    assert world.days("announce", "provider")[:2] == [44.0, 46.0]
    assert world.days("release", CLIENT)[0] == 51.0
    assert world.days("release", SUCCESSOR)[0] == 51.0
    assert world.days("release", RESERVE)[0] == 65.0
    assert check(world.history) == []


def test_a_boundary_belongs_to_the_later_phase() -> None:
    """One millisecond before the deadline the provider is current, at the deadline overdue (R2)."""
    world = World()
    before, at = Moment(30 * D - 1, 30 * D - 1), Moment(30 * D, 30 * D)
    assert evaluate(world.facts, world.node, before).phase == "current"
    assert evaluate(world.facts, world.node, at).phase == "overdue"
    assert [o.kind for o in evaluate(world.facts, world.node, at).orders] == ["warn"]


def test_of_several_reminders_only_the_latest_goes() -> None:
    """Whoever looks only two days before the deadline orders the reminder of three days, and no other (R3)."""
    world = World()
    late = evaluate(world.facts, world.node, Moment(28 * D, 28 * D))
    assert [(o.kind, o.number) for o in late.orders] == [("remind", 3)]


def test_no_reminder_lies_at_or_before_the_check_in() -> None:
    """An interval of seven days has reminders at three days and one (R3)."""
    world = silent(7, timings=Timings(interval=7 * DAY))
    assert world.ordered("remind") == [(4.0, 3), (6.0, 1)]


def test_an_announcement_waits_for_an_accepted_warning() -> None:
    """While no server answers for the provider's address nobody is announced, however long it takes (P3)."""
    world = silent(200, mailbox="mute")
    assert world.last.phase == "overdue"
    assert world.days("announce") == []
    world.mailbox = "take"
    world.run(4 * D)
    assert world.days("announce", CLIENT) == [203.25]


def test_a_release_waits_for_an_accepted_announcement() -> None:
    """A mail server that is gone through the announced phase and comes back warns first (P3)."""
    world = silent(43.75)
    world.relay_up = False
    world.run(40 * D)
    assert world.last.phase == "announced"
    assert world.days("release") == []
    world.relay_up = True
    world.run(7 * D)
    assert world.days("release") == []
    world.run(6 * H)
    assert world.days("release", CLIENT) == [91.0]
    assert not world.last.blind
    assert check(world.history) == []


def test_refusals_that_add_up_pass_over_the_address() -> None:
    """A provider whose mail server died with them is announced on day 60, and every order says so (P3)."""
    world = silent(68, mailbox="refuse")
    assert world.days("announce", CLIENT) == [60.0]
    assert world.days("release", CLIENT)[0] == 67.0
    assert world.last.blind
    assert all(o.blind for _, o in world.log if o.kind in ("announce", "release"))
    assert check(world.history) == []


def test_refusals_do_not_count_while_the_server_takes_nothing_else() -> None:
    """Without another mail that was taken within two days a refusal says nothing about the address (P3)."""
    world = World(mailbox="refuse", digest=False)
    world.run(200 * D)
    assert world.facts.refused == 0
    assert world.last.phase == "overdue"


def test_an_acceptance_ends_a_series_of_refusals() -> None:
    """The time between two refusals counts only when no address accepted between them (R27)."""
    world = World()
    world.run(30 * D)
    world.took()
    for day, answer in ((31, refused), (32, refused), (33, accepted), (40, refused), (41, refused)):
        world.now = Moment(day * D, day * D)
        world.took()
        world.facts = answer(world.facts, world.node, world.now, Order("warn", 1, number=1))
    assert world.facts.refused == 2 * D


def test_of_a_gap_between_refusals_only_what_the_relay_covers_counts() -> None:
    """Ten days between two refusals, and a server that took mail only at both ends: two days count (P3)."""
    world = World(digest=False)
    for day in (31, 41):
        world.now = Moment(day * D, day * D)
        world.took()
        world.facts = refused(world.facts, world.node, world.now, Order("warn", 1, number=1))
    assert world.facts.refused == 2 * D


def test_a_refusal_beside_a_dead_relay_changes_no_fact() -> None:
    """Two days and a moment after the last mail was taken a refusal says nothing about the address (P3)."""
    world = World(digest=False)
    world.now = Moment(31 * D, 31 * D)
    world.took()
    for late, counts in ((0, True), (1, False)):
        now = Moment(33 * D + late, 33 * D + late)
        after = refused(world.facts, world.node, now, Order("warn", 1, number=1))
        assert (after != world.facts) == counts


@pytest.mark.parametrize("order", [Order("remind", 1), Order("warn", 2, number=1), Order("warn", 1, CLIENT)])
def test_only_a_warning_or_announcement_of_the_epoch_shows_something(order: Order) -> None:
    """An answer to any other mail changes no fact (R26)."""
    world = silent(31)
    assert accepted(world.facts, world.node, world.now, order) == world.facts
    assert refused(world.facts, world.node, world.now, order) == world.facts


def test_a_warning_that_was_accepted_late_does_not_count_as_an_announcement() -> None:
    """The release waits for a mail that names it, not for an older one that came through later (P3)."""
    world = World(mailbox="mute")
    world.run(31 * D)
    warning = next(o for _, o in world.log if o.kind == "warn")
    world.mailbox = "take"
    world.run(51 * D // 4)
    world.mailbox = "mute"
    world.run(2 * D)
    world.facts = accepted(world.facts, world.node, world.now, warning)
    world.run(60 * D)
    assert world.last.phase == "announced"
    assert world.days("release") == []


# Hearing --------------------------------------------------------------------------------------------------


def test_a_deaf_node_lets_no_silence_pass() -> None:
    """Ten deaf days move everything by ten days, and by the day of settling only where it would fall (P2)."""
    world = silent(10)
    world.hear("none")
    world.run(10 * D)
    world.hear("self")
    world.run(50 * D)
    assert world.days("warn")[0] == 40.0
    assert world.days("release", CLIENT)[0] == 61.0
    assert check(world.history) == []


def test_deafness_beyond_its_limit_counts() -> None:
    """After 30 deaf days in one epoch time runs on: a dead address does not keep the clients out for ever."""
    world = silent(10)
    world.hear("none")
    world.run(80 * D)
    assert world.days("warn")[0] == 60.0
    assert world.days("release", CLIENT)[0] == 81.0
    assert check(world.history) == []


def test_a_deaf_node_releases_nobody_before_the_limit() -> None:
    """A release that is full, and held back by settling, is not made while nobody could object (P2)."""
    world = silent(50.75)
    world.restart()
    world.run(6 * H)
    assert world.days("release") == []
    world.hear("none")
    world.run(29 * D)
    assert world.days("release") == []
    world.run(D)
    assert world.days("release", CLIENT) == [81.0]
    assert check(world.history) == []


def test_a_start_settles_a_node_that_stays_deaf_too() -> None:
    """Deaf beyond the limit, or held so long: a start, or the copy's end, is followed by a day without release."""
    for answer in ("none", "other"):
        world = silent(10)
        world.hear(answer)
        world.run(75 * D)
        if answer == "none":
            assert went(world)[0] == 81.0
            continue
        world.hear("none")
        world.run(D)
        assert went(world)[0] == 86.0
    world = silent(10)
    world.hear("none")
    world.run(283 * D // 4)
    world.node = hearing.started(world.node, world.now)
    world.see(Started)
    world.evaluate()
    world.run(2 * D)
    assert went(world)[0] == 81.75
    assert check(world.history) == []


def test_settling_delays_a_release_by_a_day() -> None:
    """After a start nothing is released for 24 hours (P2)."""
    world = silent(50.75)
    world.restart()
    world.run(3 * D)
    assert world.days("release", CLIENT)[0] == 51.75


def test_settling_delays_a_release_by_seven_days_at_most() -> None:
    """A node that restarts twice a day still releases: settling adds up to seven days in an epoch."""
    world = silent(48)
    for _ in range(40):
        world.restart()
        world.run(12 * H)
    assert world.days("release", CLIENT)[0] == 54.0  # the first day after the enrolment was settling too
    assert check(world.history) == []


def test_nothing_leaves_while_a_copy_answers_and_all_begins_anew_after_it() -> None:
    """A held node releases nothing, not even repeats; when it hears itself everybody waits again (P2)."""
    world = silent(50.75)
    world.hear("other")
    world.run(60 * D)
    assert world.days("release") == []
    world.hear("self")
    assert world.facts.epoch == 2
    assert world.days("anew", CLIENT) == [110.75]
    world.run(D // 4 + 50 * D)
    assert world.days("release") == []
    world.run(D)
    assert world.days("release", CLIENT)[0] == 161.75
    assert check(world.history) == []


def test_a_copy_is_remembered_until_the_node_hears_itself() -> None:
    """Held, then a restart or deafness: the next good answer still begins every epoch anew."""
    world = silent(40)
    world.hear("other")
    world.hear("none")
    world.restart()
    assert world.facts.epoch == 2


def test_a_switch_of_an_older_generation_orders_nothing() -> None:
    """Between a restore and the new beginning of a switch it is mute, and says it is due (R11)."""
    world = silent(51)
    node = replace(world.node, generation=9)
    found = evaluate(world.facts, node, Moment(99 * D, 99 * D))
    assert found.orders == ()
    assert (found.due.node, found.due.awake) == (99 * D, 99 * D)
    assert may_release(world.facts, node, world.now, release(world, CLIENT)) == Gate.WAIT


def test_a_long_stop_asks_for_new_acceptances() -> None:
    """Stopped for ten days while announced: new announcements go out, and announce runs from them (P3)."""
    world = silent(50)
    world.restart(long_stop=True)
    assert world.last.phase == "announced"
    assert world.days("announce", CLIENT) == [44.0, 50.0]
    world.run(8 * D)
    assert world.days("release", CLIENT)[0] == 57.25
    assert check(world.history) == []


def test_a_long_stop_in_the_grace_asks_for_a_new_warning() -> None:
    """A warning that was accepted before the stop announces nobody after it (P3)."""
    world = silent(40)
    world.mailbox = "mute"
    world.restart(long_stop=True)
    world.run(10 * D)
    world.facts = accepted(world.facts, world.node, world.now, Order("warn", 1, number=1))
    world.run(10 * D)
    assert world.last.phase == "overdue"
    world.mailbox = "take"
    world.run(4 * D)
    assert world.days("announce", CLIENT) == [63.25]


def test_a_mail_of_before_a_long_stop_shows_nothing() -> None:
    """An announcement that was queued before the stop and goes out after it does not count (P3)."""
    world = silent(50)
    old = Order("announce", 1, number=world.facts.announcements)
    world.mailbox = "mute"
    world.restart(long_stop=True)
    world.facts = accepted(world.facts, world.node, world.now, old)
    world.run(30 * D)
    assert world.days("release") == []


def test_refusals_need_a_verdict_in_the_new_round() -> None:
    """After a long stop one more refusal is needed before the address is passed over (P3)."""
    world = silent(61, mailbox="refuse")
    assert world.facts.blind_at is not None
    world.mailbox = "mute"
    world.restart(long_stop=True)
    world.run(20 * D)
    assert world.days("release") == []
    world.mailbox = "refuse"
    world.run(3 * D)
    assert world.days("release", CLIENT)


def test_a_stop_changes_nothing_but_settling() -> None:
    """However long the node was off, what was left to wait is left to wait (P2)."""
    world = silent(20)
    world.evaluate()
    before = world.last.schedule
    world.restart(long_stop=True)
    world.evaluate()
    assert world.last.schedule == before
    assert world.days("warn") == []
