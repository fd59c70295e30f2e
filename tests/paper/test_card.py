import io
import re
import subprocess
from dataclasses import replace
from functools import cache

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from escrowd.core.shares import CLIENT_LAYOUT, parse_card, split
from escrowd.errors import InputError
from escrowd.paper.card import Call, CardPaper, card_pdf

WORDS = tuple(split(bytes(range(16)), 4711, CLIENT_LAYOUT)["client"][0].split())
ROOT = "abcdefghijklmnopqrstuvwxyz234567"
CARD = CardPaper(
    language="de",
    role="client",
    client="Bäckerei Korn GmbH & Co. KG",
    holder="Marta Korn",
    provider="Winter IT",
    words=WORDS,
    set_number=3,
    made_on="2026-11-24",
    phrase="Hirsch, Himbeere, Holunder",
    root=ROOT,
    call=(Call("Nils Peters, 0431 123456", "successor"), Call("Netz GmbH, 0431 9")),
)
PROVIDER_CARD = replace(CARD, role="provider", client="", number=2)
pdf_of = cache(card_pdf)
"""Each card is typeset once for all tests that only read it."""
ROLES = [CARD, replace(CARD, role="successor"), replace(CARD, role="reserve"), PROVIDER_CARD]


def text_of(pdf):
    """The text of the page as a reader extracts it, white space collapsed."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) == 1
    return " ".join(pages[0].extract_text().split())


def picture_of(pdf, tmp_path):
    """The page as a printer or scanner sees it, 150 dots an inch."""
    (tmp_path / "card.pdf").write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-r", "150", "-singlefile", "-png", tmp_path / "card.pdf", tmp_path / "card"], check=True
    )
    return Image.open(tmp_path / "card.png")


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("card", ROLES, ids=lambda card: card.role)
def test_the_words_come_back_from_the_picture_and_from_the_text(card, language, tmp_path):
    """QR code and text of the printed page, each alone, give back the very card."""
    pdf = pdf_of(replace(card, language=language))
    (code,) = zxingcpp.read_barcodes(picture_of(pdf, tmp_path))
    assert code.text == " ".join(WORDS).upper()
    assert parse_card(code.text).words == WORDS
    numbered = " ".join(f"{at}. {word}" for at, word in enumerate(WORDS, 1))
    assert numbered in text_of(pdf)
    assert parse_card(numbered).words == WORDS


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("card", ROLES, ids=lambda card: card.role)
def test_a_card_says_all_that_its_holder_needs(card, language):
    """Date, set, holder, phrase, fingerprint in groups of four, whom to call, and the public commands (P5)."""
    text = text_of(pdf_of(replace(card, language=language)))
    wanted = [
        "Winter IT",
        "Marta Korn",
        "Hirsch, Himbeere, Holunder",
        "Nachfolge: Nils Peters," if language == "de" else "Successor: Nils Peters,",
        "0431 123456",
    ]
    wanted += ["24. November 2026" if language == "de" else "24 November 2026"]
    wanted += ["shamir recover", "sudo apt install age unzip pipx", 'pipx install "shamir-mnemonic[cli]"']
    wanted += ["abcd efgh ijkl mnop", "qrst uvwx yz23 4567", "unzip bundle.zip -d"]
    wanted += ["pipx ensurepath", "py -m shamir_mnemonic.cli recover", "Expand-Archive bundle.zip"]
    if card.role == "provider":
        wanted += ["age -d -i provider-key.age -o bundle.zip bundle.age"]
        wanted += ["2 von 3, zwei genügen" if language == "de" else "2 of 3, two are enough"]
    else:
        wanted += ["age -d -i key-3.age -o bundle.zip bundle.age", "Bäckerei Korn GmbH & Co. KG"]
        wanted += ["Kartensatz 3" if language == "de" else "Card set 3"]
    wanted += ["Diese Karte öffnet allein nichts" if language == "de" else "This card alone opens nothing"]
    assert [part for part in wanted if part not in text] == []


def test_a_card_is_a_tagged_pdf_for_archives_with_its_fonts_inside():
    """The page identifies itself as PDF/A-2a, has a structure tree and a language, and embeds every font."""
    reader = PdfReader(io.BytesIO(pdf_of(CARD)))
    metadata = reader.xmp_metadata.stream.get_data().decode()
    assert re.search(r"pdfaid:part[^0-9]+2\b", metadata)
    assert re.search(r"pdfaid:conformance[^A-Z]+A\b", metadata)
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalogue
    assert str(catalogue["/Lang"]).startswith("de")
    fonts = reader.pages[0]["/Resources"]["/Font"].values()
    for font in fonts:
        (inner,) = font.get_object()["/DescendantFonts"]
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(inner.get_object()["/FontDescriptor"])


def test_a_card_has_no_word_in_its_metadata():
    """Title, keywords and outline of the PDF hold no word of the card: file managers show them."""
    reader = PdfReader(io.BytesIO(pdf_of(CARD)))
    told = f"{reader.metadata} {reader.xmp_metadata.stream.get_data().decode()} {reader.outline}"
    # The words are drawn from a list of English words; whole words only, and none that XMP itself uses.
    assert not {word for word in WORDS if len(word) > 5} & set(re.findall(r"[a-z]+", told.lower()))
    assert "words" not in repr(CARD)


def test_the_same_card_is_the_same_file():
    """Printing a card again gives the same bytes, whatever the day."""
    assert card_pdf(CARD) == card_pdf(CARD)


HOSTILE = [
    "#panic() [x] *y* _z_ $a$ @ref <label> `raw` \\ // /* ~ -- ...",
    '"); #read("/etc/passwd") ("',
    "漢字 und 😀 und \u202egedreht",
    "\uff21\u0301\u0327 ﷽ ҉",
    "a\x00b\tc\nd",
    "\ud800",
    "x" * 120,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_printed_and_runs_nothing(name, tmp_path):
    """A name is no markup; what the fonts lack, or the eye misses, is printed as its code point."""
    card = replace(CARD, client=name, holder=name, provider=name, call=(Call(name),), phrase=name[:40])
    pdf = card_pdf(card)
    text = text_of(pdf).replace("\u200b", "")
    squeezed = text.replace(" ", "")
    for char in name:
        if char.isascii() and char.isalnum():
            assert char in text
        if char in "漢字😀\u202e\x00\n\t\ud800":
            assert f"[U+{ord(char):04X}]" in squeezed
    (code,) = zxingcpp.read_barcodes(picture_of(pdf, tmp_path))
    assert parse_card(code.text).words == WORDS


@pytest.mark.parametrize(
    "changes",
    [
        {"client": "lang " * 1_500},
        {"holder": "x" * 6_000},
        {"call": (Call("1"),) * 6},
        {"call": (Call("y " * 3_000),)},
    ],
)
def test_what_does_not_fit_the_page_is_refused(changes):
    """A card is one page: longer names are refused, never cut."""
    with pytest.raises(InputError) as error:
        card_pdf(replace(CARD, **changes))
    assert error.value.code == "paper.too-long"
