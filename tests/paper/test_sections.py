"""The sheet for the family and the agreement, read back from their PDFs."""

import io
import re
from dataclasses import replace

import pypdf
import pytest
from paper.bundle_samples import HOSTILE

from escrowd.core.terms import DAY, Timings
from escrowd.paper.glyphs import printable
from escrowd.paper.sections import (
    AgreementPaper,
    FamilyPaper,
    Helper,
    NodeLine,
    Party,
    agreement_pdf,
    family_pdf,
)

FAMILY = FamilyPaper(
    language="de",
    provider="Jana Winter IT",
    helpers=(Helper("Nora Nachfolge", "nora@next.example", 12), Helper("Verein Netz", "", node="n1")),
    clients=14,
    timings=Timings(),
    day="2027-03-24",
)
CODE = "abcd2345" * 4
AGREED = AgreementPaper(
    language="de",
    client="Bäckerei Krume",
    provider="Jana Winter IT",
    parties=(
        Party("Karla Krume", "client", 0),
        Party("Nora Nachfolge", "successor", 3 * DAY),
        Party("Notarin Nessel", "reserve", 14 * DAY),
    ),
    witnesses=("Willi Zeuner",),
    timings=Timings(),
    request_wait=2 * DAY,
    delay_max=7 * DAY,
    deliver_by=30 * DAY,
    nodes=(NodeLine("n1.example", "Verein Netz", "abcdefgh" * 4, own=False),),
    root="mnopqrst" * 4,
    code=CODE,
    day="2027-03-24",
)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def close(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("language", ["de", "en"])
def test_both_are_tagged_and_archivable(language: str) -> None:
    """PDF/A-2a with a structure tree; the family's sheet is one page."""
    for pdf in (
        family_pdf(replace(FAMILY, language=language)),
        agreement_pdf(replace(AGREED, language=language)).pdf,
    ):
        reader = pypdf.PdfReader(io.BytesIO(pdf))
        catalog = reader.trailer["/Root"]
        assert "/StructTreeRoot" in catalog
        assert b"<pdfaid:part>2</pdfaid:part>" in catalog["/Metadata"].get_data()
        assert len(reader.pages) <= 2
    assert len(pypdf.PdfReader(io.BytesIO(family_pdf(replace(FAMILY, language=language)))).pages) == 1


def test_the_family_reads_whom_to_call_and_what_not_to_do() -> None:
    """Names, addresses and waits; three lines for three cards; with nobody named, lines to fill in."""
    text = text_of(family_pdf(FAMILY))
    for said in ("Nora Nachfolge", "nora@next.example", "Nachfolge für 12 Kunden", "30 Tage", "Karte 3"):
        assert said in text
    assert "Lebenszeichen" in text
    bare = text_of(family_pdf(replace(FAMILY, helpers=(), timings=None)))
    assert "Noch hat niemand die Nachfolge" in bare
    assert "Noch ist nichts bei einer Verwahrstelle hinterlegt" in bare


def test_the_code_is_at_the_foot_and_the_wording_is_on_the_paper() -> None:
    """P8: each line of the wording is on the paper, word for word, and the code on each page; the day is in neither."""
    made = agreement_pdf(AGREED)
    text = text_of(made.pdf)
    pages = len(pypdf.PdfReader(io.BytesIO(made.pdf)).pages)
    assert close(text).count(close(f"Kennung dieser Vereinbarung: {CODE}")) == pages
    assert f"escrow-agreement/1 {CODE}".encode() in made.pdf
    for line in made.wording.splitlines():
        for part in line.split(" | "):
            assert close(part) in close(text), part
    assert agreement_pdf(replace(AGREED, day="2028-01-01")).wording == made.wording
    assert agreement_pdf(AGREED) == made
    for other in (
        replace(AGREED, request_wait=3 * DAY),
        replace(AGREED, delay_max=0),
        replace(AGREED, deliver_by=14 * DAY),
        replace(AGREED, parties=AGREED.parties[:2]),
        replace(AGREED, witnesses=()),
        replace(AGREED, nodes=()),
        replace(AGREED, nodes=(replace(AGREED.nodes[0], own=True),)),
        replace(AGREED, timings=Timings(interval=60 * DAY)),
    ):
        assert agreement_pdf(other).wording != made.wording


def test_each_term_is_said_as_it_is() -> None:
    """Who, in which role, with which wait; how long silence, request and delay take; who runs the node."""
    wording = agreement_pdf(AGREED).wording
    for said in (
        "Karla Krume | Kundin oder Kunde | Kundenkarte | mit der ersten",
        "Nora Nachfolge | Nachfolge | Nachfolgekarte | 3 Tage danach",
        "Notarin Nessel | Reserve | Reservekarte | 14 Tage danach",
        "alle 30 Tage",
        "neue Blätter, höchstens 30 Tage später",
        "mahnt die Verwahrstelle 14 Tage lang",
        "Frühestens 7 Tage danach",
        "Sie kommt in 2 Tagen",
        "um höchstens 7 Tage aufschieben",
        "n1.example | Verein Netz | abcd efgh",
        "Willi Zeuner",
    ):
        assert said in wording, said


def test_hostile_names_stay_names() -> None:
    """P9: no name becomes markup, and none stops the paper: each is there as it is, or spelt out."""
    parties = tuple(Party(name, "successor", 0) for name in HOSTILE)
    made = agreement_pdf(replace(AGREED, witnesses=tuple(HOSTILE), parties=parties))
    assert CODE[:4] in text_of(made.pdf)
    helpers = tuple(Helper(name, name, 1) for name in HOSTILE)
    family = close(text_of(family_pdf(replace(FAMILY, helpers=helpers))))
    for name in (
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}{% raw %}",
        "=HYPERLINK(1)",
        "%s {0} ${x} $(x) `x`",
    ):
        assert close(name) in family, name
    for name in HOSTILE:
        assert close(printable(name)) in close(made.wording), name


@pytest.mark.parametrize(
    "name", ["{{ 7 * 7 }}{% raw %}", "<script>alert(1)</script>", '#panic() $x$ "\\', "x" * 60]
)
def test_a_hostile_client_stays_a_name(name: str) -> None:
    """P9: the names that stand in each sentence are no markup either."""
    made = agreement_pdf(replace(AGREED, client=name, provider=name))
    assert close(text_of(made.pdf)).count(close(name)) > 10
    assert family_pdf(replace(FAMILY, provider=name))
