"""The switch and what people say: vouches, reports, witnesses."""

import pytest
from checker.promises import check
from core.switch_world import ALL, CLIENT, RESERVE, SUCCESSOR, WITNESS, D, World, person, silent, went

from escrowd.core.switch import Order, may_go, reporting, vouching
from escrowd.core.terms import DAY, PROVIDER, Timings

OTHER = "oooooooo"


def watched(days: float, **more: object) -> World:
    """A world with a witness, whose provider has been silent for so many days."""
    return silent(days, witnesses=(WITNESS, OTHER), **more)


def may(world: World, who: str) -> tuple[str, str]:
    """Whether a vouch and a report of a person would count, or why not."""
    world.evaluate()
    given = (world.facts, world.node, world.now, who)
    return vouching(*given), reporting(*given)


# Witnesses ------------------------------------------------------------------------------------------------


def test_witnesses_are_told_at_overdue_and_announced() -> None:
    """Once each, under the number of the provider's mail; and nothing is released to them."""
    world = watched(70)
    assert world.ordered("overdue") == [(30.0, 1), (30.0, 1)]
    assert world.ordered("announce", WITNESS) == [(44.0, 1)]
    assert {order.kind for _, order in world.log if order.person == WITNESS} == {"overdue", "announce"}
    assert check(world.history) == []


def test_a_witness_who_comes_later_is_told_at_once() -> None:
    """Named while the provider is overdue or announced, and told what holds then."""
    world = silent(33)
    world.put("bakery", *ALL, witnesses=(WITNESS,))
    assert world.days("overdue") == [33.0]
    world.run(12 * D)
    world.put("bakery", *ALL, witnesses=(WITNESS, OTHER))
    assert (world.days("overdue"), world.days("announce", OTHER)) == ([33.0], [45.0])


def test_after_a_long_stop_witnesses_are_told_again() -> None:
    """What they were told has other dates now (R10)."""
    world = watched(35)
    world.restart(long_stop=True)
    assert world.days("overdue", WITNESS) == [30.0, 35.0]
    world.run(12 * D)
    world.restart(long_stop=True)
    assert len(world.days("announce", WITNESS)) == 2
    assert world.days("overdue", WITNESS) == [30.0, 35.0]


def test_who_gets_a_release_is_not_told_twice_as_a_witness() -> None:
    """A witness of a deposit who is its beneficiary too gets the beneficiary's mails."""
    world = silent(45, witnesses=(CLIENT,))
    assert world.days("overdue") == []
    assert world.days("announce", CLIENT) == [44.0]


def test_witnesses_of_what_is_released_are_told_no_more() -> None:
    """Everybody of the deposit has what is theirs: a new witness has nothing to do."""
    world = World()
    world.put("bakery", person(CLIENT, "client"))
    world.run(60 * D)
    world.put("bakery", person(CLIENT, "client"), witnesses=(WITNESS,))
    assert [order for _, order in world.log if order.person == WITNESS] == []


def test_a_check_in_tells_witnesses_that_it_is_off() -> None:
    """Who was told that the provider is overdue is told of the check-in too."""
    world = watched(31)
    world.check_in()
    assert sorted(o.person for _, o in world.log if o.kind == "all-clear") == [OTHER, WITNESS]


# Vouches --------------------------------------------------------------------------------------------------


def test_a_vouch_puts_off_the_end_of_its_phase() -> None:
    """Fourteen days later announced; another, given then, and fourteen days later released (R18)."""
    world = watched(40)
    assert world.vouch(WITNESS)
    world.run(18 * D)
    assert world.days("announce", CLIENT) == [58.0]
    assert world.vouch(CLIENT)
    world.run(36 * D)
    assert world.days("release", CLIENT)[0] == 79.0
    assert world.days("release", RESERVE)[0] == 93.0
    assert check(world.history) == []


def test_a_vouch_counts_though_the_phase_waits_for_a_mail() -> None:
    """Its end is not the grace's any more, but the warning's that was accepted late: that end moves."""
    world = watched(100, mailbox="mute")
    world.mailbox = "take"
    world.run(2 * D)
    assert world.vouch(WITNESS)
    world.run(20 * D)
    assert world.days("announce", CLIENT) == [117.25]


def test_a_vouch_holds_back_a_release_that_was_ordered_and_has_not_begun() -> None:
    """The mail server was away; the release waits in the outbox, and the vouch comes in time."""
    world = watched(50.75)
    world.relay_up = False
    world.run(D)
    assert world.days("release", CLIENT) == [51.0]
    world.relay_up = True
    assert world.vouch(SUCCESSOR)
    world.run(20 * D)
    assert went(world)[0] == 65.0
    assert world.days("release", CLIENT)[0] == 51.0


def test_a_vouch_puts_off_nothing_that_is_announced_after_it() -> None:
    """A deposit that comes later has a wait of its own, and was nobody's to vouch about (R18)."""
    world = watched(45)
    world.vouch(WITNESS)
    world.run(D)
    world.put("practice", person("tttttttt", "client"))
    world.run(40 * D)
    assert world.days("announce", "tttttttt") == [46.0]
    assert world.days("release", "tttttttt")[0] == 53.25
    assert world.days("release", CLIENT)[0] == 65.0
    assert check(world.history) == []


def test_vouches_add_up_to_28_days_in_an_epoch() -> None:
    """The third person comes too late, and is told so; a new epoch has its own."""
    world = watched(40)
    assert [world.vouch(who) for who in (WITNESS, WITNESS, CLIENT, SUCCESSOR)] == [True, False, True, False]
    assert may(world, WITNESS)[0] == "twice"
    assert may(world, SUCCESSOR)[0] == "used-up"
    world.run(33 * D)
    assert world.days("announce", CLIENT) == [72.0]
    world.check_in()
    world.run(31 * D)
    assert world.vouch(WITNESS)


def test_a_vouch_is_told_to_everybody_by_name() -> None:
    """To provider, beneficiaries and witnesses; the order says who vouched."""
    world = watched(31)
    world.vouch(WITNESS)
    told = {(o.person, o.client, o.about) for _, o in world.log if o.kind == "vouched"}
    people = (CLIENT, SUCCESSOR, RESERVE, WITNESS, OTHER)
    assert told == {(PROVIDER, "", WITNESS)} | {(who, "bakery", WITNESS) for who in people}


def test_only_the_named_vouch_and_only_from_overdue_on() -> None:
    """Not while current, not a stranger, not the provider, not once everybody has theirs."""
    world = watched(29)
    assert may(world, WITNESS)[0] == "current"
    assert not world.vouch(WITNESS)
    world.run(2 * D)
    assert [may(world, who)[0] for who in (WITNESS, "xxxxxxxx", PROVIDER)] == ["yes", "nobody", "nobody"]
    world.run(60 * D)
    assert may(world, WITNESS) == ("late", "late")
    assert world.facts.vouches == ()


def test_the_schedule_says_what_a_vouch_puts_off() -> None:
    """The dates that people are told move with it."""
    world = watched(31)
    world.vouch(WITNESS)
    assert world.last.schedule.announced == 27 * D
    assert world.last.schedule.releases[0].earliest == 34 * D
    world.run(28 * D)
    world.vouch(CLIENT)
    assert world.last.schedule.releases[0].earliest == 20 * D


# A link that only vouches ---------------------------------------------------------------------------------


def used_up(days: float) -> World:
    """Three check-ins by link, then silence for so many days."""
    world = World(witnesses=(WITNESS,))
    for _ in range(3):
        world.run(D)
        world.check_in("link")
    world.run(int(days * D))
    return world


def test_a_fourth_link_vouches_from_overdue_on() -> None:
    """As the provider, once, among the 28 days of all; after that it says that it does nothing (R21)."""
    world = used_up(31)
    assert not world.check_in("link")
    assert [v.person for v in world.facts.vouches] == [PROVIDER]
    assert world.days("link-spent") == []
    assert not world.check_in("link")
    assert len(world.days("link-spent")) == 1
    world.run(28 * D)
    assert world.days("announce", CLIENT) == [61.0]
    assert check(world.history) == []


def test_a_fourth_link_while_current_puts_nothing_off() -> None:
    """There is nothing to put off yet: it says that only a typed check-in will do."""
    world = used_up(1)
    world.check_in("link")
    assert world.facts.vouches == ()
    assert len(world.days("link-spent")) == 1


# Reports --------------------------------------------------------------------------------------------------


def test_two_people_move_the_deadline() -> None:
    """The provider is overdue at once, is warned, and has the whole grace to answer."""
    world = watched(10)
    assert world.report(SUCCESSOR)
    assert world.last.phase == "current"
    assert world.report(WITNESS)
    assert world.last.phase == "overdue"
    world.run(30 * D)
    assert world.days("warn")[0] == 10.0
    assert world.days("announce", CLIENT) == [24.0]
    assert world.days("release", CLIENT)[0] == 31.0
    assert check(world.history) == []


def test_each_report_is_told_to_everybody() -> None:
    """Also the first, so that a provider who is there can say so; the order says who."""
    world = watched(10)
    world.report(SUCCESSOR)
    people = {PROVIDER, CLIENT, SUCCESSOR, RESERVE, WITNESS, OTHER}
    assert {o.person for _, o in world.log if (o.kind, o.about) == ("reported", SUCCESSOR)} == people
    world.report(CLIENT)
    assert {o.person for _, o in world.log if (o.kind, o.about) == ("gone", CLIENT)} == people
    world.check_in()
    assert {o.person for _, o in world.log if o.kind == "all-clear"} == people - {PROVIDER}


def test_two_without_a_witness_or_client_move_nothing() -> None:
    """Successor and reserve gain by it: a third, who weighs, is needed."""
    world = watched(10)
    assert world.report(SUCCESSOR)
    assert world.report(RESERVE)
    assert world.last.phase == "current"
    assert not world.report(SUCCESSOR)
    assert world.report(OTHER)
    assert world.last.phase == "overdue"


def test_reports_move_a_deadline_once_and_never_back() -> None:
    """After the two there is nothing left to say; past the deadline it stays where it was."""
    world = watched(40)
    world.report(CLIENT)
    world.report(WITNESS)
    assert may(world, OTHER)[1] == "used-up"
    world.run(5 * D)
    assert world.days("announce", CLIENT) == [44.0]


def test_nobody_is_reported_during_a_pause() -> None:
    """Clients see the pause; once it is over, and the interval runs, reports count."""
    world = World(witnesses=(WITNESS,))
    world.check_in(pause=20)
    world.run(20 * D - 1)
    assert may(world, CLIENT)[1] == "paused"
    assert not world.report(CLIENT)
    world.run(1)
    assert world.report(CLIENT)
    assert world.report(WITNESS)
    assert world.last.phase == "overdue"


@pytest.mark.parametrize("days", [10, 40, 46])
def test_after_reports_a_link_only_vouches(days: int) -> None:
    """Whoever reads the mail of a dead provider keeps nobody alive by it (R21); a typed check-in counts."""
    world = watched(days)
    world.report(CLIENT)
    world.report(WITNESS)
    assert not world.check_in("link")
    assert [v.person for v in world.facts.vouches] == [PROVIDER]
    assert not world.check_in("link")
    assert world.facts.epoch == 1
    assert world.check_in("typed")
    assert world.check_in("link")
    assert check(world.history) == []


def test_one_report_leaves_links_as_they_are() -> None:
    """It takes two to doubt a check-in by link."""
    world = watched(10)
    world.report(CLIENT)
    assert world.check_in("link")


def test_what_people_said_ends_with_the_epoch() -> None:
    """A check-in, or a new beginning, and nobody has said anything."""
    for anew in (False, True):
        world = watched(31)
        world.vouch(WITNESS)
        world.report(CLIENT)
        world.report(WITNESS)
        if anew:
            world.restart(restored=True)
            assert WITNESS in {o.person for _, o in world.log if o.kind == "anew"}
        else:
            world.check_in()
        assert (world.facts.vouches, world.facts.reports, world.facts.gone) == ((), (), None)
        assert world.last.phase == "current"
        world.run(45 * D)
        assert world.days("announce", CLIENT)[-1] == 75.0


def test_a_long_stop_forgets_nothing_that_people_said() -> None:
    """They did say it: only what mails must show is asked for again (R10)."""
    world = watched(31)
    world.vouch(WITNESS)
    world.run(20 * D)
    world.restart(long_stop=True)
    world.run(18 * D)
    assert world.days("announce", CLIENT) == [68.25]  # 51.25 + notice + 14


def test_letters_about_what_people_said_do_not_outlive_the_epoch() -> None:
    """After a check-in they would frighten for nothing (R30)."""
    world = watched(31)
    kinds = ("overdue", "vouched", "reported", "gone", "probe-announce", "probe-release")
    mails = [Order(kind, 1, WITNESS, "bakery", 1, about=CLIENT) for kind in kinds]
    gates = [may_go(world.facts, world.node, world.now, mail).value for mail in mails]
    assert gates == ["go"] * 6
    world.check_in()
    gates = [may_go(world.facts, world.node, world.now, mail).value for mail in mails]
    assert gates == ["drop"] * 6


def test_people_of_a_client_who_has_left_have_no_say() -> None:
    """The deposit has ended."""
    world = World(witnesses=(WITNESS,), timings=Timings(interval=40 * DAY))
    world.end("bakery")
    world.run(31 * D)
    assert may(world, WITNESS) == ("nobody", "nobody")
