"""The switch and what a provider says to it: check-ins, pauses, deposits; and what people are told."""

import pytest
from checker.promises import check
from core.switch_world import ALL, CLIENT, RESERVE, SUCCESSOR, D, World, person, silent

from escrowd.core.switch import (
    Order,
    accepted,
    check_in,
    confirmed,
    end_deposit,
)
from escrowd.core.terms import DAY, Timings
from escrowd.errors import InputError, NotFoundError, RefusedError


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


# Deposits --------------------------------------------------------------------------------------------------


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


# What people are told --------------------------------------------------------------------------------------


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
