"""A set that the provider stopped sealing to: whoever holds a card of it is told which kit to take (P6, P7)."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from zipfile import ZipFile

import pytest
from node.face_world import Answer, Node, Provider, card_set, running
from node.rights_world import card, do, files_of, prove, send, visit, waiting

from escrowd.core.keys import link_key
from escrowd.core.manifest import verify_manifest
from escrowd.core.seal import unseal_bytes
from escrowd.core.shares import choose_set, open_key_with, parse_card
from escrowd.core.statements import Approve, Unseal
from escrowd.core.wire import INSTRUCTIONS_FILE
from escrowd.node.intake import acts
from escrowd.node.links import page_link
from escrowd.recovery.opening import known_sets

KEPT = 2
"""The last revision that set 1 opens."""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with running(tmp_path / "node") as one:
        yield one


@pytest.fixture
def provider(node: Node) -> Provider:
    """Set 1 is kept, revisions 3 to 5 are sealed to set 2 only."""
    one = Provider(node)
    for done in (one.enrol(), one.agree(), one.deposit()):
        assert done.status == 200
    for person in ("clientaa", "successa"):
        do(acts.confirm_address, node, visit(node, "confirm-address", person, "address"))
    assert one.deposit(files_of(one, KEPT, {1: 501, 2: 502})).status == 200
    assert one.tell(Unseal(client="bakery", set=1), presence="typed").status == 200
    node.pass_days(31)
    assert one.tell(Unseal(client="bakery", set=1), presence="typed").status == 200
    for revision in range(KEPT + 1, 6):
        assert one.deposit(files_of(one, revision, {2: 502}, {1: 501})).status == 200
        node.pass_days(60)
        one.checkin()
    return one


def page_of(node: Node, page: str, kind: str) -> str:
    """The path of a page, by the newest letter of a kind to the client."""
    (key, *_) = [
        row[0]
        for row in node.rows("select key, kind, person from orders order by rowid desc")
        if (row[1], row[2]) == (kind, "clientaa")
    ]
    return page_link("", page, link_key(node.key.seed), key)  # type: ignore[arg-type]


def press(node: Node, path: str, **fields: str) -> Answer:
    """Press a button."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return node.ask("POST", path, urlencode(fields).encode(), **form)


def release_of(node: Node, provider: Provider) -> tuple[str, str]:
    """The client's released mail, and the path of its page."""
    request = prove(node, card("client", 501)).json["request"]
    provider.tell(Approve(client="bakery", request=request), presence="typed")
    (letter,) = [one for one in waiting(node) if one.kind == "release-client"]
    send(node)
    return letter.message.decode(), page_of(node, "release", "release-client")


def unpacked(answer: Answer) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(answer.data)) as kit:
        return {name: kit.read(name) for name in kit.namelist()}


def opened(kit: dict[str, bytes], page: str, identifier: int) -> bytes:
    """What a client's card opens with all words of a release's page, the kit judging every card."""
    lists = re.findall(r'<ol class="words">(.*?)</ol>', page, re.DOTALL)
    cards = [parse_card(" ".join(re.findall(r"<li>([a-z]+)</li>", words))) for words in lists]
    cards.append(parse_card(card_set(identifier).shares["client"][0]))
    own, chosen = choose_set(cards, known_sets(verify_manifest(kit["manifest.jws"])))
    return unseal_bytes(kit["bundle.age"], [open_key_with(chosen, kit[f"key-{own.number}.age"]).text])


def test_each_card_opens_its_kit_of_a_release(node: Node, provider: Provider) -> None:
    """With all words of the release, the card of set 2 opens the newest kit, that of set 1 the kept one (P7)."""
    _, path = release_of(node, provider)
    page = press(node, path, do="show").text
    assert "Kartensatz 1" in page
    assert page.index(f'value="{KEPT}"') < page.index('value="confirm"')
    latest, kept = (unpacked(press(node, path, do="kit", revision=number)) for number in ("5", str(KEPT)))
    assert opened(latest, page, 502) == b"the bundle, revision 5"
    assert opened(kept, page, 501) == b"the bundle, revision 2"
    mappe = press(node, path, do="mappe", revision=str(KEPT))
    assert card_set(501).shares["nodes"][0] in mappe.text
    named = [press(node, path, do="mappe", revision=number).headers["Content-Disposition"] for number in "52"]
    assert named == [f'attachment; filename="Mappe-bakery{end}.html"' for end in ("", "-Stand-2")]


def test_mail_and_instructions_tie_the_kept_set_to_its_revision(node: Node, provider: Provider) -> None:
    """The mail says which kit a card of set 1 needs; the instructions give no commands that cannot work (P5)."""
    message, path = release_of(node, provider)
    assert re.search(r"Steht auf Ihrer Karte der\s+Kartensatz\s+1\?.*Stand\s+2\s+vom", message, re.DOTALL)
    assert "Stand für den Kartensatz 1" in message
    instructions = unpacked(press(node, path, do="kit", revision="5"))[INSTRUCTIONS_FILE].decode()
    assert "key-1.age" not in instructions
    assert f"Kartensatz 1? Sie öffnen nicht diesen Stand, sondern Stand {KEPT}" in instructions


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize(("page", "kind"), [("kit", "deposit-receipt"), ("status", "address-confirmed")])
def test_a_holder_of_the_kept_set_is_told_to_keep_the_old_stick(node: Node, page: str, kind: str) -> None:
    """Kit and status page offer the last revision of the kept set beside the newest, and no other (P6)."""
    path = page_of(node, page, kind)
    text = node.ask("GET", path).text
    assert "überschreiben Sie ihn nicht" in text
    assert f'value="{KEPT}"' in text
    kept = unpacked(press(node, path, do="kit", revision=str(KEPT)))
    assert {"key-1.age", "key-2.age"} < set(kept)
    both = [parse_card(card_set(501).shares[group][0]) for group in ("client", "successor")]
    identity = open_key_with(both, kept["key-1.age"])
    assert unseal_bytes(kept["bundle.age"], [identity.text]) == b"the bundle, revision 2"
    assert "key-1.age" not in unpacked(press(node, path, do="kit"))
    assert press(node, path, do="kit", revision="4").status == 404


@pytest.mark.usefixtures("provider")
def test_the_letter_of_a_new_deposit_lets_a_holder_of_the_kept_set_keep_the_stick(node: Node) -> None:
    """Who is told to replace the stick is told for which cards not to (P6)."""
    (message, *_) = [
        row[3].decode() for row in reversed(node.letters("deposit-receipt")) if row[1] == "clientaa"
    ]
    assert "Kartensatz 1?" in re.sub(r"\s+", " ", message)
    assert "überschreiben Sie ihn nicht" in re.sub(r"\s+", " ", message)
