"""Each kind of input: kit, saved mail, attachments, pasted text, Mappe, cards as pages; and what is said of others."""

import io
import zipfile
from email import message_from_bytes, policy

import pytest
from page.page_world import PHONE, WALL, Kit, make_kit, without
from paper.bundle_samples import bakery
from playwright.sync_api import expect

from escrowd.core.keys import SigningKey
from escrowd.paper.mappe import recover_page


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit(bakery())


def opened(own, kit: Kit) -> None:
    own.open()
    expect(own.page.locator("h1")).to_have_text(own.t("view.title", name=kit.bundle.name))
    expect(own.page.locator(".proved")).to_be_visible()


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_saved_mail_and_one_card_open(visit, kit, tmp_path, language):
    """A release saved as .eml holds all but one card."""
    mail = tmp_path / "Freigabe.eml"
    mail.write_bytes(kit.mail(language))
    own = visit(language).go()
    own.give(mail)
    expect(own.page.locator(".parts").get_by_text(own.t("files.share"))).to_be_visible()
    expect(own.page.get_by_text(own.t("need.nodes"))).to_be_visible()
    own.paste_card(kit.cards["client"])
    opened(own, kit)


def test_attachments_dropped_and_the_text_pasted_open(visit, kit):
    """The attachments alone, and the mail's text out of a mail program that shows it, do as well as the mail."""
    message = message_from_bytes(kit.mail("en"), policy=policy.default)
    own = visit("en", viewport=PHONE).go()
    own.drop({part.get_filename(): part.get_payload(decode=True) for part in message.iter_attachments()})
    own.paste_mail(message.get_body(("plain",)).get_content())
    expect(own.page.locator(".parts").get_by_text(own.t("files.share"))).to_be_visible()
    own.paste_card(kit.cards["successor"])
    opened(own, kit)


def test_a_released_mappe_needs_one_card(visit, kit, tmp_path):
    """The page with everything inside asks for one card and nothing else, in the client's language first."""
    path = tmp_path / "Mappe-korn.html"
    path.write_bytes(kit.mappe(released=True))
    own = visit("en")
    own.language = "de"
    own.go(path)
    expect(own.page.locator("html")).to_have_attribute("lang", "de")
    expect(own.page.get_by_text(own.t("files.embedded-lead-share"))).to_be_visible()
    own.type_card(kit.cards["client"])
    opened(own, kit)
    own.shot("mappe-offen")


def test_a_kit_s_mappe_needs_two_cards(visit, kit, tmp_path):
    """Without the node's share, the Mappe says that a second card is needed, and which."""
    path = tmp_path / "Mappe-korn.html"
    path.write_bytes(kit.mappe())
    own = visit().go(path)
    expect(own.page.get_by_text(own.t("need.card-two"))).to_be_visible()
    own.paste_card(kit.cards["reserve"])
    expect(own.page.get_by_text(own.t("need.reserve")).first).to_be_visible()
    own.paste_card(kit.cards["client"])
    opened(own, kit)


def test_a_large_bundle_lies_beside_its_mappe(visit, kit, tmp_path):
    """A Mappe without the bundle says what is missing, takes it, and opens."""
    path = tmp_path / "Mappe-korn.html"
    path.write_bytes(without(kit, "bundle.age").mappe(released=True))
    own = visit().go(path)
    expect(own.page.get_by_role("button", name=own.t("files.choose"))).to_be_visible()
    expect(own.page.locator(".need")).to_contain_text(own.t("need.bundle"))
    own.drop({"bundle.age": kit.files["bundle.age"]})
    own.paste_card(kit.cards["client"])
    opened(own, kit)
    # A file that misses the page's field leaves the opened bundle where it is.
    assert own.page.evaluate("document.dispatchEvent(new DragEvent('drop', {cancelable: true}))") is False


def test_a_mappe_opens_in_the_plain_page(visit, kit, tmp_path):
    """Whoever drops a Mappe on the page from the stick gets as far as in the Mappe itself."""
    path = tmp_path / "Mappe-korn.html"
    path.write_bytes(kit.mappe(released=True))
    own = visit().go()
    own.give(path)
    own.paste_card(kit.cards["client"])
    opened(own, kit)


def test_a_damaged_mappe_says_so(visit, tmp_path):
    """A Mappe cut in its data names the damage, and the page still takes files."""
    path = tmp_path / "Mappe-korn.html"
    block = b'<script type="application/json" id="escrow-mappe">{"schema":"escrow-mappe/1","files</script>'
    path.write_bytes(recover_page().replace(b"<!-- escrow-mappe -->", block))
    own = visit().go(path)
    assert own.codes() == ["mappe.damaged"]
    expect(own.page.get_by_role("button", name=own.t("files.choose"))).to_be_visible()


def test_a_kit_as_a_zip_opens(visit, kit, tmp_path):
    """The ZIP that a node offers need not be unpacked."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in kit.files.items():
            archive.writestr(name, data)
    path = tmp_path / "kit.zip"
    path.write_bytes(packed.getvalue())
    own = visit().go()
    own.give(path)
    own.paste_card(kit.cards["client"])
    own.paste_card(kit.cards["reserve"])
    opened(own, kit)


def test_a_card_s_whole_page_pasted_is_a_card(visit, kit):
    """Text copied out of a card's PDF fills in the card, whatever stands around it."""
    words = kit.cards["client"].split()
    lines = [f"{at}. {word}" for at, word in enumerate(words, 1)]
    text = "\n".join(
        ["Kundenkarte", "Die 20 Wörter", *lines, "Geben Sie die Wörter niemandem am Telefon. " * 20]
    )
    own = visit().go()
    own.paste_card(text)
    expect(own.page.locator(".parts").get_by_text(own.t("group.client"))).to_be_visible()


def test_what_helps_nothing_is_named_and_harmless(visit, tmp_path):
    """A picture and the stick's own pages change nothing; only the picture is worth a word."""
    (tmp_path / "Urlaub.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(200))
    (tmp_path / "INSTRUCTIONS.html").write_text("<!doctype html><p>x")
    (tmp_path / "recover.html").write_bytes(recover_page())
    own = visit().go()
    own.give(*sorted(tmp_path.iterdir()))
    expect(own.page.locator("p.notice[role=status]")).to_have_text(
        own.t("files.nothing-new", names="Urlaub.jpg")
    )
    assert own.codes() == []


def test_two_different_bundles_are_the_visitor_s_to_choose(visit, kit, tmp_path):
    """Two different bundles without signatures are told, one is removed, and the way is free."""
    other = make_kit(bakery("expert"))
    (tmp_path / "alt").mkdir()
    (tmp_path / "alt/bundle.age").write_bytes(other.files["bundle.age"])
    own = visit().go()
    files = kit.put(tmp_path / "neu")
    own.give(*(path for path in files if path.name != "manifest.jws"), tmp_path / "alt/bundle.age")
    assert own.codes() == ["recovery.two-bundles"]
    own.page.get_by_role("button", name=f"{own.t('files.remove')}: bundle.age").last.click()
    own.give(tmp_path / "neu/manifest.jws")
    own.paste_card(kit.cards["client"])
    own.paste_card(kit.cards["successor"])
    opened(own, kit)


def test_of_a_mail_and_an_older_kit_the_newer_revision_opens(visit, tmp_path):
    """The manifests choose; the page names what it left aside, before and after; without them it asks."""
    root = SigningKey.generate()
    newer = make_kit(bakery(), root=root)
    old = newer.bundle.model_copy(update={"revision": 2, "name": "Krume von früher", "history": ()})
    older = make_kit(old, created=WALL - 86_400, root=root)
    mail = tmp_path / "Freigabe.eml"
    mail.write_bytes(newer.mail("de"))
    own = visit("de").go()
    own.give(*older.put(tmp_path / "stick"), mail)
    assert own.codes() == []
    notice = own.page.locator("[data-aside='2']")
    expect(notice).to_contain_text("Stand 2 vom 31. Dezember 2026")
    own.shot("zwei-staende")
    own.paste_card(newer.cards["client"])
    opened(own, newer)
    expect(notice).to_be_visible()


def test_a_spoilt_newest_revision_shuts_out_no_older_one(visit, tmp_path):
    """Rubbish in a mail stays an error; the older kit beside it opens at one touch, with the same cards (P7)."""
    root = SigningKey.generate()
    rubbish = make_kit(bakery(), root=root, payload=b"rubbish")
    old = rubbish.bundle.model_copy(update={"revision": 2, "name": "Krume von früher", "history": ()})
    older = make_kit(old, created=WALL - 86_400, root=root)
    mail = tmp_path / "Freigabe.eml"
    mail.write_bytes(rubbish.mail("de"))
    own = visit("de").go()
    own.give(*older.put(tmp_path / "stick"), mail)
    own.paste_card(rubbish.cards["client"])
    own.page.get_by_role("button", name=own.t("check.open")).click()
    expect(own.page.locator("[data-code='payload.not-zip']")).to_be_visible()
    own.shot("neuester-stand-verdorben")
    own.page.get_by_role("button", name="Stand 2 vom 31. Dezember 2026 öffnen").click()
    expect(own.page.locator("h1")).to_contain_text("Krume von früher")
    newest = own.page.locator(f"[data-aside='{rubbish.bundle.revision}']")
    expect(newest).to_contain_text("den Sie gewählt haben")


def test_a_damaged_stick_holds_up_no_mail(visit, kit, tmp_path):
    """Of a bundle without a sound signature the page says that it is set aside; the mail opens (P6)."""
    other = make_kit(bakery("expert")).files
    (tmp_path / "bundle.age").write_bytes(other["bundle.age"])
    (tmp_path / "manifest.jws").write_bytes(other["manifest.jws"][:-3])
    (tmp_path / "Freigabe.eml").write_bytes(kit.mail("de"))
    own = visit("de").go()
    own.give(*sorted(tmp_path.iterdir()))
    assert own.codes() == []
    expect(own.page.locator("[data-aside='unproved']")).to_be_visible()
    own.paste_card(kit.cards["client"])
    opened(own, kit)


def test_the_way_back_from_unverified(visit, kit, tmp_path):
    """Without a signature the page is loud; the signature given, it is calm and proves it."""
    own = visit().go()
    own.give(*(path for path in kit.put(tmp_path) if path.name != "manifest.jws"))
    own.paste_card(kit.cards["client"])
    own.paste_card(kit.cards["successor"])
    expect(own.page.locator("#main .loud")).to_contain_text(own.t("error.manifest.missing.says"))
    own.shot("ungeprueft")
    own.give(tmp_path / "manifest.jws")
    expect(own.page.locator("#main .loud")).to_have_count(0)
    opened(own, kit)
