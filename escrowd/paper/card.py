"""The card: an A4 page that carries one share and is folded in three, as tagged PDF/A-2a.

Outside, on the upper third, stands what everybody may read; words and square are on the middle third, which
the lower one covers when it is folded up. So one printed side is enough, and any printer can do it.

1. Data reaches the template as JSON, never as markup: a client called ``#panic()`` stays a name.
2. The same card gives the same bytes: the document's date is the card's, and no font of the machine is used.
3. What the built-in fonts cannot show is printed as ``[U+6F22]`` (``glyphs``); nothing vanishes.
4. A card is one page, and each of its parts stays within its third. Long names make the text (not the words)
   smaller; what still does not fit is refused.
5. No message of the typesetter leaves this module: it could quote a word (P10).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

import segno

from escrowd.errors import InputError
from escrowd.paper.glyphs import printable
from escrowd.paper.typeset import typeset
from escrowd.texts.render import Language, sentence

_TEMPLATE: Final = Path(__file__).parent / "card.typ"
_LINES: Final = 5
"""Lines under "whom to call"."""
_COPIES: Final = 2
_STEPS: Final = {
    "client": ("second", "computer", "page", "type", "read"),
    "provider": (
        "provider_second",
        "provider_computer",
        "provider_type",
        "provider_restore",
        "provider_read",
    ),
}
_SCALES: Final = (100, 93, 86, 80)
"""Sizes of all text but the words, in percent, from the wished one to the smallest that can be read."""


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to call. ``line``: name and number; ``role``: what the card says they are, if it says so."""

    line: str
    role: Literal["successor", "provider"] | None = None


CardRole = Literal["client", "successor", "reserve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPaper:
    """What a card says.

    Parameters: ``client``, the client's name ("" on a provider's card); ``holder``, who keeps this card;
    ``words``, the 20 words in full; ``set_number``, of the share set (unused on a provider's card);
    ``number``, which of the provider's three cards; ``made_on``, ISO date; ``phrase``, the holder's
    recognition phrase, or ""; ``root``, the fingerprint of the provider's root key, 32 characters; ``call``,
    up to five lines: names and numbers; ``others``, who else holds a card of the set, by role: a role that is
    not named gets a line to fill in; ``own``, of the
    provider's own estate, which has no client; ``copies``, 1, or 2 pages that say which of the two they are.
    """

    language: Language
    role: Literal["client", "successor", "reserve", "provider"]
    provider: str
    client: str = ""
    holder: str
    words: tuple[str, ...] = field(repr=False)
    set_number: int = 0
    number: int = 0
    made_on: str
    phrase: str = ""
    root: str
    call: tuple[Call, ...] = ()
    others: tuple[tuple[CardRole, str], ...] = ()
    own: bool = False
    copies: Literal[1, 2] = 1


def card_pdf(card: CardPaper) -> bytes:
    """The card as a PDF: a page for each copy.

    Raises: InputError ``paper.too-long`` (``part``) if names or numbers do not fit the page.
    """
    if len(card.call) > _LINES:
        raise InputError("paper.too-long", part="call")
    data = _data(card)
    for scale in _SCALES:
        pdf, pages = typeset(_TEMPLATE, json.dumps(data | {"scale": scale}))
        if pages == card.copies:
            return pdf
    raise InputError("paper.too-long", part="card")


def _call(language: Language, call: Call) -> str:
    if call.role is None:
        return call.line
    return sentence("card", f"call.{call.role}", language, {"line": call.line})


def words_qr(words: Sequence[str]) -> str:
    """The words as an SVG QR code: upper case with spaces (alphanumeric mode), level Q.

    Without a quiet zone: keep four modules of white around it.
    """
    code = segno.make_qr(" ".join(words).upper(), error="q", mode="alphanumeric", boost_error=False)
    return code.svg_inline(border=0, omitsize=True)


def _others(card: CardPaper, copy: int) -> list[dict[str, str]]:
    """Who holds the other cards: a label and a name each, without a name a line to fill in."""
    if card.role == "provider":
        return []

    def label(key: str) -> str:
        return sentence("card", f"others.{key}", card.language, {})

    named = dict(card.others)
    rows = [
        {"label": label(role), "name": printable(named.get(role, ""))}
        for role in get_args(CardRole)
        if role != card.role and not (card.own and role == "client")
    ]
    if card.copies == _COPIES:
        first = copy == 1
        rows.append(
            {"label": label("second" if first else "first"), "name": "" if first else printable(card.holder)}
        )
    return rows


def _copies(card: CardPaper) -> list[dict[str, object]]:
    """What the copies of a card do not have in common."""
    if card.copies == 1:
        return [{"copy": "", "others": _others(card, 0)}]
    return [
        {"copy": sentence("card", f"copy.{key}", card.language, {}), "others": _others(card, at)}
        for at, key in enumerate(("first", "second"), start=1)
    ]


def _data(card: CardPaper) -> dict[str, object]:
    kind = "provider" if card.role == "provider" else "client"
    whose = card.role if card.role in {"client", "provider"} else "other"
    values = {
        "folder": sentence("card", "open.folder", card.language, {}),
        "client": printable(card.client),
        "holder": printable(card.holder),
        "provider": printable(card.provider),
        "number": card.number,
        "set_number": card.set_number,
        "made_on": card.made_on,
    }

    def say(key: str) -> str:
        return sentence("card", key, card.language, values)

    sealed = "provider-key.age" if kind == "provider" else f"key-{card.set_number}.age"
    return {
        "language": card.language,
        "date": card.made_on,
        "copies": _copies(card),
        "title": say(f"title.{card.role}"),
        "made": say(f"made.{kind}"),
        "belongs": say("belongs.place" if card.holder == card.provider else f"belongs.{kind}"),
        "lead": say(f"lead.own-{card.role}" if card.own else f"lead.{card.role}"),
        "call_title": say("call.title"),
        "call": [printable(_call(card.language, call)) for call in card.call],
        "call_none": say("call.none"),
        "others_title": say("others.title_provider" if kind == "provider" else "others.title"),
        "others_text": say("others.provider") if kind == "provider" else "",
        "asked_title": say("asked.title"),
        "asked": say(f"asked.{whose}"),
        "lost_title": say("lost.title"),
        "lost": say(f"lost.{whose}"),
        "fold": say("fold.text"),
        "words_title": say("words.title"),
        "words": list(card.words),
        "words_note": say("words.note"),
        "qr": words_qr(card.words),
        "phrase_title": say("phrase.title"),
        "phrase": printable(card.phrase),
        "phrase_note": say("phrase.note"),
        "root_title": say("root.title"),
        "root": [card.root[at : at + 4] for at in range(0, len(card.root), 4)],
        "steps_title": say("steps.title_provider" if kind == "provider" else "steps.title"),
        "steps": [say(f"steps.{key}") for key in _STEPS[kind]],
        "open_title": say("open.title"),
        "open": say(f"open.{kind}"),
        "commands": [
            "shamir recover",
            f"age -d -i {sealed} -o bundle.zip bundle.age",
            f"unzip bundle.zip -d {say('open.folder')}",
        ],
        "secret": say("open.secret"),
        "install": say("open.install"),
        "install_commands": [
            "sudo apt install age unzip pipx",
            'pipx install "shamir-mnemonic[cli]"',
            "pipx ensurepath",  # a fresh Debian has ~/.local/bin in no PATH
        ],
        "elsewhere": say("open.elsewhere"),
    }
