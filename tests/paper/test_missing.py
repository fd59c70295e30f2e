"""The list says what it lacks, on paper and as a page, in words of its reader's language."""

import io
import re

import pytest
from paper.bundle_samples import Maker, bakery
from pypdf import PdfReader

from escrowd.core.bundle import Bundle, Contact, FreeField, changed, put_entry, record
from escrowd.core.bundle.check import Facts, Gap, gaps
from escrowd.core.bundle.registers import registers
from escrowd.paper.binder import Doors, binder_pdf
from escrowd.paper.missing import gap_words, missing_lines, missing_title
from escrowd.paper.readme import readme
from escrowd.texts.render import LANGUAGES, Language, sentences

DOORS = Doors(provider="Jana Winter")


def printed(bundle: Bundle, since: int | None = None) -> str:
    """All text of the sheets, white space aside."""
    pdf = binder_pdf(bundle, DOORS, since=since).pdf
    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_says_what_it_lacks(language: Language) -> None:
    """Each line stands on the sheet and on the page."""
    bundle = bakery("full-service", language)
    sheets, page = printed(bundle), readme(bundle).decode()
    assert missing_title(language) == {"de": "Fehlt noch", "en": "Still missing"}[language]
    assert squeezed(missing_title(language)) in sheets
    for entry in bundle.entries:
        lines = missing_lines([gap for gap in gaps(bundle) if gap.entry == entry.id], language)
        assert lines
        for line in lines:
            assert squeezed(line) in sheets
            assert line in page
    # One page on top: there only how much it is.
    count = f"{len(gaps(bundle))} {'Punkte' if language == 'de' else 'points'}"
    assert squeezed(count) in sheets
    assert count in page


def test_what_was_added_is_not_missing_any_more() -> None:
    """The next print says it no longer, and is a new Stand of that register."""
    bundle = bakery()
    entry = next(one for one in bundle.entries if one.title == "WLAN Backstube")
    tried = FreeField(name="Geprüft", value="2026-11-02")
    told = entry.model_copy(update={"purpose": "Kasse und Gäste", "fields": (tried,)})
    after = record(bundle, put_entry(bundle, told), when=1_796_000_000, reason="entry edit")
    network = next(one for one in registers(after) if one.key == "network")
    assert (network.stand, network.gaps) == (after.revision, ())
    assert "Fehltnoch" not in printed(after, since=bundle.revision)
    assert "Fehltnoch" in printed(bundle)


def test_a_domain_of_no_entry_is_missed_in_front() -> None:
    """A domain that only a person's address names has no entry: its gaps stand with what concerns all."""
    person = Contact(id="zzzzzzzz", name="Ada", kind="client", mail="ada@laden.example")
    bundle = Bundle(client="x", name="Laden", language="de", profile="guided", revision=1, contacts=(person,))
    line = missing_lines(gaps(bundle), "de")[0]
    assert line.startswith("Zur Domain laden.example: bei wem sie liegt, ")
    assert squeezed(line) in printed(bundle)
    assert line in readme(bundle).decode()


def test_a_finding_carries_its_value_unharmed() -> None:
    """What is quoted from the bundle is text, on paper and on the page, whatever it holds."""
    provider = Contact(id="zzzzzzzz", name="Winter <b>IT</b>", kind="provider")
    bundle = changed(bakery(), contacts=(provider,))
    entry = bundle.entries[0].model_copy(update={"contract_holder": "Winter <b>IT</b> #let 漢"})
    bundle = put_entry(bundle, entry)
    assert "finding.contract" in {gap.code for gap in gaps(bundle)}
    assert "Winter &lt;b&gt;IT&lt;/b&gt; #let 漢" in readme(bundle).decode()
    assert "(Winter<b>IT</b>#let[U+6F22])" in printed(bundle)


def test_hostile_entries_are_looked_through() -> None:
    """Any text in any field makes gaps that can be said, or none."""
    bundle = Maker().bundle()
    for gap in gaps(bundle, Facts(names=("<x>",), today="2027-01-01")):
        assert gap_words(gap, "de")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_its_gap(language: Language) -> None:
    """No sentence lies about that no gap says, and none is without what it needs."""
    for key in sentences("check", language):
        if "." in key:
            value = "2026-03-01" if key.endswith("old") else "V"
            assert gap_words(Gap(key, "todo", value=value), language)
