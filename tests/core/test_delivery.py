"""When a node tells a client that the printed list is old: rules D1 to D6 of ``core.delivery``."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from escrowd.core.delivery import REPEAT, Circumstances, Paper, heard, look, may_go, to_tell
from escrowd.core.orders import Gate, Order
from escrowd.core.terms import DAY, Beneficiary, NodeRun, Terms, Timings

DAY_MS = DAY * 1000
HERE = Circumstances(client="bakery", clients=("clientaa", "clientbb"), trial_ends=None, deliver_by=30 * DAY)
OLD = heard(Paper(), 5 * DAY_MS, delivered=11, first=12, since=100)


def days(
    paper: Paper, there: Circumstances, until: int, start: int = 0
) -> tuple[Paper, dict[int, list[str]]]:
    """The paper after so many days, looked at once a day, and the kinds and persons of what was ordered when."""
    told: dict[int, list[str]] = {}
    for day in range(start, until + 1):
        found = look(paper, day * DAY_MS, there)
        paper = found.paper
        for order in found.orders:
            told.setdefault(day, []).append(f"{order.kind} {order.person} {order.about}".strip())
    return paper, told


def test_the_client_is_told_after_the_wait_and_every_thirty_days() -> None:
    """Each person of the client, 30 d after the node heard of the change, and again each 30 d while it lasts."""
    _, told = days(OLD, HERE, 100)
    both = ["list-old clientaa", "list-old clientbb"]
    assert told == {35: both, 65: both, 95: both}


def test_the_hint_is_the_very_moment() -> None:
    """Looked at when the hint says, and not a millisecond earlier, the letter goes."""
    due = look(OLD, 5 * DAY_MS, HERE).due
    assert due == 35 * DAY_MS
    assert look(OLD, due - 1, HERE).orders == ()
    assert len(look(OLD, due, HERE).orders) == 2
    assert look(Paper(delivered=11), 0, HERE).due is None


def test_other_terms_wait_otherwise() -> None:
    """The wait is the terms'; the distance between two letters is not."""
    _, told = days(OLD, replace(HERE, deliver_by=7 * DAY), 60)
    assert sorted(told) == [12, 42]


def test_a_handover_ends_it_and_drops_what_waits() -> None:
    """P7: handed over, nothing is ordered any more, and a letter that lies in the outbox is untrue."""
    paper, _ = days(OLD, HERE, 35)
    (letter, _) = look(OLD, 35 * DAY_MS, HERE).orders
    assert may_go(paper, letter) is Gate.GO
    after = heard(paper, 36 * DAY_MS, delivered=12)
    assert may_go(after, letter) is Gate.DROP
    assert days(after, HERE, 200, 36)[1] == {}
    again = heard(after, 40 * DAY_MS, delivered=12, first=13)
    assert may_go(again, letter) is Gate.DROP
    assert sorted(days(again, HERE, 80, 40)[1]) == [70]


def test_a_later_letter_takes_the_place_of_one_that_waits() -> None:
    """After a month without a mail server only the newest letter goes."""
    first = look(OLD, 35 * DAY_MS, HERE)
    second = look(first.paper, 65 * DAY_MS, HERE)
    assert may_go(second.paper, first.orders[0]) is Gate.DROP
    assert may_go(second.paper, second.orders[0]) is Gate.GO
    assert first.orders[0].key != second.orders[0].key


def test_in_the_trial_the_provider_gets_it_once_and_the_client_after_it() -> None:
    """As with a silence: until the trial is over the provider reads what the client would have got."""
    there = replace(HERE, clients=("clientaa",), deliver_by=7 * DAY, trial_ends=30 * DAY_MS)
    _, told = days(OLD, there, 40)
    assert told == {12: ["probe-list-old provider clientaa"], 30: ["list-old clientaa"]}


def test_a_trial_that_ends_by_word_is_noticed_within_a_day() -> None:
    """While a trial holds a letter back it is looked at daily, whatever hint was stored."""
    there = replace(HERE, trial_ends=400 * DAY_MS)
    due = look(OLD, 35 * DAY_MS, there).due
    assert due == 36 * DAY_MS
    assert look(look(OLD, 35 * DAY_MS, there).paper, due, replace(there, trial_ends=None)).orders


def test_who_has_a_release_of_this_silence_is_not_told() -> None:
    """Only persons in the role client, without those whom the present silence has released."""
    terms = Terms(
        client="bakery",
        timings=Timings(),
        beneficiaries=(
            Beneficiary(person="clientaa", role="client", after=0),
            Beneficiary(person="clientbb", role="client", after=0),
            Beneficiary(person="successa", role="successor", after=0),
        ),
        nodes=(NodeRun(fingerprint="a" * 32, operator="provider"),),
        people_sha256="0" * 64,
    )
    assert to_tell(terms, {"clientbb"}) == ("clientaa",)
    assert days(OLD, replace(HERE, clients=()), 100)[1] == {}


EVENT = st.tuples(st.integers(0, 50), st.sampled_from(["change", "deliver", "repeat", "forget"]))


@given(events=st.lists(EVENT, max_size=12), deliver_by=st.integers(7, 90))
def test_never_two_letters_within_thirty_days_and_none_while_the_list_is_current(
    events: list[tuple[int, str]], deliver_by: int
) -> None:
    """Whatever changes, is handed over or forgotten: none too early, too late, or about a list that is current."""
    there = replace(HERE, clients=("clientaa",), deliver_by=deliver_by * DAY)
    paper, revision, now = Paper(), 1, 0
    sent: list[tuple[int, Order]] = []
    old_since: int | None = None
    for wait, what in [*events, (200, "end")]:
        until = now + wait * DAY_MS
        while True:
            found = look(paper, now, there)
            if found.orders:
                assert old_since is not None
                assert now - old_since >= deliver_by * DAY_MS
                sent += [(now, order) for order in found.orders]
            paper = found.paper
            if found.due is None or found.due > until:
                break
            assert found.due > now
            now = found.due
        now = until
        if old_since is not None and now >= old_since + deliver_by * DAY_MS:
            assert sent
            assert now < sent[-1][0] + REPEAT * 1000
        if what == "change":
            revision += 1
            first = paper.first or revision
            paper = heard(paper, now, delivered=paper.delivered, first=first)
            old_since = now if old_since is None else old_since
        elif what == "deliver":
            paper, old_since = heard(paper, now, delivered=revision), None
        elif what == "repeat":
            paper = heard(paper, now, delivered=paper.delivered, first=paper.first)
        elif what == "forget" and paper.first is not None:
            paper = heard(paper, now, delivered=None, first=1)
    moments = [moment for moment, _ in sent]
    assert all(later - earlier >= REPEAT * 1000 for earlier, later in pairwise(moments))
    assert len({order.key for _, order in sent}) == len(sent)


@given(st.lists(st.tuples(st.integers(1, 29), st.integers(0, 60)), max_size=8))
def test_who_delivers_in_time_never_causes_a_letter(rounds: list[tuple[int, int]]) -> None:
    """A provider who hands over within the wait, as often as something changes, is never written about."""
    paper, now = Paper(), 0
    for number, (late, pause) in enumerate(rounds):
        paper = heard(paper, now, delivered=number, first=number + 1)
        for _ in range(late):
            now += DAY_MS
            found = look(paper, now, HERE)
            assert not found.orders
            paper = found.paper
        paper = heard(paper, now, delivered=number + 1)
        now += pause * DAY_MS
        assert look(paper, now, HERE).due is None
