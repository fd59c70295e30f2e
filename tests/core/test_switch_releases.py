"""The switch at the point of no return and after it: what still goes, what waits, what is dropped."""

from dataclasses import replace

import pytest
from checker.promises import check
from core.switch_world import CLIENT, RESERVE, SUCCESSOR, D, H, World, person, release, silent, went

from escrowd.core import hearing
from escrowd.core.releases import Release, find
from escrowd.core.switch import (
    Gate,
    Order,
    confirmed,
    may_go,
    may_release,
    release_refused,
)
from escrowd.core.terms import DAY, Timings
from escrowd.errors import NotFoundError


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


def test_a_key_holds_its_cause() -> None:
    """An epoch by its number, a request by ``r`` and its id; a release's order has the key of its cause (P4)."""
    assert Order("release", 7, CLIENT, "bakery", 1, 2).key == "release/7/bakery/cccccccc/1/2/"
    assert Order("warn", 7, number=3).key == "warn/7//provider/3/0/"
    mine = Release("bakery", CLIENT, "client", 0, 2, request="aaaaaaaa")
    assert mine.order.key == "release/raaaaaaaa/bakery/cccccccc/0/2/"
    assert find((mine,), mine.order) is mine
    assert find((mine,), replace(mine.order, request="", epoch=0)) is None


def test_confirming_what_was_never_ordered_is_an_error() -> None:
    """An unknown release is named, and nothing changes."""
    with pytest.raises(NotFoundError, match=r"release\.unknown"):
        confirmed(World().facts, client="bakery", person=CLIENT, epoch=1)
