"""Every page of a node as HTML: what it holds, and what it never holds."""

import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser

import pytest
from node.page_samples import WORDS, frame, pages

from escrowd.node.pages.views import TEMPLATES, render_view
from escrowd.texts import render

CASES = list(pages())
every_page = pytest.mark.parametrize(
    ("view", "language"),
    [
        pytest.param(view, language, id=f"{name}-{language}")
        for name, view in CASES
        for language in render.LANGUAGES
    ],
)
HOSTILE = "</title><script>alert(1)</script>\r\nSet-Cookie: a=b\u202e{{ 7*7 }}<img src=x onerror=y>"


class Page(HTMLParser):
    """The elements of a page: name and attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, *tags):
        return [attributes for tag, attributes in self.found if tag in tags]


def spoilt(value):
    """``value`` with every name and sentence in it replaced by a hostile one."""
    if is_dataclass(value):
        kept = {"state", "phase", "role", "standing", "what", "why", "purpose", "reason", "message", "vouch"}
        kept |= {"report", "status", "language", "zone", "sha256"}
        changes = {
            field.name: spoilt(getattr(value, field.name))
            for field in fields(value)
            if field.name not in kept
        }
        return replace(value, **changes)
    if isinstance(value, tuple):
        return tuple(spoilt(one) for one in value)
    return HOSTILE if isinstance(value, str) and value else value


def test_every_page_has_a_sample():
    """The samples leave out no page."""
    assert {type(view) for _, view in CASES} == set(TEMPLATES)


@every_page
def test_no_page_asks_for_the_words_of_a_card(view, language):
    """A page takes a button, a revision, or a signature: it has no other field, and says what never belongs there."""
    page = Page(render_view(frame(language), view))
    for field in page.all("input", "select", "textarea"):
        assert field["name"] == "proof" or (field["type"], field["name"]) == ("hidden", "revision")
    html = render_view(frame(language), view)
    if page.all("textarea"):
        assert {"de": "keine Wörter der Karte", "en": "No words of a card"}[language] in html
    assert {"de": "Auf keiner unserer Seiten", "en": "No page of ours ever asks"}[language] in html


@every_page
def test_a_page_is_plain(view, language):
    """No script, style, frame, image or address elsewhere; forms post to the page itself; one heading of rank 1."""
    html = render_view(frame(language), view)
    page = Page(html)
    assert not page.all("script", "style", "iframe", "img", "object", "embed", "base", "svg")
    assert not re.search(r"\son\w+\s*=|\sstyle\s*=|https?://|javascript:", html)
    assert all(form == {"method": "post"} for form in page.all("form"))
    assert len(page.all("h1")) == 1
    assert page.all("html") == [{"lang": language}]
    assert not re.search(r"\{\{|\{%|\bNone\b", html)
    assert all(link["href"].startswith("/p/") for link in page.all("a", "link"))


@every_page
def test_hostile_names_stay_names(view, language):
    """A client, person, reason or node called like markup adds no element to any page."""
    one = Page(render_view(frame(language), view))
    html = render_view(spoilt(frame(language)), spoilt(view))
    other = Page(html)
    assert [tag for tag, _ in one.found] == [tag for tag, _ in other.found]
    assert "49" not in html.replace("7*7", "")
    assert "<script" not in html


@pytest.mark.parametrize("language", render.LANGUAGES)
def test_only_a_release_that_was_asked_for_shows_the_share(language):
    """The node's words stand on the page behind the button, and on no other page."""
    for name, view in CASES:
        html = render_view(frame(language), view)
        shown = f"{WORDS[0]} {WORDS[1]} {WORDS[2]}" in html
        assert shown == (name.startswith("release") and name != "release-ask"), name


@pytest.mark.parametrize("language", render.LANGUAGES)
def test_the_terms_stand_in_plain_words_where_they_are_confirmed(language):
    """Who confirms an address reads who gets what when, what nobody can refuse, and the code that is on the paper."""
    view = dict(CASES)["address-ask"]
    html = render_view(frame(language), view)
    for part in ("Bäckerei Korn", "Nils Peters", "Ute Brandt", " ".join(["abcd efgh"] * 4)):
        assert part in html
    bare = replace(view, agreements=(replace(view.agreements[0], code=""),))
    assert "5f" * 32 in render_view(frame(language), bare)  # terms of a program that knows of no paper
    wanted = {
        "de": ("30 Tage", "14 Tage", "7 Tage", "1 Tag", "3 Tage", "Ablehnen kann es niemand"),
        "en": ("30 days", "14 days", "7 days", "1 day", "3 days", "Nobody can refuse it"),
    }
    for part in wanted[language]:
        assert part in html
