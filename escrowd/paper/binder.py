"""The complete list as a ring binder: A4, registers with fixed numbers, tagged PDF/A-2a.

1. Data reaches the template as JSON, never as markup; what the fonts cannot show is ``[U+6F22]``.
2. All that an entry holds is on its sheet, but ``origin``, which serves the next import. How an app counts
   one-time codes, where it is the usual way, is said to experts only: for all others it is in the square.
3. Each sheet says at its foot where it belongs: register, sheet and Stand of that register. A sheet of the
   same register, number and Stand always says the same.
4. With ``since`` only the registers that changed are set, behind a cover sheet that says what to put in and
   what to take out; the sheets at the front are always new.
5. The same bundle and facts give the same bytes: no date but the bundle's.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from escrowd.core.bundle import Bundle, Contact, Decision, Document, Entry
from escrowd.core.bundle.check import Gap, gaps
from escrowd.core.bundle.registers import KEYS, Register, changed_since, registers
from escrowd.paper.covering import Covering, around
from escrowd.paper.entry_rows import EntryRows, Row
from escrowd.paper.glyphs import printable
from escrowd.paper.missing import missing_count, missing_title
from escrowd.paper.typeset import asked, typeset
from escrowd.texts.render import Language, sentence

_TEMPLATE: Final = Path(__file__).parent / "binder.typ"
_HERE: Final = "%HERE%"
"""Where the template puts a number that is known only once the pages are set."""
_SUMMARY: Final = 3
"""Entries of a register that the summary names."""
_DUE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What the emergency sheet says of the ways in.

    ``provider``, the name; ``holder``, who has the second card ("" nobody); ``wait``, of a request, and
    ``silence`` until a release by itself, in seconds (None: nothing is deposited); ``url``, the node's page.
    """

    provider: str
    holder: str = ""
    wait: int | None = None
    silence: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class BinderPaper:
    """The PDF, its pages, and the numbers of the registers in it."""

    pdf: bytes
    pages: int
    registers: tuple[int, ...]


def binder_pdf(
    bundle: Bundle, doors: Doors, *, since: int | None = None, covering: Covering | None = None
) -> BinderPaper:
    """The list on paper.

    Parameters: ``since``, the Stand of the folder that is to be brought up to date; None: all of it;
    ``covering``, what goes before and behind the sheets: a letter and a receipt.
    Raises: InputError ``paper.not-typeset`` if the typesetter refuses.
    """
    every = registers(bundle)
    found, gone = (every, ()) if since is None else changed_since(bundle, since)
    numbers = tuple(register.number for register in found)
    sheets = _Sheets(bundle, doors)
    data = {
        **sheets.front(every),
        "registers": [sheets.register(register) for register in found],
        "cover": None if since is None else sheets.cover(since, found, gone),
        "covering": None if covering is None else around(bundle, covering, since, numbers),
        "annex": sheets.annex(every) if bundle.profile == "expert" else None,
        "counts": {},
    }
    if len(found) < len(every):  # the contents say how many sheets each register has, also of those that stay
        whole = data | {"registers": [sheets.register(register) for register in every]}
        data["counts"] = asked(_TEMPLATE, json.dumps(whole), "counts")
    pdf, pages = typeset(_TEMPLATE, json.dumps(data))
    return BinderPaper(pdf, pages, numbers)


class _Sheets:
    """The sentences and values of one print."""

    def __init__(self, bundle: Bundle, doors: Doors) -> None:
        self._bundle = bundle
        self._doors = doors
        self._language: Language = bundle.language
        self._rows = EntryRows(bundle.language, bundle.profile)

    def _say(self, key: str, **values: object) -> str:
        return printable(sentence("binder", key, self._language, values))

    def front(self, found: Sequence[Register]) -> dict[str, Any]:
        """Emergency sheet, contents, and for ``full-service`` the summary."""
        bundle, say = self._bundle, self._say
        when = bundle.history[-1].when if bundle.history else None
        stand = (
            say("stand", revision=bundle.revision)
            if when is None
            else say("stand_on", revision=bundle.revision, when=when)
        )
        return {
            "language": self._language,
            "date": "2000-01-01"
            if when is None
            else dt.datetime.fromtimestamp(when, dt.UTC).date().isoformat(),
            "title": say("title"),
            "of": say("of", name=printable(bundle.name)),
            "stand": stand,
            "secret": say("secret"),
            "footer_front": self._footer(front=True, stand=bundle.revision),
            "doors": self._doors_sheet(),
            "contents": {
                "title": say("contents.title"),
                "lead": say("contents.lead"),
                "none": say("contents.none"),
                "heads": [
                    say(f"contents.{key}") for key in ("register", "name", "entries", "sheets", "stand")
                ],
                "rows": [
                    {
                        "number": register.number,
                        "name": say(f"name.{register.key}"),
                        "entries": len(register.entries),
                        "stand": register.stand,
                    }
                    for register in found
                ],
            },
            "summary": self._summary(found) if bundle.profile == "full-service" else None,
        }

    def _footer(self, *, front: bool, stand: int, number: int = 0) -> list[str]:
        """The foot of a sheet in two parts, around the sheet's number."""
        key = "footer_front" if front else "footer"
        whole = self._say(key, number=number, sheet=_HERE, stand=stand)
        return whole.split(_HERE)

    def _doors_sheet(self) -> dict[str, Any]:
        doors, say = self._doors, self._say
        provider, holder = printable(doors.provider), printable(doors.holder)
        request = say("door.request_none", provider=provider)
        if doors.wait is not None:
            request = say("door.request", wait=doors.wait, provider=provider)
        call = [
            self._contact_line(contact)
            for contact in sorted(self._bundle.contacts, key=lambda one: (one.kind not in _CALL, one.id))
        ]
        return {
            "title": say("door.title"),
            "lead": say("door.lead"),
            "doors": [
                {"title": say("door.folder_title"), "text": say("door.folder", provider=provider)},
                {
                    "title": say("door.successor_title"),
                    "text": say("door.successor", holder=holder, provider=provider)
                    if doors.holder
                    else say("door.successor_none", provider=provider),
                },
                {"title": say("door.request_title"), "text": request, "where": self._where()},
            ],
            "else_title": say("door.else_title"),
            "else": ""
            if doors.silence is None
            else say("door.else", provider=provider, silence=doors.silence),
            "call_title": say("door.call_title"),
            "call": call[:_CALLS],
            "call_none": say("door.call_none"),
            "never_title": say("door.never_title"),
            "never": say("door.never"),
        }

    def _where(self) -> str:
        return self._say("door.request_where", url=printable(self._doors.url)) if self._doors.url else ""

    @staticmethod
    def _contact_line(contact: Contact) -> str:
        name = ", ".join(part for part in (contact.name, contact.organisation, contact.role) if part)
        reach = " · ".join(part for part in (contact.phone, contact.mail) if part)
        return printable(": ".join(part for part in (name, reach) if part))

    def _summary(self, found: Sequence[Register]) -> dict[str, Any]:
        say = self._say
        what = []
        for register in found:
            names = [printable(entry.title) for entry in register.entries]
            text = ", ".join(names[:_SUMMARY])
            if len(names) > _SUMMARY:
                text += " " + say("summary.more", count=len(names) - _SUMMARY)
            if names:
                what.append({"name": say(f"name.{register.key}"), "text": text})
        due = sorted(
            [
                *((entry.renewal, entry.title) for entry in self._bundle.entries if entry.renewal),
                *((one.review, one.topic) for one in self._all_decisions() if one.review),
            ]
        )
        return {
            "title": say("summary.title"),
            "lead": say("summary.lead"),
            "what_title": say("summary.what"),
            "what": what,
            "due_title": say("summary.due"),
            "due": [{"name": self._rows.day(day), "text": printable(text)} for day, text in due[:_DUE]],
            "due_none": say("summary.due_none"),
            "missing_title": missing_title(self._bundle.language),
            "missing": missing_count(gaps(self._bundle), self._bundle.language),
        }

    def _all_decisions(self) -> Iterator[Decision]:
        yield from self._bundle.decisions
        for entry in self._bundle.entries:
            yield from entry.decisions

    def register(self, register: Register) -> dict[str, Any]:
        """All sheets behind one divider."""
        say = self._say
        titles = dict(register.titles)
        files: dict[str | None, list[Document]] = {}
        for document in register.documents:
            files.setdefault(document.entry, []).append(document)
        lacks: dict[str, list[Gap]] = {}
        for gap in register.gaps:
            lacks.setdefault(gap.entry, []).append(gap)
        return {
            "number": register.number,
            "label": say("register", number=register.number),
            "name": say(f"name.{register.key}"),
            "of": say("of", name=printable(self._bundle.name)),
            "footer": self._footer(front=False, stand=register.stand, number=register.number),
            "entries": [
                self._entry(entry, titles, files.get(entry.id, []), lacks.get(entry.id, []))
                for entry in register.entries
            ],
            "missing": _plain(self._rows.missing(lacks.get("", []))),
            "decisions_title": say("part.decisions"),
            "decisions": [self._rows.decision(one) for one in register.decisions],
            "contacts_title": say("part.contacts"),
            "contacts": [
                {"title": printable(one.name), "rows": _plain(self._rows.contact(one))}
                for one in register.contacts
            ],
            "documents_title": say("part.documents"),
            "documents_note": say("part.documents_note"),
            "documents": [_plain(self._rows.document(one)) for one in files.get(None, [])],
            "form": self._form(),
        }

    def _entry(
        self, entry: Entry, titles: Mapping[str, str], files: Iterable[Document], lacks: Iterable[Gap]
    ) -> dict[str, Any]:
        return {
            "title": printable(entry.title),
            "kind": self._rows.kind(entry),
            "group": printable(" / ".join(entry.group)),
            "purpose": self._rows.lines(entry.purpose),
            "rows": _plain((*self._rows.entry(entry, titles), *self._rows.missing(lacks))),
            "square": self._rows.square(entry),
            "documents": [_plain(self._rows.document(one)) for one in files],
            "documents_title": self._say("part.documents"),
            "decided": self._say("part.decided"),
            "decisions": [self._rows.decision(one) for one in entry.decisions],
            "guide": [
                {"title": self._say(f"guide.{what}"), "text": self._say(f"{what}.{entry.kind}")}
                for what in ("when", "try", "change")
            ]
            if self._bundle.profile == "guided"
            else [],
            "id": self._say("part.id", id=entry.id) if self._bundle.profile == "expert" else "",
        }

    def _form(self) -> dict[str, Any]:
        say = self._say
        return {
            "title": say("form.title"),
            "lead": say("form.lead", provider=printable(self._doors.provider)),
            "heads": [say(f"form.{key}") for key in ("date", "entry", "what", "who")],
        }

    def cover(self, since: int, found: Sequence[Register], gone: Sequence[str]) -> dict[str, Any]:
        """The sheet that says what to put in and what to take out. The template counts the sheets."""
        say = self._say
        return {
            "title": say("cover.title"),
            "lead": say("cover.lead", revision=self._bundle.revision, since=since),
            "front": say("cover.front_annex" if self._bundle.profile == "expert" else "cover.front"),
            "put_in": [
                {
                    "number": register.number,
                    "text": say(
                        "cover.put_in", number=register.number, name=say(f"name.{register.key}"), sheets=_HERE
                    ).split(_HERE),
                }
                for register in found
            ],
            "one": say("cover.sheets_one"),
            "many": say("cover.sheets_many", count=_HERE).split(_HERE),
            "take_out": [
                say("cover.take_out", number=KEYS.index(key) + 1, name=say(f"name.{key}"))
                for key in KEYS
                if key in gone
            ],
            "unchanged": "" if found or gone else say("cover.unchanged"),
            "shred": say("cover.shred"),
        }

    def annex(self, found: Sequence[Register]) -> dict[str, Any]:
        """For experts: where the same data lie for machines, and what hangs on what, by number."""
        say = self._say
        foot = say("footer_annex", sheet=_HERE, stand=self._bundle.revision)
        return {
            "title": say("annex.title"),
            "lead": say("annex.lead"),
            "text": say("annex.text"),
            "footer": foot.split(_HERE),
            "ids": say("annex.ids"),
            "heads": [say(f"annex.{key}") for key in ("number", "entry", "kind", "register", "needs")],
            "rows": [
                {
                    "id": entry.id,
                    "title": printable(entry.title),
                    "kind": self._rows.kind(entry),
                    "register": str(register.number),
                    "needs": list(entry.depends_on),
                }
                for register in found
                for entry in register.entries
            ],
        }


_CALL: Final = ("provider", "successor", "witness")
"""Kinds of contacts that come first on the emergency sheet."""
_CALLS: Final = 6


def _plain(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [
        {"label": row.label, "lines": list(row.lines), "mono": row.mono, "note": row.note} for row in rows
    ]
