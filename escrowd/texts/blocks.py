r"""One source for a letter's text and its HTML, so that the two can never say different things.

The notation, block by block, blocks separated by an empty line. The first block is the subject.

=================  ==========================================================
``words``          a paragraph; its lines are joined
``# words``        a heading
``- words``        a list; a longer item goes on in lines that begin with two spaces
``1. words``       a list that counts
``> words``        a side note, quieter than the rest
``! words``        a notice that must not be overlooked
``=> label | url`` a button; in text the label and the address beneath
``$ command``      lines to type
``| line``         lines to be copied as they are, from their first character on
``:: words``       words, numbered
``---``            a rule
``**words**``      bold, anywhere in a block
=================  ==========================================================

Values never take part in this: ``protect`` wraps each in ``\x02`` hex ``\x03`` before the blocks are read,
and it is unwrapped after, escaped where HTML needs it. A client called "# Hello" or "=> click | http://…"
stays a name. White space and control characters in a value become single spaces; direction overrides are
dropped.
"""

import re
import textwrap
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

_WIDTH = 72
_VALUE = re.compile("\x02([0-9a-f]*)\x03")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_MARK = re.compile(r"(# |- |\d+\. |> |! |=> |\$ |\| |:: |---$)")
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
"""Characters that turn the direction of writing: in a name they could show another sentence than is there."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished letter: the subject (one line), the plain text and a self-contained HTML document."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Block:
    """``mark``: what a line begins with ("" for a paragraph, "1." for any number); an item per mark."""

    mark: str
    items: tuple[str, ...]


def protect(value: object) -> str:
    """A value as it travels through a template: opaque to the block notation.

    Raises: TypeError for None, which no sentence is meant to hold.
    """
    if value is None:
        raise TypeError
    return f"\x02{one_line(str(value)).encode().hex()}\x03"


def one_line(value: str) -> str:
    """``value`` without line breaks, control characters and direction overrides, spaces collapsed."""
    kept = (
        " " if unicodedata.category(char) in {"Cc", "Zl", "Zp", "Cs"} else char
        for char in value
        if char not in _TURNS
    )
    return " ".join("".join(kept).split())


def read_letter(source: str, language: str) -> Letter:
    """The letter that ``source`` (a rendered template in the notation above) describes."""
    first, *rest = [block for block in re.split(r"\n\s*\n", source.strip()) if block.strip()]
    subject = _reveal(" ".join(first.split()))
    blocks = [_read(block) for block in rest]
    return Letter(
        subject=subject,
        text="\n\n".join(_text(block) for block in blocks) + "\n",
        html=_page(subject, "\n".join(_html(block) for block in blocks), language),
    )


def _read(source: str) -> _Block:
    mark, items = "", [""]
    for at, line in enumerate(source.splitlines()):
        found = _MARK.match(line)
        if found is None:
            items[-1] = f"{items[-1]} {line.strip()}".strip()
        elif at == 0:
            mark, items = found[1].strip(), [line[found.end() :].strip()]
        else:
            items.append(line[found.end() :].strip())
    return _Block("1." if mark[:1].isdigit() else mark, tuple(items))


def _text(block: _Block) -> str:  # noqa: PLR0911 — one return per mark
    items = [_plain(item) for item in block.items]
    match block.mark:
        case "#":
            return f"{items[0]}\n{'=' * len(items[0])}"
        case "-":
            return "\n".join(_wrap(item, "- ", "  ") for item in items)
        case "1.":
            return "\n".join(_wrap(item, f"{at}. ", "   ") for at, item in enumerate(items, 1))
        case "!":
            return _wrap(" ".join(items), "*** ")
        case "=>":
            label, url = _button(block, _plain)
            return f"{label}:\n{url}"
        case "|":
            return "\n".join(items)
        case "$":
            return textwrap.indent("\n".join(items), "    ")
        case "::":
            return "\n".join(f"    {at:2}. {word}" for at, word in enumerate(items[0].split(), 1))
        case "---":
            return "-" * 24
        case _:
            return _wrap(" ".join(items))


def _html(block: _Block) -> str:  # noqa: PLR0911 — one return per mark
    items = [_rich(item) for item in block.items]
    match block.mark:
        case "#":
            return f"<h2>{items[0]}</h2>"
        case "-":
            return f"<ul>{_list(items)}</ul>"
        case "1.":
            return f"<ol>{_list(items)}</ol>"
        case ">":
            return f'<p class="quiet">{" ".join(items)}</p>'
        case "!":
            return f'<p class="notice">{" ".join(items)}</p>'
        case "=>":
            label, url = _button(block, _rich)
            return f'<p><a class="button" href="{url}">{label}</a></p>\n<p class="address">{url}</p>'
        case "$" | "|":
            return f"<pre>{chr(10).join(items)}</pre>"
        case "::":
            return f'<ol class="words">{_list(items[0].split())}</ol>'
        case "---":
            return "<hr>"
        case _:
            return f"<p>{' '.join(items)}</p>"


def _button(block: _Block, shown: Callable[[str], str]) -> tuple[str, str]:
    label, url = block.items[0].split(" | ", 1)
    return shown(label), shown(url)


def _list(items: Sequence[str]) -> str:
    return "\n".join(f"<li>{item}</li>" for item in items)


def _reveal(source: str, treated: Callable[[str], str] = str) -> str:
    """``source`` with its values put back; ``treated`` is applied to them and to what stands between."""
    parts = _VALUE.split(source)
    return "".join(treated(bytes.fromhex(part).decode() if at % 2 else part) for at, part in enumerate(parts))


def _plain(source: str) -> str:
    return _reveal(_BOLD.sub(r"\1", source))


def _rich(source: str) -> str:
    # Bold travels through the escaping as control characters, which no value can hold any more.
    html = _reveal(_BOLD.sub("\x04\\1\x05", source), escape)
    return html.replace("\x04", "<strong>").replace("\x05", "</strong>")


def _wrap(text: str, first: str = "", then: str = "") -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    )


_STYLE = (Path(__file__).parent / "letter.css").read_text(encoding="utf-8")


def _page(title: str, body: str, language: str) -> str:
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>
{_STYLE}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
