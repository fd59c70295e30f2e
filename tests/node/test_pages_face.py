"""The pages: a GET changes nothing, a POST acts, a forged link leads nowhere, and a release opens what was sealed."""

import io
import re
from itertools import pairwise
from urllib.parse import parse_qs, urlencode, urlsplit
from zipfile import ZipFile

import pytest
from node.face_world import Node, Provider, card_set, running

from escrowd.core.keys import link_key, link_token
from escrowd.core.manifest import verify_manifest
from escrowd.core.seal import unseal_bytes
from escrowd.core.shares import open_key_with, parse_card
from escrowd.core.wire import INSTRUCTIONS_FILE, PAGE_FILE
from escrowd.node.links import page_link
from escrowd.node.pages.frame import preferred_language

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


def link(node: Node, page: str, order: str) -> str:
    return page_link("", page, link_key(node.key.seed), order)  # type: ignore[arg-type]


def press(node: Node, path: str, **fields: str):
    return node.ask("POST", path, urlencode(fields).encode(), **FORM)


def newest(node: Node, provider: Provider, kind: str) -> str:
    """The key of the newest order of this kind of letter."""
    rows = node.rows(
        f"select key from orders where kind='{kind}' and provider='{provider.id}' order by rowid desc"  # noqa: S608
    )
    return rows[0][0]


def reminded(node: Node, provider: Provider) -> str:
    node.pass_days(17)
    return link(node, "checkin", newest(node, provider, "remind"))


def released(node: Node, provider: Provider) -> dict[str, str]:
    """Let the provider fall silent until all is released; person -> path of their page."""
    node.pass_days(31)
    node.accept(provider.id)
    node.pass_days(14)
    node.accept(provider.id)
    node.pass_days(8)
    keys = node.release(provider.id)
    assert len(keys) == 2, node.ask
    return {key.split("/")[4]: link(node, "release", key) for key in keys}


# --- checking in ------------------------------------------------------------------------------------------


def test_looking_at_the_check_in_page_checks_nobody_in(node: Node, provider: Provider):
    """A mail scanner that follows the link changes nothing: GET and HEAD only show a button (P2)."""
    path = reminded(node, provider)
    before = node.dump()
    page = node.ask("GET", path)
    assert node.ask("HEAD", path).status == page.status == 200
    assert "Jana Winter" in page.text
    assert 'method="post"' in page.text
    assert node.dump() == before


def test_the_button_checks_in_once_for_its_letter(node: Node, provider: Provider):
    """The first click begins a new epoch, is recorded and confirmed by mail; the letter is then out of date."""
    path = reminded(node, provider)
    assert "Danke, Jana Winter" in press(node, path, do="checkin").text
    standing = provider.ask("standing").json
    assert (standing["epoch"], standing["mail_checkins"]) == (2, 1)
    assert provider.ledger()[-2].type == "checkin-by-link"
    assert len(node.letters("checked-in")) == 1
    before = node.dump()
    assert "überholt" in press(node, path, do="checkin").text
    assert "überholt" in node.ask("GET", path).text
    assert node.dump() == before


def test_after_three_links_only_a_typed_check_in_counts(node: Node, provider: Provider):
    """A mailbox alone keeps nobody alive for ever: the fourth click in a row does not count."""
    for used in (1, 2, 3):
        assert "Danke" in press(node, reminded(node, provider), do="checkin").text
        assert provider.ask("standing").json["mail_checkins"] == used
    path = reminded(node, provider)
    page = node.ask("GET", path)
    assert "escrow checkin" in page.text
    assert "<button" not in page.text
    epoch = provider.ask("standing").json["epoch"]
    assert "zählt nicht" in press(node, path, do="checkin").text
    assert provider.ask("standing").json["epoch"] == epoch
    provider.checkin()
    assert "Danke" in press(node, reminded(node, provider), do="checkin").text


# --- links ------------------------------------------------------------------------------------------------


def test_a_forged_or_borrowed_link_leads_nowhere(node: Node, provider: Provider):
    """Another token, another order, another page's order and a link of another node are all one answer."""
    path = reminded(node, provider)
    query = parse_qs(urlsplit(path).query)
    order, token = query["o"][0], query["t"][0]
    other = link_token(b"another node's key".ljust(32), order)
    wrong = [
        "/p/checkin",
        f"/p/checkin?{urlencode({'o': order})}",
        f"/p/checkin?{urlencode({'o': order, 't': token[:-1]})}",
        f"/p/checkin?{urlencode({'o': order, 't': other})}",
        f"/p/checkin?{urlencode({'o': order + 'x', 't': token})}",
        f"/p/kit?{urlencode({'o': order, 't': token})}",
        f"/p/release?{urlencode({'o': order, 't': token})}",
        link(node, "checkin", "no/such/order"),
        link(node, "checkin", newest(node, provider, "deposit-receipt")),
        link(node, "checkin", "x" * 600),
    ]
    before = node.dump()
    for at in wrong:
        for answer in (node.ask("GET", at), press(node, at, do="checkin")):
            assert (at, answer.status) == (at, 404)
            assert "This link leads nowhere" in answer.text
            assert "Jana" not in answer.text
    assert node.dump() == before


def test_a_page_that_is_none_says_so_in_the_reader_s_language(node: Node):
    """Errors under /p are pages, not JSON, in the language that the browser asks for."""
    german = node.ask("GET", "/p/nothing", **{"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    assert german.status == 404
    assert "Diese Seite gibt es nicht" in german.text
    assert "There is no such page" in node.ask("GET", "/p/nothing").text


def test_a_form_without_its_button_or_too_large_changes_nothing(node: Node, provider: Provider):
    """Only the page's own button acts."""
    path = reminded(node, provider)
    before = node.dump()
    assert node.ask("POST", path, b"").status == 404
    assert press(node, path, do="release").status == 404
    assert node.ask("POST", path, b"do=checkin&x=" + b"a" * 2000, **FORM).status == 413
    assert node.dump() == before


def test_pages_are_strict(node: Node, provider: Provider):
    """No script, no cookie, no frame, nothing stored, no address passed on, and no form to elsewhere (P10)."""
    page = node.ask("GET", reminded(node, provider))
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in page.headers
    assert not re.search(r"<script|\son\w+=|style=|https?://", page.text)
    assert node.ask("GET", "/p/style.css").headers["Content-Type"].startswith("text/css")


def test_every_page_says_whose_it_is(node: Node, provider: Provider):
    """Node, provider and the person's recognition words stand on every page of a known person."""
    for path in (
        reminded(node, provider),
        link(node, "kit", newest(node, provider, "deposit-receipt")),
    ):
        text = node.ask("GET", path).text
        assert "Nordlicht" in text
        assert "Jana Winter" in text
        assert "Lampe, Honig" in text or "Anker, Brot" in text or "Kessel, Insel" in text


def test_names_are_escaped(node: Node):
    """A client called like a tag stays a name."""
    one = Provider(node)
    one.enrol()
    people = one.people().replace("Bäckerei Korn".encode(), b"<script>alert(1)</script>")
    one.tell(one.terms_body(people), (people,))
    one.deposit()
    text = node.ask("GET", link(node, "kit", newest(node, one, "deposit-receipt"))).text
    assert "<script" not in text
    assert "&lt;script&gt;" in text


# --- the kit ----------------------------------------------------------------------------------------------


def test_the_kit_is_always_the_newest_and_holds_no_share(node: Node, provider: Provider):
    """The link of the first letter serves the newest revision: sealed files, manifest, instructions (P6)."""
    path = link(node, "kit", newest(node, provider, "deposit-receipt"))
    assert b"PK" not in node.ask("GET", path).data
    files = provider.deposit_files(2)
    provider.deposit(files)
    answer = press(node, path, do="kit")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="kit-bakery-2.zip"'
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    with ZipFile(io.BytesIO(answer.data)) as kit:
        assert kit.testzip() is None
        assert set(kit.namelist()) == {
            INSTRUCTIONS_FILE,
            PAGE_FILE,
            "bundle.age",
            "key-1.age",
            "manifest.jws",
        }
        assert kit.read("bundle.age") == files["bundle.age"]
        assert "Bäckerei Korn" in kit.read(INSTRUCTIONS_FILE).decode()
    assert list((node.folder / "spool").iterdir()) == []


# --- a release --------------------------------------------------------------------------------------------


def test_a_release_page_shows_nothing_before_a_button(node: Node, provider: Provider):
    """Whoever only follows the link sees no share, no file and no name of the client."""
    path = released(node, provider)["clientaa"]
    words = card_set(501).shares["nodes"][0].split()
    text = node.ask("GET", path).text
    # Some of these words are common ones; two of them in a row are the share.
    shown = re.findall(r"[a-z]+", text)
    assert not set(pairwise(words)) & set(pairwise(shown))
    assert "Bäckerei" not in text
    assert "zip" not in text


def test_a_release_opens_the_bundle_with_the_client_s_card(node: Node, provider: Provider):
    """The words on the page and the client's card open the key, and the key opens the bundle of the kit (P5)."""
    path = released(node, provider)["clientaa"]
    page = press(node, path, do="show").text
    words = re.findall(r"<li>([a-z]+)</li>", page)[:20]
    kit = press(node, path, do="kit", revision="1")
    with ZipFile(io.BytesIO(kit.data)) as archive:
        client = parse_card(card_set(501).shares["client"][0])
        identity = open_key_with([parse_card(" ".join(words)), client], archive.read("key-1.age"))
        opened = unseal_bytes(archive.read("bundle.age"), [identity.text])
        assert verify_manifest(archive.read("manifest.jws")).client == "bakery"
    assert opened == b"the bundle, revision 1"


def test_confirming_ends_the_repeats_and_tells_every_address(node: Node, provider: Provider):
    """Receipt is confirmed by a button, once, is in the ledger, and goes by mail to the person who confirmed."""
    path = released(node, provider)["clientaa"]
    assert "bestätigt" in press(node, path, do="confirm").text
    (letter,) = node.letters("confirmed")
    assert (letter[1], letter[2]) == ("clientaa", "marta@korn.test")
    before = node.dump()
    press(node, path, do="confirm")
    assert node.dump() == before
    (release,) = [r for r in node.facts(provider.id).releases if r.person == "clientaa"]
    assert release.confirmed
    assert "release-confirmed" in {entry.type for entry in provider.ledger()}


def test_a_release_that_was_cancelled_shows_nothing(node: Node, provider: Provider):
    """Before the point of no return the page shows nothing, and after a check-in in time it never will."""
    node.pass_days(31)
    node.accept(provider.id)
    node.pass_days(14)
    node.accept(provider.id)
    node.pass_days(8)
    path = link(node, "release", newest(node, provider, "release-client"))
    for answer in (node.ask("GET", path), press(node, path, do="show"), press(node, path, do="kit")):
        assert answer.status == 404
        assert "Not yet" in answer.text
    provider.checkin()
    assert press(node, path, do="show").status == 404


def test_a_later_deposit_is_no_part_of_an_earlier_release(node: Node, provider: Provider):
    """A successor's old link serves what was released then, and not what the provider deposits after coming back."""
    path = released(node, provider)["successa"]
    provider.checkin()
    assert provider.deposit(provider.deposit_files(2)).status == 200
    page = press(node, path, do="show").text
    assert 'value="1"' in page
    assert 'value="2"' not in page
    assert press(node, path, do="kit", revision="2").status == 404


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("en-GB,de;q=0.9", "en"),
        ("fr,de;q=0.3,en;q=0.2", "de"),
        ("de;q=0", "en"),
        ("*", "en"),
        (";;;,,,q=", "en"),
    ],
)
def test_the_browser_s_language_decides_where_nobody_is_known(header: str, language: str):
    """German or English, whichever the header prefers; English where it names neither."""
    assert preferred_language(header) == language
