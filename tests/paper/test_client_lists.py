"""Lists of three clients as they come out of the printer: every field, every square, every margin."""

import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from paper import sheets
from paper.clients import DOORS, client, secrets

from escrowd.core.bundle import Bundle, Decision, Entry
from escrowd.paper.binder import BinderPaper, binder_pdf
from escrowd.paper.totp import totp_uri
from escrowd.texts.render import sentence

OUTPUT = Path(__file__).parents[1] / "output" / "lists"
PROFILES = ("expert", "guided", "full-service")
LANGUAGES = ("de", "en")
DOTS = 100
DAY = r"\d{4}-\d{2}-\d{2}"
pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="pdftotext (Debian poppler-utils) is not installed"
)


@cache
def printed(count: int, profile: str, language: str) -> tuple[Bundle, BinderPaper]:
    bundle = client(count, profile, language)
    paper = binder_pdf(bundle, DOORS)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    (OUTPUT / f"{count}-{profile}-{language}.pdf").write_bytes(paper.pdf)
    return bundle, paper


def said(value: object, language: str) -> Iterator[str]:
    """A value as a sheet says it, in lines."""
    if isinstance(value, str):
        yield from (
            [sentence("list", "day", language, {"day": value})]
            if re.fullmatch(DAY, value)
            else value.splitlines()
        )
    elif isinstance(value, Decision):
        for name in ("date", "topic", "choice", "alternatives", "reason", "asked_by", "review"):
            yield from said(getattr(value, name), language)
        yield sentence("list", f"status.{value.status}", language, {})
    elif isinstance(value, tuple):
        for one in value:
            yield from said(one, language)


def of_entry(entry: Entry, bundle: Bundle) -> Iterator[str]:
    """Every field of an entry, as its sheet says it."""
    titles = {one.id: one.title for one in bundle.entries}
    language = bundle.language
    for name in (
        "title", "urls", "user", "password", "recovery_mailbox", "contract_holder", "renewal", "purpose", "notes",
        "tags", "group", "decisions",
    ):  # fmt: skip
        yield from said(getattr(entry, name), language)
    yield sentence("list", f"kind.{entry.kind}", language, {})
    yield from (titles[id_] for id_ in entry.depends_on)
    for one in entry.fields:
        yield from (one.name, one.value)
    if entry.totp is not None:
        yield entry.totp.secret
    if entry.second_factor is not None:
        yield from (entry.second_factor.device, entry.second_factor.codes_where, *entry.second_factor.codes)
    if entry.cost is not None:
        amount = entry.cost.amount.replace(".", "," if language == "de" else ".")
        every = sentence("list", f"every.{entry.cost.every}", language, {})
        yield f"{amount} {entry.cost.currency} {every}"


def holds_every_field(bundle: Bundle, paper: BinderPaper) -> None:
    """Each field of each entry, decision, contact and document is in the text layer."""
    whole = "".join(sheets.pages_of(paper.pdf))
    for entry in bundle.entries:
        for text in of_entry(entry, bundle):
            assert sheets.squeezed(text) in whole, (entry.title, text)
    for decision in bundle.decisions:
        assert all(sheets.squeezed(text) in whole for text in said(decision, bundle.language))
    for one in (*bundle.contacts, *bundle.documents):
        for name in set(type(one).model_fields) - {"id", "kind", "size", "entry", "origin", "file", "sha256"}:
            for line in said(getattr(one, name), bundle.language):
                assert sheets.squeezed(line) in whole, line


def keeps_its_margins(paper: BinderPaper) -> None:
    """No word leaves the sheet's type area: 25 mm are free for the punch, 14 mm at the right, 8 mm below."""
    for word in sheets.words_of(paper.pdf):
        assert word.left >= sheets.BINDING - 0.2, word
        assert word.right <= sheets.WIDTH - 14, word
        assert 10 <= word.top <= word.bottom <= sheets.HEIGHT - 6, word


def pictures_tell_the_same(bundle: Bundle, paper: BinderPaper) -> None:
    """Every square is read back from the picture, and the binding margin of each sheet is bare but for the mark."""
    codes, pages = [], 0
    for picture in sheets.pictures_of(paper.pdf, DOTS):
        pages += 1
        assert sheets.binding_is_free(picture, DOTS), pages
        codes += sheets.squares_of(picture)
    assert pages == paper.pages
    assert sorted(codes) == sorted(totp_uri(entry.totp) for entry in bundle.entries if entry.totp is not None)


def tells_nothing_unopened(bundle: Bundle, paper: BinderPaper) -> None:
    """P10: no secret stands in what a file manager or an index shows."""
    told = sheets.told_without_opening(paper.pdf)
    assert not [one for one in secrets(bundle) if one in told]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("profile", PROFILES)
def test_a_small_list_is_whole(profile: str, language: str) -> None:
    """P9: of three entries each field is printed within the margins and each square reads, whatever the profile."""
    bundle, paper = printed(3, profile, language)
    holds_every_field(bundle, paper)
    keeps_its_margins(paper)
    pictures_tell_the_same(bundle, paper)
    sheets.is_archivable(paper.pdf, language)
    tells_nothing_unopened(bundle, paper)


def test_a_list_of_forty_is_whole() -> None:
    """P9: the same for forty entries of all kinds, passwords of 200 characters among them."""
    bundle, paper = printed(40, "guided", "de")
    holds_every_field(bundle, paper)
    keeps_its_margins(paper)
    tells_nothing_unopened(bundle, paper)
    sheets.is_archivable(paper.pdf, "de")


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("count", [40, 300])
def test_a_large_list_is_whole(count: int, profile: str, language: str) -> None:
    """P9: the same for forty and three hundred entries, each square read back from the picture of its sheet."""
    bundle, paper = printed(count, profile, language)
    holds_every_field(bundle, paper)
    keeps_its_margins(paper)
    pictures_tell_the_same(bundle, paper)
    sheets.is_archivable(paper.pdf, language)
    tells_nothing_unopened(bundle, paper)
