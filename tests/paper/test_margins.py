"""No paper but the list's own leaves its margins either: letters, receipts, the family's sheet, the agreement."""

from dataclasses import replace

import pytest
from paper import sheets
from paper.bundle_samples import bakery
from paper.test_covering import COVERING
from paper.test_sections import AGREED, FAMILY

from escrowd.paper.covering import covering_pdf
from escrowd.paper.sections import agreement_pdf, family_pdf

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("name", ["", LONG])
def test_no_word_leaves_the_sheet(language: str, name: str) -> None:
    """With short names and with one of 80 letters, every word keeps 25 mm at the left and 14 mm at the right."""
    named = {"provider": name} if name else {}
    for pdf in (
        family_pdf(replace(FAMILY, language=language, **named)),
        agreement_pdf(replace(AGREED, language=language, **named)).pdf,
        covering_pdf(
            bakery("guided", language), replace(COVERING, how="stick", to=name or "Marta Korn", **named)
        ),
    ):
        words = list(sheets.words_of(pdf))
        assert words
        for word in words:
            assert sheets.BINDING - 0.2 <= word.left <= word.right <= sheets.WIDTH - 14, word
            assert 8 <= word.top <= word.bottom <= sheets.HEIGHT - 4.5, word
