"""P9: a value that would fill a folder: its beginning is printed, and the paper says where the rest is."""

import io
import re

import pypdf
import pytest
from paper.bundle_samples import bakery

from escrowd.core.bundle import changed
from escrowd.paper.binder import Doors, binder_pdf
from escrowd.paper.readme import readme

SIZE = 2**20


@pytest.mark.parametrize(("language", "said"), [("de", "Zeichen.Alles"), ("en", "characters")])
def test_a_megabyte_is_a_few_lines_on_paper_and_whole_on_the_page(language: str, said: str) -> None:
    """A note and a password of a mebibyte take a few sheets, which say how long they are and where all of it is."""
    bundle = bakery("guided", language)
    note, password = "Zeile 0123 <&>\r\n" * (SIZE // 16), "0O1lI-x." * (SIZE // 8)
    first = bundle.entries[0].model_copy(update={"notes": note, "password": password})
    long = changed(bundle, entries=(first, *bundle.entries[1:]), history=())
    paper = binder_pdf(long, Doors(provider="Jana Winter"))
    assert paper.pages < binder_pdf(bundle, Doors(provider="Jana Winter")).pages + 8
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper.pdf)).pages]
    whole = re.sub(r"\s+", "", "".join(pages))
    assert len(re.findall(r"2[.,]?000\D+1[.,]?048[.,]?576", whole)) == 2
    assert said in whole
    assert whole.count("READ-ME-FIRST.html") >= 2
    page = readme(long)
    assert page.count(b"Zeile <u>0123") + page.count(b"Zeile 0123") == SIZE // 16


def test_a_long_value_that_fits_is_printed_whole() -> None:
    """Five thousand characters are all on paper."""
    bundle = bakery()
    first = bundle.entries[0].model_copy(update={"notes": "Wort " * 4_000, "password": "x" * 5_000})
    paper = binder_pdf(changed(bundle, entries=(first, *bundle.entries[1:])), Doors(provider="J"))
    whole = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper.pdf)).pages)
    assert whole.count("Wort") == 4_000
    assert whole.count("x") >= 5_000
