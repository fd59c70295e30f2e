"""What the links in letters do: looking does nothing, a button acts once, and a refusal says why."""

import json
import re
from email import message_from_bytes
from email.policy import SMTP
from urllib.parse import urlencode, urlsplit

import pytest
from node.face_world import WALL, Node, Provider, card_set, running
from node.rights_world import files_of

from escrowd.core import requests
from escrowd.core.keys import new_id, share_proof_key
from escrowd.core.statements import Approve, make_code, read_code, sign_card
from escrowd.core.terms import Beneficiary
from escrowd.node.asking import Place, settle
from escrowd.node.store.rights import load_requests

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


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


def links(node: Node, kind: str, person: str, page: str) -> list[str]:
    """The paths of a page in all letters of a kind to a person, the newest first."""
    found = []
    for _, to, _, message in node.letters(kind):
        if to == person:
            text = message_from_bytes(bytes(message), policy=SMTP).get_body(("plain",)).get_content()
            found += [link for link in re.findall(r"https?://\S+", text) if f"/p/{page}?" in link]
    return [link.removeprefix(node.url) for link in dict.fromkeys(reversed(found))]


def press(node: Node, path: str, button: str):
    return node.ask("POST", path, urlencode({"do": button}).encode(), **FORM)


def prove(node: Node, group: str, purpose: str = "request", set_of: int = 501):
    key = share_proof_key(card_set(set_of).shares[group][0].split())
    code = read_code(make_code(node.fingerprint, node.context.nonces.give()))
    compact = sign_card(key, purpose, codes=[code], jti=new_id() + new_id(), iat=WALL)
    return node.ask("POST", "/v1/proofs", json.dumps({"proof": compact}).encode())


def went_out(tx, node: Node, provider: Provider) -> None:
    """The outbox sent the release of the newest request."""
    now = node.clock.stamp_now(tx)
    here = load_requests(tx, provider.id, "bakery")
    for release in here[-1].releases:
        here = requests.begun(here, release.order)
        here = requests.released(here, now.moment.awake, release.order)
    settle(node.desk, Place(tx, now, provider.id, "bakery"), here)


def looked(node: Node, path: str):
    """GET and HEAD, which change nothing."""
    before = node.dump()
    page = node.ask("GET", path)
    assert node.ask("HEAD", path).status == page.status
    assert node.dump() == before
    return page


def test_an_address_is_confirmed_with_the_terms_in_plain_words(node: Node, provider: Provider):
    """The page shows the terms; the button records who, which address and their hash, once, and leads to the status."""
    (path,) = links(node, "confirm-address", "clientaa", "address")
    page = looked(node, path)
    for part in ("marta@korn.test", "Nils Peters", "Nachfrist (14 Tage)", "Ablehnen kann es niemand"):
        assert part in page.text
    assert "Adresse ist bestätigt" in press(node, path, "confirm").text
    entry = provider.ledger()[-1]
    assert entry.type == "address-confirmed"
    standing = provider.ask("standing").json["deposits"][0]
    assert [one["state"] for one in standing["addresses"] if one["person"] == "clientaa"] == ["confirmed"]
    assert re.search(f"Vereinbarung: {standing['terms'][0]['sha256']}", page.text)
    before = node.dump()
    done = press(node, path, "confirm").text
    assert node.dump() == before
    (status,) = links(node, "address-confirmed", "clientaa", "status")
    assert status.replace("&", "&amp;") in done
    assert "Alles in Ordnung" in looked(node, status).text


def test_a_client_sees_how_things_stand_and_takes_the_kit(node: Node, provider: Provider):
    """Phase, Stand, cards, addresses, requests and the kit are behind one link; after a download the stick is fresh."""
    (path,) = links(node, "deposit-receipt", "clientaa", "status")
    page = looked(node, path)
    for part in ("Alles in Ordnung", "Stand 1", "noch nie geladen", "Kundenkarte", "marta@korn.test"):
        assert part in page.text
    assert "nils@peters.test" not in page.text
    assert "noch nicht bestätigt" in page.text
    kit = press(node, path, "kit")
    assert kit.headers["Content-Type"] == "application/zip"
    assert "auf diesem Stand" in looked(node, path).text
    assert provider.deposit(provider.deposit_files(2)).status == 200
    assert "zuletzt Stand 1" in looked(node, path).text
    assert prove(node, "client").status == 200
    assert "Freigabe frühestens am" in looked(node, path).text


@pytest.mark.usefixtures("provider")
def test_a_mappe_comes_as_a_file_to_be_saved(node: Node):
    """The one file is the recovery page with the kit inside, as an attachment; it holds no share before a release."""
    (path,) = links(node, "deposit-receipt", "clientaa", "status")
    answer = press(node, path, "mappe")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="Mappe-bakery.html"'
    block = re.search(r'<script type="application/json" id="escrow-mappe">([^<]*)</script>', answer.text)[1]
    assert '"client":"bakery"' in block
    assert '"shares"' not in block


def test_a_client_objects_once(node: Node, provider: Provider):
    """From a confirmed address that hangs on nothing, 7 d more; done again it changes nothing; else it says why."""
    (address,) = links(node, "confirm-address", "clientaa", "address")
    press(node, address, "confirm")
    assert prove(node, "client").status == 200
    (path,) = links(node, "request-received", "clientaa", "object")
    assert "nicht selbst angefordert" in looked(node, path).text
    assert "Widerspruch ist vermerkt" in press(node, path, "object").text
    assert provider.ask("standing").json["deposits"][0]["requests"][0]["objected"]
    before = node.dump()
    press(node, path, "object")
    assert node.dump() == before
    assert "Widerspruch ist vermerkt" in looked(node, path).text


@pytest.mark.usefixtures("provider")
def test_an_unconfirmed_address_cannot_object(node: Node):
    """No letter to an address that may not act offers it."""
    assert prove(node, "client").status == 200
    assert links(node, "request-received", "clientaa", "object") == []


def test_a_client_consents_to_a_successor(node: Node, provider: Provider):
    """Without a yes nothing is due; the client's click makes it so, after the wait."""
    assert prove(node, "successor").status == 200
    (path,) = links(node, "request-consent", "clientaa", "consent")
    assert "Darf Nils Peters" in looked(node, path).text
    assert "Zustimmung ist vermerkt" in press(node, path, "consent").text
    assert provider.ask("standing").json["deposits"][0]["requests"][0]["earliest"]
    before = node.dump()
    assert "Zustimmung ist vermerkt" in press(node, path, "consent").text
    assert node.dump() == before


def test_a_release_by_request_is_shown_and_confirmed(node: Node, provider: Provider):
    """The mail's page serves the bundle with the share as one file, and its receipt can be confirmed."""
    (address,) = links(node, "confirm-address", "clientaa", "address")
    press(node, address, "confirm")
    request = prove(node, "client").json["request"]
    approve = Approve(client="bakery", request=request)
    assert provider.tell(approve, presence="typed").status == 200
    (path,) = links(node, "release-client", "clientaa", "release")
    assert press(node, path, "show").status == 404  # no mail of it went out yet
    node.store.write_now(lambda tx: went_out(tx, node, provider))
    assert "liegt eine Freigabe bereit" in looked(node, path).text
    shown = press(node, path, "show").text
    assert "mit der Kundenkarte angefordert" in shown
    words = card_set(501).shares["nodes"][0]
    assert words in shown
    form = urlencode({"do": "mappe", "revision": "1"}).encode()
    mappe = node.ask("POST", path, form, **FORM)
    assert mappe.headers["Content-Disposition"] == 'attachment; filename="Mappe-bakery.html"'
    assert f'"shares":["{words}"]' in mappe.text
    assert "bestätigt" in press(node, path, "confirm").text
    assert len(node.letters("confirmed")) == 1
    before = node.dump()
    press(node, path, "confirm")
    assert node.dump() == before


def test_a_witness_or_beneficiary_vouches_once(node: Node, provider: Provider):
    """From the announcement on: one button, once; the others are told the name, and the provider too."""
    node.pass_days(31)
    node.accept(provider.id)
    node.pass_days(14)
    node.accept(provider.id)
    path = links(node, "announce", "successa", "vouch")[0]
    assert "Ich habe Jana Winter gesprochen" in looked(node, path).text
    assert "Ihre Entwarnung ist vermerkt" in press(node, path, "vouch").text
    assert {row[1] for row in node.letters("vouched")} == {"provider", "clientaa", "successa"}
    before = node.dump()
    again = press(node, path, "vouch").text
    assert "nichts verändert" in again
    assert "schon gesagt" in again
    assert node.dump() == before
    assert "noch fehlt eine zweite Person" in press(node, path, "report").text.replace("Noch", "noch")
    other = links(node, "announce", "clientaa", "vouch")[0]
    assert "zweite Person" in press(node, other, "report").text


@pytest.mark.usefixtures("provider")
def test_a_link_acts_for_its_own_address_only(node: Node):
    """With the address of another letter, or none, the token does not fit (CSRF and guessing lead nowhere)."""
    (path,) = links(node, "confirm-address", "clientaa", "address")
    (theirs,) = links(node, "confirm-address", "successa", "address")
    query = urlsplit(path).query
    wrong = [
        "/p/address",
        "/p/address?" + "&".join(part for part in query.split("&") if not part.startswith("a=")),
        path.replace("a=addrclie", "a=addrsucc"),
        theirs.replace("/p/address", "/p/status"),
        path.replace("/p/address", "/p/object"),
    ]
    before = node.dump()
    for at in wrong:
        for button in ("confirm", "object", "kit"):
            assert press(node, at, button).status == 404
        assert node.ask("GET", at).status == 404
    assert node.dump() == before


def test_an_added_address_is_owned_or_removed_from_an_old_one(node: Node, provider: Provider):
    """Who had an address before says of an added one that it is theirs, or removes it; each once, both told (P7)."""
    (address,) = links(node, "confirm-address", "clientaa", "address")
    press(node, address, "confirm")
    people = json.loads(provider.people())
    marta = next(one for one in people["people"] if one["id"] == "clientaa")
    marta["addresses"].append({"id": "addrnews", "address": "marta@neu.test"})
    file = json.dumps(people).encode()
    assert provider.tell(provider.terms_body(file), (file,)).status == 200
    (path,) = links(node, "address-added", "clientaa", "remove")
    assert "Gehört marta@neu.test Ihnen" in looked(node, path).text
    assert "ist Ihre Adresse" in press(node, path, "own").text
    before = node.dump()
    press(node, path, "own")
    assert node.dump() == before
    assert "Soll marta@neu.test entfernt werden" in looked(node, path).text
    assert "ist entfernt" in press(node, path, "remove").text
    before = node.dump()
    press(node, path, "remove")
    assert node.dump() == before
    assert "gilt schon nicht mehr" in looked(node, path).text
    (asked,) = (at for at in links(node, "confirm-address", "clientaa", "address") if "a=addrnews" in at)
    assert "Diese Adresse wurde entfernt" in press(node, asked, "confirm").text


def test_a_client_says_whose_address_it_is_of_a_client_named_later(node: Node, provider: Provider):
    """Of a client who joined later the clients before are asked; one says so by a button, once, and that address acts (P7)."""
    for address in links(node, "confirm-address", "clientaa", "address"):
        press(node, address, "confirm")
    people = json.loads(provider.people())
    people["people"].append(
        {
            "id": "clientbb",
            "name": "Jonas Korn",
            "language": "de",
            "phrase": "Bach, Krug, Segel",
            "addresses": [{"id": "addrjona", "address": "jonas@korn.test"}],
        }
    )
    file = json.dumps(people).encode()
    both = [
        {"person": "clientaa", "role": "client", "after": 0},
        {"person": "clientbb", "role": "client", "after": 0},
        {"person": "successa", "role": "successor", "after": 0},
    ]
    body = provider.terms_body(file, beneficiaries=tuple(Beneficiary(**one) for one in both))
    assert provider.tell(body, (file,)).status == 200
    assert links(node, "address-added", "successa", "remove") == []
    (path,) = links(node, "address-added", "clientaa", "remove")
    assert "Ist jonas@korn.test die Adresse von Jonas Korn?" in looked(node, path).text
    assert "ist die Adresse von Jonas Korn" in press(node, path, "own").text
    assert provider.ledger()[-1].type == "address-owned"
    before = node.dump()
    press(node, path, "own")
    assert node.dump() == before
    (asked,) = links(node, "confirm-address", "clientbb", "address")
    press(node, asked, "confirm")
    node.pass_days(61)
    assert provider.deposit(files_of(provider, 2, {1: 501, 2: 502})).status == 200
    at = links(node, "set-confirm", "clientbb", "set")[0]
    assert "ist vermerkt" in press(node, at, "set").text


def test_a_client_confirms_new_cards_and_the_old_set_ends_in_time(node: Node, provider: Provider):
    """The click counts before the last card is proved; once the new set is 30 d old, the old one ends, with its page (P7)."""
    (address,) = links(node, "confirm-address", "clientaa", "address")
    press(node, address, "confirm")
    assert provider.deposit(files_of(provider, 2, {1: 501, 2: 502})).status == 200
    path = links(node, "set-confirm", "clientaa", "set")[0]
    assert "Noch sind nicht alle neuen Karten" in looked(node, path).text
    assert "Ihre Bestätigung für Kartensatz 2 ist vermerkt" in press(node, path, "set").text
    (status,) = links(node, "address-confirmed", "clientaa", "status")
    assert "Es gibt neue Karten: Kartensatz 2" in looked(node, status).text
    before = node.dump()
    press(node, path, "set")
    assert node.dump() == before
    for group in ("client", "successor"):
        assert prove(node, group, "card-proof", set_of=502).status == 200
    waits = looked(node, path).text
    assert "Alle neuen Karten sind geprüft" in waits
    assert "einen Stand, der 30 Tage alt ist" in waits
    node.pass_days(30)
    assert provider.deposit(files_of(provider, 3, {1: 501, 2: 502})).status == 200
    assert "Kartensatz 2 ist bestätigt" in looked(node, path).text
    assert {row[1] for row in node.letters("set-retired")} == {"provider", "clientaa", "successa"}
    assert "neue Karten: Kartensatz 2" not in looked(node, status).text


def test_only_a_click_that_says_at_once_ends_a_set_at_once(node: Node, provider: Provider):
    """A provider who proves the new card takes no wait from a client who clicked the ordinary page; the other page says it (P7)."""
    (address,) = links(node, "confirm-address", "clientaa", "address")
    press(node, address, "confirm")
    assert provider.deposit(files_of(provider, 2, {1: 501, 2: 502})).status == 200
    path = links(node, "set-confirm", "clientaa", "set")[0]
    press(node, path, "set")
    assert prove(node, "client", "retire", set_of=502).json["done"] == "asked"
    assert node.letters("set-retired") == []
    at_once = next(one for one in links(node, "set-confirm", "clientaa", "set") if one != path)
    assert "sofort endet" in looked(node, at_once).text
    assert "Kartensatz 2 ist bestätigt" in press(node, at_once, "set").text
    assert len(node.letters("set-retired")) == 3


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "de",
            (
                "Sie bestätigen, was hier steht.",
                "sie allein genügt nicht",
                "auch die Punkte oben mit dem Papier",
            ),
        ),
        (
            "en",
            (
                "you confirm what is written here.",
                "that alone is not enough",
                "the points above with the paper",
            ),
        ),
    ],
)
def test_the_same_code_is_not_enough(node: Node, language: str, said: tuple[str, str, str]) -> None:
    """P8: letter and page ask to compare the terms with the paper, since terms may carry the code of another paper."""
    found = Provider(node)
    assert found.enrol().status == 200
    assert found.agree(language=language, agreement="b" * 32).status == 200
    data = next(data for _, person, _, data in node.letters("confirm-address") if person == "clientaa")
    body = message_from_bytes(data, policy=SMTP).get_body(("plain",))
    assert body is not None
    letter = " ".join(body.get_content().split())
    assert said[2] in letter
    (link,) = links(node, "confirm-address", "clientaa", "address")
    page = node.ask("GET", link).text
    assert said[0] in page
    assert said[1] in page
