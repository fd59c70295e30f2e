import re

import pytest

from escrowd.paper.instructions import KitPage, instructions

KIT = {
    "client": "Bäckerei <b>Korn</b> & Co.",
    "provider": "Winter IT",
    "revision": 12,
    "created": 1_795_500_000,
    "next_by": 1_830_060_000,
    "root": "abcdefghijklmnopqrstuvwxyz234567",
}


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_of_a_kit_tells_how_to_open_it_with_public_tools(language):
    """Each set on the stick has its three commands (P5), and the page warns of who asks for a card."""
    page = instructions(KitPage(language=language, sets=(3, 4), **KIT)).decode()
    for number in (3, 4):
        assert f"age -d -i key-{number}.age -o bundle.zip bundle.age" in page
    assert page.count("shamir recover\n") == 2
    assert 'pipx install "shamir-mnemonic[cli]"' in page
    assert page.count("py -m shamir_mnemonic.cli recover\n") == 2
    assert "brew install age pipx" in page
    assert "abcd efgh ijkl mnop" in page
    assert page.index("recover.html") < page.index("shamir recover\n")  # the easiest way comes first
    assert {"de": "niemandem am Telefon", "en": "to nobody by telephone"}[language] in page


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_of_a_kit_needs_nothing_but_itself(language):
    """No script, nothing remote, and names stay names; the same kit gives the same page."""
    kit = KitPage(language=language, sets=(1,), **KIT)
    page = instructions(kit).decode()
    assert not re.search(
        r"<(?:script|img|link|iframe|form|object|embed|base)\b|\bsrc=|href=|url\(|@import", page
    )
    assert "<b>" not in page
    assert instructions(kit).decode() == page
