"""What can be read off a printed paper: its text, where each word stands, its pictures, what it says of itself."""

import io
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pypdf
import zxingcpp
from PIL import Image

MM = 72 / 25.4
WIDTH, HEIGHT = 210, 297
BINDING = 25
"""Millimetres at the left that a punch needs."""
HOLE_MARK = 148.5


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text layer and its box, in mm from the left and top edge of its page."""

    text: str
    page: int
    left: float
    top: float
    right: float
    bottom: float


def _run(*command: str, pdf: bytes) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, input=pdf).stdout


def squeezed(text: str) -> str:
    """The text without white space: a value may break anywhere."""
    return re.sub(r"\s+", "", text)


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page, squeezed."""
    raw = _run("pdftotext", "-raw", "-", "-", pdf=pdf).decode()
    return [squeezed(page) for page in raw.split("\f")[:-1]]


def words_of(pdf: bytes) -> Iterator[Word]:
    """Every word with its place."""
    pages = _run("pdftotext", "-bbox", "-", "-", pdf=pdf).decode().split("<page ")[1:]
    box = re.compile(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">([^<]*)<')
    for number, page in enumerate(pages, 1):
        for left, top, right, bottom, text in box.findall(page):
            yield Word(text, number, *(float(at) / MM for at in (left, top, right, bottom)))


def pictures_of(pdf: bytes, dots: int, *, first: int = 1, last: int = 10_000) -> Iterator[Image.Image]:
    """Pages ``first`` to ``last`` as a scanner sees them, ``dots`` an inch, grey."""
    raw = _run("pdftoppm", "-r", str(dots), "-gray", "-f", str(first), "-l", str(last), pdf=pdf)
    rest = io.BytesIO(raw)
    while rest.tell() < len(raw):
        magic, size, depth = (rest.readline().split() for _ in range(3))
        assert (magic, depth) == ([b"P5"], [b"255"])
        width, height = map(int, size)
        yield Image.frombytes("L", (width, height), rest.read(width * height))


def squares_of(picture: Image.Image) -> list[str]:
    """What the QR codes of a picture say."""
    return [code.text for code in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]


def binding_is_free(picture: Image.Image, dots: int) -> bool:
    """Whether nothing is printed where the punch goes but the mark that says where to set it."""
    dot = dots / 25.4
    strip = picture.crop((0, 0, int((BINDING - 1) * dot), picture.height))
    box = strip.point(lambda grey: 255 if grey < 200 else 0).getbbox()
    if box is None:
        return False
    left, top, right, bottom = (at / dot for at in box)
    return left <= 1 and right <= 5 and HOLE_MARK - 1 <= top <= bottom <= HOLE_MARK + 1


def is_archivable(pdf: bytes, language: str) -> None:
    """PDF/A-2a by its own account, tagged, in the language, every font embedded."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    catalogue = reader.trailer["/Root"]
    told = catalogue["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfaid:part>2<", told)
    assert re.search(r"pdfaid:conformance>A<", told)
    assert "/StructTreeRoot" in catalogue
    assert catalogue["/MarkInfo"]["/Marked"]
    assert str(catalogue["/Lang"]).startswith(language)
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(inner)


def told_without_opening(pdf: bytes) -> str:
    """All that a file manager or an index shows of a PDF: its metadata and its outline."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    told = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    return f"{reader.metadata} {told} {reader.outline}"
