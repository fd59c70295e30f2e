"""What goes before and behind the sheets: a letter in a window envelope, a receipt in two copies."""

import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest
from paper.bundle_samples import HOSTILE, bakery

from escrowd.core.bundle import Entry, changed, record
from escrowd.core.delivery import changed_titles, overtaken
from escrowd.core.keys import new_id
from escrowd.paper.binder import Doors, binder_pdf
from escrowd.paper.covering import Covering, covering_pdf
from escrowd.paper.glyphs import printable

DOORS = Doors(provider="Jana Winter IT")
COVERING = Covering(
    to="Marta Korn",
    address=("Mühlenweg 7", "12345 Musterstadt"),
    provider="Jana Winter IT",
    sender=("Hafenstraße 12", "20457 Hamburg"),
    phone="+49 40 5550",
    mail="jana@winter.example",
    day="2027-03-24",
    how="file",
)
DAY = 86_400
MM = 72 / 25.4


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def places_of(pdf: bytes, folder: Path) -> dict[str, tuple[float, float]]:
    """Each word of the first page with its place from the left and top edge, in mm."""
    file = folder / "letter.pdf"
    file.write_bytes(pdf)
    box = subprocess.run(
        ["pdftotext", "-bbox", "-l", "1", str(file), "-"], check=True, capture_output=True
    ).stdout.decode()
    found = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)"[^>]*>([^<]+)<', box)
    return {word: (float(x) / MM, float(y) / MM) for x, y, word in found}


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("how", ["print", "file", "stick"])
def test_a_delivery_is_tagged_and_archivable(language: str, how: str) -> None:
    """PDF/A-2a with a structure tree and every font embedded, whichever way it goes; the same bytes each time."""
    bundle, covering = bakery("guided", language), replace(COVERING, how=how)
    made = [
        covering_pdf(bundle, covering) if how == "stick" else binder_pdf(bundle, DOORS, covering=covering).pdf
        for _ in range(2)
    ]
    assert made[0] == made[1]
    reader = pypdf.PdfReader(io.BytesIO(made[0]))
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalog
    assert b"<pdfaid:part>2</pdfaid:part>" in catalog["/Metadata"].get_data()
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            inner = font.get_object()["/DescendantFonts"][0]["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(inner)


def test_the_address_stands_in_the_window(tmp_path: Path) -> None:
    """DIN 5008 form B: address at 62.7 to 90 mm from the top, sender's line above it, subject below 98 mm."""
    places = places_of(covering_pdf(bakery(), replace(COVERING, how="stick")), tmp_path)
    for word in ("Bäckerei", "Mühlenweg", "Musterstadt"):
        left, top = places[word]
        assert 62.7 <= top <= 87, (word, top)
        assert 20 <= left <= 105
    assert places["Mühlenweg"][0] == pytest.approx(25, abs=0.5)
    assert places["Stand"][1] > 98
    assert places["Telefon"][0] == pytest.approx(125, abs=1)
    assert 49 <= places["Telefon"][1] <= 62


def test_the_letter_says_what_changed_and_how_many_sheets_come() -> None:
    """Names of entries only: no password stands on the letter or the receipt; the sheets are counted."""
    bundle = bakery()
    pages = pages_of(binder_pdf(bundle, DOORS, since=bundle.revision - 1, covering=COVERING).pdf)
    for title in changed_titles(bundle, bundle.revision - 1):
        assert title in pages[0]
    assert f"{len(pages) - 2} Blätter" in pages[0]
    assert pages[-1].count(f"{len(pages) - 2} Blätter") == 2
    assert pages[-1].count("Empfangsbestätigung") == 2
    for entry in bundle.entries:
        if entry.password:
            assert entry.password not in pages[0] + pages[-1]


def test_hostile_names_stay_names_and_pages_stay_two() -> None:
    """Whatever a person, place or entry is called, the letter is one page and the receipt one."""
    bundle = bakery()
    many = tuple(
        Entry(id=new_id(), title=f"{number} {text}", kind="mail") for number, text in enumerate(HOSTILE)
    )
    new = record(bundle, changed(bundle, entries=(*bundle.entries, *many)), when=1_800_000_000, reason="")
    for at in range(0, len(HOSTILE), 6):
        to, provider, *address = ([name[:200] for name in HOSTILE[at:]] + ["Ort"] * 6)[:6]
        covering = replace(COVERING, to=to, address=(*address, *address), provider=provider, how="stick")
        assert len(pages_of(covering_pdf(bundle, covering))) == 2, at
    names = changed_titles(new, bundle.revision)
    assert len(names) == len(HOSTILE)
    plain = binder_pdf(new, DOORS, since=bundle.revision).pages
    paper = binder_pdf(new, DOORS, since=bundle.revision, covering=COVERING)
    assert paper.pages == plain + 2
    front = re.sub(r"\s+", "", pages_of(paper.pdf)[0])
    assert re.sub(r"\s+", "", printable(names[0])) in front
    assert f"und{len(HOSTILE) - 12}weitere" in front


def test_a_list_is_old_since_the_first_printed_change() -> None:
    """P8: unprinted changes make no list old; nothing to list is nothing old; a gap counts from its first change."""
    empty = changed(bakery(), entries=(), documents=(), contacts=(), decisions=(), history=(), revision=0)
    assert overtaken(empty, None) is None
    entry = Entry(id=new_id(), title="Postfach", kind="mail")
    one = record(empty, changed(empty, entries=(entry,)), when=10 * DAY, reason="")
    assert overtaken(one, 1) is None
    first = overtaken(one, None)
    assert first is not None
    assert (first.delivered, first.revision, first.since) == (None, 1, 10 * DAY)
    two = record(one, changed(one, groups=(("E-Mail",),)), when=11 * DAY, reason="")
    assert overtaken(two, 1) is None
    changes = (entry.model_copy(update={"user": "a"}),)
    three = record(two, changed(two, entries=changes), when=12 * DAY, reason="")
    four = record(three, changed(three, entries=()), when=13 * DAY, reason="")
    old = overtaken(four, 1)
    assert old is not None
    assert (old.delivered, old.revision, old.since) == (1, four.revision, 12 * DAY)
    assert overtaken(four, four.revision) is None
    assert overtaken(four, None) is None
    assert changed_titles(four, 1) == ("Postfach",)
