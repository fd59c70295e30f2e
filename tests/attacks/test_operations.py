"""Every operation of a node's API, by everybody who may not: nothing is allowed, nothing breaks, nothing changes."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "node"))

from node.face_world import Node, Provider, card_set, digest, running
from node.rights_world import card, do, files_of, prove, visit

from escrowd.core.keys import SigningKey, new_id, share_proof_key
from escrowd.core.statements import (
    Approve,
    Arm,
    Body,
    Checkin,
    Code,
    Delay,
    Drill,
    End,
    NewTimings,
    Query,
    Unseal,
    sign_card,
    sign_statement,
)
from escrowd.core.terms import Beneficiary, Timings
from escrowd.node.intake import acts

WALL = 1_801_440_000


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running(tmp_path_factory.mktemp("attacks") / "node") as found:
        yield found


@pytest.fixture(scope="module")
def victim(node: Node) -> Provider:
    """With an open request, two sets of which the first is retired, and confirmed addresses."""
    one = Provider(node)
    assert one.enrol().status == 200
    assert one.agree(delay_max=86_400).status == 200
    assert one.deposit().status == 200
    do(acts.confirm_address, node, visit(node, "confirm-address", "clientaa", "address"))
    assert one.deposit(files_of(one, 2, {1: 501, 2: 502})).status == 200
    for group in ("client", "successor"):
        assert prove(node, card(group, 502), "card-proof").status == 200
    assert prove(node, card("client", 502), "retire").json["done"] == "asked"
    do(acts.confirm_set, node, visit(node, "set-confirm", "clientaa", "set"))
    assert prove(node, card("client", 502)).status == 200
    return one


@pytest.fixture(scope="module")
def other(node: Node, victim: Provider) -> Provider:
    """Another provider, without a deposit."""
    assert victim.id
    one = Provider(node)
    assert one.enrol().status == 200
    return one


def bodies(node: Node, victim: Provider) -> dict[str, Body]:
    request = node.rows("select requests_json from rights")[0][0].split('"id":"')[1][:8]
    people = victim.people()
    shorter = victim.terms_body(
        people,
        request_wait=86_400,
        beneficiaries=(Beneficiary(person="successa", role="client", after=0),),
    )
    return {
        "timings": NewTimings(timings=Timings(), people_sha256=digest(people)),
        "terms": shorter,
        "deposit": victim.deposit_body(files_of(victim, 9, {2: 502}, {1: 501})),
        "checkin": Checkin(),
        "end": End(client="bakery"),
        "approve": Approve(client="bakery", request=request),
        "delay": Delay(client="bakery", request=request, seconds=1, reason="x"),
        "arm": Arm(client="bakery"),
        "unseal": Unseal(client="bakery", set=2),
        "drill": Drill(client="bakery"),
        "standing": Query(what="standing"),
        "ledger": Query(what="ledger"),
        "file": Query(what="file", sha256=digest(card_set(502).key_file)),
    }


def signed(node: Node, provider: str, key: SigningKey, body: Body, **other: Any) -> str:
    claims: dict[str, Any] = {
        "provider": provider,
        "signer": key,
        "key": "daily",
        "presence": "typed",
        "nonces": {other.get("node_id", node.fingerprint): node.nonce()},
        "jti": new_id() + new_id(),
        "iat": WALL,
        "seen": {},
    }
    return sign_statement(body, **claims)


Signer = Callable[[Node, Provider, Provider, Body], str]
#: A stranger; another provider under the victim's name; a client with their card's key; a beneficiary who poses as
#: provider (card key, own id); the victim's own words for another node.
POSES: dict[str, Signer] = {
    "nobody": lambda n, v, _o, b: signed(n, v.id, SigningKey.from_seed(bytes(32)), b),
    "other-provider": lambda n, v, o, b: signed(n, v.id, o.daily, b),
    "other-provider-root": lambda n, v, o, b: signed(n, v.id, o.root.signing, b),
    "card-of-the-client": lambda n, v, _o, b: signed(n, v.id, card("client", 502), b),
    "beneficiary": lambda n, v, _o, b: signed(n, v.id, card("successor", 502), b),
    "wrong-node": lambda n, v, _o, b: signed(n, v.id, v.daily, b, node_id="a" * 32),
}


def hand_in(node: Node, name: str, compact: str) -> Any:
    path = "/v1/query" if name in {"standing", "ledger", "file"} else "/v1/statements"
    return node.ask("POST", path, compact.encode())


@pytest.mark.parametrize("pose", POSES)
def test_no_statement_of_another(node: Node, victim: Provider, other: Provider, pose: str) -> None:
    """No type of statement is taken from anybody but its provider, for this very node (P8)."""
    before = node.dump()
    for name, body in bodies(node, victim).items():
        answer = hand_in(node, name, POSES[pose](node, victim, other, body))
        assert 400 <= answer.status < 500, (name, answer.data)
        assert answer.code
    assert node.dump() == before


def test_another_provider_has_no_client_of_ours(node: Node, victim: Provider, other: Provider) -> None:
    """What another provider says of a client called the same is about their own: here there is none."""
    before = {name: rows for name, rows in node.dump().items() if name in {"rights", "deposits", "holders"}}
    for name, body in bodies(node, victim).items():
        if name in {"timings", "terms", "checkin", "standing", "ledger"}:
            continue  # their own, and no concern of ours
        answer = hand_in(node, name, other.sign(body, presence="typed"))
        assert 400 <= answer.status < 500, (name, answer.data)
    assert {name: node.dump()[name] for name in before} == before


def test_no_file_and_no_restore_of_another(node: Node, victim: Provider, other: Provider) -> None:
    """Files are taken only under a statement that names them, and two cards of a client restore nothing."""
    before = node.dump()
    files = files_of(victim, 9, {2: 502}, {1: 501})
    statement = POSES["other-provider"](node, victim, other, victim.deposit_body(files))
    assert 400 <= node.put(files["bundle.age"], statement).status < 500
    assert node.put(b"another", victim.sign(victim.deposit_body(files))).code == "file.not-named"
    for path in ("/v1/restore", "/v1/proofs", "/v1/statements", "/v1/query"):
        for body in (
            b"",
            b"{}",
            b'{"proof": "a.b.c"}',
            b'{"proofs": ["a.b.c", "a.b.c"]}',
            b"\xff",
            b"[" * 500,
        ):
            answer = node.ask("POST", path, body)
            assert 400 <= answer.status < 500, (path, body)
    assert node.dump() == before


@pytest.mark.parametrize("purpose", ["request", "card-proof", "retire"])
def test_no_proof_of_another(node: Node, victim: Provider, purpose: str) -> None:
    """No card but a live one of a deposit here proves anything, and no proof serves twice or elsewhere."""
    assert victim.id
    stranger = SigningKey.from_seed(b"\x07" * 32)
    elsewhere = share_proof_key(card_set(509).shares["client"][0].split())
    live = card("client", 502)
    watched = ("rights", "deposits", "deposit_files", "proofs", "outbox", "addresses")
    before = {name: node.dump()[name] for name in watched}
    refused = {
        "nobody": prove(node, stranger, purpose),
        "another client": prove(node, elsewhere, purpose),
        "retired set": prove(node, card("client", 501), purpose),
        "a node's share": prove(node, card("nodes", 502), purpose),
        "wrong node": prove(node, live, purpose, node_id="a" * 32),
        "dead nonce": prove(node, live, purpose, nonce="00" * 16),
        "provider's card": prove(node, share_proof_key(victim.cards.mnemonics[0].split()), purpose),
    }
    forged = sign_card(live, purpose, codes=[Code(node.fingerprint, node.nonce())], jti="b" * 16, iat=WALL)  # type: ignore[arg-type]
    head, body, signature = forged.split(".")
    refused["forged"] = node.ask(
        "POST", "/v1/proofs", f'{{"proof": "{head}.{body}.{signature[::-1]}"}}'.encode()
    )
    for who, answer in refused.items():
        assert 400 <= answer.status < 500, (who, answer.data)
    assert {name: node.dump()[name] for name in watched} == before
