"""What all texts for people have in common: two languages, one vocabulary, short sentences, no secret place."""

import re
import tomllib
from pathlib import Path

import pytest
from jinja2 import meta

from escrowd.texts import render

HOME = Path(render.__file__).parent
LETTERS = sorted(path.stem for path in (HOME / "de").glob("*.letter"))
BOOKS = sorted(path.stem for path in (HOME / "de").glob("*.toml"))
SKELETONS = sorted((*(HOME / "pages").glob("*.html"), *(HOME / "papers").glob("*.html")))
"""Pages and papers without their words."""

NEVER_DE = (
    r"\bdu\b|\bdir\b|\bdich\b|\bdein\w*|\beuch\b|\beuer\w*|Betreuer|Treuh[aä]nd|Begünstigt|Zeuge|Knoten|\bBundle\b|"
    r"\bEintr[aä]g|\bRevision\b|\bShare\b|\bKit\b|verschlüssel|Ledger|Fingerprint|Check-in|Passwort|Passwörter|"
    r"\b[Uu]pdate|\bBackup|\bDownload|\bTools?\b|\bToken|\bHash\b|\bSupport\b|\bFeedback|\bButton\b|\b[Cc]hecken|\bUsername|"
    r"\bletzte (?:Warnung|Mahnung)|unwiderruflich|\bKonsequenz|\bStrafe|\bDeadline|\bSetup\b|"
    r"\bUser\b|\bLogin\b|\bAccount\b|\bsofortig|Achtung|WICHTIG|dringend|!{2}"
)
NEVER_EN = r"(?i:\bplease note\b|\basap\b|urgent|\bsimply\b|\bdead\b|\bdeath\b|\bkill)|IMPORTANT|!{2}"
LONGEST_SENTENCE = 30
"""Words. Longer ones are hard to take in when one is upset."""
COMMAND = re.compile(r"^[$|] .*$", re.MULTILINE)


def source(language, name):
    return (HOME / language / name).read_text(encoding="utf-8")


def page_sentences(language):
    """The sentences of the recovery page, by their dotted keys."""
    found = {}

    def walk(table, path):
        for key, value in table.items():
            if isinstance(value, dict):
                walk(value, (*path, key))
            else:
                found[".".join((*path, key))] = value

    walk(tomllib.loads((HOME / "page" / f"{language}.toml").read_text(encoding="utf-8")), ())
    return found


def spoken(language):
    """(where, what people read) for every letter and sentence: no template code, no commands."""
    for name in LETTERS:
        text = COMMAND.sub("", source(language, f"{name}.letter"))
        yield name, re.sub(r"\{%.*?%\}|\{#.*?#\}", " ", re.sub(r"\{\{.*?\}\}", "X", text))
    for book in BOOKS:
        for key, text in render.sentences(book, language).items():
            yield f"{book}.{key}", re.sub(r"\{\{.*?\}\}|<[^>]+>", "X", text)
    for key, text in page_sentences(language).items():
        yield f"page.{key}", re.sub(r"\{\{.*?\}\}", "X", text)


def test_both_languages_have_the_same_files():
    """Every letter, book and list of words exists in German and in English."""
    names = [{path.name for path in (HOME / language).iterdir()} for language in ("de", "en")]
    assert names[0] == names[1]


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_uses_the_same_values_in_both_languages(name):
    """What one language tells a reader, the other tells too."""
    environment = render._plain("de", render.ZONE)
    used = []
    for language in ("de", "en"):
        tree = environment.parse(source(language, f"{name}.letter"))
        includes = {str(found).split("/")[-1] for found in meta.find_referenced_templates(tree)}
        used.append((meta.find_undeclared_variables(tree), includes))
    assert used[0] == used[1]


@pytest.mark.parametrize("book", BOOKS)
def test_a_book_has_the_same_sentences_and_values_in_both_languages(book):
    """Keys and placeholders agree."""
    environment = render._plain("de", render.ZONE)
    both = [
        {
            key: meta.find_undeclared_variables(environment.parse(text))
            for key, text in render.sentences(book, language).items()
        }
        for language in ("de", "en")
    ]
    assert both[0] == both[1]


def test_the_recovery_page_has_the_same_sentences_and_values_in_both_languages():
    """Keys and placeholders agree here, too."""
    both = [
        {key: set(re.findall(r"\{\{\s*(\w+)", text)) for key, text in page_sentences(language).items()}
        for language in ("de", "en")
    ]
    assert both[0] == both[1]


@pytest.mark.parametrize("path", SKELETONS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_skeleton_has_no_words_of_its_own(path):
    """Every word of a page or paper comes from a book, where it exists twice and is looked at here."""
    text = re.sub(r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(
        r"<(style|pre|code)\b.*?</\1>|<[^>]+>|&\w+;|[\w-]*\s?\.(?:age|jws|html)\b", " ", text, flags=re.DOTALL
    )
    assert not re.findall(r"[A-Za-zÄÖÜäöüß]{3,}", text)


@pytest.mark.parametrize(("language", "never"), [("de", NEVER_DE), ("en", NEVER_EN)])
def test_no_text_uses_a_word_that_we_do_not_use(language, never):
    """One vocabulary, always "Sie", no anglicism, no jargon, no threat."""
    found = [(where, hit[0]) for where, text in spoken(language) for hit in re.finditer(never, text)]
    assert not found


@pytest.mark.parametrize("language", ["de", "en"])
def test_sentences_are_short(language):
    """No sentence has more than 30 words."""
    long = [
        (where, sentence)
        for where, text in spoken(language)
        for block in re.split(r"\n\s*\n|\n(?=[-#>!]|\d+\. |=>)", text)
        for sentence in re.split(r"(?<=[.!?:;])\s+", " ".join(block.split()))
        if len(sentence.split()) > LONGEST_SENTENCE
    ]
    assert not long


def test_every_sentence_of_the_papers_is_used():
    """No sentence lies about that no paper says."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in (HOME / "papers", HOME.parent / "paper")
        for path in folder.iterdir()
        if path.suffix in {".py", ".html"}
    )
    # Keys that are put together: f"lead.{role}", "status." ~ decision.status, change.subject ~ "." ~ name
    # and those that `_Book.each` and codes of gaps and kinds of entries put together.
    families = set(re.findall(r"\"([a-z_]+)\.[\"{]|book\.each\(\"([a-z_]+)\"", code))
    families = {name for pair in families for name in pair} | {
        "when",
        "try",
        "change",
        "domain",
        "own",
        "file",
        "entry",
        "document",
        "contact",
        "decision",
        "bundle",
    }
    for book in ("agreement", "binder", "card", "check", "covering", "family", "kit", "list"):
        for key in render.sentences(book, "de"):
            assert re.search(rf"[\"']{re.escape(key)}[\"']", code) or key.split(".")[0] in families, (
                book,
                key,
            )
