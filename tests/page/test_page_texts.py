"""The page's sentences: both languages say the same things, of everything that can be said."""

import re

from page.page_world import ROOT, sentences

SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "page/src").rglob("*.ts"))}
LITERAL = re.compile(r'"([a-z_]+(?:[.-][a-z0-9_-]+)+)"')
BUILT = re.compile(r"`([a-z_]+(?:\.[a-z_-]+)*)\.\$\{")
THROWN = re.compile(
    r'(?:(?:input|card|integrity|conflict|notFound)Error\(\s*|"(?:input|card|integrity|unavailable)",\s*)"([a-z]+\.[a-z.-]+)"'
)
NOT_MET = {
    "manifest.older",
    "manifest.same-revision",
    "manifest.key-superseded",
    "manifest.retired-changed",
} | {f"manifest.set-{what}" for what in ("changed", "dropped", "returned", "reused")}
"""Of manifests that follow each other: the page has one, and compares it with no other."""
IN_SHORT = ("json.", "document.", "jws.", "hex.", "statement.", "payload.no-such-file", "page.unexpected")
"""Told by a sentence of their family, or by the general one: nobody meets them who did not build them."""


def own(language):
    return {key: text for key, text in sentences(language).items() if not key.startswith("list.")}


def test_both_languages_say_the_same_things():
    """Each sentence exists in German and English, with the same values in it."""
    german, english = own("de"), own("en")
    assert german.keys() == english.keys()
    values = re.compile(r"\{\{ (\w+)[^}]*\}\}")
    for key, text in german.items():
        assert set(values.findall(text)) == set(values.findall(english[key])), key


def test_every_error_has_a_sentence_and_what_to_do():
    """Each code that the page's core can throw is told, and what to do about it, in both languages (P9)."""
    thrown = {code for text in SOURCES.values() for code in THROWN.findall(text)}
    assert len(thrown) > 60
    for language in ("de", "en"):
        known = {
            key.removeprefix("error.").removesuffix(".says")
            for key in own(language)
            if key.startswith("error.")
        }
        assert {code for code in thrown - known - NOT_MET if not code.startswith(IN_SHORT)} == set()
        for code in known:
            if not code.endswith(".do"):
                assert sentences(language)[f"error.{code}.do"]


def test_every_sentence_is_used_and_every_used_one_exists():
    """No key is asked for that is not there, and none is carried along for nobody."""
    asked = {
        key
        for path, text in SOURCES.items()
        if "ui" in path.parts or path.name == "main.ts"
        for key in LITERAL.findall(text)
    }
    stems = {stem for text in SOURCES.values() for stem in BUILT.findall(text)}
    keys = own("de").keys()
    unused = {
        key
        for key in keys
        if key not in asked
        and not key.startswith("error.")
        and not any(key.startswith(f"{stem}.") for stem in stems)
    }
    assert unused == set()
    books = {key.split(".")[0] for key in keys}
    unknown = {
        key for key in asked if key.split(".")[0] in books - {"card"} and key not in keys and "." in key
    }
    assert {key for key in unknown if not key.startswith(("error.", "manifest.", "page.unexpected"))} == set()


def test_the_words_for_people_are_kept():
    """German speaks of Kennung, Schlüsselkarte and Mappe, and never of what nobody knows."""
    text = " ".join(own("de").values())
    for never in (
        "Fingerprint",
        "Bundle",
        "Share",
        "Kit ",
        "Ledger",
        "Revision",
        "Check-in",
        "Knoten",
        "Passwort",
    ):
        assert never not in text
