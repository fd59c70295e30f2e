"""Requests: a holder of a card asks, and nothing refuses it (rules Q1 to Q13)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrowd.core import requests
from escrowd.core.orders import Gate, Order
from escrowd.core.requests import OBJECTION, OTHERS_WAIT, SECOND, TOLD_WITHIN, Request, Requests
from escrowd.core.terms import DAY, PROVIDER, Beneficiary, NodeRun, Terms, Timings
from escrowd.errors import ConflictError, EscrowdError, NotFoundError, RefusedError

D = DAY * SECOND
CLIENT, PARTNER, SUCCESSOR, BANK, WITNESS = "aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd", "eeeeeeee"
TERMS = Terms(
    client="mueller",
    timings=Timings(),
    beneficiaries=(
        Beneficiary(person=CLIENT, role="client", after=0),
        Beneficiary(person=PARTNER, role="client", after=0),
        Beneficiary(person=SUCCESSOR, role="successor", after=0),
        Beneficiary(person=BANK, role="reserve", after=0),
    ),
    request_wait=3 * DAY,
    delay_max=5 * DAY,
    nodes=(NodeRun(fingerprint="a" * 32, operator="ffffffff"),),
    people_sha256="0" * 64,
    witnesses=(WITNESS,),
)
ALL = frozenset({CLIENT, PARTNER, SUCCESSOR, BANK})


def asked(group: str = "client", now: int = 0, terms: Terms = TERMS, before: Requests = ()) -> Requests:
    return requests.open_request(before, now, id_="rrrrrrrr", group=group, number=1, terms=terms).requests


def evaluated(open_: Requests, now: int, reachable: frozenset[str] = ALL) -> requests.Evaluation:
    return requests.evaluate(open_, now, reachable=reachable, newest=1)


def received(person: str = PROVIDER) -> Order:
    return Order("request-received", 0, person, "mueller", request="rrrrrrrr")


def released_at(open_: Requests, until: int = 60 * D) -> int | None:
    """The first whole hour at which a release is ordered."""
    for now in range(0, until, D // 24):
        if any(order.kind == "release" for order in evaluated(open_, now).orders):
            return now
    return None


def test_everybody_is_told_at_once() -> None:
    """Q3: provider, every beneficiary and every witness get a mail under a key of their own."""
    change = requests.open_request((), 0, id_="rrrrrrrr", group="client", number=1, terms=TERMS)
    told = {order.person for order in change.orders if order.kind == "request-received"}
    assert told == {PROVIDER, *ALL, WITNESS}
    assert len({order.key for order in change.orders}) == len(change.orders)
    assert all("/rrrrrrrrr/" in order.key for order in change.orders)  # r and the id


@pytest.mark.parametrize(
    ("told", "due"), [(None, TOLD_WITHIN + 3 * DAY), (DAY, 4 * DAY), (3 * DAY, TOLD_WITHIN + 3 * DAY)]
)
def test_wait_counts_from_the_first_accepted_mail(told: int | None, due: int) -> None:
    """Q4, Q5: the wait runs from the first mail accepted for the provider, 2 d after the proof at the latest."""
    open_ = asked()
    if told is not None:
        open_ = requests.told_accepted(open_, told * SECOND, received())
    assert released_at(open_) == due * SECOND


def test_only_the_providers_mail_starts_the_wait() -> None:
    """Q4: an accepted mail to somebody else shows nothing about the provider, and the first one counts."""
    open_ = requests.told_accepted(asked(), 5, received(CLIENT))
    assert open_[0].told is None
    open_ = requests.told_accepted(requests.told_accepted(open_, 5, received()), 9, received())
    assert open_[0].told == 5


def test_release_goes_to_each_person_of_the_role() -> None:
    """Q1, Q11: due, each reachable person of the role is released once, and nobody else."""
    evaluation = evaluated(asked(), 5 * D)
    assert [(o.kind, o.person, o.role) for o in evaluation.orders] == [
        ("release", CLIENT, "client"),
        ("release", PARTNER, "client"),
    ]
    assert evaluated(evaluation.requests, 5 * D).orders == ()


def test_who_becomes_reachable_later_is_released_then() -> None:
    """Q11, P7: a client who confirms an address after the request was due is released at that moment."""
    first = evaluated(asked(), 5 * D, frozenset())
    assert first.orders == ()
    later = evaluated(first.requests, 40 * D, frozenset({CLIENT}))
    assert [order.person for order in later.orders] == [CLIENT]


def test_approval_is_due_at_once() -> None:
    """Q6: the provider's approval releases at that moment; a second one changes nothing."""
    change = requests.approve(asked(), D, "rrrrrrrr")
    assert {order.kind for order in change.orders} == {"request-approved"}
    assert [o.kind for o in evaluated(change.requests, D).orders] == ["release"] * 2
    assert requests.approve(change.requests, 2 * D, "rrrrrrrr").orders == ()


def test_delays_add_up_to_what_was_agreed() -> None:
    """Q8: delays stretch the wait with their reasons, and never beyond delay_max."""
    change = requests.delay(asked(), 0, "rrrrrrrr", seconds=2 * DAY, reason="on my way")
    open_ = requests.delay(change.requests, 1, "rrrrrrrr", seconds=3 * DAY, reason="train").requests
    assert [d.reason for d in open_[0].delays] == ["on my way", "train"]
    with pytest.raises(RefusedError) as caught:
        requests.delay(open_, 2, "rrrrrrrr", seconds=1, reason="x")
    assert (caught.value.code, caught.value.fields) == ("request.delay-used-up", {"asked": 1, "left": 0})
    assert released_at(open_) == (TOLD_WITHIN + 8 * DAY) * SECOND


def test_what_is_due_is_not_put_off() -> None:
    """Q10: neither a delay nor an objection comes after the moment at which a request is due."""
    open_ = asked()
    with pytest.raises(ConflictError, match=r"request\.due"):
        requests.delay(open_, 5 * D, "rrrrrrrr", seconds=1, reason="x")
    with pytest.raises(ConflictError, match=r"request\.due"):
        requests.object_(open_, 5 * D, "rrrrrrrr", person=CLIENT, may_act=True)


def test_one_objection_of_a_client() -> None:
    """Q9: a client objects once, for 7 d; again it changes nothing, and another's is refused."""
    change = requests.object_(asked(), D, "rrrrrrrr", person=CLIENT, may_act=True)
    assert {order.person for order in change.orders} == {PROVIDER, *ALL, WITNESS}
    assert requests.object_(change.requests, D, "rrrrrrrr", person=CLIENT, may_act=True).orders == ()
    with pytest.raises(ConflictError, match=r"request\.objected"):
        requests.object_(change.requests, D, "rrrrrrrr", person=PARTNER, may_act=True)
    assert released_at(change.requests) == (TOLD_WITHIN + 3 * DAY + OBJECTION) * SECOND


@pytest.mark.parametrize(
    ("person", "may_act", "code"),
    [(SUCCESSOR, True, "request.not-the-client"), (CLIENT, False, "address.hangs"), (WITNESS, True, "request.not-the-client")],
)  # fmt: skip
def test_who_may_not_object(person: str, may_act: bool, code: str) -> None:  # noqa: FBT001 — a parameter of the test
    """Q9, P7: only a client objects, and not by a mailbox that the provider controls."""
    with pytest.raises(RefusedError) as caught:
        requests.object_(asked(), 0, "rrrrrrrr", person=person, may_act=may_act)
    assert caught.value.code == code


@pytest.mark.parametrize("group", ["successor", "reserve"])
def test_others_need_a_yes(group: str) -> None:
    """Q7: without the client's or the provider's yes a successor or reserve is never released."""
    open_ = asked(group)
    assert released_at(open_, 400 * D) is None
    assert requests.state_of(open_[0], 90 * D) == "consent"
    agreed = requests.consent(open_, D, "rrrrrrrr", person=CLIENT).requests
    assert released_at(agreed) == (TOLD_WITHIN + OTHERS_WAIT) * SECOND
    assert released_at(requests.consent(open_, 20 * D, "rrrrrrrr", person=CLIENT).requests) == 20 * D
    assert released_at(requests.approve(open_, D, "rrrrrrrr").requests) == D


def test_own_request_needs_no_consent() -> None:
    """Q7: a client's yes to a client's own request means nothing, and a successor cannot say yes."""
    with pytest.raises(ConflictError, match=r"request\.no-consent-needed"):
        requests.consent(asked(), 0, "rrrrrrrr", person=CLIENT)
    with pytest.raises(RefusedError, match=r"request\.not-the-client"):
        requests.consent(asked("successor"), 0, "rrrrrrrr", person=SUCCESSOR)


def test_second_request_joins() -> None:
    """Q2: who asks again while one is open joins it; another group opens its own."""
    open_ = asked()
    again = requests.open_request(open_, D, id_="ssssssss", group="client", number=1, terms=TERMS)
    assert (again.joined, again.request.id, again.requests) == (True, "rrrrrrrr", open_)
    other = requests.open_request(open_, D, id_="ssssssss", group="reserve", number=1, terms=TERMS)
    assert (other.joined, len(other.requests)) == (False, 2)


def sent(open_: Requests, now: int) -> Requests:
    """Everything that was ordered went out."""
    evaluation = evaluated(open_, now)
    open_ = evaluation.requests
    for order in evaluation.orders:
        if order.kind == "release":
            assert requests.may_release(open_, now, order) is Gate.GO
            open_ = requests.released(requests.begun(open_, order), now, order)
    return open_


def test_after_a_release_the_next_request_is_a_new_one() -> None:
    """Q2: what went out is over; asking again opens another request, which ends the repeats of the first."""
    open_ = sent(asked(), 5 * D)
    assert not requests.runs(open_)
    change = requests.open_request(open_, 6 * D, id_="ssssssss", group="client", number=1, terms=TERMS)
    assert not change.joined
    kinds = [(o.kind, o.request) for o in evaluated(change.requests, 11 * D).orders]
    assert kinds == [("release", "ssssssss")] * 2


def test_a_further_request_takes_no_first_mail_away() -> None:
    """R30, P7: it ends the repeats of the one before; a first mail to somebody else, still queued, goes out."""
    evaluation = evaluated(asked(), 5 * D)
    first, other = evaluation.orders
    out = requests.released(requests.begun(evaluation.requests, first), 5 * D, first)
    again = requests.open_request(out, 6 * D, id_="ssssssss", group="client", number=1, terms=TERMS).requests
    assert requests.may_release(again, 6 * D, other) is Gate.GO
    assert requests.may_release(again, 6 * D, replace(first, number=1)) is Gate.DROP


def test_repeats_until_confirmed() -> None:
    """Q12: a release by request is repeated until the person confirms it."""
    open_ = sent(asked(), 5 * D)
    assert [o.number for o in evaluated(open_, 6 * D).orders] == [1, 1]
    open_ = requests.confirmed(open_, request="rrrrrrrr", person=CLIENT)
    assert [(o.person, o.number) for o in evaluated(open_, 6 * D).orders] == [(PARTNER, 1)]
    with pytest.raises(NotFoundError, match=r"release\.unknown"):
        requests.confirmed(open_, request="rrrrrrrr", person=BANK)


def test_a_refused_mail_goes_back_to_where_it_was() -> None:
    """P4: after a definite refusal nothing counts as out, and the request stays open."""
    evaluation = evaluated(asked(), 5 * D)
    order = evaluation.orders[0]
    begun = requests.begun(evaluation.requests, order)
    assert not requests.runs(begun)  # past the point of no return it counts as out
    open_ = requests.refused(begun, 5 * D, order)
    assert requests.runs(open_)
    assert requests.may_release(open_, 5 * D, order) is Gate.GO


def test_mails_that_became_untrue_are_dropped() -> None:
    """A mail that asks for a consent that was given, or of an unknown request, is not sent any more."""
    change = requests.open_request((), 0, id_="rrrrrrrr", group="reserve", number=1, terms=TERMS)
    (ask, _) = [o for o in change.orders if o.kind == "request-consent"]
    assert requests.may_go(change.requests, 0, ask) is Gate.GO
    agreed = requests.consent(change.requests, 1, "rrrrrrrr", person=CLIENT).requests
    assert requests.may_go(agreed, 1, ask) is Gate.DROP
    assert requests.may_go((), 1, ask) is Gate.DROP
    assert requests.may_go(change.requests, 1, received()) is Gate.GO


def test_a_release_that_was_not_ordered_does_not_go() -> None:
    """An order that no evaluation made is dropped at the point of no return."""
    order = Order("release", 0, CLIENT, "mueller", request="rrrrrrrr", role="client")
    assert requests.may_release(asked(), 90 * D, order) is Gate.DROP


def test_cards_that_ask_for_nobody() -> None:
    """Q1: a node's card asks for nobody, nor does a card whose role the terms do not name."""
    with pytest.raises(RefusedError, match=r"proof\.nodes-card"):
        asked("nodes")
    alone = TERMS.model_copy(update={"beneficiaries": TERMS.beneficiaries[:1]})
    with pytest.raises(RefusedError, match=r"request\.nobody"):
        asked("successor", terms=alone)


def test_a_request_moves_along_with_its_set() -> None:
    """Q13: a request made with a card of a set that is retired becomes one of the newest set, and is still due."""
    moved = requests.move_along(asked(), retired=(1,), newest=2)
    assert moved[0].set == 2
    assert released_at(moved) == released_at(asked())


ACTS = st.lists(
    st.tuples(
        st.integers(0, 20 * D),
        st.sampled_from(["told", "delay", "object", "approve", "ask", "evaluate"]),
        st.integers(1, 6 * DAY),
    ),
    max_size=12,
)


def act(open_: Requests, now: int, what: str, seconds: int) -> Requests:
    match what:
        case "told":
            return requests.told_accepted(open_, now, received())
        case "delay":
            return requests.delay(open_, now, "rrrrrrrr", seconds=seconds, reason="x").requests
        case "object":
            return requests.object_(open_, now, "rrrrrrrr", person=CLIENT, may_act=True).requests
        case "approve":
            return requests.approve(open_, now, "rrrrrrrr").requests
        case "ask":
            return asked(now=now, before=open_)
        case _:
            return evaluated(open_, now).requests


@given(ACTS)
def test_no_order_of_acts_stretches_a_request(acts: list[tuple[int, str, int]]) -> None:
    """P7: whatever is done, a client is due within request_wait + delay_max + 2 d, + 7 d if the client objected."""
    open_ = asked()
    for now, what, seconds in sorted(acts):
        try:
            open_ = act(open_, now, what, seconds)
        except EscrowdError as error:
            assert error.code in ("request.due", "request.delay-used-up")  # noqa: PT017 — any other is a failure
    request = open_[0]
    bound = TERMS.request_wait + TERMS.delay_max + TOLD_WITHIN
    bound += OBJECTION if request.objected is not None else 0
    due = requests.due_at(request)
    assert due is not None
    assert due <= bound * SECOND
    assert requests.state_of(request, bound * SECOND) == "due"


@given(ACTS)
def test_due_is_when_something_changes(acts: list[tuple[int, str, int]]) -> None:
    """A driver that sleeps until ``due`` misses nothing: before it nothing is ordered."""
    open_ = asked()
    for now, what, seconds in sorted(acts):
        try:
            open_ = act(open_, now, what, seconds)
        except EscrowdError:
            continue
    now = max((at for at, _, _ in acts), default=0)
    evaluation = evaluated(open_, now)
    if evaluation.due is not None:
        assert evaluated(evaluation.requests, evaluation.due - 1).orders == ()
    elif requests.runs(evaluation.requests):
        assert evaluated(evaluation.requests, now + 400 * D).orders == ()


def test_requests_run_under_the_terms_they_were_opened_with() -> None:
    """P7: worse terms that begin to count meanwhile change nothing about a request that runs."""
    worse = TERMS.model_copy(update={"request_wait": 14 * DAY, "delay_max": 14 * DAY})
    again = requests.open_request(asked(), D, id_="ssssssss", group="client", number=1, terms=worse)
    assert (again.request.wait, again.request.delay_max) == (3 * DAY, 5 * DAY)


def test_deleted_files_are_released_to_nobody() -> None:
    """Once a deposit's files are gone nothing is ordered of it."""
    open_: tuple[Request, ...] = (replace(asked()[0], approved=0),)
    assert requests.evaluate(open_, D, reachable=ALL, newest=1, held=False).orders == ()
