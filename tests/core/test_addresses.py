"""Addresses: only its owner makes one count (rules A1 to A12)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrowd.core import addresses
from escrowd.core.addresses import Address, Addresses, Change, Letter
from escrowd.core.terms import DAY
from escrowd.errors import EscrowdError, InputError

D = DAY * 1_000
MUELLER, SUCCESSOR = "aaaaaaaa", "bbbbbbbb"
OFFICE, HOME, NEW, THEIRS = "officeaa", "homeaaaa", "newaaaaa", "theirsaa"
WHERE = {
    OFFICE: "info@mueller.example",
    HOME: "mueller@freemail.example",
    NEW: "m@new.example",
    THEIRS: "it@nachfolger.example",
}
DOMAINS = frozenset({"mueller.example", "provider.example"})


def people(*mueller: str, successor: tuple[str, ...] = (THEIRS,)) -> dict[str, list[tuple[str, str]]]:
    listed = {MUELLER: [(id_, WHERE[id_]) for id_ in mueller]}
    return listed | ({SUCCESSOR: [(id_, WHERE[id_]) for id_ in successor]} if successor else {})


def name(known: Addresses, now: int, *mueller: str, successor: tuple[str, ...] = (THEIRS,)) -> Change:
    return addresses.name(known, people(*mueller, successor=successor), now, clients={MUELLER})


FOUNDING = name((), 0, OFFICE, HOME).addresses
CONFIRMED = addresses.click(FOUNDING, 1, MUELLER, OFFICE)


def ids(found: Addresses) -> list[str]:
    return [one.id for one in found]


def test_each_address_is_asked_for_its_click() -> None:
    """A2: with the first terms every address gets one mail that asks for its click, and no other mail."""
    change = name((), 0, OFFICE, HOME)
    assert change.letters == tuple(
        Letter("confirm-address", person, id_, person, id_)
        for person, id_ in ((MUELLER, OFFICE), (MUELLER, HOME), (SUCCESSOR, THEIRS))
    )
    assert name(change.addresses, 5, OFFICE, HOME) == Change(change.addresses)


def test_founding_addresses_get_mail_but_no_release_by_request() -> None:
    """A3, A6, A7: unclicked, a founding address is written to and released to by silence, never by request."""
    assert ids(addresses.for_mail(FOUNDING, MUELLER, 0)) == [OFFICE, HOME]
    assert addresses.for_request(FOUNDING, MUELLER, 0) == ()
    assert ids(addresses.for_silence(FOUNDING, MUELLER, 0)) == [OFFICE, HOME]


def test_a_click_confirms_at_any_time() -> None:
    """A2, P7: a click makes a founding address count at that moment, also years later; twice is once."""
    late = addresses.click(FOUNDING, 900 * D, MUELLER, HOME)
    assert ids(addresses.for_request(late, MUELLER, 900 * D)) == [HOME]
    assert addresses.reachable(late, 900 * D) == {MUELLER}
    assert addresses.click(late, 901 * D, MUELLER, HOME) == late


def test_release_by_silence_goes_to_the_founding_ones_too() -> None:
    """A7, P7: no confirmed address takes the place of a founding one, an added one least of all."""
    assert ids(addresses.for_silence(CONFIRMED, MUELLER, 1)) == [OFFICE, HOME]
    added = addresses.click(name(FOUNDING, D, OFFICE, HOME, NEW).addresses, 2 * D, MUELLER, NEW)
    assert ids(addresses.for_silence(added, MUELLER, 2 * D)) == [OFFICE, HOME]
    assert ids(addresses.for_silence(added, MUELLER, 90 * D)) == [OFFICE, HOME, NEW]
    gone = addresses.remove(added, 90 * D, MUELLER, HOME, by=(MUELLER, HOME), domains=DOMAINS).addresses
    assert ids(addresses.for_silence(gone, MUELLER, 90 * D)) == [OFFICE, NEW]


def test_an_added_address_waits_from_when_the_others_were_told() -> None:
    """A4: 30 d awake after the others were told, and with its own click, an added address counts."""
    change = name(CONFIRMED, 10 * D, OFFICE, HOME, NEW)
    assert [(letter.kind, letter.to) for letter in change.letters] == [
        ("confirm-address", NEW),
        ("address-added", OFFICE),
        ("address-added", HOME),
    ]
    known = addresses.told(change.addresses, 11 * D, MUELLER, NEW)
    known = addresses.told(known, 15 * D, MUELLER, NEW)
    assert NEW not in ids(addresses.for_mail(known, MUELLER, 60 * D))
    known = addresses.click(known, 12 * D, MUELLER, NEW)
    assert addresses.due(known, 12 * D) == 41 * D
    assert NEW not in ids(addresses.for_request(known, MUELLER, 41 * D - 1))
    assert NEW in ids(addresses.for_request(known, MUELLER, 41 * D))


def test_a_dead_mailbox_does_not_lock_out_its_owner() -> None:
    """A5: where no mail about it is ever accepted, an added address counts 60 d after it was named."""
    known = addresses.click(name(CONFIRMED, 0, OFFICE, HOME, NEW).addresses, 1, MUELLER, NEW)
    assert addresses.counts_from(addresses.find(known, MUELLER, NEW)) == 60 * D


def test_a_new_person_is_told_to_the_clients() -> None:
    """A4: the address of a person who comes later is told to the client, and waits like any added one."""
    known = name((), 0, OFFICE, HOME, successor=()).addresses
    change = name(known, D, OFFICE, HOME)
    assert [(letter.kind, letter.reader) for letter in change.letters if letter.to != THEIRS] == [
        ("address-added", MUELLER)
    ] * 2
    clicked = addresses.click(change.addresses, D, SUCCESSOR, THEIRS)
    assert addresses.reachable(clicked, 2 * D) == frozenset()
    undone = addresses.remove(
        clicked, 2 * D, SUCCESSOR, THEIRS, by=(MUELLER, HOME), domains=DOMAINS, clients={MUELLER}
    )
    assert addresses.reachable(undone.addresses, 99 * D) == frozenset()


def test_leaving_an_address_out_changes_nothing() -> None:
    """A8, P7: the provider takes no address from a client; the person is asked once, and mail goes on."""
    change = name(CONFIRMED, 10 * D, HOME)
    assert [(letter.kind, letter.about, letter.to) for letter in change.letters] == [
        ("address-unwanted", OFFICE, OFFICE),
        ("address-unwanted", OFFICE, HOME),
    ]
    assert ids(addresses.for_request(change.addresses, MUELLER, 10 * D)) == [OFFICE]
    assert name(change.addresses, 11 * D, HOME).letters == ()
    back = name(change.addresses, 12 * D, OFFICE, HOME)
    assert back == Change(CONFIRMED)


def test_an_id_names_one_address() -> None:
    """A10: an id that the provider gives to another address is refused, and nothing changes."""
    with pytest.raises(InputError) as caught:
        addresses.name(FOUNDING, {MUELLER: [(OFFICE, "thief@example.org")]}, 0, clients={MUELLER})
    assert caught.value.fields == {"person": MUELLER, "address": OFFICE}


def removed(known: Addresses, now: int, id_: str, by: str) -> Change:
    return addresses.remove(known, now, MUELLER, id_, by=(MUELLER, by), domains=DOMAINS)


BOTH = addresses.click(CONFIRMED, 1, MUELLER, HOME)


def test_an_address_removes_itself_at_once() -> None:
    """A9: a click in the mail to an address removes it, and its person's other addresses are told."""
    change = removed(BOTH, D, OFFICE, OFFICE)
    assert ids(addresses.for_mail(change.addresses, MUELLER, D)) == [HOME]
    assert {(letter.kind, letter.to) for letter in change.letters} == {
        ("address-removed", HOME),
        ("address-removed", OFFICE),
    }
    assert removed(change.addresses, D, OFFICE, OFFICE) == Change(change.addresses)
    with pytest.raises(EscrowdError, match=r"address\.removed"):
        addresses.click(change.addresses, D, MUELLER, OFFICE)


def test_another_address_removes_it_only_after_a_month() -> None:
    """A9: a click elsewhere takes 30 d, and a click at the address itself keeps it."""
    change = removed(BOTH, D, OFFICE, HOME)
    assert [(letter.kind, letter.to) for letter in change.letters] == [
        ("address-removing", HOME),
        ("confirm-address", OFFICE),
    ]
    assert ids(addresses.for_request(change.addresses, MUELLER, 31 * D - 1)) == [OFFICE, HOME]
    assert ids(addresses.for_request(change.addresses, MUELLER, 31 * D)) == [HOME]
    kept = addresses.click(change.addresses, 30 * D, MUELLER, OFFICE)
    assert ids(addresses.for_request(kept, MUELLER, 99 * D)) == [OFFICE, HOME]


def test_a_mailbox_of_the_provider_removes_no_other() -> None:
    """A9, A12, P7: an address that hangs on the bundle or the provider cannot take away a free one."""
    with pytest.raises(EscrowdError, match=r"address\.hangs"):
        removed(BOTH, D, HOME, OFFICE)


def test_the_last_address_stays() -> None:
    """A9, P7: the last address that counts is not removed, not even together with one that is going."""
    with pytest.raises(EscrowdError, match=r"address\.last"):
        removed(CONFIRMED, D, OFFICE, OFFICE)
    going = removed(BOTH, D, OFFICE, HOME).addresses
    with pytest.raises(EscrowdError, match=r"address\.last"):
        removed(going, 2 * D, HOME, HOME)


def test_a_mailbox_that_the_provider_added_is_not_the_clients_own() -> None:
    """A12, P7: however long it has counted, it may not act until the client says at an own one that it is theirs."""
    known = addresses.click(name(BOTH, 0, OFFICE, HOME, NEW).addresses, 1, MUELLER, NEW)
    new = addresses.find(known, MUELLER, NEW)
    assert addresses.counts(new, 400 * D)
    assert not addresses.may_act(new, 400 * D, DOMAINS)
    with pytest.raises(EscrowdError, match=r"address\.hangs"):
        addresses.own(known, 400 * D, MUELLER, NEW, by=(MUELLER, NEW), domains=DOMAINS)
    with pytest.raises(EscrowdError, match=r"address\.hangs"):  # the provider reads that mailbox
        addresses.own(known, 400 * D, MUELLER, NEW, by=(MUELLER, OFFICE), domains=DOMAINS)
    known = addresses.own(known, 400 * D, MUELLER, NEW, by=(MUELLER, HOME), domains=DOMAINS)
    assert addresses.may_act(addresses.find(known, MUELLER, NEW), 400 * D, DOMAINS)


def test_a_client_speaks_for_a_client_who_is_named_later() -> None:
    """A12, P7: a second client has no founding address; the first one says whose it is, and nobody else does."""
    partner, theirs = "cccccccc", "partnera"
    named = {**people(OFFICE, HOME), partner: [(theirs, "p@partner.example")]}
    known = addresses.name(BOTH, named, 0, clients={MUELLER, partner}).addresses
    known = addresses.click(known, 1, partner, theirs)
    both = {"by": (MUELLER, HOME), "domains": DOMAINS}
    with pytest.raises(EscrowdError, match=r"address\.hangs"):
        addresses.own(known, 90 * D, partner, theirs, **both, clients={MUELLER})  # type: ignore[arg-type]
    said = addresses.own(known, 90 * D, partner, theirs, **both, clients={MUELLER, partner})  # type: ignore[arg-type]
    assert addresses.may_act(addresses.find(said, partner, theirs), 90 * D, DOMAINS)


@pytest.mark.parametrize(
    ("address", "hangs"),
    [
        ("a@mueller.example", True),
        ("a@MUELLER.example.", True),
        ("a@mail.mueller.example", True),
        ("a@notmueller.example", False),
        ("a@example", False),
        ("a@provider.example.org", False),
        ("a@xn--mller-kva.example", False),
        ("a@müller.example", False),
    ],
)
def test_what_hangs_on_a_domain(address: str, hangs: bool) -> None:  # noqa: FBT001 — a parameter of the test
    """A11: an address hangs on a domain and on every domain above its own, in whatever spelling."""
    one = Address(person=MUELLER, id=NEW, address=address, founding=True, named=0)
    assert addresses.hangs(one, DOMAINS) is hangs


def test_a_name_in_unicode_is_the_same_domain() -> None:
    """A11: a domain in its Unicode form hangs on its ASCII form."""
    one = Address(person=MUELLER, id=NEW, address="a@mail.Müller.example", founding=True, named=0)
    assert addresses.hangs(one, {"xn--mller-kva.example"})


ACTS = st.lists(
    st.tuples(
        st.integers(0, 200 * D),
        st.sampled_from(["name", "told", "remove", "click"]),
        st.sets(st.sampled_from([OFFICE, HOME, NEW])),
        st.sampled_from([OFFICE, HOME, NEW]),
        st.sampled_from([OFFICE, NEW]),
    ),
    max_size=15,
)


@given(ACTS)
def test_a_client_who_confirmed_stays_reachable(acts: list[tuple[int, str, set[str], str, str]]) -> None:
    """P7: a provider who also reads the client's own mailbox takes no free address that was confirmed."""
    known = BOTH
    now = 0
    for now, what, listed, about, by in sorted(acts, key=lambda act: act[0]):
        try:
            match what:
                case "name":
                    known = name(known, now, *listed).addresses
                case "told":
                    known = addresses.told(known, now, MUELLER, about)
                case "click":
                    known = addresses.click(known, now, MUELLER, by)
                case _:
                    known = removed(known, now, about, by).addresses
        except EscrowdError as error:
            assert error.code.startswith("address.")  # noqa: PT017 — any other is a failure
        for one in known:
            assert one.clicked is not None or not addresses.counts(one, now)
    assert HOME in ids(addresses.for_request(known, MUELLER, now + 400 * D))


@given(ACTS)
def test_due_is_the_next_moment_at_which_something_changes(
    acts: list[tuple[int, str, set[str], str, str]],
) -> None:
    """Between now and ``due`` no address begins or ceases to count."""
    known, now = BOTH, 0
    for now, what, listed, about, _ in sorted(acts, key=lambda act: act[0]):
        if what == "name":
            known = name(known, now, *listed).addresses
        elif (MUELLER, about) in {(one.person, one.id) for one in known}:
            known = addresses.click(known, now, MUELLER, about)
    due = addresses.due(known, now) or now + 999 * D
    assert addresses.for_request(known, MUELLER, now) == addresses.for_request(known, MUELLER, due - 1)


@pytest.mark.parametrize(
    ("known", "id_", "state"),
    [
        (FOUNDING, OFFICE, "founding"),
        (CONFIRMED, OFFICE, "confirmed"),
        (name(CONFIRMED, 0, OFFICE, HOME, NEW).addresses, NEW, "asked"),
        (addresses.click(name(CONFIRMED, 0, OFFICE, NEW).addresses, 1, MUELLER, NEW), NEW, "waiting"),
        (removed(BOTH, D, OFFICE, OFFICE).addresses, OFFICE, "removed"),
    ],
)
def test_states(known: Addresses, id_: str, state: str) -> None:
    """A standing says of each address how far it is."""
    assert addresses.state_of(addresses.find(known, MUELLER, id_), 2 * D) == state
