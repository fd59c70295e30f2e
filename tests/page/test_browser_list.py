"""The opened bundle: every field shown, searched, copied, hidden, printed, taken along."""

import csv
import io
import json
import zipfile

import pytest
import zxingcpp
from page.page_world import OUTPUT, PHONE, Kit, Visit, make_kit, shown, texts
from paper.bundle_samples import Maker, bakery
from PIL import Image
from playwright.sync_api import expect

from escrowd.core.bundle.check import gaps
from escrowd.core.payload import read_payload
from escrowd.paper.missing import missing_closing, missing_lines
from escrowd.provider.exports import export_csv
from escrowd.provider.imports import read_export


def enter(visit, kit: Kit, tmp_path, language="de", **more) -> Visit:
    own = visit(language, **more).go()
    own.give(*kit.put(tmp_path))
    own.paste_card(kit.cards["client"])
    own.paste_card(kit.cards["successor"])
    own.open()
    return own


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit(bakery())


@pytest.mark.parametrize("profile", ["guided", "full-service", "expert"])
def test_every_field_of_the_bundle_is_on_the_page(visit, tmp_path, profile):
    """Each text of a bundle in which every field is filled with something hostile stands on the page, exactly."""
    bundle = Maker().bundle().model_copy(update={"profile": profile, "language": "de"})
    full = make_kit(bundle)
    own = enter(visit, full, tmp_path)
    own.show_all()
    values = set(own.page.locator(".value").evaluate_all("all => all.map(one => one.textContent)"))
    whole = own.page.locator(".list").text_content()
    wanted = set(texts(json.loads(full.bundle.model_dump_json(by_alias=True, exclude_defaults=True))))
    missing = {text for text in wanted if shown(text) not in values and shown(text) not in whole}
    assert missing == set()
    assert len(wanted) > 100
    assert own.page.locator(".list script, .list img, .list iframe, .list style").count() == 0


@pytest.mark.parametrize("language", ["de", "en"])
def test_what_is_missing_stands_on_the_page(visit, tmp_path, language):
    """What the printed list lacks, the page says in the same words, at the entry; how much it is, on top."""
    bundle = bakery("full-service", language)
    own = enter(visit, make_kit(bundle), tmp_path, language)
    found = gaps(bundle)
    for entry in bundle.entries:
        lines = missing_lines([gap for gap in found if gap.entry == entry.id], language)
        assert own.page.locator(f"#e-{entry.id} dl.missing dd > div").all_text_contents() == list(lines)
    expect(own.page.locator(".intro")).to_contain_text(str(len(found)))
    expect(own.page.locator("footer.quiet").first).to_have_text(
        missing_closing(bundle.name, bundle.client, language)
    )
    own.shot(f"fehlt-noch-{language}")


def test_an_expert_saves_a_keepass_file(visit, tmp_path):
    """The file in the bundle opens with the password that the page shows beside the button; the table is the bundle's."""
    kit = make_kit(bakery("expert"))
    own = enter(visit, kit, tmp_path)
    with own.page.expect_download() as caught:
        own.page.get_by_role("button", name=own.t("view.keepass"), exact=True).click()
    assert caught.value.suggested_filename == f"{kit.bundle.client}-{kit.bundle.revision}.kdbx"
    own.show_all()
    password = own.page.locator(".take .value.secret").text_content()
    found = read_export(caught.value.path().read_bytes(), password=password)
    assert {entry.title for entry in kit.bundle.entries} <= {entry.title for entry in found.entries}
    with own.page.expect_download() as caught:
        own.page.get_by_role("button", name=own.t("view.csv"), exact=True).click()
    assert caught.value.path().read_bytes() == export_csv(kit.bundle)[0]
    own.shot("expert-mitnehmen")


def test_what_keepass_cannot_hold_is_said_beside_its_button(visit, tmp_path):
    """A value that the file has to change is named, by entry and field; the page takes it from READ-ME-FIRST (P9)."""
    plain = bakery("expert")
    first, *rest = plain.entries
    odd = first.model_copy(update={"password": "Ofen\x07klappe"})
    kit = make_kit(plain.model_copy(update={"entries": (odd, *rest)}))
    own = enter(visit, kit, tmp_path)
    expect(own.page.locator(".take [data-inexact]")).to_contain_text(f"{first.title} (Kennwort)")


def test_what_the_list_says_of_an_entry(visit, kit, tmp_path):
    """Address, user, password, factor, money, dates and the reason stand beside each other, in words."""
    own = enter(visit, kit, tmp_path)
    entry = own.page.locator("#e-aaaaaaaa")
    entry.get_by_role("button", name=own.t("view.show-what", what=own.t("list.entry.password"))).click()
    text = entry.inner_text()
    for wanted in (
        "https://registrar.example/login", "marta@korn.example", "Sauerteig1lI0O-§7", "12,50 EUR im Jahr",
        "1. August 2027", "Der Name soll nicht an einem Dienstleister hängen.", "Marta Korn", "beim Hoster",
        "entschieden, 14. März 2025", "Vertrag Registrar.pdf", "Telefon von Marta Korn", "10077", "wichtig",
    ):  # fmt: skip
        assert wanted in text
    assert "4711-0815" not in text
    oddity = own.page.locator("#e-cccccccc .oddity")
    own.show_all()
    expect(oddity.first).to_have_text(own.t("list.oddity.edge"))


def test_profiles_differ(visit, tmp_path):
    """A guided client reads what a thing is, a full-service one whom to call, an expert the ids."""
    guided = enter(visit, make_kit(bakery("guided")), tmp_path / "g")
    expect(guided.page.locator("#e-eeeeeeee .explain")).to_have_text(guided.t("explain.wifi"))
    full = enter(visit, make_kit(bakery("full-service")), tmp_path / "f", viewport=PHONE)
    assert full.page.locator(".call").first.inner_text().startswith("Nils Peters · 0431 123456")
    expect(full.page.locator("#e-dddddddd")).to_contain_text(full.t("view.nothing-why"))
    full.shot("liste-telefon")
    expert = enter(visit, make_kit(bakery("expert", "en")), tmp_path / "e", language="en", scheme="dark")
    expect(expert.page.locator("#e-aaaaaaaa > header")).to_contain_text("aaaaaaaa")
    expert.shot("list-dark")


def test_search(visit, kit, tmp_path):
    """Words in any order find entries; no secret is searched; nothing found is said."""
    own = enter(visit, kit, tmp_path)
    own.page.keyboard.press("/")
    box = own.page.get_by_role("searchbox")
    expect(box).to_be_focused()
    box.fill("backstube wlan")
    expect(own.page.locator("article.entry:visible")).to_have_count(1)
    expect(own.page.locator(".results")).to_have_text(own.t("view.results", count=1, all=4))
    box.fill("roggen")
    expect(own.page.locator(".results")).to_have_text(own.t("view.result-none", words="roggen"))
    box.fill("")
    expect(own.page.locator("article.entry:visible")).to_have_count(4)


def test_copying_gives_the_exact_value(visit, kit, tmp_path):
    """What is copied is the value, spaces and all, and needs not be shown first."""
    own = enter(visit, kit, tmp_path)
    own.page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    entry = own.page.locator("#e-cccccccc")
    entry.get_by_role("button", name=own.t("view.copy-what", what=own.t("list.entry.password"))).click()
    expect(entry.get_by_text(own.t("page.copied"))).to_be_visible()
    assert own.page.evaluate("window.copied") == " mit Leerzeichen "
    expect(entry.locator(".bare").first).to_be_hidden()


def test_the_one_time_code_is_the_one(visit, kit, tmp_path):
    """The code is the RFC 6238 code of the moment, and goes on to the next."""
    own = enter(visit, kit, tmp_path)
    code = own.page.locator("[data-totp]").first
    for second, expected in ((59, "996554"), (60, "602287"), (0, "282760")):
        own.page.clock.set_fixed_time(second)
        expect(code).to_have_text(expected)


def test_documents_are_saved_as_they_are(visit, kit, tmp_path):
    """A document comes out byte for byte, under its harmless name."""
    own = enter(visit, kit, tmp_path)
    with own.page.expect_download() as saving:
        own.page.get_by_role(
            "button", name=own.t("view.save-what", name="Vertrag Registrar.pdf")
        ).last.click()
    assert saving.value.suggested_filename == "Vertrag Registrar.pdf"
    saving.value.save_as(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == kit.documents["ffffffff"]


def test_only_harmless_documents_open(visit, tmp_path):
    """A text opens beside the list, knowing nothing of it; a web page inside a bundle is only ever saved."""
    bundle = bakery()
    page = bundle.documents[0].model_copy(update={"name": "Seite.html", "file": "Seite.html"})
    note = page.model_copy(update={"id": "kkkkkkkk", "name": "Notiz.txt", "file": "Notiz.txt"})
    own = enter(visit, make_kit(bundle.model_copy(update={"documents": (page, note)})), tmp_path)
    assert own.page.get_by_role("button", name=own.t("view.open-what", name="Seite.html")).count() == 0
    with own.page.context.expect_page() as opening:
        own.page.get_by_role("button", name=own.t("view.open-what", name="Notiz.txt")).first.click()
    expect(opening.value.locator("body")).to_contain_text("Inhalt von kkkkkkkk")
    assert opening.value.evaluate("window.opener") is None


def test_the_zip_is_the_payload(visit, kit, tmp_path):
    """The ZIP that is saved is the very payload, readable by Python's reader."""
    own = enter(visit, kit, tmp_path)
    with own.page.expect_download() as saving:
        own.page.get_by_role("button", name=own.t("view.save")).click()
    assert saving.value.suggested_filename == "korn-12.zip"
    saving.value.save_as(tmp_path / "out.zip")
    with (tmp_path / "out.zip").open("rb") as source:
        assert read_payload(source).bundle == kit.bundle
    assert zipfile.ZipFile(tmp_path / "out.zip").testzip() is None


@pytest.mark.parametrize(("language", "separator"), [("de", ";"), ("en", ",")])
def test_the_table_runs_no_formula(visit, tmp_path, language, separator):
    """Every entry is a row; what begins like a formula begins with an apostrophe."""
    bundle = bakery("guided", language)
    evil = [
        '=HYPERLINK("http://x")',
        "+49",
        "-1",
        "@SUM(A1)",
        "\t=1",
        " =1",
        "\uff1d1",
        'sagt "ja"; nein\nund, ja',
    ]
    entries = [
        entry.model_copy(update={"password": text, "notes": text})
        for entry, text in zip(bundle.entries * 2, evil, strict=True)
    ]
    renamed = [
        entry.model_copy(update={"id": f"{'opqrstuv'[at]}" * 8, "depends_on": (), "decisions": ()})
        for at, entry in enumerate(entries)
    ]
    bundle = bundle.model_copy(
        update={"entries": tuple(renamed), "documents": (), "contacts": (), "history": ()}
    )
    own = enter(visit, make_kit(bundle), tmp_path, language=language)
    with own.page.expect_download() as saving:
        own.page.get_by_role("button", name=own.t("view.csv")).click()
    saving.value.save_as(tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    assert len(rows) == len(evil)
    assert head[0] == own.t("list.entry.title")
    column = head.index(own.t("list.entry.password"))
    expected = [f"'{one}" for one in evil[:-1]] + evil[-1:]
    assert [row[column] for row in rows] == expected
    assert not [cell for row in rows for cell in row if cell.lstrip()[:1] in {"=", "+", "@"}]


def test_print_shows_what_is_hidden(visit, tmp_path):
    """On paper stand all passwords and folded parts, and no button; the square for an app can be scanned."""
    own = enter(visit, make_kit(bakery("full-service")), tmp_path)
    own.page.emulate_media(media="print")
    own.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    text = own.page.locator(".list").inner_text()
    for wanted in (
        "Sauerteig1lI0O-§7",
        "4711-0815",
        "roggen+weizen-1900",
        "JBSWY3DPEHPK3PXP",
        "x7-QQ-19",
        "10077",
    ):
        assert wanted in text
    assert "hefe-2019" not in text
    assert own.page.locator("button:visible").count() == 0
    OUTPUT.mkdir(parents=True, exist_ok=True)
    own.page.locator(".square").first.screenshot(path=OUTPUT / "square.png")
    with Image.open(OUTPUT / "square.png") as drawing:
        found = zxingcpp.read_barcodes(drawing)
    assert found[0].text.startswith("otpauth://totp/Registrar:marta%40korn.example?secret=JBSWY3DPEHPK3PXP&")
    own.page.pdf(path=OUTPUT / "druck.pdf", prefer_css_page_size=True)
    own.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert own.page.locator("article.entry details[open]").count() == 0


def test_closing_forgets(visit, kit, tmp_path):
    """After closing, no word and no value is left on the page."""
    own = enter(visit, kit, tmp_path)
    own.page.get_by_role("button", name=own.t("view.shut")).click()
    expect(own.word(1)).to_have_value("")
    html = own.page.content()
    assert "Sauerteig" not in html
    assert kit.cards["client"] not in html


def test_a_language_later(visit, kit, tmp_path):
    """The list can be read in the other language, the values staying as they are."""
    own = enter(visit, kit, tmp_path)
    own.page.get_by_role("button", name="English").click()
    own.language = "en"
    expect(own.page.locator("h1")).to_have_text(own.t("view.title", name="Bäckerei Korn"))
    expect(own.page.locator("#e-aaaaaaaa")).to_contain_text("12.50 EUR a year")
