"""The trial of a first deposit: the provider rehearses, people are told nothing, and it costs them no more than agreed."""

import pytest
from checker.promises import check
from core.switch_world import ALL, CLIENT, RESERVE, SUCCESSOR, WITNESS, D, World, person, silent
from hypothesis import given, settings
from hypothesis import strategies as st

from escrowd.core.switch import reporting, vouching
from escrowd.core.switch.facts import TRIAL
from escrowd.core.terms import DAY, PROVIDER, Timings
from escrowd.errors import NotFoundError

SHORT = Timings(interval=7 * DAY, grace=7 * DAY, announce=7 * DAY)


def on_trial(days: float, **more: object) -> World:
    """A world whose first deposit is in its trial, silent for so many days. With short terms it rehearses all."""
    return silent(days, trial=True, witnesses=(WITNESS,), **{"timings": SHORT, **more})


def to_people(world: World) -> list[str]:
    """Kinds of what went to anybody but the provider."""
    return [order.kind for _, order in world.log if order.person != PROVIDER]


def test_in_the_trial_the_provider_rehearses_the_whole_way() -> None:
    """Warned, announced, and once for each person what would have been announced and released (R16, R17)."""
    world = on_trial(29.75)
    assert to_people(world) == []
    assert world.days("warn")[0] == 7.0
    probes = [(m.awake // D, o.kind, o.about, o.set) for m, o in world.log if o.kind.startswith("probe")]
    assert probes == [
        *((14, "probe-announce", who, 0) for who in (CLIENT, SUCCESSOR, RESERVE)),
        *((21, "probe-release", who, 1) for who in (CLIENT, SUCCESSOR)),
    ]
    assert check(world.history) == []


def test_the_trial_ends_by_itself_and_is_followed_by_the_real_thing() -> None:
    """On day 30 everybody is told; the release follows a whole ``announce`` later (R6, R7; P3)."""
    world = on_trial(60)
    assert world.days("trial-ended", CLIENT) == [30.0]
    assert world.days("trial-ended", PROVIDER) == [30.0]
    assert world.days("announce", CLIENT) == [30.0]
    assert world.days("announce", WITNESS) == [30.0]
    assert world.days("release", CLIENT)[0] == 37.0
    assert world.days("release", RESERVE)[0] == 51.0
    assert check(world.history) == []


def test_with_usual_terms_a_trial_delays_nothing() -> None:
    """It is over before the first deadline can be: a provider who dies on the first day is released on time (P7)."""
    assert on_trial(52, timings=Timings()).days("release", CLIENT)[0] == 51.0


@settings(max_examples=15, deadline=None)
@given(
    interval=st.integers(7, 40), grace=st.integers(7, 30), announce=st.integers(7, 20), day=st.integers(0, 29)
)
def test_a_trial_takes_no_more_than_its_rest(interval: int, grace: int, announce: int, day: int) -> None:
    """Released when it would have been without it, or ``announce`` after its end: whichever is later (P7)."""
    terms = Timings(interval=interval * DAY, grace=grace * DAY, announce=announce * DAY)
    days = []
    for trial in (False, True):
        world = World(timings=terms, trial=trial)
        world.run(day * D)
        world.check_in()
        world.run((interval + grace + announce + 61) * D, tick=D)
        days.append(world.days("release", CLIENT)[0])
    assert days[1] == max(days[0], TRIAL // DAY + announce)


def test_a_trial_runs_while_the_node_cannot_hear() -> None:
    """It counts awake time: no deafness makes it longer (P7)."""
    world = World(trial=True)
    world.hear("none")
    world.run(30 * D)
    assert world.days("trial-ended", PROVIDER) == [30.0]


def test_a_trial_never_comes_back() -> None:
    """Neither by another deposit, nor by an end and a new beginning (P7)."""
    world = on_trial(30)
    world.put("bakery", *ALL, trial=True)
    assert world.trial_of("bakery") is None
    world.check_in()
    world.end("bakery")
    for _ in range(6):
        world.run(6 * D)
        world.check_in()
    assert world.days("ended") == [60.0]
    world.put("bakery", *ALL, trial=True)
    assert world.trial_of("bakery") is None
    assert check(world.history) == []


def test_another_deposit_makes_a_trial_no_longer() -> None:
    """Its end stays where the first deposit put it (P7)."""
    world = on_trial(20)
    end = world.trial_of("bakery")
    world.put("bakery", person(CLIENT, "client"), trial=True)
    assert world.trial_of("bakery") == end
    world.put("bakery", person(CLIENT, "client"))
    assert world.trial_of("bakery") == end


def test_the_provider_ends_a_trial() -> None:
    """From then on it is real; doing it twice changes nothing."""
    world = on_trial(15)
    world.arm("bakery")
    assert world.days("announce", CLIENT) == [15.0]
    facts = world.facts
    world.arm("bakery")
    assert world.facts == facts
    world.run(60 * D)
    assert world.days("release", CLIENT)[0] == 22.25
    assert "probe-release" not in {order.kind for _, order in world.log}
    with pytest.raises(NotFoundError, match=r"deposit\.unknown"):
        world.arm("practice")


def test_one_clients_trial_is_nobody_elses() -> None:
    """The others are announced and released as ever; what waits for the trial keeps the switch warning."""
    world = silent(5, timings=SHORT)
    world.put("practice", person("tttttttt", "client"), witnesses=(WITNESS,), trial=True)
    world.run(60 * D)
    assert world.days("release", CLIENT)[0] == 21.0
    assert world.days("announce", "tttttttt") == [35.0]
    assert world.days("release", "tttttttt")[0] == 42.0
    assert check(world.history) == []


def test_in_a_trial_people_put_off_nothing_but_may_report() -> None:
    """Nothing of theirs is announced yet; that the provider is gone is theirs to say from the first day (P7)."""
    world = on_trial(3)
    given = (world.facts, world.node, world.now)
    assert [reporting(*given, who) for who in (CLIENT, WITNESS)] == ["yes", "yes"]
    world.report(CLIENT)
    world.report(WITNESS)
    assert world.last.phase == "overdue"
    assert to_people(world) == []
    assert vouching(world.facts, world.node, world.now, CLIENT) == "nobody"


def test_the_schedule_knows_the_end_of_the_trial() -> None:
    """The earliest release lies ``announce`` after it."""
    world = on_trial(20)
    world.evaluate()
    assert world.last.schedule.releases[0].earliest == 17 * D
