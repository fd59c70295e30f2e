"""Terms: each bound by itself, and P1 and P7."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrowd.core.terms import (
    DAY,
    DEFAULT_AFTER,
    DELAY_MAX,
    REQUEST_WAIT,
    Beneficiary,
    NodeRun,
    Terms,
    Timings,
    check_pause,
    check_roles,
    check_terms,
    check_timings,
    owner_role,
    terms_sha256,
    worse_for_client,
)
from escrowd.errors import ConflictError, EscrowdError, InputError, RefusedError

TIMINGS = Timings()
CLIENT = Beneficiary(person="aaaaaaaa", role="client", after=0)
SUCCESSOR = Beneficiary(person="bbbbbbbb", role="successor", after=0)
RESERVE = Beneficiary(person="cccccccc", role="reserve", after=14 * DAY)


def node(letter: str, operator: str = "provider", works_for: str | None = None) -> NodeRun:
    return NodeRun(fingerprint=letter * 32, operator=operator, works_for=works_for)


def terms(**other: object) -> Terms:
    arguments: dict[str, object] = {
        "client": "meier",
        "timings": TIMINGS,
        "beneficiaries": (CLIENT, SUCCESSOR, RESERVE),
        "nodes": (node("a"),),
        "people_sha256": "0a" * 32,
    }
    return Terms(**(arguments | other))


def test_the_same_terms_have_the_same_hash() -> None:
    """P8: the hash is fixed for ever (this one was written down): of what was agreed and who is meant, no address."""
    names = {"aaaaaaaa": "Marta", "bbbbbbbb": "Nils", "zzzzzzzz": "of another client"}

    def hashed(one: Terms, names: dict[str, str] = names) -> str:
        return terms_sha256(one, names)

    assert hashed(terms()) == "65cd51657c3ad784d2425a34621b6c68bb0ae8d5093c1cf8e2ac68f406360c60"
    assert hashed(terms(people_sha256="0b" * 32)) == hashed(terms())
    assert hashed(terms(), names | {"zzzzzzzz": "Zoe"}) == hashed(terms())
    assert hashed(terms(), names | {"bbbbbbbb": "Nora"}) != hashed(terms())
    assert hashed(terms(), names | {"aaaaaaaa": "Nils", "bbbbbbbb": "Marta"}) != hashed(terms())
    others = (
        terms(deliver_by=7 * DAY),
        terms(agreement="b" * 32),
        terms(beneficiaries=(CLIENT, SUCCESSOR)),
        terms(witnesses=("wwwwwwww",)),
        terms(timings=Timings(interval=31 * DAY)),
        terms(profile="expert"),
    )
    assert len({hashed(one) for one in (terms(), *others)}) == len(others) + 1


def test_defaults_are_within_bounds() -> None:
    """The defaults lie within the bounds of docs/formats.md (9)."""
    check_terms(terms(), TIMINGS, nodes_k=1)
    assert (TIMINGS.interval, TIMINGS.grace, TIMINGS.announce) == (30 * DAY, 14 * DAY, 7 * DAY)
    assert DEFAULT_AFTER == {"client": 0, "successor": 0, "reserve": 14 * DAY}


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ((7 * DAY - 1, 14 * DAY, 7 * DAY), "interval"),
        ((90 * DAY + 1, 14 * DAY, 7 * DAY), "interval"),
        ((30 * DAY, 7 * DAY - 1, 30 * DAY), "grace"),
        ((30 * DAY, 30 * DAY, 5 * DAY - 1), "announce"),
        ((30 * DAY, 7 * DAY, 7 * DAY - 1), "grace+announce"),
        ((30 * DAY, 30 * DAY, 30 * DAY + 1), "grace+announce"),
        ((30 * DAY, 10**15, 7 * DAY), "grace"),
    ],
)
def test_a_timing_out_of_bounds_is_named(values: tuple[int, int, int], name: str) -> None:
    """Each violated bound is one error that names value, least and most (P9)."""
    interval, grace, announce = values
    with pytest.raises(InputError) as caught:
        check_timings(Timings(interval=interval, grace=grace, announce=announce))
    assert caught.value.code == "terms.out-of-bounds"
    assert caught.value.fields["name"] == name
    assert not caught.value.fields["min"] <= caught.value.fields["value"] <= caught.value.fields["max"]


@pytest.mark.parametrize(
    ("interval", "grace", "announce"),
    [(7, 7, 7), (90, 55, 5), (30, 7, 53), (30, 9, 5)],
)
def test_a_bound_itself_is_allowed(interval: int, grace: int, announce: int) -> None:
    """The least and the most are within."""
    check_timings(Timings(interval=interval * DAY, grace=grace * DAY, announce=announce * DAY))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"beneficiaries": (CLIENT, RESERVE.model_copy(update={"after": 30 * DAY + 1}))}, "after"),
        ({"request_wait": 1 * DAY - 1}, "request_wait"),
        ({"request_wait": 14 * DAY + 1}, "request_wait"),
        ({"delay_max": 14 * DAY + 1}, "delay_max"),
    ],
)
def test_a_wait_out_of_bounds_is_named(changes: dict[str, object], name: str) -> None:
    """No terms make anybody wait longer than the bounds (P7)."""
    with pytest.raises(InputError) as caught:
        check_terms(terms(**changes), TIMINGS)
    assert (caught.value.code, caught.value.fields["name"]) == ("terms.out-of-bounds", name)


def test_request_and_delay_together_stay_within_30_days() -> None:
    """The bound of both together follows from the two: the client waits at most 30 d (P7)."""
    assert REQUEST_WAIT[1] + DELAY_MAX[1] <= 30 * DAY


def test_pause_is_at_most_60_days() -> None:
    """One pause lasts between a day and 60 days."""
    check_pause(60 * DAY)
    for pause in (60 * DAY + 1, DAY - 1):
        with pytest.raises(InputError, match=r"terms\.out-of-bounds"):
            check_pause(pause)


@pytest.mark.parametrize(
    ("beneficiary", "run"),
    [
        (SUCCESSOR, (node("a", "bbbbbbbb"),)),
        (CLIENT, (node("a", "dddddddd", "aaaaaaaa"),)),
        (RESERVE, (node("a"), node("b", "cccccccc"))),
    ],
)
def test_beneficiary_who_runs_a_node_is_refused(beneficiary: Beneficiary, run: tuple[NodeRun, ...]) -> None:
    """P1: terms in which a beneficiary, or somebody who works for one, runs k nodes are refused."""
    with pytest.raises(RefusedError) as caught:
        check_terms(terms(nodes=run), TIMINGS, nodes_k=1)
    assert caught.value.code == "terms.beneficiary-runs-nodes"
    assert caught.value.fields == {"person": beneficiary.person, "nodes": 1, "k": 1}


def test_fewer_than_k_nodes_may_be_run_by_a_beneficiary() -> None:
    """P1: with 2 of 3, one node in a beneficiary's hands gives no group away, and two do."""
    three = (node("a"), node("b", "bbbbbbbb"), node("c", "eeeeeeee"))
    check_terms(terms(nodes=three, nodes_k=2), TIMINGS, nodes_k=2)
    two = (node("a"), node("b", "bbbbbbbb"), node("c", "eeeeeeee", "bbbbbbbb"))
    with pytest.raises(RefusedError, match=r"terms\.beneficiary-runs-nodes"):
        check_terms(terms(nodes=two, nodes_k=2), TIMINGS, nodes_k=2)


@given(
    st.integers(1, 3),
    st.lists(
        st.tuples(
            st.sampled_from(["provider", "aaaaaaaa", "bbbbbbbb", "eeeeeeee"]),
            st.sampled_from([None, "aaaaaaaa", "bbbbbbbb"]),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_no_accepted_terms_give_two_groups_to_one_person(k: int, runs: list[tuple[str, str | None]]) -> None:
    """P1: whoever runs the nodes, accepted terms leave every beneficiary short of the nodes' group."""
    nodes = tuple(node("abcdef"[index], *run) for index, run in enumerate(runs))
    try:
        check_terms(terms(nodes=nodes, nodes_k=k), TIMINGS, nodes_k=k)
    except EscrowdError:
        return
    for beneficiary in (CLIENT, SUCCESSOR, RESERVE):
        assert sum(beneficiary.person in run for run in runs) < k


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda: terms(beneficiaries=(SUCCESSOR,)), "terms.client-missing"),
        (
            lambda: terms(beneficiaries=(CLIENT, SUCCESSOR.model_copy(update={"person": "provider"}))),
            "terms.provider-as-beneficiary",
        ),
        (
            lambda: terms(beneficiaries=(CLIENT, RESERVE.model_copy(update={"person": "aaaaaaaa"}))),
            "terms.person-twice",
        ),
        (lambda: terms(nodes=(node("a"), node("a"))), "terms.node-twice"),
        (lambda: terms(client="own"), "terms.own-other-role"),
        (lambda: terms(client="own", beneficiaries=(SUCCESSOR, RESERVE)), "terms.own-other-role"),
    ],
)
def test_people_and_nodes_that_do_not_do(build: Callable[[], Terms], code: str) -> None:
    """P1 and P7: a client is always among the beneficiaries, the provider never, and nobody twice."""
    with pytest.raises(RefusedError) as caught:
        check_terms(build(), TIMINGS)
    assert caught.value.code == code


def test_the_estate_goes_to_successors_alone() -> None:
    """What only the successor may see has no client: one successor is enough, and nobody else is allowed."""
    check_terms(terms(client="own", beneficiaries=(SUCCESSOR,)), TIMINGS)
    with pytest.raises(RefusedError, match=r"terms\.own-no-successor"):
        check_roles("own", ())
    assert (owner_role("own"), owner_role("meier")) == ("successor", "client")


def test_more_nodes_needed_than_there_are() -> None:
    """A threshold that no number of nodes reaches is an input error."""
    with pytest.raises(InputError, match=r"terms\.nodes-k"):
        check_terms(terms(nodes_k=2), TIMINGS)


def test_quoted_timings_must_be_the_providers() -> None:
    """Terms that quote other timings than the provider stated are out of date, and say which."""
    with pytest.raises(ConflictError) as caught:
        check_terms(terms(), Timings(interval=60 * DAY))
    assert caught.value.code == "terms.timings-differ"
    assert caught.value.fields == {"name": "interval", "quoted": 30 * DAY, "valid": 60 * DAY}


def test_threshold_must_be_the_manifests() -> None:
    """P1 is judged with the real threshold: terms that quote another are refused."""
    with pytest.raises(ConflictError, match=r"terms\.nodes-k-differs"):
        check_terms(terms(), TIMINGS, nodes_k=2)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ()),
        ({"deliver_by": 31 * DAY}, ("deliver_by",)),
        ({"deliver_by": 7 * DAY}, ()),
        ({"request_wait": 2 * DAY, "delay_max": DAY}, ("delay_max", "request_wait")),
        ({"beneficiaries": (CLIENT.model_copy(update={"after": 1}),)}, ("after",)),
        ({"beneficiaries": (CLIENT.model_copy(update={"person": "zzzzzzzz"}),)}, ("beneficiaries",)),
        ({"beneficiaries": (CLIENT,)}, ()),
        ({"timings": Timings(interval=31 * DAY)}, ("timings",)),
        ({"timings": Timings(interval=7 * DAY)}, ()),
        ({"witnesses": ("wwwwwwww",)}, ()),
    ],
)
def test_what_makes_terms_worse_for_the_client(changes: dict[str, object], names: tuple[str, ...]) -> None:
    """P7: every change that lengthens the client's way in is found, so that it can wait for its notice."""
    assert worse_for_client(terms(), terms(**changes)) == names


def test_a_witness_who_is_named_no_more_makes_terms_worse() -> None:
    """P7: one who could report that the provider is gone is taken out only after notice; as beneficiary they still can."""
    old = terms(witnesses=("wwwwwwww",))
    assert worse_for_client(old, terms()) == ("witnesses",)
    reserve = Beneficiary(person="wwwwwwww", role="reserve", after=0)
    assert worse_for_client(old, terms(beneficiaries=(*terms().beneficiaries, reserve))) == ()


@pytest.mark.parametrize(
    ("witnesses", "code"),
    [
        (("provider",), "terms.provider-as-witness"),
        ((CLIENT.person,), "terms.person-twice"),
        (("wwwwwwww", "wwwwwwww"), "terms.person-twice"),
    ],
)
def test_who_cannot_be_a_witness(witnesses: tuple[str, ...], code: str) -> None:
    """Rule 5: neither the provider nor a beneficiary is a witness, and nobody is one twice."""
    with pytest.raises(RefusedError) as caught:
        check_terms(terms(witnesses=witnesses), TIMINGS)
    assert caught.value.code == code
