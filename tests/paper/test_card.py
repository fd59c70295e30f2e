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
from escrowd.texts.render import sentences


def _no_spoken_words() -> tuple[str, ...]:
    """A share none of whose words a card says anyway ("stick"), so that a word found elsewhere was betrayed."""
    texts = " ".join(text for language in ("de", "en") for text in sentences("card", language).values())
    spoken = set(re.findall(r"[a-z]+", texts.lower()))
    while True:
        words = tuple(split(bytes(range(16)), 4711, CLIENT_LAYOUT)["client"][0].split())
        if not spoken & set(words):
            return words


WORDS = _no_spoken_words()
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
    others=(("successor", "Nils Peters"),),
)
PROVIDER_CARD = replace(CARD, role="provider", client="", number=2, others=())
pdf_of = cache(card_pdf)
"""Each card is typeset once for all tests that only read it."""
ROLES = [
    CARD,
    replace(CARD, role="successor", others=(("client", "Karla Krume"), ("reserve", "Nele Nessel"))),
    replace(CARD, role="reserve", others=(("client", "Karla Krume"),)),
    PROVIDER_CARD,
]
MM = 72 / 25.4
THIRD = 99
"""Height of each part of the card, in mm."""


def text_of(pdf):
    """The text of the page as a reader extracts it, white space collapsed."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) == 1
    return " ".join(pages[0].extract_text().split())


def places_of(pdf):
    """Each word of all pages with its box (left, top, right, bottom), in mm."""
    done = subprocess.run(["pdftotext", "-bbox", "-", "-"], check=True, capture_output=True, input=pdf)
    boxes = done.stdout.decode()
    found = re.findall(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]+)<', boxes)
    return [(word, *(float(at) / MM for at in box)) for *box, word in found]


@cache
def picture_of(pdf):
    """The page as a printer or scanner sees it, 150 dots an inch."""
    done = subprocess.run(["pdftoppm", "-r", "150", "-gray"], check=True, capture_output=True, input=pdf)
    return Image.open(io.BytesIO(done.stdout))


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("card", ROLES, ids=lambda card: card.role)
def test_the_words_come_back_from_the_picture_and_from_the_text(card, language):
    """QR code and text of the printed page, each alone, give back the very card."""
    pdf = pdf_of(replace(card, language=language))
    (code,) = zxingcpp.read_barcodes(picture_of(pdf))
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


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("card", ROLES, ids=lambda card: card.role)
def test_the_fold_hides_the_words(card, language):
    """Words, square, recognition words and fingerprint lie on the middle third alone; nothing crosses a fold."""
    pdf = pdf_of(replace(card, language=language))
    places = places_of(pdf)
    hidden = {*WORDS, "Hirsch,", "abcd", "4567"}
    seen = [word for word in places if word[0] in hidden]
    assert {word for word, *_ in seen} == hidden
    for word, _left, top, _right, bottom in seen:
        assert top > THIRD + 3, word
        assert bottom < 2 * THIRD - 3, word
    for word, left, top, right, bottom in places:
        assert int(top // THIRD) == int(bottom // THIRD), word
        assert (left > 18, right < 210 - 15) == (True, True), word
    (code,) = zxingcpp.read_barcodes(picture_of(pdf))
    dots = 150 / 25.4
    assert THIRD * dots < code.position.top_left.y < code.position.bottom_left.y < 2 * THIRD * dots


@pytest.mark.parametrize(
    ("language", "role", "said"),
    [
        ("de", "client", ["Nachfolgekarte: Nils Peters", "Reservekarte:", "fünf Schritten", "neue Karten"]),
        ("de", "successor", ["Kundenkarte: Karla Krume", "Reservekarte: Nele Nessel", "Bitten darf Sie nur"]),
        ("de", "reserve", ["Kundenkarte: Karla Krume", "Nachfolgekarte:", "recover.html"]),
        ("en", "client", ["Successor card: Nils Peters", "Reserve card:", "Five steps", "other copy"]),
        (
            "en",
            "reserve",
            ["Client card: Karla Krume", "Only Bäckerei Korn GmbH", "If it was stolen, say so"],
        ),
        ("en", "provider", ["The two other cards", "sheet for the family", "escrow restore", "Five steps"]),
    ],
)
def test_a_card_names_the_other_holders_and_says_what_to_do(language, role, said):
    """Who else has a card, five steps, what to do when it is lost, and when somebody asks for it."""
    (card,) = [one for one in ROLES if one.role == role]
    text = text_of(pdf_of(replace(card, language=language)))
    assert [part for part in said if part not in text] == []
    for step in range(1, 6):
        assert re.search(rf"(?<!\d){step}\. [A-ZÄÖÜ]", text), step


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_client_gets_two_copies_of_one_card(language, tmp_path):
    """Both pages carry the same share, each says which copy it is, and the square of each reads."""
    pdf = card_pdf(replace(CARD, language=language, copies=2))
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]
    copy = "Exemplar" if language == "de" else "Copy"
    for at, page in enumerate(pages, 1):
        assert " ".join(f"{number}. {word}" for number, word in enumerate(WORDS, 1)) in page
        assert page.count(f"{copy} {at}") == 1
        assert page.count(f"{copy} {3 - at}") == 1
    assert f"{copy} 1: Marta Korn" in pages[1]
    (tmp_path / "card.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "150", "-gray", tmp_path / "card.pdf", tmp_path / "copy"], check=True)
    pictures = sorted(tmp_path.glob("copy-*.pgm"))
    codes = [code.text for one in pictures for code in zxingcpp.read_barcodes(Image.open(one))]
    assert codes == [" ".join(WORDS).upper()] * 2


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
def test_a_hostile_name_is_printed_and_runs_nothing(name):
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
    (code,) = zxingcpp.read_barcodes(picture_of(pdf))
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
