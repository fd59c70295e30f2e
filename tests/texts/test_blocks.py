import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escrowd.texts.blocks import one_line, protect, read_letter

HOSTILE = [
    "# Überschrift",
    "a\n\n# b",
    "- x\n- y",
    "=> Klick | https://evil.example",
    "**fett**",
    "<script>alert(1)</script>",
    '" onmouseover="x',
    "{{ 7 * 7 }}{% if %}",
    "a\x02b\x03c",
    "! Achtung",
    "\u202eevil",
]


class Page(HTMLParser):
    """Tags and text of an HTML document, without its head."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self._skip = [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, _attrs):
        self.tags.append(tag)
        self._skip += tag in {"style", "title"}

    def handle_endtag(self, tag):
        self._skip -= tag in {"style", "title"}

    def handle_data(self, data):
        if not self._skip:
            self.texts.append(data)


def source(value):
    """A letter that uses one value in every kind of block but ``::``, which holds words only."""
    v = protect(value)
    return (
        f"Betreff {v}\n\n# Titel {v}\n\n{v} am Anfang, **{v}** fett\n\n- {v}\n- zwei\n\n1. {v}\n\n> {v}\n\n! {v}\n\n"
        f"=> {v} | https://x.example/?{v}\n\n$ {v}\n\n| {v}\n\n:: a b\n\n---"
    )


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_never_changes_the_structure_of_a_letter(value):
    """The HTML of a letter has the same tags and its text the same blocks, whatever its values are."""
    plain, hostile = read_letter(source("Anna"), "de"), read_letter(source(value), "de")
    assert Page(hostile.html).tags == Page(plain.html).tags
    assert "\n" not in hostile.subject
    assert hostile.text.count("\n\n") == plain.text.count("\n\n")
    assert one_line(value) in " ".join(hostile.text.split()).replace("*** ", "")


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=40))
def test_text_and_html_say_the_same_words(value):
    """What stands in the HTML, without its tags, stands in the text, whatever the value."""

    def words(text):
        return re.sub(r"[\s*=.:-]|\d+\.", "", text)

    letter = read_letter(
        f"x\n\n# Titel {protect(value)}\n\n- {protect(value)}\n\n! {protect(value)} Ende", "de"
    )
    assert words("".join(Page(letter.html).texts)) == words(letter.text)


def test_a_name_may_stand_for_nothing_else():
    """Line breaks, control characters and direction overrides leave a value; what can be read stays."""
    assert one_line(" a\r\nb\x00c\u202ed\u2028e ") == "a b cd e"


def test_a_letter_never_says_none():
    """A missing value is an error while composing, not the word None in a mail."""
    with pytest.raises(TypeError):
        protect(None)


def test_long_addresses_are_never_broken():
    """A link stays whole in the text, so that it can be clicked and copied."""
    url = "https://x.example/" + "a" * 300
    assert f"\n{url}\n" in read_letter(f"x\n\n=> Hier | {protect(url)}", "de").text
