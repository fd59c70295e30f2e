"""The switch, rule by rule: what is ordered when, and what stops it."""

from dataclasses import replace

import pytest
from checker.promises import Begun, Started, check
from core.switch_world import ALL, CLIENT, RESERVE, SUCCESSOR, D, H, World, person

from escrowd.core import hearing
from escrowd.core.switch import Gate, Moment, Order, evaluate, may_go, may_release
from escrowd.core.switch.transitions import (
    accepted,
    check_in,
    confirmed,
    end_deposit,
    refused,
    release_refused,
)
from escrowd.core.terms import DAY, Timings
from escrowd.errors import InputError, NotFoundError, RefusedError


def silent(days: float, **more: object) -> World:
    """A world whose provider has been silent for so many days."""
    world = World(**more)
    world.run(int(days * D))
    return world


def release(world: World, who: str, number: int = 0) -> Order:
    """The order of a release to a person."""
    return next(o for _, o in world.log if (o.kind, o.person, o.number) == ("release", who, number))


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


# Check-ins ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1, 31, 45, 50.75])
def test_a_check_in_begins_anew_in_each_phase(days: float) -> None:
    """Nothing that was not released is released for another full silence."""
    world = silent(days)
    assert world.check_in()
    assert world.last.phase == "current"
    world.run(50 * D)
    assert world.days("release") == []
    assert check(world.history) == []


def test_a_check_in_gives_the_all_clear() -> None:
    """Who was told of an announcement is told that it is off; the provider too."""
    world = silent(45)
    world.check_in()
    assert world.days("all-clear") == [45.0, 45.0, 45.0]
    assert world.ordered("checked-in") == [(45.0, 0)]


def test_a_quiet_check_in_sends_no_mail() -> None:
    """A typed check-in while current needs no mail: the receipt says it all."""
    world = silent(5)
    world.check_in()
    assert [o.kind for _, o in world.log] == []


def test_three_links_in_a_row_count_and_the_fourth_does_not() -> None:
    """A check-in by link counts three times; a fourth changes no fact of the epoch and says so once."""
    world = World()
    for days in (1, 2, 3):
        world.run(D)
        assert world.check_in("link")
        assert world.ordered("checked-in")[-1] == (days, days)
    world.run(D)
    assert not world.check_in("link")
    assert not world.check_in("link")
    assert world.ordered("link-spent") == [(4.0, 4)]
    assert world.facts.began.awake == 3 * D
    assert world.check_in("typed")
    assert world.check_in("link")


@pytest.mark.parametrize("presence", ["stored", "", "TYPED"])
def test_nothing_but_typed_and_link_counts(presence: str) -> None:
    """A forgotten job must not keep a dead provider alive."""
    world = silent(31)
    with pytest.raises(RefusedError, match=r"checkin\.not-typed"):
        check_in(world.facts, world.node, world.now, presence=presence)


def test_a_pause_by_link_is_refused() -> None:
    """Only a typed check-in can pause."""
    world = World()
    with pytest.raises(RefusedError, match=r"checkin\.not-typed"):
        check_in(world.facts, world.node, world.now, presence="link", pause=DAY)


def test_a_pause_moves_the_deadline() -> None:
    """The deadline of a pause of ten days is the check-in's + interval + ten days."""
    world = World()
    world.check_in(pause=10)
    world.run(41 * D)
    assert world.days("warn") == [40.0]


def test_resuming_takes_the_pause_back() -> None:
    """A plain check-in after a pause has the plain deadline."""
    world = World()
    world.check_in(pause=60)
    world.check_in()
    world.run(31 * D)
    assert world.days("warn") == [30.0]


def test_a_pause_is_sixty_days_at_most() -> None:
    """A longer one is refused, and nothing changes (P7)."""
    world = World()
    with pytest.raises(InputError, match=r"terms\.out-of-bounds"):
        check_in(world.facts, world.node, world.now, presence="typed", pause=60 * DAY + 1)


def test_pauses_add_up_to_a_hundred_and_twenty_days_in_a_year() -> None:
    """The third pause of sixty days is refused until a year of node time has passed; one cut short counts less."""
    world = World()
    assert world.check_in(pause=60)
    world.run(60 * D)
    assert world.check_in(pause=60)
    world.run(10 * D)
    assert world.check_in()
    assert world.check_in(pause=50)
    world.run(50 * D)
    assert not world.check_in(pause=1)
    assert world.check_in()
    for _ in range(10):
        world.run(31 * D)
        world.check_in()
    assert world.check_in(pause=60)


def test_new_timings_hold_from_the_next_check_in() -> None:
    """Terms stated in an epoch do not move its deadline (P7)."""
    world = World()
    world.agree(Timings(interval=10 * DAY))
    world.run(11 * D)
    assert world.days("warn") == []
    world.check_in()
    world.run(11 * D)
    assert world.days("warn") == [21.0]


def test_what_an_epoch_keeps_when_it_begins_anew() -> None:
    """A restored node forgets no link and no pause, and shortens no wait that was agreed."""
    world = World()
    world.check_in("link")
    world.check_in(pause=20)
    world.run(5 * D)
    world.agree(Timings(interval=10 * DAY))
    world.restart(restored=True)
    assert (world.facts.epoch, world.facts.pause) == (4, 15 * DAY)
    assert world.facts.timings.interval == 30 * DAY
    assert [(p.node, p.seconds) for p in world.facts.pauses] == [(0, 5 * DAY)]


# Releases -------------------------------------------------------------------------------------------------


def test_a_check_in_in_the_last_moment_stops_the_release() -> None:
    """The order lies in the outbox, RCPT was accepted, a check-in comes: the gate drops it (P4)."""
    world = silent(50.75)
    world.step(6 * H)
    world.relay_up = False
    order = release(world, CLIENT)
    world.facts = replace(
        world.facts, releases=tuple(replace(r, done_awake=None) for r in world.facts.releases)
    )
    assert may_release(world.facts, world.node, world.now, order) == Gate.GO
    world.check_in()
    assert may_release(world.facts, world.node, world.now, order) == Gate.DROP


def ordered_not_sent() -> tuple[World, Order]:
    """A world in which the release to the client is ordered, and the mail server has gone."""
    world = silent(50.75)
    world.relay_up = False
    world.step(6 * H)
    world.relay_up = True
    return world, release(world, CLIENT)


def went(world: World) -> list[float]:
    """Days at which mails of releases passed the point of no return."""
    return [event.awake / D for event in world.history if isinstance(event, Begun)]


def test_the_point_of_no_return_asks_for_the_new_round_too() -> None:
    """Ordered before a long stop: not untrue, but early; it goes when a new announcement has had its wait (P3)."""
    world, order = ordered_not_sent()
    world.restart(long_stop=True)
    assert may_release(world.facts, world.node, world.now, order) == Gate.WAIT
    world.run(9 * D)
    assert went(world)[0] == 58.25
    assert world.ordered("release", CLIENT)[0] == (51.0, 0)
    assert check(world.history) == []


def test_the_point_of_no_return_asks_whether_the_node_has_settled() -> None:
    """Ordered before a restart: it goes a day after it (P2)."""
    world, order = ordered_not_sent()
    world.restart()
    assert may_release(world.facts, world.node, world.now, order) == Gate.WAIT
    world.run(2 * D)
    assert went(world)[0] == 52.0


@pytest.mark.parametrize("answer", ["none", "other"])
def test_the_point_of_no_return_asks_whether_the_node_hears(answer: hearing.Answer) -> None:
    """Ordered before a deafness, or before a copy answered: it waits (P2)."""
    world, order = ordered_not_sent()
    world.hear(answer)
    assert may_release(world.facts, world.node, world.now, order) == Gate.WAIT
    world.run(5 * D)
    assert went(world) == []


def test_the_point_of_no_return_asks_for_the_round_itself() -> None:
    """Also if no tick has come between the start and the question (R10)."""
    world, order = ordered_not_sent()
    node = replace(world.node, round=world.node.round + 1)
    assert may_release(world.facts, world.node, world.now, order) == Gate.GO
    assert may_release(world.facts, node, world.now, order) == Gate.WAIT
    later = replace(world.facts, epoch=2)  # no event leads here: a second lock on the last door
    assert may_release(later, world.node, world.now, order) == Gate.DROP


def test_a_repeat_waits_while_a_copy_answers() -> None:
    """Even what gives nothing away stays here while it is not known which node speaks for the provider."""
    world = silent(52)
    world.relay_up = False
    world.run(2 * D)
    order = Order("release", 1, CLIENT, "bakery", 2)
    assert may_go(world.facts, world.node, world.now, order) == Gate.GO
    world.hear("other")
    assert may_go(world.facts, world.node, world.now, order) == Gate.WAIT


def test_the_point_of_no_return_knows_an_older_epoch() -> None:
    """A later silence orders its own release; the mail of the earlier one stays dropped (P4)."""
    world, order = ordered_not_sent()
    world.check_in()
    world.run(51 * D)
    assert world.days("release", CLIENT)[-1] == 102.0
    assert may_release(world.facts, world.node, world.now, order) == Gate.DROP


def gates(world: World, *orders: Order) -> list[str]:
    """What the gate says to each order now."""
    return [may_go(world.facts, world.node, world.now, order).value for order in orders]


def test_a_later_mail_of_its_kind_supersedes_one_that_waits() -> None:
    """Five warnings, or announcements, that piled up are one."""
    world = silent(29.5, mailbox="mute")
    assert gates(world, Order("remind", 1, number=3), Order("remind", 1, number=1)) == ["drop", "go"]
    world.run(4 * D)
    assert gates(world, Order("remind", 1, number=1)) == ["drop"]
    assert gates(world, Order("warn", 1, number=1), Order("warn", 1, number=2)) == ["drop", "go"]
    world.mailbox = "take"
    world.run(13 * D)
    world.mailbox = "mute"
    last = Order("announce", 1, number=world.facts.announcements)
    assert gates(world, Order("warn", 1, number=world.facts.warnings), replace(last, number=1)) == [
        "drop",
        "drop",
    ]
    assert gates(world, last, Order("announce", 1, CLIENT, "bakery", 1)) == ["go", "go"]
    world.restart(long_stop=True)
    assert gates(world, last, Order("announce", 1, CLIENT, "bakery", 1)) == ["drop", "drop"]


def test_a_check_in_makes_waiting_mails_untrue() -> None:
    """Reminders, warnings and announcements of the epoch before do not go any more."""
    world = silent(45)
    world.check_in()
    old = [Order("remind", 1, number=1), Order("warn", 1, number=world.facts.warnings), Order("anew", 1)]
    assert gates(world, *old, Order("announce", 1, CLIENT, "bakery", 1)) == ["drop"] * 4
    assert gates(world, Order("all-clear", 1, CLIENT, "bakery"), Order("checked-in", 2)) == ["go", "go"]
    world.run(45 * D)
    assert gates(world, Order("all-clear", 1, CLIENT, "bakery")) == ["drop"]


def test_a_definite_refusal_at_data_can_still_be_cancelled() -> None:
    """A 4xx or 5xx to DATA left nothing behind: a check-in cancels, and nothing goes (P4)."""
    world = silent(52, people="later")
    assert world.days("release", CLIENT)
    assert world.last.phase == "announced"
    world.check_in()
    world.people = "take"
    world.run(20 * D)
    assert all(r.epoch != 1 for r in world.facts.releases)
    assert check(world.history) == []


def test_a_refusal_that_becomes_known_after_a_check_in_is_cancelled() -> None:
    """DATA was under way when the provider checked in, and was refused: nothing left, nothing stays (P4)."""
    world = silent(50.75, slow=True, people="later")
    world.step(6 * H)
    assert world.in_data
    world.check_in()
    world.run(D)
    assert world.facts.releases == ()


def test_a_refusal_before_data_does_not_end_what_another_address_began() -> None:
    """One address is in DATA while another refuses: the release still counts as out (P4)."""
    world = silent(50.75, slow=True)
    world.step(6 * H)
    order = release(world, CLIENT)
    world.facts = release_refused(world.facts, world.now, order, begun=False)
    world.check_in()
    assert CLIENT in {r.person for r in world.facts.releases}
    assert (CLIENT, "all-clear") not in {(o.person, o.kind) for _, o in world.log}


def test_a_release_that_was_begun_counts_as_out_after_a_crash() -> None:
    """The process dies in DATA: the person may have the share, and a check-in does not undo it (P4)."""
    world = silent(50.75, slow=True)
    world.step(6 * H)
    assert world.in_data
    world.restart()
    assert world.last.phase == "released"
    world.check_in()
    assert {r.person for r in world.facts.releases} == {CLIENT, SUCCESSOR}


def test_after_one_release_a_check_in_stops_the_others() -> None:
    """The client and the successor have theirs; the reserve, who waits longer, gets nothing (P4)."""
    world = silent(60)
    world.check_in()
    world.run(25 * D)
    assert world.days("release", RESERVE) == []
    assert world.days("all-clear") == [60.0]


def test_releases_repeat_until_confirmed() -> None:
    """1, 3, 7, 14 and every 30 days after it went out; a confirmation ends it."""
    world = World(timings=Timings(interval=7 * DAY))
    world.put("bakery", person(CLIENT, "client"))
    world.run(28 * D + 6 * H, tick=6 * H)
    first = world.days("release")[0]
    world.run(80 * D)
    assert [day - first for day in world.days("release")] == [0, 1, 3, 7, 14, 44, 74]
    world.facts = confirmed(world.facts, client="bakery", person=CLIENT, epoch=1)
    world.evaluate()
    count = len(world.days("release"))
    world.run(90 * D)
    assert len(world.days("release")) == count


def test_a_typed_check_in_ends_the_repeats_to_all_but_the_client() -> None:
    """The successor's mails stop, the client's go on (P7); a link stops none."""
    world = silent(52)
    world.check_in("link")
    assert not any(r.stopped for r in world.facts.releases)
    world.check_in("typed")
    world.run(20 * D)
    assert max(world.days("release", SUCCESSOR)) < 53
    assert max(world.days("release", CLIENT)) > 60


def test_an_unconfirmed_release_is_told_to_the_others_once() -> None:
    """14 days after it went out the provider and the other beneficiaries are told."""
    world = silent(90)
    about = [(o.person, o.about) for _, o in world.log if o.kind == "unconfirmed"]
    assert sorted(p for p, a in about if a == CLIENT) == ["provider", RESERVE, SUCCESSOR]
    assert len(about) == 9


def test_a_later_silence_releases_again() -> None:
    """The epoch is part of the key: a check-in after a release does not use it up."""
    world = silent(52)
    world.check_in()
    world.run(53 * D)
    keys = [o.key for _, o in world.log if (o.kind, o.person, o.number) == ("release", SUCCESSOR, 0)]
    assert len(keys) == len(set(keys)) == 2


def test_confirming_what_was_never_ordered_is_an_error() -> None:
    """An unknown release is named, and nothing changes."""
    with pytest.raises(NotFoundError, match=r"release\.unknown"):
        confirmed(World().facts, client="bakery", person=CLIENT, epoch=1)


# Deposits -------------------------------------------------------------------------------------------------


def test_a_deposit_that_comes_late_is_announced_before_it_is_released() -> None:
    """Added while announced: its own announcement, accepted, and its own wait of seven days (P3)."""
    world = silent(49)
    world.put("practice", person(SUCCESSOR, "successor"))
    world.run(9 * D)
    announced = [m.awake / D for m, o in world.log if (o.kind, o.client) == ("announce", "practice")]
    released = [m.awake / D for m, o in world.log if (o.kind, o.client) == ("release", "practice")]
    assert (announced[0], released[0]) == (49.0, 56.25)
    assert check(world.history) == []


def test_only_an_announcement_that_names_a_deposit_lets_it_go() -> None:
    """An older announcement that is accepted late says nothing about a deposit that came after it (P3)."""
    world = silent(49)
    older = Order("announce", 1, number=world.facts.announcements)
    world.mailbox = "mute"
    world.put("practice", person(SUCCESSOR, "successor"))
    world.facts = accepted(world.facts, world.node, world.now, older)
    world.run(30 * D)
    assert "practice" not in {o.client for _, o in world.log if o.kind == "release"}


def test_a_full_mailbox_at_the_announcement_does_not_lock_the_clients_out() -> None:
    """The announcement is refused for good, then the mailbox works again: a later one is accepted (P7)."""
    world = silent(43.75)
    world.mailbox = "refuse"
    world.run(D)
    world.mailbox = "take"
    world.run(9 * D)
    assert world.days("release", CLIENT)[0] == 53.0
    assert not world.last.blind


def test_a_person_who_comes_late_is_announced_too() -> None:
    """A beneficiary added after a release waits from their own announcement on (P3)."""
    world = silent(52)
    world.put("bakery", *ALL, person("nnnnnnnn", "successor"))
    world.run(8 * D)
    assert world.days("announce", "nnnnnnnn") == [52.0]
    assert world.days("release", "nnnnnnnn") == [59.25]


def test_terms_do_not_change_a_wait_that_was_announced() -> None:
    """A shorter or longer wait holds from the next epoch (P3, P7)."""
    world = silent(45)
    world.put("bakery", person(CLIENT, "client", 30), person(RESERVE, "reserve", 0))
    world.run(21 * D)
    assert world.days("release", CLIENT)[0] == 51.0
    assert world.days("release", RESERVE)[0] == 65.0


def test_who_is_taken_out_gets_nothing() -> None:
    """A person who is no beneficiary any more is not released, nor is a mail that waits."""
    world = silent(50)
    world.put("bakery", person(CLIENT, "client"))
    world.run(20 * D)
    assert {o.person for _, o in world.log if o.kind == "release"} == {CLIENT}


def test_a_provider_without_deposits_is_only_reminded() -> None:
    """Where nothing can be released nobody is warned."""
    world = World()
    world.put("bakery")
    world.run(100 * D)
    assert {o.kind for _, o in world.log} == {"remind"}


def test_an_ended_deposit_stays_thirty_days() -> None:
    """The order to end it takes effect 30 days later, once, while the provider is current (P7)."""
    world = World(timings=Timings(interval=60 * DAY))
    world.end("bakery")
    world.end("bakery")
    world.run(29 * D)
    assert world.days("ended") == []
    world.run(2 * D)
    assert world.days("ended") == [30.0]
    world.run(100 * D)
    assert world.days("release") == []
    with pytest.raises(NotFoundError, match=r"deposit\.unknown"):
        end_deposit(world.facts, world.now, "bakery")


def test_a_withdrawal_takes_nothing_from_who_waits_already() -> None:
    """The notice runs out while the provider is overdue: the deposit is released all the same (P7)."""
    world = silent(20)
    world.end("bakery")
    world.run(45 * D)
    assert world.days("ended") == []
    assert world.days("release", CLIENT)
    world.check_in()
    assert world.days("ended") == [65.0]


# What people are told -------------------------------------------------------------------------------------


def test_the_schedule_tells_the_earliest_days() -> None:
    """At the check-in the schedule shows the deadline, the announcement and each release."""
    schedule = World().last.schedule
    assert (schedule.deadline, schedule.announced) == (30 * D, 44 * D)
    assert [(p.person, p.earliest) for p in schedule.releases] == [
        (CLIENT, 51 * D),
        (SUCCESSOR, 51 * D),
        (RESERVE, 65 * D),
    ]


def test_the_schedule_moves_with_what_is_still_owed() -> None:
    """A warning that nobody accepts moves the announcement: at best it is accepted now."""
    world = silent(60, mailbox="mute")
    assert world.last.schedule.deadline == -30 * D
    assert world.last.schedule.announced == 3 * D
    assert world.last.schedule.releases[0].earliest == 10 * D


def test_the_schedule_of_a_deaf_node_hopes_that_it_hears_now() -> None:
    """A release that is due, and held back by deafness, comes a day of settling after the node hears again."""
    world = silent(50.75)
    world.hear("none")
    world.run(D)
    assert world.last.schedule.releases[0].earliest == D
    world.hear("self")
    assert world.last.schedule.releases[0].earliest == D


def test_the_schedule_shows_what_is_done() -> None:
    """A release that went out, one that is confirmed, one that waits."""
    world = silent(52)
    world.facts = confirmed(world.facts, client="bakery", person=CLIENT, epoch=1)
    world.evaluate()
    assert [p.state for p in world.last.schedule.releases] == ["confirmed", "released", "waiting"]
