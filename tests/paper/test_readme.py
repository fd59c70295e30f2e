import datetime as dt
import itertools
import re
import subprocess
from html.parser import HTMLParser

import pytest
import zxingcpp
from paper.bundle_samples import bakery
from PIL import Image
from pydantic import BaseModel

from escrowd.core.bundle.model import (
    Bundle,
    Change,
    Contact,
    Decision,
    Document,
    Entry,
    FreeField,
    Money,
    Origin,
    Revision,
    SecondFactor,
    Totp,
)
from escrowd.paper.readme import _totp_square, readme
from escrowd.texts.render import sentence

HOSTILE = [
    "<script>alert(1)</script>",
    "<!-- -->",
    "]]>",
    "&amp;&lt;&#65;&nbsp;",
    "\" onclick='x'",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    " vorn und hinten ",
    "zwei  Leerzeichen",
    "Zeile 1\nZeile 2\r\nZeile 3\rZeile 4",
    "\tTab\x0bVT\x0cFF\x1fUS\x7fDEL\x85NEL",
    "NUL\x00Ende",
    "Ä Ö Ü ß é ñ Ł 漢字 😀 👩‍💻",
    "e\u0301 gegen \u00e9, ﬁ-Ligatur",
    "\u202egedreht\u202c \u2066isoliert\u2069",
    "\ufeffBOM\u200bZWSP\u00a0NBSP\u00adSHY\u2028LS",
    "0O1lI|5S8B",
    "x" * 400,
    "=HYPERLINK(1)",
    "../../etc/passwd",
    "</span></dd></dl>",
    "%s {0} ${x} $(x) `x`",
    "\U000e0041\ufff9\U0010fffd",
    "a" + "\u0300" * 30,
    "-",
]
NOT_ON_PAPER = {
    (Bundle, "schema_"),
    (Bundle, "profile"),
    (Bundle, "language"),
    (Entry, "origin"),
    (Document, "origin"),
}
"""``origin`` serves the next import only; profile and language shape the page."""


class Maker:
    """Bundles in which every field of every part is filled, each text with a hostile string of its own."""

    def __init__(self):
        self._numbers = itertools.count()
        self.texts = 0

    def text(self):
        """A string that occurs nowhere else in the bundle."""
        number, self.texts = next(self._numbers), self.texts + 1
        hostile = HOSTILE[number % len(HOSTILE)]
        return f"{hostile}~{number}" if number // len(HOSTILE) % 2 else f"{number}~{hostile}"

    def id(self):
        digits, number = "abcdefghijklmnopqrstuvwxyz234567", next(self._numbers)
        return "z" + "".join(digits[number >> (5 * place) & 31] for place in range(7))

    def decision(self):
        t = self.text
        return Decision(
            id=self.id(), date="2026-02-03", status="decided", topic=t(), choice=t(), alternatives=(t(), t()), reason=t(),
            asked_by=t(), review="2028-04-05",
        )  # fmt: skip

    def entry(self, depends_on=(), id_=None):
        t = self.text
        return Entry(
            id=id_ or self.id(), title=t(), kind="server", urls=(t(), "https://a.example/?q=%22<b>&x=" + t()), user=t(),
            password=t(), recovery_mailbox=t(), contract_holder=t(), renewal="2027-08-09", purpose=t(), notes=t(),
            totp=Totp(secret="JBSWY3DPEHPK3PXP", algorithm="SHA256", digits=8, period=60, issuer=t(), account=t(),
                      encoder="steam"),
            second_factor=SecondFactor(kind="totp", device=t(), codes_where=t(), codes=(t(), t())),
            cost=Money(amount="1234.50", currency="CHF", every="quarter"), depends_on=depends_on, tags=(t(), t()),
            fields=(FreeField(name=t(), value=t(), protected=True), FreeField(name=t(), value=t(), protected=False)),
            group=(t(), t()), decisions=(self.decision(),), origin=Origin(source="keepass"),
        )  # fmt: skip

    def document(self, entry):
        t = self.text
        return Document(
            id=self.id(), name=t(), file="Vertrag Ä & 100%.pdf", size=48_123, sha256="0123456789abcdef" * 4, entry=entry,
            note=t(), origin=Origin(source="keepass"),
        )  # fmt: skip

    def contact(self):
        t = self.text
        return Contact(
            id=self.id(),
            name=t(),
            kind="supplier",
            role=t(),
            organisation=t(),
            phone=t(),
            mail=t(),
            address=t(),
            note=t(),
        )

    def bundle(self, language="de", profile="expert"):
        t, entries = self.text, [self.entry()]
        entries += [self.entry(depends_on=(entries[0].id,)) for _ in range(15)]
        changes = (
            Change(subject="entry", action="removed", id=self.id(), title=t(), entry=self.entry()),
            Change(subject="entry", action="changed", id=entries[1].id, title=t(), fields=tuple(
                name for name in Entry.model_fields if name not in {"id", "origin"}), entry=self.entry(id_=entries[1].id)),
            Change(subject="document", action="removed", id=self.id(), title=t(), document=self.document(self.id())),
            Change(subject="contact", action="removed", id=self.id(), title=t(), contact=self.contact()),
            Change(subject="decision", action="removed", id=self.id(), title=t(), decision=self.decision()),
            Change(subject="bundle", action="changed", title=t(), fields=("client", "name", "language", "profile", "groups",
                   "entries", "documents", "contacts", "decisions"), values={"name": t(), "groups": ((t(), t()),)}),
            *(Change(subject="document", action="changed", title=t(), fields=(name,))
              for name in Document.model_fields if name not in {"id", "origin"}),
            *(Change(subject="contact", action="changed", title=t(), fields=(name,))
              for name in Contact.model_fields if name != "id"),
            *(Change(subject="decision", action="changed", title=t(), fields=(name,))
              for name in Decision.model_fields if name != "id"),
        )  # fmt: skip
        return Bundle(
            schema="escrow-bundle/1", client="korn", name=t(), language=language, profile=profile, revision=7,
            entries=tuple(entries), documents=(self.document(entries[0].id),), contacts=(self.contact(),),
            decisions=(self.decision(),), groups=(entries[3].group,),
            history=(Revision(number=7, when=1_795_500_000, reason=t(), changes=changes),),
        )  # fmt: skip


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


def test_a_page_that_a_browser_parses_holds_the_same(tmp_path):
    """Chromium shows the hostile strings as the strict reading of the page says, and runs nothing."""
    bundle = Maker().bundle()
    page = Page(readme(bundle).decode())
    (tmp_path / "list.html").write_bytes(readme(bundle))
    seen = Page(_chromium(tmp_path, "--dump-dom", tmp_path / "list.html").decode())
    assert "script" not in seen.tags
    assert set(page.values) - set(seen.values) == set()


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


def test_the_square_of_a_one_time_code_is_read_by_apps(tmp_path):
    """The QR code of a TOTP secret holds the otpauth address with all its parameters."""
    totp = Totp(
        secret="JBSWY3DPEHPK3PXP", algorithm="SHA1", digits=6, period=30, issuer="Bäcker & Co", account="a@b"
    )
    (tmp_path / "square.html").write_text(
        f"<style>svg{{width:300px}}</style>{_totp_square(totp)}", encoding="utf-8"
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
