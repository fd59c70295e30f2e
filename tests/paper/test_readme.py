import datetime as dt
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
import zxingcpp
from paper.bundle_samples import Maker, bakery
from PIL import Image
from pydantic import BaseModel
from pypdf import PdfReader

from escrowd.core.bundle.model import (
    Bundle,
    Change,
    Contact,
    Decision,
    Document,
    Entry,
    Money,
    SecondFactor,
    Totp,
)
from escrowd.paper.readme import readme
from escrowd.paper.totp import totp_square
from escrowd.texts.render import sentence

NOT_ON_PAPER = {
    (Bundle, "schema_"),
    (Bundle, "profile"),
    (Bundle, "language"),
    (Entry, "origin"),
    (Document, "origin"),
}
"""``origin`` serves the next import only; profile and language shape the page."""

needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")


class Page(HTMLParser):
    """What a browser shows: all text, and the exact text of each element of class ``value``."""

    def __init__(self, page):
        super().__init__()
        self.text, self.values, self.ids, self.links, self.tags = "", [], [], [], []
        self._open = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        if tag not in {"meta", "br", "path"}:
            self._open.append([tag, "value" in (found.get("class") or "").split(), ""])

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        name, is_value, text = self._open.pop()
        assert name == tag
        if is_value:
            self.values.append(text)

    def handle_data(self, data):
        if any(name in {"style", "title"} for name, _, _ in self._open):
            return
        self.text += data
        for element in self._open:
            element[2] += data


def leaves(part, *, former=False):
    """(class, field, value) for all in a part and the parts inside it; a ``former`` part shows no id of its own."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        if (type(part), name) in NOT_ON_PAPER or (former and name == "id"):
            continue
        yield from _leaves(type(part), name, value, former)


def _leaves(kind, name, value, former):
    if isinstance(value, BaseModel):
        yield from leaves(value, former=kind is Change or former)
    elif isinstance(value, tuple):
        for one in value:
            yield from _leaves(kind, name, one, former)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _leaves(kind, name, one, former)
    elif value is not None:
        yield kind, name, value


def emptied(part):
    """Names of the fields of a part (and of parts inside) that hold nothing, ``Change`` and FreeField flags aside."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        if (type(part), name) in NOT_ON_PAPER:
            continue
        if not value and not isinstance(part, Change):
            yield f"{type(part).__name__}.{name}"
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, BaseModel):
                yield from emptied(one)


def shown(text):
    """NUL and lone surrogates, which no HTML can carry, as the page writes them."""
    return re.sub("[\x00\ud800-\udfff]", lambda found: f"[U+{ord(found[0]):04X}]", text)


def word(key, language):
    return sentence("list", key, language, {})


def expected(kind, name, value, language):  # noqa: PLR0911 — one return per way to write a value
    """(how, text) in which a value must be found: as the exact text of an element, or within the text."""
    families = {(Entry, "kind"): "kind", (SecondFactor, "kind"): "second", (Decision, "status"): "status",
                (Contact, "kind"): "contact_kind", (Change, "subject"): "subject", (Change, "action"): "action",
                (Money, "every"): "every"}  # fmt: skip
    if (kind, name) in families:
        return "text", word(f"{families[kind, name]}.{value}", language)
    if isinstance(value, bool):
        return "text", ""
    if name in {"date", "review", "renewal"}:
        date = dt.date.fromisoformat(value)
        return "text", f"{date.day}{'.' if language == 'de' else ''}"
    if name == "when":
        return "text", "24. November 2026" if language == "de" else "24 November 2026"
    if name == "amount":
        return "text", value.replace(".", "," if language == "de" else ".")
    if name == "size":
        return "text", "48,1 KB" if language == "de" else "48.1 KB"
    if name == "period":
        return "text", "1 Minute" if language == "de" else "1 minute"
    if kind is Change and name == "fields":
        return "text", ""
    if name in {
        "digits",
        "number",
        "revision",
        "currency",
        "algorithm",
        "encoder",
        "client",
        "file",
        "group",
        "groups",
    }:
        return "text", shown(str(value))
    if name in {"id", "depends_on", "entry"}:
        return "reference", value
    if name == "own":  # what it refers to is in no client's hands
        return "text", ""
    if (kind, name) in {(Bundle, "name"), (Change, "values")}:
        return "text", shown(value)
    return "exact", shown(value)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("profile", ["expert", "guided", "full-service"])
def test_everything_in_a_bundle_stands_exactly_in_its_list(profile, language):
    """Each field of each part of a full bundle, over 500 hostile strings, is read back equal from the page (P9)."""
    maker = Maker()
    bundle = maker.bundle(language, profile)
    assert maker.texts >= 500
    assert set(emptied(bundle)) <= {"Entry.depends_on", "FreeField.protected"}
    raw = readme(bundle).decode()
    page = Page(raw)
    values = set(page.values)
    references = " ".join([*page.ids, *page.links, page.text])
    missing = []
    for kind, name, value in leaves(bundle):
        how, text = expected(kind, name, value, language)
        found = {"exact": text in values, "text": text in page.text, "reference": text in references}[how]
        if not found:
            missing.append((kind.__name__, name, text))
    assert missing == []


@needs_chromium
def test_a_page_that_a_browser_parses_holds_the_same(tmp_path):
    """Chromium shows the hostile strings as the strict reading of the page says, and runs nothing."""
    bundle = Maker().bundle()
    page = Page(readme(bundle).decode())
    (tmp_path / "list.html").write_bytes(readme(bundle))
    seen = Page(_chromium(tmp_path, "--dump-dom", tmp_path / "list.html").decode())
    assert "script" not in seen.tags
    assert set(page.values) - set(seen.values) == set()


@needs_chromium
def test_a_printed_list_numbers_its_pages_and_leaves_out_former_values(tmp_path):
    """On paper each page names list, Stand and number, and a former password is not printed."""
    (tmp_path / "list.html").write_bytes(readme(bakery()))
    _chromium(
        tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={tmp_path / 'list.pdf'}", tmp_path / "list.html"
    )
    pages = [page.extract_text() for page in PdfReader(tmp_path / "list.pdf").pages]
    for number, text in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in text
        assert "Alle Zugänge · Stand 12" in text
    assert "roggen+weizen-1900" in "".join(pages)
    assert "hefe-2019" not in "".join(pages)


def _chromium(tmp_path, *arguments):
    """The standard output of a headless Chromium."""
    *options, file = arguments
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
               "--no-first-run", f"--user-data-dir={tmp_path / 'profile'}", *options, file.as_uri()]  # fmt: skip
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout


@pytest.mark.parametrize("profile", ["expert", "guided", "full-service"])
def test_a_list_needs_nothing_but_itself(profile):
    """No script, no remote content, and links only to the web, to its own parts, and into documents/."""
    raw = readme(Maker().bundle(profile=profile)).decode()
    page = Page(raw)
    assert not {"script", "img", "link", "iframe", "object", "embed", "form", "base"} & set(page.tags)
    assert not re.search(r"url\(|@import|@font-face|xlink", raw)
    assert {link.split(":")[0].split("/")[0] for link in page.links if link[0] != "#"} <= {
        "https",
        "http",
        "documents",
    }
    assert {link[1:] for link in page.links if link[0] == "#"} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_a_document_is_linked_where_it_lies():
    """The link to an attachment is the name of its member in the payload, percent-encoded."""
    bundle = Maker().bundle()
    wanted = f"documents/{bundle.documents[0].id}/Vertrag%20%C3%84%20%26%20100%25.pdf"
    assert wanted in Page(readme(bundle).decode()).links


def test_registers_come_in_their_order_and_the_rest_last():
    """Entries stand in the order of ``groups``, then of the bundle, and without a register last."""
    page = readme(bakery()).decode()
    places = [page.index(f'<article id="{id_ * 8}"') for id_ in "acde"]
    assert places == sorted(places)


def test_a_list_speaks_to_its_reader():
    """Each profile has its own first words, and full-service names whom to call on top."""
    pages = {
        profile: readme(bakery(profile)).decode().split("<nav")[0]
        for profile in ("expert", "guided", "full-service")
    }
    assert "bundle.json" in pages["expert"]
    assert "Bevor Sie etwas ändern" in pages["guided"]
    assert "0431 98765" in pages["full-service"]
    assert all("0431 98765" not in pages[profile] for profile in ("expert", "guided"))


def test_a_secret_tells_digits_from_letters_and_names_what_cannot_be_seen():
    """Digits are underlined; a space at an end and invisible characters are said beside the secret."""
    entry = Entry(id="aaaaaaaa", title="x", kind="other", user="a\u200bb", password=" 0O1l ")
    bundle = Bundle(
        schema="escrow-bundle/1",
        client="x",
        name="x",
        language="de",
        profile="expert",
        revision=0,
        entries=(entry,),
    )
    page = readme(bundle).decode()
    assert "> <u>0</u>O<u>1</u>l </span>" in page
    assert "beginnt oder endet mit einem Leerzeichen" in page
    assert "unsichtbare Zeichen: U+200B" in page


@needs_chromium
def test_the_square_of_a_one_time_code_is_read_by_apps(tmp_path):
    """The QR code of a TOTP secret holds the otpauth address with all its parameters."""
    totp = Totp(
        secret="JBSWY3DPEHPK3PXP", algorithm="SHA1", digits=6, period=30, issuer="Bäcker & Co", account="a@b"
    )
    (tmp_path / "square.html").write_text(
        f"<style>svg{{width:300px}}</style>{totp_square(totp)}", encoding="utf-8"
    )
    picture = tmp_path / "square.png"
    _chromium(tmp_path, f"--screenshot={picture}", "--window-size=400,400", tmp_path / "square.html")
    (code,) = zxingcpp.read_barcodes(Image.open(picture))
    assert code.text == (
        "otpauth://totp/B%C3%A4cker%20%26%20Co:a%40b?"
        "secret=JBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30&issuer=B%C3%A4cker%20%26%20Co"
    )


def test_an_empty_bundle_has_a_page_too():
    """A bundle without anything in it says so."""
    bundle = Bundle(
        schema="escrow-bundle/1", client="x", name="Neu", language="de", profile="guided", revision=0
    )
    assert "Noch sind keine Zugänge erfasst" in readme(bundle).decode()


def test_the_same_bundle_is_the_same_page():
    """Making the page is a pure function of the bundle."""
    assert readme(bakery()) == readme(bakery())


def test_all_dates_stand_in_one_place_the_earliest_first():
    """Renewals and decisions to look at again form one list before the credentials, each with a link to its entry."""
    page = readme(bakery("guided")).decode()
    section = page[page.index('<section id="due">') : page.index('<section class="register"')]
    assert re.findall(r'href="#([a-z]+)"', section) == ["bbbbbbbb", "aaaaaaaa"]
    assert section.index("14. März 2027") < section.index("1. August 2027")
    assert 'href="#due"' in page


def test_the_history_says_in_the_client_s_language_what_was_done():
    """What the program noted as the reason is spoken; a reason that a person gave stays as it is."""
    page = Page(readme(bakery("guided")).decode())
    assert "Zugang geändert" in page.text
    assert "entry edit" not in page.text
    assert "import from keepass" in page.text


def test_the_successor_is_the_first_to_call():
    """Whoever opens the list may have lost the provider: the successor stands first among those to call."""
    intro = readme(bakery("full-service")).decode().split("<nav")[0]
    assert intro.index("Nils Peters") < intro.index("Jana Winter")
