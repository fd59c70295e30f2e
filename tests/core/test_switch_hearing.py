"""The clocks of a node and its hearing, rule by rule."""

from hypothesis import given
from hypothesis import strategies as st

from escrowd.core.hearing import (
    BEHIND_MOST,
    Mark,
    advance,
    behind,
    heard,
    noted,
    relay_took,
    started,
)
from escrowd.core.switch import Moment, NodeFacts
from escrowd.core.terms import DAY

S = 1_000
D = DAY * S
TICK = 10 * S
ZERO = Moment(0, 0)


@given(st.integers(-(10**15), 10**15), st.booleans())
def test_a_tick_never_adds_more_than_two_tick_lengths(elapsed: int, hearing: bool) -> None:  # noqa: FBT001 — drawn by hypothesis
    """Whatever the monotonic clock says after a suspend, and whatever it says if it goes back (P2)."""
    after = advance(Moment(7, 3), hearing=hearing, elapsed=elapsed, tick=TICK)
    assert 7 <= after.awake <= 7 + 2 * TICK
    assert after.node == 3 + (after.awake - 7 if hearing else 0)


def test_time_scale_multiplies_what_counts() -> None:
    """A demo's day lasts a fraction of a second; the bound of two ticks is one of real time."""
    assert advance(ZERO, hearing=True, elapsed=TICK, tick=TICK, time_scale=100) == Moment(
        100 * TICK, 100 * TICK
    )
    assert advance(ZERO, hearing=False, elapsed=9 * TICK, tick=TICK, time_scale=100) == Moment(200 * TICK, 0)


def test_a_start_is_deaf_until_the_first_good_answer() -> None:
    """Node time runs only after the node heard itself (P2)."""
    node = started(NodeFacts(), ZERO)
    assert node.state == "deaf"
    assert heard(node, ZERO, "none").state == "deaf"
    assert heard(node, ZERO, "self").state == "hearing"


def test_a_good_answer_that_is_one_of_many_changes_nothing() -> None:
    """Only the first after a silence begins a spell of settling."""
    node = heard(started(NodeFacts(), ZERO), Moment(5, 0), "self")
    assert node.settle_from == 5
    assert heard(node, Moment(90, 85), "self") is node


def test_settling_adds_up_over_its_spells() -> None:
    """A spell that was cut short counts as long as it lasted, a whole one for its day."""
    node = started(NodeFacts(), ZERO)
    node = heard(node, Moment(D // 2, 0), "self")
    assert (node.settled, node.settle_from) == (D // 2, D // 2)
    node = started(node, Moment(9 * D, 8 * D))
    assert (node.settled, node.settle_from) == (D // 2 + D, 9 * D)


def test_a_copy_that_falls_mute_begins_a_spell_of_settling() -> None:
    """It may have heard a check-in: the first tick without it must not release (P2); a deafness alone begins none."""
    node = heard(heard(started(NodeFacts(), ZERO), ZERO, "self"), ZERO, "other")
    assert heard(node, Moment(D, 0), "none").settle_from == D
    assert heard(heard(node, Moment(D, 0), "none"), Moment(2 * D, 0), "none").settle_from == D


def test_a_copy_makes_the_node_held_and_then_all_begins_anew() -> None:
    """What ends held begins every epoch anew, also if a restart or a deafness lies between (P2)."""
    node = heard(heard(NodeFacts(), ZERO, "self"), ZERO, "other")
    assert (node.state, node.generation) == ("held", 0)
    node = started(heard(node, ZERO, "none"), ZERO)
    assert (node.state, node.copy_seen) == ("deaf", True)
    node = heard(node, ZERO, "self")
    assert (node.state, node.generation, node.copy_seen) == ("hearing", 1, False)


def test_a_restored_database_is_a_new_generation() -> None:
    """A node that was put back from a copy has forgotten check-ins."""
    assert started(NodeFacts(), ZERO, restored=True).generation == 1


def test_only_a_gap_of_more_than_a_day_opens_a_new_round() -> None:
    """A wall clock set back, or unknown, decides nothing; one that jumps ahead can only warn again (P2)."""
    rounds = {
        gap: started(NodeFacts(), ZERO, wall_gap=gap).round for gap in (-(10**9), 0, DAY, DAY + 1, 10**9)
    }
    assert rounds == {-(10**9): 0, 0: 0, DAY: 0, DAY + 1: 1, 10**9: 1}


def test_the_relay_is_good_for_two_days_after_each_mail() -> None:
    """Mails two days apart cover everything; after ten days of nothing two of them are covered."""
    node = relay_took(NodeFacts(), Moment(D, 0))
    node = relay_took(node, Moment(3 * D, 0))
    assert node.relay_good == 2 * D
    node = relay_took(node, Moment(13 * D, 0))
    assert node.relay_good == 4 * D


def lived(days: list[tuple[int, int]]) -> tuple[tuple[Mark, ...], Mark]:
    """Marks of a life told as (wall days, node days), and the last moment of it."""
    marks: tuple[Mark, ...] = ()
    mark = Mark(0, 0)
    for wall, node in days:
        mark = Mark(mark.node + node * D, mark.wall + wall * DAY)
        marks = noted(marks, mark)
    return marks, mark


def test_a_node_that_is_off_for_a_week_says_so() -> None:
    """Node time more than three days behind within thirty is told."""
    marks, mark = lived([(1, 1)] * 20 + [(7, 0)])
    assert behind(marks, mark) == 7 * DAY > BEHIND_MOST


def test_what_is_long_past_is_forgotten() -> None:
    """A week off, more than thirty days ago, says nothing about today; the marks stay few."""
    marks, mark = lived([(1, 1)] * 5 + [(7, 0)] + [(1, 1)] * 40)
    assert behind(marks, mark) == 0
    assert len(marks) <= 32


def test_a_clock_that_was_wrong_is_forgotten() -> None:
    """Marks from the future of a wrong wall clock are dropped; node time ahead of the wall is no lag."""
    marks, _ = lived([(1, 1), (4000, 1)])
    right = Mark(3 * D, 3 * DAY)
    assert behind(noted(marks, right), right) == 0
    assert behind((Mark(0, 0),), Mark(100 * D, DAY)) == 0
    assert behind((), right) == 0
