"""The list on paper, read back from the PDF: by its text, its structure and its pictures."""

import io
import re
import shutil
import subprocess
from pathlib import Path

import pypdf
import pytest
import zxingcpp
from paper.bundle_samples import Maker, bakery
from PIL import Image

from escrowd.core.bundle import Bundle, Entry, Totp, changed, record
from escrowd.core.bundle.model import Part
from escrowd.core.keys import new_id
from escrowd.paper.binder import BinderPaper, Doors, binder_pdf
from escrowd.paper.glyphs import printable
from escrowd.paper.totp import totp_uri

OUTPUT = Path(__file__).parents[1] / "output" / "binder"
DOORS = Doors(
    provider="Jana Winter",
    holder="Nils Peters",
    wait=86_400,
    silence=51 * 86_400,
    url="https://n.example/p/request",
)


def kept(name: str, paper: BinderPaper) -> Path:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    file = OUTPUT / f"{name}.pdf"
    file.write_bytes(paper.pdf)
    return file


def text_of(file: Path) -> list[str]:
    """The text of each page, without white space: a value may break anywhere."""
    raw = subprocess.run(
        ["pdftotext", "-raw", str(file), "-"], check=True, capture_output=True
    ).stdout.decode()
    return [re.sub(r"\s+", "", page) for page in raw.split("\f")[:-1]]


def squares_of(file: Path, folder: Path) -> set[str]:
    """Every QR code, read from the rasterised pages."""
    subprocess.run(["pdftoppm", "-r", "110", "-gray", str(file), str(folder / "page")], check=True)
    found = set()
    for page in folder.glob("page-*.pgm"):
        with Image.open(page) as picture:
            found |= {code.text for code in zxingcpp.read_barcodes(picture)}
    return found


def texts(part: object) -> set[str]:
    """Every text that a part holds, its ids and what paper leaves out aside."""
    if isinstance(part, str):
        return {part}
    if isinstance(part, tuple):
        return set().union(*map(texts, part)) if part else set()
    if isinstance(part, Part):
        left = {
            "id",
            "origin",
            "kind",
            "status",
            "depends_on",
            "own",
            "entry",
            "date",
            "review",
            "renewal",
            "cost",
            "codes",
        }
        return set().union(
            *(texts(getattr(part, name)) for name in type(part).model_fields if name not in left)
        )
    return set()


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (Debian poppler-utils) is not installed"
)
@pytest.mark.parametrize("language", ["de", "en"])
def test_each_field_is_on_the_sheets(language: str, tmp_path: Path) -> None:
    """P9: in either language each text of each entry, document and contact is printed, and each QR code reads."""
    bundle = bakery("expert", language)
    file = kept(f"expert-{language}", binder_pdf(bundle, DOORS))
    whole = "".join(text_of(file))
    for part in (*bundle.entries, *bundle.documents, *bundle.contacts, *bundle.decisions):
        for text in texts(part):
            for line in text.splitlines():
                assert re.sub(r"\s+", "", line) in whole, line
    codes = {totp_uri(entry.totp) for entry in bundle.entries if entry.totp is not None}
    assert squares_of(file, tmp_path) == codes


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (Debian poppler-utils) is not installed"
)
def test_hostile_texts_are_printed_or_spelt_out() -> None:
    """What no font shows stands as its code point; nothing is cut, nothing becomes markup, nothing overflows."""
    made = Maker()
    entries = tuple(
        Entry(
            id=new_id(),
            title=made.text(),
            kind="other",
            user=made.text(),
            password=made.text() + "x" * 200,
            notes=made.text(),
        )
        for _ in range(25)
    )
    bundle = changed(bakery(), entries=entries, documents=())
    pages = text_of(kept("hostile", binder_pdf(bundle, DOORS)))
    whole = "".join(pages)
    for entry in entries:
        for text in (entry.title, entry.user, entry.password):
            assert re.sub(r"\s+", "", printable(text)) in whole, text


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (Debian poppler-utils) is not installed"
)
def test_a_sheet_says_where_it_belongs() -> None:
    """Each foot names register, sheet and the Stand that changed the register last; the contents agree."""
    first = record(bakery(), bakery(), when=1)
    bundle = record(
        first,
        changed(
            first,
            entries=tuple(
                entry.model_copy(update={"password": "neu"}) if entry.kind == "mail" else entry
                for entry in first.entries
            ),
        ),
        when=1_796_000_000,
    )
    pages = text_of(kept("feet", binder_pdf(bundle, DOORS)))
    feet = [re.search(r"(Vorn|Register\d)·Blatt(\d+)·Stand(\d+)$", page) for page in pages]
    told = [(foot[1], int(foot[2]), int(foot[3])) for foot in feet if foot]
    assert len(told) == len(pages)
    assert told[:2] == [("Vorn", 1, 13), ("Vorn", 2, 13)]
    assert ("Register2", 1, 13) in told
    assert ("Register3", 1, 12) in told


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (Debian poppler-utils) is not installed"
)
def test_new_sheets_come_with_a_cover() -> None:
    """With ``since`` only the changed registers are set, and the first page says what to put in."""
    paper = binder_pdf(bakery(), DOORS, since=11)
    pages = text_of(kept("since", paper))
    assert paper.registers == (3,)
    assert "NeueBlätterfürIhrenOrdner" in pages[0]
    assert (
        "Register3,WebsiteundHosting:NehmenSieallealtenBlätterheraus,undlegenSiedieneuenein:2Blätter."
        in pages[0]
    )
    assert not any("Register1·" in page for page in pages)


def test_the_pdf_is_made_for_archives() -> None:
    """It says PDF/A-2a, has a structure tree, embeds every font, and holds no value in its metadata."""
    paper = binder_pdf(bakery(), DOORS)
    reader = pypdf.PdfReader(io.BytesIO(paper.pdf))
    root = reader.trailer["/Root"]
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert re.search(r"part>2<", xmp)
    assert re.search(r"conformance>A<", xmp)
    assert "/StructTreeRoot" in root
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(inner)
    assert "Sauerteig" not in xmp
    assert binder_pdf(bakery(), DOORS).pdf == paper.pdf


def test_three_hundred_entries_are_all_there() -> None:
    """A large list loses no entry: each title is a heading of the structure."""
    entries = tuple(
        Entry(
            id=new_id(),
            title=f"Zugang {number}",
            kind="website-login",
            password=f"pw-{number}",
            totp=Totp(secret="JBSWY3DP", algorithm="SHA1", digits=6, period=30) if number % 10 == 0 else None,
        )
        for number in range(300)
    )
    bundle = Bundle(
        client="x", name="Viele", language="de", profile="full-service", revision=1, entries=entries
    )
    paper = binder_pdf(bundle, DOORS)
    assert paper.pages > 25
    if shutil.which("pdftotext"):
        whole = "".join(text_of(kept("many", paper)))
        assert all(f"pw-{number}" in whole for number in range(300))


def text_in(profile: str) -> list[str]:
    return text_of(kept(profile, binder_pdf(bakery(profile), DOORS)))


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (Debian poppler-utils) is not installed"
)
def test_each_profile_gets_its_own_words() -> None:
    """Experts read checksums, commands and an annex of numbers; the others none of it, and each its own help."""
    expert, guided, served = (text_in(profile) for profile in ("expert", "guided", "full-service"))
    assert served[0].startswith("Notfallblatt")
    assert served[1].startswith("DasWichtigsteaufeinerSeite")
    assert served[2].startswith("Inhalt")
    assert "TechnischerAnhang" in expert[-1]
    assert "Anhang·Blatt1·Stand12" in expert[-1]
    for entry in bakery().entries:
        assert entry.id in expert[-1]
        assert entry.id not in "".join(guided + served)
    for word in ("oathtool", "SHA1", "VerfahrenSHA1", "READ-ME-FIRST"):
        assert word in "".join(expert)
        assert word not in "".join(guided + served)
    assert "SHA-256" not in "".join(served)
    for title in ("WannSieesbrauchen", "WasSieselbstversuchendürfen", "SoändernSiedasKennwort"):
        assert title in "".join(guided)
        assert title not in "".join(expert + served)


@pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (Debian poppler-utils) is not installed"
)
def test_what_is_typed_is_torn_by_no_sheet() -> None:
    """P9: a password of 200 characters stands on one sheet, wherever the sheet ends; one of a megabyte still prints."""
    long = "Zw3ihundert-0O1lI|" * 11
    entries = tuple(
        Entry(id=new_id(), title=f"Zugang {number}", kind="other", password=f"{long}{number}")
        for number in range(40)
    )
    bundle = changed(bakery("expert"), entries=entries, documents=())
    pages = text_of(kept("long", binder_pdf(bundle, DOORS)))
    for entry in entries:
        assert any(entry.password in page for page in pages), entry.title
    huge = changed(bundle, entries=(entries[0].model_copy(update={"password": "x1" * 10_000}),))
    assert "".join(text_of(kept("huge", binder_pdf(huge, DOORS)))).count("x1") >= 9_990
