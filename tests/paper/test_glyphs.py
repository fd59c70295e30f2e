import pytest

from escrowd.paper import glyphs
from escrowd.paper.glyphs import printable


def test_every_character_that_is_not_asked_about_can_be_shown():
    """The plain Latin characters that skip the question are all in the built-in fonts."""
    typeset = "".join(sorted(glyphs._LATIN))
    glyphs.typeset(glyphs._PROBE, glyphs.json.dumps(typeset))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bäckerei Öz & Söhne „Korn“", "Bäckerei Öz & Söhne „Korn“"),
        ("Łódź Žižka Ελλάς Київ", "Łódź Žižka Ελλάς Київ"),
        ("漢", "[U+6F22]"),
        ("a漢b😀c", "a[U+6F22]b[U+1F600]c"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\x00\n\ud800b", "a[U+0000][U+000A][U+D800]b"),
        ("", ""),
    ],
)
def test_only_what_cannot_be_shown_or_seen_becomes_a_code_point(text, shown):
    """Names of Europe stay as they are; a character without a glyph, or without a look, is named."""
    assert printable(text) == shown
