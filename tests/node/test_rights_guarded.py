"""What whoever has the provider's key, a stolen card or an old link cannot do at a real node."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from node.face_world import Answer, Node, Provider, digest, running
from node.rights_world import card, confirm, do, files_of, prove, send, visit, with_deposit

from escrowd.core.statements import NewTimings
from escrowd.core.terms import Beneficiary
from escrowd.errors import EscrowdError
from escrowd.node.intake import acts


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with running(tmp_path / "node") as found:
        yield found


@pytest.fixture
def provider(node: Node) -> Provider:
    return with_deposit(node)


def confirm_set(node: Node, person: str = "clientaa") -> None:
    do(acts.confirm_set, node, visit(node, "set-confirm", person, "set"))


def deposit(provider: Provider, files: dict[str, bytes], *domains: str) -> Answer:
    """A deposit that names these domains."""
    body = provider.deposit_body(files).model_copy(update={"domains": domains})
    return provider.tell(body, tuple(files.values()))


def people_of(provider_: Provider, **addresses: list[tuple[str, str]]) -> bytes:
    """The people file with these addresses (id, address) of persons."""
    found = json.loads(provider_.people())
    for person in found["people"]:
        if person["id"] in addresses:
            person["addresses"] = [{"id": id_, "address": at} for id_, at in addresses[person["id"]]]
    return json.dumps(found).encode()


def hangs(provider: Provider) -> dict[str, Any]:
    (found,) = provider.ask("standing").json["deposits"]
    return {one["id"]: one["hangs"] for one in found["addresses"]}


def test_a_deposit_that_names_fewer_domains_takes_none_away(node: Node, provider: Provider) -> None:
    """What a deposit ever named, hangs: a thief of the daily key makes no mailbox at the client's domain act (P7)."""
    confirm(node)
    assert deposit(provider, provider.deposit_files(2), "korn.test").status == 200
    assert deposit(provider, files_of(provider, 3, {1: 501, 2: 502})).status == 200
    assert hangs(provider) == {"addrclie": True, "addrsucc": False}
    for group in ("client", "successor"):
        prove(node, card(group, 502), "card-proof")
    with pytest.raises(EscrowdError, match=r"address\.hangs"):
        confirm_set(node)


def test_a_provider_who_moves_frees_no_mailbox(provider: Provider) -> None:
    """The domains of the provider's addresses at an earlier deposit go on counting as theirs (P7)."""
    people = people_of(provider, provider=[("addrprov", "jana@peters.test")])
    moved = NewTimings(timings=provider.timings, people_sha256=digest(people))
    assert provider.tell(moved, (people,), presence="typed").status == 200
    assert provider.deposit(provider.deposit_files(2)).status == 200
    assert hangs(provider)["addrsucc"]
    back = provider.people()
    moved = NewTimings(timings=provider.timings, people_sha256=digest(back))
    assert provider.tell(moved, (back,), presence="typed").status == 200
    assert hangs(provider)["addrsucc"]


def test_who_is_no_client_any_more_confirms_no_set(node: Node, provider: Provider) -> None:
    """The terms that count at the click say who is a client, not the letter (P7)."""
    confirm(node)
    assert provider.deposit(files_of(provider, 2, {1: 501, 2: 502})).status == 200
    there = visit(node, "set-confirm", "clientaa", "set")
    prove(node, card("successor"))
    consent = visit(node, "request-consent", "clientaa", "consent")
    object_ = visit(node, "request-received", "clientaa", "object")
    node.store.write_now(
        lambda tx: tx.exec_driver_sql(
            "update terms set body_json = replace(replace(replace(body_json, 'clientaa', 'x'), 'successa', "
            "'clientaa'), '\"x\"', '\"successa\"')"
        )
    )
    for act, visited in ((acts.confirm_set, there), (acts.consent_to, consent), (acts.object_to, object_)):
        with pytest.raises(EscrowdError, match=r"request\.not-the-client"):
            do(act, node, visited)


def test_a_removed_mailbox_speaks_for_nobody(node: Node, provider: Provider) -> None:
    """A letter that lies in a mailbox that its owner removed vouches and consents no more (P7)."""
    people = people_of(provider, clientaa=[("addrclie", "marta@korn.test"), ("addrneww", "marta@new.test")])
    confirm(node)
    assert provider.tell(provider.terms_body(people), (people,)).status == 200
    confirm(node)
    send(node)
    node.pass_days(31)
    send(node)
    node.pass_days(16)
    send(node)
    prove(node, card("successor"))
    consent = visit(node, "request-consent", "clientaa", "consent")
    vouch = visit(node, "announce", "clientaa", "vouch")
    there = visit(node, "address-added", "clientaa", "remove")
    there = replace(there, address=vouch.address)
    do(acts.remove_address, node, there)
    do(acts.remove_address, node, there)
    assert consent.address == vouch.address == "addrneww"
    with pytest.raises(EscrowdError, match=r"address\.removed"):
        do(acts.consent_to, node, consent)
    with pytest.raises(EscrowdError, match=r"address\.removed"):
        do(acts.say, node, vouch, "vouch")


def test_a_lost_letter_about_new_cards_is_sent_again(node: Node, provider: Provider) -> None:
    """Each day on which the client's newest card is proved, the client is asked once more for the click (P7)."""
    confirm(node)
    assert provider.deposit(files_of(provider, 2, {1: 501, 2: 502})).status == 200
    before = len(node.letters("set-confirm"))
    for _ in range(2):
        assert prove(node, card("client", 502), "retire").json["done"] == "asked"
    assert len(node.letters("set-confirm")) == before + 1
    node.pass_days(1)
    assert prove(node, card("client", 502), "retire").json["done"] == "asked"
    assert len(node.letters("set-confirm")) == before + 2
    message = node.letters("set-confirm")[-1][3].decode()
    (link, *_) = re.findall(r"http://127\.0\.0\.1:\d+(/p/set\?[^\s\"<>]+)", message)
    assert node.ask("GET", html.unescape(link)).status == 200
    confirm_set(node)
    (entry,) = [e for e in provider.ledger() if e.type == "sets-over"]
    assert entry.body is not None
    assert entry.body["retired"] == [1]


def test_a_stolen_card_fills_neither_mailbox_nor_ledger(node: Node, provider: Provider) -> None:
    """However often a card is proved a day: one letter each, four entries for each purpose, the same answer."""
    for _ in range(7):
        assert prove(node, card("successor"), "card-proof").json["done"] == "recorded"
    request = prove(node, card("client")).json["request"]
    for _ in range(6):
        answer = prove(node, card("client")).json
        assert (answer["done"], answer["request"]) == ("joined", request)
    assert len(node.letters("card-proved")) == 2
    assert len([e for e in provider.ledger() if e.type == "card-proof"]) == 8
    assert node.rows("select count(*) from proofs")[0][0] == 8
    node.pass_days(1)
    prove(node, card("successor"), "card-proof")
    assert len(node.letters("card-proved")) == 4


def test_roles_that_leave_with_waiting_terms_end_the_old_set(node: Node, provider: Provider) -> None:
    """Where the client clicked, the old set ends once worse terms begin that need no other card."""
    confirm(node)
    assert provider.deposit(files_of(provider, 2, {1: 501, 2: 502})).status == 200
    prove(node, card("client", 502), "card-proof")
    node.pass_days(1)
    worse = provider.terms_body(provider.people(), beneficiaries=(client_only(),), request_wait=5 * 86_400)
    assert provider.tell(worse, (provider.people(),)).status == 200
    known = node.rows("select sets_json from rights")[0][0]
    clicked = known.replace('"confirmed":null', '"confirmed":2')  # the click is another test's
    node.store.write_now(lambda tx: tx.exec_driver_sql("update rights set sets_json = ?", (clicked,)))
    for _ in range(2):
        node.pass_days(16)
        provider.checkin()
    assert provider.checkin().status == 200
    (found,) = provider.ask("standing").json["deposits"]
    assert (found["share_sets"]["sealed"], found["share_sets"]["retired"]) == ([2], [1])


def client_only() -> Beneficiary:
    return Beneficiary(person="clientaa", role="client", after=0)


def test_an_address_confirmed_after_a_release_by_silence_gets_it_at_once(
    node: Node, provider: Provider
) -> None:
    """Whoever was released has the newest mail at an address that begins to count later, once, and not at the next repeat."""
    confirm(node)
    people = people_of(provider, clientaa=[("addrclie", "marta@korn.test"), ("addrneww", "marta@new.test")])
    assert provider.tell(provider.terms_body(people), (people,)).status == 200
    click = visit(node, "confirm-address", "clientaa", "address")
    assert click.address == "addrneww"
    sent: list[str] = []
    for _ in range(70):
        node.pass_days(1)
        sent += [letter.address for letter in send(node) if letter.kind == "release-client"]
    assert set(sent) == {"marta@korn.test"}
    before = len(sent)
    do(acts.confirm_address, node, click)
    (letter,) = [one for one in send(node) if one.kind == "release-client"]
    assert letter.address == "marta@new.test"
    assert {"bundle.age", "share-1.age"} <= {name for name, _ in letter.parts or ()}
    do(acts.confirm_address, node, click)
    assert not [one for one in send(node) if one.kind == "release-client"]
    keys = {row[0] for row in node.letters("release-client")}
    assert len(keys) == before
