"""Practice cards: as good as real ones, worth nothing, and each says so."""

import io
from pathlib import Path

import pytest
from provider.provider_world import NOW
from pypdf import PdfReader

from escrowd.provider.actions.practice import practise
from escrowd.recovery import check_kit, gather, open_materials, read_cards, read_kit


@pytest.mark.parametrize(("language", "mark"), [("de", "ÜBUNG"), ("en", "PRACTICE")])
def test_a_practice_kit_opens_and_says_that_it_is_one(tmp_path: Path, language: str, mark: str) -> None:
    """Two practice cards open the sample kit; every card and every title in it is marked."""
    made = practise(tmp_path / "try", language=language, now=NOW)
    for pdf in made.folder.glob("*.pdf"):
        assert mark in PdfReader(io.BytesIO(pdf.read_bytes())).pages[0].extract_text()
    report = check_kit(made.folder, now=NOW)
    assert (report.whole, report.current) == (True, True)
    cards = read_cards(files=[made.folder / f"practice-card-{who}.txt" for who in ("client", "reserve")])
    with open_materials(gather([read_kit(made.folder), cards])) as opened:
        assert opened.verification.verified
        assert all(entry.title.startswith(mark) for entry in opened.payload.bundle.entries)
    assert b'id="escrow-mappe"' in (made.folder / made.page).read_bytes()
