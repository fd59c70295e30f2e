"""The letter that hands a list over (DIN 5008, form B), and the receipt that comes back.

1. Neither says a password: names of entries only. So a receipt may lie on any desk.
2. What is printed of a person or place is printed as given; nothing is looked up.
3. The date is an argument; the same values give the same bytes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from escrowd.core.bundle import Bundle
from escrowd.core.delivery import changed_titles
from escrowd.paper.glyphs import printable
from escrowd.paper.typeset import typeset
from escrowd.texts.render import Language, sentence

_TEMPLATE: Final = Path(__file__).parent / "covering_alone.typ"
_HERE: Final = "%HERE%"
_NAMES: Final = 12
"""Changed entries that the letter names."""
_LONGEST_NAME: Final = 60
_ADDRESS: Final = 6
"""Lines in the window."""

How = Literal["print", "stick", "file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """A delivery.

    ``to``, the person, ``address``, lines below the names; ``provider``, the name, ``sender``, lines of the
    provider's address, ``phone``, ``mail``; ``day``, ISO; ``how``, whether the sheets are printed already.
    """

    to: str
    address: tuple[str, ...] = ()
    provider: str
    sender: tuple[str, ...] = ()
    phone: str = ""
    mail: str = ""
    day: str
    how: How


def file_names(language: Language) -> tuple[str, str]:
    """Names of the list and of the letter on a stick."""
    return tuple(f"{sentence('covering', f'file.{key}', language, {})}.pdf" for key in ("list", "letter"))  # type: ignore[return-value] # two keys, two names


def covering_pdf(bundle: Bundle, covering: Covering) -> bytes:
    """Letter and receipt alone, for a stick. Raises: InputError ``paper.not-typeset``."""
    data = {"language": bundle.language, "date": covering.day, **around(bundle, covering, None, ())}
    return typeset(_TEMPLATE, json.dumps(data))[0]


def around(bundle: Bundle, covering: Covering, since: int | None, numbers: Sequence[int]) -> dict[str, Any]:
    """What the template sets before and behind the sheets.

    Parameters: ``since``, the Stand of the folder, None for all; ``numbers``, of the registers that come.
    """
    page = _Pages(bundle, covering, since)
    return {
        "letter": page.letter(),
        "receipt": page.receipt(numbers),
        "one": page.say("sheets_one"),
        "many": page.say("sheets_many", count=_HERE).split(_HERE),
    }


class _Pages:
    def __init__(self, bundle: Bundle, covering: Covering, since: int | None) -> None:
        self._bundle, self._covering, self._since = bundle, covering, since
        self._stick = covering.how == "stick"

    def say(self, key: str, **values: object) -> str:
        known = {
            "provider": self._covering.provider,
            "name": self._bundle.name,
            "revision": self._bundle.revision,
            "since": self._since,
            "to": self._covering.to,
        }
        return printable(sentence("covering", key, self._bundle.language, {**known, **values}))

    def letter(self) -> dict[str, Any]:
        one, say = self._covering, self.say
        whole = dict.fromkeys((self._bundle.name, one.to))  # a person who is the business stands there once
        info = [
            {"label": say("phone"), "text": printable(one.phone)},
            {"label": say("mail"), "text": printable(one.mail)},
            {"label": say("date"), "text": sentence("list", "day", self._bundle.language, {"day": one.day})},
        ]
        return {
            "provider": printable(one.provider),
            "sender": [printable(line) for line in one.sender],
            "back": say("back", place=" · ".join(one.sender)),
            "address": [printable(line) for line in (*whole, *one.address)][:_ADDRESS],
            "info": [row for row in info if row["text"]],
            "subject": say("subject_stick" if self._stick else "subject"),
            "salutation": say("salutation"),
            "lead": [say("stick" if self._stick else "first" if self._since is None else "newer")],
            "changed": "" if self._since is None else self._changed(self._since),
            "steps": [say(f"step.{key}", file=file_names(self._bundle.language)[0]) for key in self._steps()],
            "close": [say("close.never")] if self._stick else [say("close.own"), say("close.never")],
            "greeting": say("greeting"),
            "with": [say("with_stick")] if self._stick else say("with", sheets=_HERE).split(_HERE),
        }

    def _steps(self) -> tuple[str, ...]:
        if self._stick:
            return ("stick_print", "file", "stick_away", "sign")
        first = () if self._covering.how == "print" else ("print",)
        if self._since is None:
            return (*first, "file", "compare", "place", "sign")
        return (*first, "swap", "compare", "shred", "sign")

    def _changed(self, since: int) -> str:
        names = [_short(name) for name in changed_titles(self._bundle, since)]
        if len(names) > _NAMES:
            return self.say("changed_more", names=names[:_NAMES], more=len(names) - _NAMES)
        return self.say("changed", names=names) if names else ""

    def receipt(self, numbers: Sequence[int]) -> dict[str, Any]:
        say = self.say
        key = "all" if self._since is None else "registers" if numbers else "front"
        paper = "filed" if self._since is None else "swapped"
        promise = "kept" if self._stick else paper
        listed = say(f"receipt.{key}", numbers=list(numbers), sheets=_HERE).split(_HERE)
        return {
            "title": say("receipt.title"),
            "copies": [say("receipt.client"), say("receipt.provider")],
            "from": say("receipt.from"),
            "what": say("receipt.what_stick" if self._stick else "receipt.what"),
            "sheets": [] if self._stick else listed,
            "promise": [say(f"receipt.{promise}")],
            "place": say("receipt.place"),
            "name": say("receipt.name"),
        }


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
