"""Share sets: how one gives way to the next (rules S1 to S8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrowd.core import sets
from escrowd.core.sets import RIPE, UNSEAL_NOTICE, Sets
from escrowd.core.strict import GroupName
from escrowd.core.terms import DAY, Role
from escrowd.errors import EscrowdError

D = DAY * 1_000
OLD = RIPE * 1_000
"""When the set that came at 0 is old enough that the one before may end."""
ROLES: tuple[Role, ...] = ("client", "successor")


def proved(known: Sets, number: int, *groups: GroupName, now: int = 0) -> Sets:
    for group in groups:
        known = sets.proved(known, now, number, group, ROLES).sets
    return known


ONE = proved(sets.deposit(Sets(), 0, (1,), ROLES).sets, 1, "client")
TWO = sets.deposit(ONE, 0, (1, 2), ROLES).sets


def test_two_sets_live_until_the_client_says_so() -> None:
    """S5: with every card proved the old set still lives; the client's click retires it."""
    known = proved(TWO, 2, "client", "successor")
    assert known.live == (1, 2)
    change = sets.confirm(known, OLD, 2, ROLES, may_act=True)
    assert (change.retired, change.sets.live, change.sets.over) == ((1,), (2,), (1,))


def test_the_click_may_come_first() -> None:
    """S5: a click before the last proof counts when that comes."""
    known = sets.confirm(proved(TWO, 2, "client"), OLD, 2, ROLES, may_act=True).sets
    assert known.live == (1, 2)
    assert sets.missing(known, ROLES) == {"successor"}
    assert sets.proved(known, OLD, 2, "successor", ROLES).retired == (1,)


def test_a_set_ends_only_when_the_new_one_has_a_bundle_of_30_days() -> None:
    """S5, P7: before, a spoilt newest bundle would be all that the new cards open; from then on any event ends it."""
    known = sets.confirm(proved(TWO, 2, "client", "successor"), 0, 2, ROLES, may_act=True).sets
    assert sets.proved(known, OLD - 1, 2, "client", ROLES).retired == ()
    assert sets.proved(known, OLD, 2, "client", ROLES).retired == (1,)
    assert sets.deposit(known, OLD, (1, 2), ROLES).retired == (1,)
    assert sets.confirm(known, OLD, 2, ROLES, may_act=True).retired == (1,)
    assert sets.retire(known, OLD, ROLES).retired == (1,)


def test_the_age_is_that_of_the_newest_set() -> None:
    """S5: further deposits do not make it younger, a set that takes its place does."""
    known = sets.deposit(TWO, 20 * D, (1, 2), ROLES).sets
    assert sets.ripe_from(known) == OLD
    assert sets.ripe_from(sets.deposit(known, 25 * D, (1, 3), ROLES).sets) == 55 * D


def test_a_provider_who_proves_every_card_ends_no_set() -> None:
    """S5, P7: whoever printed a set can prove all of it; without a click of the client nothing ends."""
    known = proved(TWO, 2, "client", "successor", "reserve", "nodes", now=OLD)
    change = sets.ask_at_once(known, 2, "client")
    assert change.sets.live == (1, 2)
    assert sets.retire(change.sets, OLD, ROLES).retired == ()
    with pytest.raises(EscrowdError, match=r"address\.hangs"):
        sets.confirm(change.sets, OLD, 2, ROLES, may_act=False)


def test_a_stolen_card_ends_at_once() -> None:
    """S5: the client's new card and a click that says so end the old set, whoever has not proved theirs, on day 0."""
    known = sets.ask_at_once(proved(TWO, 2, "client"), 2, "client").sets
    assert sets.confirm(known, 0, 2, ROLES, may_act=True, at_once=True).retired == (1,)


@pytest.mark.parametrize("first", ["click", "card"])
def test_no_other_click_hastens_the_end(first: str) -> None:
    """S5, P7: a click that said nothing of "at once" and the card together end nothing early: who printed it can prove it."""
    known = proved(TWO, 2, "client", "successor")
    if first == "card":
        known = sets.ask_at_once(known, 2, "client").sets
    known = sets.confirm(known, 0, 2, ROLES, may_act=True).sets
    if first == "click":
        known = sets.ask_at_once(known, 2, "client").sets
    assert sets.retire(known, 0, ROLES).retired == ()
    assert sets.confirm(known, 0, 2, ROLES, may_act=True, at_once=True).retired == (1,)


def test_the_successor_ends_a_set_of_the_estate() -> None:
    """S7: where there is no client, the successor's new card and click end the old set, and no other card does."""
    roles: tuple[Role, ...] = ("successor",)
    one = sets.deposit(Sets(), 0, (1,), roles).sets
    two = sets.proved(sets.deposit(one, 0, (1, 2), roles).sets, 0, 2, "successor", roles).sets
    with pytest.raises(EscrowdError, match=r"proof\.not-the-client"):
        sets.ask_at_once(two, 2, "client", owner="successor")
    asked = sets.ask_at_once(two, 2, "successor", owner="successor").sets
    assert sets.confirm(asked, 0, 2, roles, may_act=True, at_once=True).retired == (1,)


def test_who_ever_proved_the_old_card_must_have_the_new() -> None:
    """S4: a holder whose role left the terms, but whose old card was proved, is waited for."""
    known = sets.deposit(proved(ONE, 1, "reserve"), 0, (1, 2), ROLES).sets
    known = sets.confirm(proved(known, 2, "client", "successor"), OLD, 2, ROLES, may_act=True).sets
    assert sets.missing(known, ROLES) == {"reserve"}
    assert known.live == (1, 2)


def test_roles_that_leave_the_terms_are_waited_for_no_more() -> None:
    """S4: when the terms no longer name a role whose card nobody ever proved, the old set can end."""
    known = sets.confirm(proved(TWO, 2, "client"), OLD, 2, ROLES, may_act=True).sets
    assert sets.retire(known, OLD, ROLES).retired == ()
    assert sets.retire(known, OLD, ("client",)).retired == (1,)


def test_an_unused_set_gives_way() -> None:
    """S3: a third set replaces the second, if nobody proved or confirmed a card of that."""
    change = sets.deposit(TWO, 0, (1, 3), ROLES)
    assert (change.sets.live, change.superseded) == ((1, 3), (2,))


@pytest.mark.parametrize("relied", ["proved", "confirmed"])
def test_a_used_set_does_not_give_way(relied: str) -> None:
    """S3, P7: once a holder relies on the second set, no third one takes its place."""
    known = proved(TWO, 2, "successor")
    if relied == "confirmed":
        known = sets.confirm(TWO, OLD, 2, ROLES, may_act=True).sets
    with pytest.raises(EscrowdError, match=r"sets\.two-live"):
        sets.deposit(known, 0, (1, 3), ROLES)


@pytest.mark.parametrize(
    ("known", "numbers", "code"),
    [
        (ONE, (2,), "sets.dropped"),
        (TWO, (2,), "sets.dropped"),
        (TWO, (1,), "sets.dropped"),
        (TWO, (2, 3), "sets.dropped"),
        (TWO, (1, 2, 3), "sets.two-live"),
        (sets.deposit(TWO, 0, (1, 3), ROLES).sets, (1, 2), "sets.retired"),
        (sets.deposit(Sets(), 0, (5,), ROLES).sets, (4, 5), "sets.number"),
    ],
)
def test_what_a_deposit_may_not_do(known: Sets, numbers: tuple[int, ...], code: str) -> None:
    """S2, S7, P7: no deposit drops a live set, brings back one that is over, or lives beside two."""
    with pytest.raises(EscrowdError) as caught:
        sets.deposit(known, 0, numbers, ROLES)
    assert caught.value.code == code


def test_unsealing_takes_two_statements_and_a_month() -> None:
    """S6: the first gives notice, an early second is refused, a late one keeps the set instead of ending it."""
    notice = sets.unseal(TWO, 0, 1, request_runs=False)
    assert (notice.noticed, notice.sets.sealed) == (1, (1, 2))
    with pytest.raises(EscrowdError) as caught:
        sets.unseal(notice.sets, 29 * D, 1, request_runs=False)
    assert (caught.value.code, caught.value.fields) == ("sets.unseal-too-early", {"left": DAY})
    with pytest.raises(EscrowdError, match=r"sets\.request-runs"):
        sets.unseal(notice.sets, 30 * D, 1, request_runs=True)
    change = sets.unseal(notice.sets, UNSEAL_NOTICE * 1_000, 1, request_runs=False)
    assert (change.kept, change.sets.sealed, change.sets.live) == (1, (2,), (1, 2))
    assert sets.deposit(change.sets, 0, (2,), ROLES).sets == change.sets


def test_only_one_set_is_kept() -> None:
    """S6: a second set is not unsealed while one is kept, so what a node keeps is bounded."""
    known = sets.unseal(sets.unseal(TWO, 0, 1, request_runs=False).sets, 30 * D, 1, request_runs=False).sets
    known = sets.deposit(known, 0, (2, 3), ROLES).sets
    with pytest.raises(EscrowdError, match=r"sets\.kept-already"):
        sets.unseal(known, 60 * D, 2, request_runs=False)


def test_a_kept_set_ends_like_any_other() -> None:
    """S5: the client's click and the needed proofs retire a kept set too."""
    known = sets.unseal(sets.unseal(TWO, 0, 1, request_runs=False).sets, 30 * D, 1, request_runs=False).sets
    known = proved(known, 2, "client", "successor")
    assert sets.confirm(known, OLD, 2, ROLES, may_act=True).retired == (1,)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda: sets.unseal(ONE, 0, 1, request_runs=False), "sets.only-one"),
        (lambda: sets.unseal(TWO, 0, 2, request_runs=False), "sets.not-oldest"),
        (lambda: sets.proved(TWO, 0, 7, "client", ROLES), "sets.retired"),
        (lambda: sets.ask_at_once(TWO, 2, "successor"), "proof.not-the-client"),
        (lambda: sets.ask_at_once(TWO, 1, "client"), "sets.not-newest"),
        (lambda: sets.ask_at_once(ONE, 1, "client"), "sets.only-one"),
        (lambda: sets.confirm(TWO, OLD, 1, ROLES, may_act=True), "sets.not-newest"),
    ],
)
def test_refusals(act: object, code: str) -> None:
    """What does not fit the sets that live is refused under a code of its own."""
    with pytest.raises(EscrowdError) as caught:
        act()  # type: ignore[operator]
    assert caught.value.code == code


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("deposit"), st.sets(st.integers(1, 6), min_size=1, max_size=2)),
        st.tuples(
            st.just("proved"),
            st.tuples(st.integers(1, 6), st.sampled_from(["client", "successor", "reserve", "nodes"])),
        ),
        st.tuples(st.just("at-once"), st.integers(1, 6)),
        st.tuples(st.just("unseal"), st.integers(1, 6)),
    ),
    max_size=25,
)


@given(ACTS)
def test_without_the_clients_click_no_proved_card_dies(acts: list[tuple[str, object]]) -> None:
    """P7: whatever a provider does who can prove every card, a set once proved stays live without a click."""
    known, now = ONE, 0
    for what, value in acts:
        now += 20 * D
        try:
            match what:
                case "deposit":
                    known = sets.deposit(known, now, value, ROLES).sets  # type: ignore[arg-type]
                case "proved":
                    known = sets.proved(known, now, value[0], value[1], ROLES).sets  # type: ignore[index]
                case "at-once":
                    known = sets.ask_at_once(known, value, "client").sets  # type: ignore[arg-type]
                case _:
                    known = sets.unseal(known, now, value, request_runs=False).sets  # type: ignore[arg-type]
        except EscrowdError:
            continue
        assert {proof.set for proof in known.proofs} <= set(known.live)
        assert len(known.live) <= 3
        assert not set(known.live) & set(known.over)
