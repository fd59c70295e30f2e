"""The sheet for the yearly talk, read back from its PDF."""

import io
import re
import unicodedata
from dataclasses import replace

import pypdf
import pytest
from paper.bundle_samples import HOSTILE

from escrowd.core.bundle import Change, Decision, Entry, Money, Revision
from escrowd.core.bundle.check import Gap
from escrowd.paper.glyphs import printable
from escrowd.paper.review import Explained, ReviewPaper, review_pdf


def decision(letter, **values):
    known = {"date": "2026-11-02", "status": "decided", "topic": "Wo die Website liegt"}
    return Decision.model_validate({"id": letter * 8, **known, **values})


CHOSEN = decision(
    "a", choice="beim Hoster in Kiel", reason="Dort geht jemand ans Telefon.", asked_by="Karl Krume"
)
WISH = decision("b", status="wish", topic="Ein eigener Webshop", asked_by="Ada Krume")
AGAIN = decision("c", topic="Wer die E-Mail führt", review="2027-02-01")
LATE = decision("d", topic="Telefonanlage", review="2028-01-01")
TALK = ReviewPaper(
    language="de",
    client="Bäckerei Krume",
    provider="Winter IT",
    day="2027-03-01",
    since="2026-03-02",
    decided=(("Webhosting", CHOSEN),),
    changed=(
        Revision(
            number=7,
            when=1_795_500_000,
            reason="entry edit",
            why="Kennwort stand in einer E-Mail",
            asked_by="Karl Krume",
            changes=(Change(subject="entry", action="changed", id="eeeeeeee", title="Webhosting"),),
        ),
    ),
    review=(("", AGAIN), ("", LATE)),
    renewals=(
        Entry(
            id="ffffffff",
            title="Domain krume.example",
            kind="domain-registrar",
            renewal="2027-08-01",
            password="geheim-9",
            cost=Money(amount="14.50", currency="EUR", every="year"),
        ),
    ),
    wishes=(("", WISH),),
    explained=(
        Explained("2026-03-02", "talk", "Karten und Ordner"),
        Explained("2026-04-01", "list", "Karl Krume", 5, "2026-04-09"),
    ),
    gaps=(
        Gap("finding.verified-old", "todo", "ffffffff", "Domain krume.example", value="2025-01-09"),
        Gap("entry.verified", "todo", "eeeeeeee", "Webhosting"),
        Gap("entry.contract", "warn", "eeeeeeee", "Webhosting"),
    ),
)


def read(paper: ReviewPaper) -> str:
    pdf, _ = review_pdf(paper)
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    return close(text)


def close(text: str) -> str:
    """Without spaces, and with letters as a reader of a PDF gives them back (an accent, a ligature)."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def test_the_sheet_says_what_the_talk_needs():
    """Decisions and changes with reason, what is due, was explained, is wished and missing; no password."""
    text = read(TALK)
    for wanted in (
        "seit dem 2. März 2026 entschieden",
        "Webhosting: Wo die Website liegt",
        "Dort geht jemand ans Telefon.",
        "Kennwort stand in einer E-Mail",
        "1. Februar 2027 (vorbei)",
        "verlängert sich für 14,50 EUR; weiter so?",
        "wieder ausprobieren, zuletzt am 9. Januar 2025",
        "Jahresgespräch: Karten und Ordner",
        "Empfang bestätigt am 9. April 2026",
        "Ein eigener Webshop",
        "Ort und Datum",
    ):
        assert close(wanted) in text, wanted
    assert "geheim-9" not in text


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_first_talk_has_room_too(language):
    """Where nothing is on record each part says so; the sheet is tagged PDF/A."""
    empty = ReviewPaper(language=language, client="K", provider="P", day="2027-03-01", since=None)
    pdf, pages = review_pdf(empty)
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    assert b"<pdfaid:part>2</pdfaid:part>" in reader.trailer["/Root"]["/Metadata"].get_data()
    assert len(reader.pages) == pages == 2
    nothing = {"de": "KeinWunschistfestgehalten.", "en": "Nowishisonrecord."}[language]
    assert nothing in read(empty)


def test_hostile_and_long_texts_lose_nothing():
    """Each text of a decision stands on the sheet, whatever it is made of."""
    hostile = [one for one in HOSTILE if one.strip()]
    many = tuple(
        (
            one,
            decision("abcdefghijklmnopqrstuvwxyz234567"[at], topic=one, choice=one, reason=one, asked_by=one),
        )
        for at, one in enumerate(hostile)
    )
    text = read(replace(TALK, client=HOSTILE[-2], provider="x" * 300, decided=many, wishes=many[:3]))
    for one in hostile:
        for line in filter(None, map(str.strip, one.splitlines())):
            assert close(printable(line)) in text, one
