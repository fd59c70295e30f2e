"""Requests, addresses, sets, vouching and trials at a real node: letters, facts and ledger."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from node.face_world import Node, Provider, running
from node.rights_world import (
    card,
    confirm,
    do,
    files_of,
    kinds,
    post,
    prove,
    send,
    visit,
    waiting,
    with_deposit,
)

from escrowd.core.statements import Approve, Arm, Code, Delay, Drill, Unseal, sign_card
from escrowd.errors import EscrowdError
from escrowd.node.config import load
from escrowd.node.intake import acts


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with running(tmp_path / "node") as found:
        yield found


@pytest.fixture
def provider(node: Node) -> Provider:
    return with_deposit(node)


def requested(provider: Provider) -> dict[str, object]:
    (deposit,) = provider.ask("standing").json["deposits"]
    return deposit["requests"][-1]  # type: ignore[no-any-return]


def test_a_client_with_a_card_is_released(node: Node, provider: Provider) -> None:
    """A proved card is told to all and releases 1 d after the provider was told; share, key, instructions go (P7)."""
    confirm(node)
    send(node)
    answer = prove(node, card("client"))
    assert (answer.status, answer.json["done"]) == (200, "opened")
    told = send(node)
    assert {("request-received", who) for who in ("provider", "clientaa", "successa")} <= kinds(told)
    node.pass_days(0.9)
    assert not [letter for letter in waiting(node) if letter.kind.startswith("release")]
    node.pass_days(0.2)
    (release,) = [letter for letter in send(node) if letter.kind.startswith("release")]
    assert (release.kind, release.address) == ("release-client", "marta@korn.test")
    assert {name for name, _ in release.parts or ()} == {
        "bundle.age",
        "key-1.age",
        "manifest.jws",
        "share-1.age",
    }
    assert b'filename="INSTRUCTIONS.html"' in release.message
    assert requested(provider)["state"] == "released"
    node.pass_days(1.1)
    assert ("release-client", "clientaa") in kinds(send(node))  # the first repeat


def test_a_check_in_stops_no_request(node: Node, provider: Provider) -> None:
    """Check-ins, a pause and the trial leave a request alone (P7)."""
    confirm(node)
    prove(node, card("client"))
    send(node)
    node.pass_days(0.5)
    assert provider.checkin().status == 200
    node.pass_days(0.6)
    assert ("release-client", "clientaa") in kinds(waiting(node))


def test_who_never_confirmed_waits_for_the_click(node: Node, provider: Provider) -> None:
    """A release by request goes to no address that nobody confirmed; a click at any time lets it go there."""
    prove(node, card("client"))
    send(node)
    node.pass_days(3)
    assert not [letter for letter in waiting(node) if letter.kind.startswith("release")]
    confirm(node)
    assert ("release-client", "clientaa") in kinds(waiting(node))
    (entry,) = [e for e in provider.ledger() if e.type == "address-confirmed"]
    assert entry.body is not None
    assert (entry.body["person"], entry.body["address"]) == ("clientaa", "addrclie")
    (deposit,) = provider.ask("standing").json["deposits"]
    assert {a["person"]: a["state"] for a in deposit["addresses"]} == {
        "clientaa": "confirmed",
        "successa": "founding",
    }
    assert [one["person"] for one in deposit["terms"]] == ["clientaa"]


def test_delay_and_approve(node: Node, provider: Provider) -> None:
    """The provider delays with a reason, up to what was agreed, and can approve at once."""
    confirm(node)
    request = prove(node, card("client")).json["request"]
    send(node)
    delay = Delay(client="bakery", request=request, seconds=2 * 86_400, reason="Urlaub bis Montag")
    assert provider.tell(delay).status == 200
    letters = [letter for letter in waiting(node) if letter.kind == "request-delayed"]
    assert {letter.person for letter in letters} == {"provider", "clientaa", "successa"}
    assert provider.tell(delay).code == "request.delay-used-up"
    node.pass_days(2)
    assert not [letter for letter in waiting(node) if letter.kind.startswith("release")]
    assert provider.tell(Approve(client="bakery", request=request), presence="typed").status == 200
    assert ("release-client", "clientaa") in kinds(waiting(node))


def test_a_successor_needs_a_yes(node: Node, provider: Provider) -> None:
    """A successor's request waits for the client's click, and 7 d."""
    confirm(node, "successa")
    assert prove(node, card("successor")).json["earliest"] is None
    send(node)
    node.pass_days(20)
    assert not [letter for letter in waiting(node) if letter.kind.startswith("release")]
    there = visit(node, "request-consent", "clientaa", "consent")
    do(acts.consent_to, node, there)
    do(acts.consent_to, node, there)
    assert ("release-successor", "successa") in kinds(waiting(node))
    assert len([e for e in provider.ledger() if e.type == "request-consent"]) == 1


def test_a_client_objects_once(node: Node, provider: Provider) -> None:
    """An address that hangs on nothing objects: 7 d more, told to all, in the ledger with person and address."""
    confirm(node)
    prove(node, card("client"))
    send(node)
    there = visit(node, "request-received", "clientaa", "object")
    do(acts.object_to, node, there)
    do(acts.object_to, node, there)
    assert ("request-objected", "provider") in kinds(waiting(node))
    node.pass_days(7)
    assert not [letter for letter in waiting(node) if letter.kind.startswith("release")]
    node.pass_days(1.1)
    assert ("release-client", "clientaa") in kinds(waiting(node))
    (entry,) = [e for e in provider.ledger() if e.type == "request-objected"]
    assert entry.body is not None
    assert entry.body["address"] == "addrclie"


def test_two_sets_until_the_client_says_so(node: Node, provider: Provider) -> None:
    """Both sets live until the cards are proved, the client clicked and the new set is 30 d old; then the old is deleted."""
    confirm(node)
    two = files_of(provider, 2, {1: 501, 2: 502})
    assert provider.deposit(two).status == 200
    assert ("set-new", "clientaa") in kinds(waiting(node))
    for group in ("client", "successor"):
        assert prove(node, card(group, 502), "card-proof").status == 200
    do(acts.confirm_set, node, visit(node, "set-confirm", "clientaa", "set"))
    assert provider.deposit(files_of(provider, 3, {1: 501, 2: 502})).status == 200
    assert ("set-retired", "successa") not in kinds(waiting(node))
    node.pass_days(30)
    assert prove(node, card("client", 502), "card-proof").status == 200
    assert ("set-retired", "successa") in kinds(waiting(node))
    names = {row[0] for row in node.rows("select name from deposit_files")}
    assert not {"key-1.age", "share-1.age"} & names
    assert prove(node, card("client", 501)).code == "sets.retired"
    assert provider.deposit(files_of(provider, 4, {1: 501, 2: 502})).code == "sets.retired"
    (entry,) = [e for e in provider.ledger() if e.type == "sets-over"]
    assert entry.body is not None
    assert entry.body["retired"] == [1]
    (deposit,) = provider.ask("standing").json["deposits"]
    assert (deposit["share_sets"]["sealed"], deposit["share_sets"]["retired"]) == ([2], [1])


def test_a_release_carries_both_sets(node: Node, provider: Provider) -> None:
    """While two sets live, a release carries both keys and both shares (P7)."""
    confirm(node)
    assert provider.deposit(files_of(provider, 2, {1: 501, 2: 502})).status == 200
    request = prove(node, card("client", 501)).json["request"]
    provider.tell(Approve(client="bakery", request=request), presence="typed")
    (release,) = [letter for letter in waiting(node) if letter.kind.startswith("release")]
    names = {name for name, _ in release.parts or ()}
    assert {"key-1.age", "key-2.age", "share-1.age", "share-2.age"} <= names
    assert release.message.count(b"BEGIN ESCROW SHARE") >= 2
    assert b"%SHARE-01%" in release.message
    assert b"%SHAR1-01%" in release.message


def test_unsealing_keeps_the_last_bundle(node: Node, provider: Provider) -> None:
    """30 d after notice the provider may stop sealing to the old set; what it opened stays and is released (P7)."""
    confirm(node)
    assert provider.deposit(files_of(provider, 2, {1: 501, 2: 502})).status == 200
    assert provider.tell(Unseal(client="bakery", set=1), presence="typed").status == 200
    assert ("set-unseal", "clientaa") in kinds(waiting(node))
    assert provider.tell(Unseal(client="bakery", set=1), presence="typed").code == "sets.unseal-too-early"
    node.pass_days(31)
    assert provider.tell(Unseal(client="bakery", set=1), presence="typed").status == 200
    for revision in range(3, 6):
        assert provider.deposit(files_of(provider, revision, {2: 502}, {1: 501})).status == 200
        node.pass_days(60)
        provider.checkin()
    request = prove(node, card("client", 501)).json["request"]
    provider.tell(Approve(client="bakery", request=request), presence="typed")
    (release,) = [letter for letter in waiting(node) if letter.kind.startswith("release")]
    assert {"key-1.age", "share-1.age"} <= {name for name, _ in release.parts or ()}
    assert "Stand 2" in release.message.decode()


def test_the_same_proof_is_one_request(node: Node, provider: Provider) -> None:
    """The same bytes get the same answer, at any time; another proof joins the open request."""
    proof = sign_card(
        card("client"), "request", codes=[Code(node.fingerprint, node.nonce())], jti="a" * 16, iat=1
    )
    first = post(node, proof)
    node.pass_days(1)
    assert post(node, proof).json == first.json
    assert prove(node, card("client")).json["done"] == "joined"
    assert len([e for e in provider.ledger() if e.type == "card-proof"]) == 2


def test_a_trial_writes_to_the_provider(node: Node) -> None:
    """In the trial the announcements go to the provider, marked; arming ends it and keeps the gaps."""
    found = Provider(node)
    found.enrol()
    found.agree()
    found.deposit()
    (deposit,) = found.ask("standing").json["deposits"]
    assert deposit["trial_until"]
    armed = Arm(client="bakery", despite="Kunde ist informiert", gaps=("card.not-proved",))
    assert found.tell(armed).status == 200
    (deposit,) = found.ask("standing").json["deposits"]
    assert deposit["trial_until"] is None
    assert {("trial-ended", "provider"), ("trial-ended", "clientaa")} <= kinds(waiting(node))


def test_a_drill_asks_each_holder(node: Node, provider: Provider) -> None:
    """A drill asks each holder by mail; a proof is told to holder and provider, and stands with its date."""
    assert provider.tell(Drill(client="bakery")).status == 200
    assert {("drill", "clientaa"), ("drill", "successa")} <= kinds(waiting(node))
    assert prove(node, card("successor"), "card-proof").json["done"] == "recorded"
    assert {("card-proved", "successa"), ("card-proved", "provider")} <= kinds(waiting(node))
    (deposit,) = provider.ask("standing").json["deposits"]
    assert [(c["set"], c["group"]) for c in deposit["cards"]] == [(1, "successor")]


def test_a_beneficiary_vouches(node: Node, provider: Provider) -> None:
    """By the link of an announcement a beneficiary vouches once; who and where is in the ledger."""
    node.pass_days(31)
    send(node)
    node.pass_days(16)
    send(node)
    there = visit(node, "announce", "clientaa", "vouch")
    assert do(acts.say, node, there, "vouch") == "yes"
    assert do(acts.say, node, there, "vouch") == "twice"
    assert {("vouched", "provider"), ("vouched", "successa")} <= kinds(waiting(node))
    (entry,) = [e for e in provider.ledger() if e.type == "vouch"]
    assert entry.body is not None
    assert (entry.body["person"], entry.body["address"]) == ("clientaa", "addrclie")


def test_a_refused_attempt_is_kept_once(node: Node, provider: Provider) -> None:
    """What a holder may not do is refused, and stands in the ledger once, however often it is tried."""
    assert provider.deposit(files_of(provider, 2, {1: 501, 2: 502})).status == 200
    for _ in range(3):
        assert prove(node, card("successor", 502), "retire").code == "proof.not-the-client"
    (entry,) = [e for e in provider.ledger() if e.type == "attempt-refused"]
    assert entry.body is not None
    assert (entry.body["group"], entry.body["code"]) == ("successor", "proof.not-the-client")
    prove(node, card("client"))
    send(node)
    confirm(node, "successa")
    there = visit(node, "confirm-address", "successa", "address")
    with pytest.raises(EscrowdError):
        do(acts.object_to, node, there)


def people_with(provider: Provider, *addresses: tuple[str, str]) -> bytes:
    """The people file with these addresses (id, address) of the client."""
    found = json.loads(provider.people())
    found["people"][1]["addresses"] = [{"id": id_, "address": address} for id_, address in addresses]
    return json.dumps(found).encode()


def test_an_added_address_waits(node: Node, provider: Provider) -> None:
    """An added address gets no release before it was clicked and 30 d passed since the others were told (P7)."""
    confirm(node)
    people = people_with(provider, ("addrclie", "marta@korn.test"), ("addrneww", "marta@elsewhere.test"))
    assert provider.tell(provider.terms_body(people), (people,)).status == 200
    send(node)
    assert [row[2] for row in node.letters("confirm-address")][-1] == "marta@elsewhere.test"
    assert [row[2] for row in node.letters("address-added")] == ["marta@korn.test"]
    confirm(node)
    (deposit,) = provider.ask("standing").json["deposits"]
    assert {a["id"]: a["state"] for a in deposit["addresses"]}["addrneww"] == "waiting"
    request = prove(node, card("client")).json["request"]
    provider.tell(Approve(client="bakery", request=request), presence="typed")
    sent = [letter.address for letter in send(node) if letter.kind.startswith("release")]
    assert sent == ["marta@korn.test"]
    node.pass_days(31)
    repeated = {letter.address for letter in send(node) if letter.kind.startswith("release")}
    assert repeated == {"marta@korn.test", "marta@elsewhere.test"}


def test_leaving_out_removes_nothing(node: Node, provider: Provider) -> None:
    """An address that the provider leaves out stays until its owner removes it; its id names no other (P7)."""
    confirm(node)
    people = people_with(provider, ("addrneww", "thief@elsewhere.test"))
    assert provider.tell(provider.terms_body(people), (people,)).status == 200
    assert ("address-unwanted", "clientaa") in kinds(waiting(node))
    request = prove(node, card("client")).json["request"]
    provider.tell(Approve(client="bakery", request=request), presence="typed")
    sent = [letter.address for letter in send(node) if letter.kind.startswith("release")]
    assert sent == ["marta@korn.test"]
    there = visit(node, "address-added", "clientaa", "remove")
    do(acts.remove_address, node, there)
    do(acts.remove_address, node, there)
    (deposit,) = provider.ask("standing").json["deposits"]
    assert {a["id"]: a["state"] for a in deposit["addresses"]} == {
        "addrclie": "confirmed",
        "addrsucc": "founding",
        "addrneww": "removed",
    }
    assert len([e for e in provider.ledger() if e.type == "address-removed"]) == 1
    moved = people_with(provider, ("addrclie", "thief@elsewhere.test"))
    assert provider.tell(provider.terms_body(moved), (moved,)).code == "people.address-changed"


def test_who_runs_the_node(node: Node) -> None:
    """A node says who runs it, and until when server, domain and mail are paid, if the operator said so."""
    info = node.ask("GET", "/v1/node").json
    assert info["operator"] == "Olaf Betrieb"
    assert info["paid_until"] == {"node": None, "domain": None, "mail": None}
    path = node.folder / "config.toml"
    path.write_text(path.read_text("utf-8") + "\n[paid]\nnode = 2027-12-31\n", "utf-8")
    paid = load(node.folder).paid
    assert (paid.node, paid.domain) == (1_830_297_600, None)
    path.write_text(path.read_text("utf-8").replace("2027-12-31", '"soon"'), "utf-8")
    with pytest.raises(EscrowdError, match=r"config\.type"):
        load(node.folder)
