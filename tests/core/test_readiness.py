"""Readiness: each gap is found, worst first, and nothing is found where nothing is missing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from escrowd.core import readiness
from escrowd.core.bundle import Bundle, Decision, Entry, SecondFactor, Totp
from escrowd.core.readiness import (
    AddressFacts,
    CardFacts,
    EntryFacts,
    Facts,
    NodeFacts,
    PersonFacts,
    Severity,
    findings,
)
from escrowd.core.terms import DAY

NOW = 1_798_761_600
FREE, HANGING = AddressFacts("confirmed", hangs=False), AddressFacts("confirmed", hangs=True)
ASKED = AddressFacts("founding", hangs=False)
CLIENT = PersonFacts("aaaaaaaa", "client", (FREE, HANGING), confirmed=True)
SUCCESSOR = PersonFacts("bbbbbbbb", "successor", (FREE, FREE), confirmed=True)
LATER = NOW + 500 * DAY
NODE = NodeFacts("node", by_provider=False, paid={"node": LATER, "domain": LATER, "mail": LATER})
READY = Facts(
    profile="full-service",
    timeline=readiness.timeline_of(30 * DAY, 14 * DAY, 7 * DAY, [0, 14 * DAY]),
    set=1,
    revision=7,
    kit=7,
    people=(CLIENT, SUCCESSOR),
    cards=(
        CardFacts("client", handed_out=True, proved=NOW),
        CardFacts("successor", handed_out=True, proved=NOW),
    ),
    nodes=(NODE,),
    entries=(EntryFacts("cccccccc", "Shop"),),
)
A, W, T = Severity.ALARM, Severity.WARN, Severity.TODO


def people(client: PersonFacts = CLIENT, successor: PersonFacts = SUCCESSOR) -> Facts:
    return replace(READY, people=(client, successor))


def card(**changes: object) -> Callable[[int], Facts]:
    def changed(at: int) -> Facts:
        cards = list(READY.cards)
        cards[at] = replace(cards[at], **changes)
        return replace(READY, cards=tuple(cards))

    return changed


def paid(**until: int | None) -> Facts:
    return replace(READY, nodes=(replace(NODE, paid={**NODE.paid, **until}),))


def entry(**changes: bool) -> Facts:
    return replace(READY, entries=(replace(READY.entries[0], **changes),))


def test_nothing_is_missing() -> None:
    """A client with all that is needed has an empty list."""
    assert findings(READY, NOW) == ()


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (replace(READY, nodes=()), [("nodes.none", A)]),
        (replace(READY, nodes=(replace(NODE, by_provider=True),)), [("nodes.provider-only", A)]),
        (replace(READY, nodes=(replace(NODE, by_provider=True), NODE)), []),
        (card(handed_out=False)(0), [("card.not-handed-over", A), ("outside.one-group", A)]),
        (card(handed_out=False)(1), [("outside.one-group", A), ("card.not-handed-over", W)]),
        (card(proved=None)(0), [("card.unproved", A)]),
        (card(proved=None)(1), [("card.unproved", W)]),
        (card(proved=NOW - 400 * DAY)(0), []),
        (card(proved=NOW - 400 * DAY - 1)(0), [("card.proof-old", W)]),
        (
            people(replace(CLIENT, addresses=(ASKED, ASKED))),
            [("address.unconfirmed", A)],
        ),
        (people(successor=replace(SUCCESSOR, addresses=(ASKED, ASKED))), [("address.unconfirmed", W)]),
        (people(replace(CLIENT, addresses=(HANGING, HANGING))), [("address.hangs", A)]),
        (people(replace(CLIENT, addresses=(HANGING, ASKED))), [("address.hangs", A)]),
        (people(replace(CLIENT, addresses=(FREE,))), [("address.only-one", A)]),
        (people(successor=replace(SUCCESSOR, addresses=(FREE, AddressFacts("removed", hangs=False)))), [("address.only-one", A)]),
        (people(replace(CLIENT, addresses=())), [("address.unconfirmed", A), ("address.only-one", A)]),
        (people(replace(CLIENT, confirmed=False)), [("terms.unconfirmed", W)]),
        (people(successor=replace(SUCCESSOR, confirmed=False)), [("successor.not-accepted", W)]),
        (paid(node=NOW), [("paid.node", A)]),
        (paid(domain=NOW + 100 * DAY), [("paid.domain", W)]),
        (paid(mail=NOW + READY.timeline + 60 * DAY - 1), [("paid.mail", W)]),
        (paid(mail=NOW + READY.timeline + 60 * DAY), []),
        (paid(mail=None), [("paid.unknown", T)]),
        (replace(READY, kit=None), [("kit.none", W)]),
        (replace(READY, kit=6), [("kit.old", W)]),
        (entry(second_factor_alone=True), [("entry.second-factor", W)]),
        (entry(recovery_alone=True), [("entry.recovery-mailbox", W)]),
        (entry(has_reason=False), [("entry.no-reason", T)]),
        (replace(entry(has_reason=False), profile="guided"), []),
    ],
)  # fmt: skip
def test_each_gap_is_found(facts: Facts, found: list[tuple[str, Severity]]) -> None:
    """Each gap has its code and severity, and at its boundary it is none (P6, P7)."""
    assert [(finding.code, finding.severity) for finding in findings(facts, NOW)] == found


def test_worst_first_and_always_in_one_order() -> None:
    """A list is sorted by severity, and the same facts give the same list."""
    empty = Facts(profile="full-service", timeline=DAY, set=0, revision=1, people=(CLIENT, SUCCESSOR))
    found = findings(empty, NOW)
    assert [finding.severity for finding in found] == sorted(finding.severity for finding in found)
    assert found == findings(empty, NOW)


def test_every_code_stands_in_the_module() -> None:
    """Each code that can be found is in the table of the module's docstring."""
    table = str(readiness.__doc__)
    for facts in (replace(READY, nodes=(), kit=None, cards=()), paid(node=NOW, domain=NOW, mail=None)):
        for finding in findings(facts, NOW):
            assert finding.code in table or finding.code.removeprefix("paid") in table


REASON = Decision(id="dddddddd", date="2026-11-24", status="decided", reason="because")


@pytest.mark.parametrize(
    ("changes", "alone", "recovery", "reason"),
    [
        ({}, False, False, False),
        ({"decisions": (REASON,)}, False, False, True),
        ({"decisions": (REASON.model_copy(update={"reason": " "}),)}, False, False, False),
        ({"second_factor": SecondFactor(kind="none")}, False, False, False),
        ({"second_factor": SecondFactor(kind="sms", device="x")}, True, False, False),
        ({"second_factor": SecondFactor(kind="sms", codes=("1",))}, False, False, False),
        ({"second_factor": SecondFactor(kind="key", codes_where="safe")}, False, False, False),
        (
            {
                "second_factor": SecondFactor(kind="totp"),
                "totp": Totp(secret="JBSWY3DP", algorithm="SHA1", digits=6, period=30),
            },
            False,
            False,
            False,
        ),
        ({"recovery_mailbox": "me@mail.provider.example"}, False, True, False),
        ({"recovery_mailbox": "me@other.example"}, False, False, False),
    ],
)
def test_what_an_entry_lacks(changes: dict[str, object], alone: bool, recovery: bool, reason: bool) -> None:  # noqa: FBT001 — parameters of the test
    """Of an open bundle it is told which second factors, mailboxes and reasons the provider alone has."""
    one = Entry(id="cccccccc", title="Shop", kind="website-login", **changes)
    bundle = Bundle(client="x", name="X", language="de", profile="guided", revision=1, entries=(one,))
    (facts,) = readiness.entry_facts(bundle, {"provider.example"})
    assert (facts.second_factor_alone, facts.recovery_alone, facts.has_reason) == (alone, recovery, reason)
