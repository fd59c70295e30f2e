"""Proving a card on a page: once, for the purpose of the page, and nothing else has any effect."""

import re
from urllib.parse import urlencode

import pytest
from node.face_world import WALL, Node, Provider, card_set, running

from escrowd.core.keys import SigningKey, new_id, share_proof_key
from escrowd.core.statements import make_code, read_code, sign_card

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GERMAN = {"Accept-Language": "de"}


@pytest.fixture
def node(tmp_path):
    with running(tmp_path / "node") as one:
        yield one


@pytest.fixture
def provider(node: Node) -> Provider:
    one = Provider(node)
    assert one.enrol().status == 200
    assert one.agree().status == 200
    assert one.deposit().status == 200
    return one


def card(group: str) -> SigningKey:
    return share_proof_key(card_set(501).shares[group][0].split())


def code(page) -> str:
    return re.search(r"escrow-code/1\.[a-z2-7]+\.[0-9a-f]+", page.text)[0]


def signed(key: SigningKey, purpose: str, text: str) -> str:
    return sign_card(key, purpose, codes=[read_code(text)], jti=new_id() + new_id(), iat=WALL)


def bring(node: Node, page: str, compact: str, **fields: str):
    purpose = {"request": "request", "card": "card-proof", "retire": "retire"}[page]
    form = urlencode({"do": purpose, "proof": compact, **fields}).encode()
    return node.ask("POST", f"/p/{page}", form, **FORM, **GERMAN)


def test_a_card_is_proved_with_the_code_of_the_page(node: Node, provider: Provider):
    """The client's card passes the drill; those who hold it and the provider are told, and the ledger says so."""
    page = node.ask("GET", "/p/card", **GERMAN)
    assert "keine Wörter der Karte" in page.text
    answer = bring(node, "card", signed(card("client"), "card-proof", code(page)))
    assert answer.status == 200
    assert "Kartenprobe bestanden" in answer.text
    assert "Bäckerei Korn" in answer.text
    assert sorted(row[1] for row in node.letters("card-proved")) == ["clientaa", "provider"]
    assert "card-proof" in {entry.type for entry in provider.ledger()}


@pytest.mark.usefixtures("provider")
def test_a_request_is_made_on_the_page_and_told_to_all(node: Node):
    """A request says when the release comes at the earliest; the same signature again says the same, once."""
    compact = signed(card("client"), "request", code(node.ask("GET", "/p/request")))
    broken = "\n".join(compact[at : at + 64] for at in range(0, len(compact), 64))
    answer = bring(node, "request", broken)
    assert answer.status == 200
    assert "Ihre Anforderung ist da" in answer.text
    assert "frühestens am" in answer.text
    assert sorted(row[1] for row in node.letters("request-received")) == ["clientaa", "provider", "successa"]
    before = node.dump()
    assert "Ihre Anforderung ist da" in bring(node, "request", compact).text
    assert node.dump() == before


@pytest.mark.usefixtures("provider")
def test_looking_at_the_pages_changes_nothing(node: Node):
    """GET and HEAD show a code and act on nothing, whoever asks (P2)."""
    before = node.dump()
    for page in ("request", "card", "retire", "node"):
        assert node.ask("GET", f"/p/{page}").status == node.ask("HEAD", f"/p/{page}").status == 200
    assert node.dump() == before


@pytest.mark.usefixtures("provider")
def test_a_signature_acts_on_the_page_of_its_purpose_only(node: Node):
    """Who meant to prove a card requests nothing, and the other way round."""
    before = node.dump()
    for page, purpose in (("card", "request"), ("request", "card-proof"), ("retire", "request")):
        answer = bring(node, page, signed(card("client"), purpose, code(node.ask("GET", f"/p/{page}"))))
        assert answer.status == 409
        assert "für etwas anderes" in answer.text
    assert node.dump() == before


def test_what_is_not_a_fresh_signature_of_a_card_here_is_refused(node: Node, provider: Provider):
    """Spoilt, foreign, old, unknown, of the nodes: one sentence each, a new code, and nothing has changed."""
    text = code(node.ask("GET", "/p/request"))
    good = signed(card("client"), "request", text)
    dead = make_code(node.fingerprint, "00" * 16)
    cases = [
        ("", "keine vollständige Unterschrift"),
        ("hello", "keine vollständige Unterschrift"),
        (good[:-4], "keine vollständige Unterschrift"),
        (card_set(501).shares["client"][0], "keine vollständige Unterschrift"),
        (signed(card("client"), "request", dead), "Code, der nicht mehr gilt"),
        (
            signed(card("client"), "request", make_code("a" * 32, "00" * 16)),
            "für eine andere Verwahrstelle",
        ),
        (signed(SigningKey.generate(), "request", text), "liegt hier keine Mappe"),
    ]
    before = node.dump()
    for compact, sentence in cases:
        answer = bring(node, "request", compact)
        assert answer.status >= 400
        assert answer.status < 500
        assert sentence in answer.text
        assert code(answer) != text
    assert node.dump() == before
    answer = bring(node, "request", signed(card("nodes"), "request", text))
    assert "Wörter einer Verwahrstelle" in answer.text
    assert provider.ledger()[-1].type == "attempt-refused"


@pytest.mark.usefixtures("provider")
def test_only_the_client_s_newest_card_asks_that_an_old_set_ends(node: Node):
    """With one set there is nothing to end, and a successor's card ends none."""
    for group, sentence in (("client", "nur ein Kartensatz"), ("successor", "nur mit der Kundenkarte")):
        answer = bring(node, "retire", signed(card(group), "retire", code(node.ask("GET", "/p/retire"))))
        assert answer.status >= 400
        assert sentence in answer.text


def test_anybody_reads_who_runs_the_node(node: Node):
    """Operator and fingerprint stand on a page that needs no link."""
    page = node.ask("GET", "/p/node", **GERMAN)
    assert "Olaf Betrieb" in page.text
    assert node.fingerprint[:4] in page.text
