"""What the sheets say of entries, decisions, contacts and documents: labels and printable values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from escrowd.core.bundle import Contact, Decision, Document, Entry, Money, SecondFactor, Shared, Totp
from escrowd.core.bundle.check import Gap
from escrowd.core.bundle.model import Profile
from escrowd.paper.glyphs import printable
from escrowd.paper.missing import missing_lines, missing_title
from escrowd.paper.oddities import oddities
from escrowd.paper.totp import totp_command, totp_square
from escrowd.texts.render import Language, sentence

_LINE_END: Final = re.compile("\r\n|\r|\n")
_MOST: Final = (20_000, 500)
"""Characters and lines of a value that are printed whole: more would fill a folder, and nobody types them."""
_BEGINNING: Final = 2_000
_USUAL: Final = ("SHA1", 6, 30)
"""How apps count one-time codes where nothing else is said."""
_CONTACT: Final = ("role", "organisation", "phone", "mail", "address", "note")


@dataclass(frozen=True, slots=True)
class Row:
    """One label and its value. ``mono``: to be typed exactly; ``note``: what a reader could miss in it."""

    label: str
    lines: tuple[str, ...] = field(repr=False)
    mono: bool = False
    note: str = ""


@cache
def _label(key: str, language: Language) -> str:
    """A sentence without a place to fill in: a long list says it hundreds of times."""
    return printable(sentence("list", key, language, {}))


class EntryRows:
    """The list's words in one language."""

    def __init__(self, language: Language, profile: Profile) -> None:
        self._language = language
        self._profile = profile

    def _say(self, key: str, **values: object) -> str:
        if not values:
            return _label(key, self._language)
        return printable(sentence("list", key, self._language, values))

    def kind(self, entry: Entry) -> str:
        """What kind of credential it is."""
        return self._say(f"kind.{entry.kind}")

    def day(self, iso: str) -> str:
        """An ISO day as people write it."""
        return sentence("list", "day", self._language, {"day": iso})

    def square(self, entry: Entry) -> str:
        """The one-time password's QR code in SVG, or nothing."""
        return "" if entry.totp is None else totp_square(entry.totp)

    def lines(self, text: str) -> tuple[str, ...]:
        """``text``, printable, by its lines; none for an empty one.

        Other characters that end a line somewhere (a form feed, U+2028) are printed as code points, not lost.
        """
        if not text:
            return ()
        whole, rest = self._fitting(text)
        return (*(printable(line) for line in _LINE_END.split(whole)), *rest)

    def _fitting(self, text: str) -> tuple[str, tuple[str, ...]]:
        """What is printed of a value, and what says where the rest is."""
        most, lines = _MOST
        if len(text) <= most and text.count("\n") + text.count("\r") <= lines:
            return text, ()
        told = {"size": len(text), "shown": _BEGINNING}
        return text[:_BEGINNING], (printable(sentence("binder", "part.cut", self._language, told)),)

    def entry(self, entry: Entry, titles: Mapping[str, str]) -> Iterator[Row]:
        """All that an entry holds but its title, kind, purpose, group, documents and decisions."""
        if entry.urls:
            yield Row(self._say("entry.urls"), tuple(map(printable, entry.urls)), mono=True)
        yield from self._secret("entry.user", entry.user)
        yield from self._secret("entry.password", entry.password)
        if entry.totp is not None:
            yield from self._totp(entry.totp)
        if entry.second_factor is not None:
            yield from self._second_factor(entry.second_factor)
        yield from self._text("entry.recovery_mailbox", entry.recovery_mailbox)
        yield from self._text("entry.contract_holder", entry.contract_holder)
        if entry.renewal is not None:
            yield Row(self._say("entry.renewal"), (self.day(entry.renewal),))
        if entry.cost is not None:
            yield Row(self._say("entry.cost"), (self._money(entry.cost),))
        if entry.depends_on:
            names = tuple(printable(titles.get(id_, id_)) for id_ in entry.depends_on)
            yield Row(self._say("entry.depends_on"), names)
        if entry.shared:
            yield Row(self._say("entry.shared"), tuple(self._shared(entry.shared)))
        for shared in entry.shared:
            away = (f"{self._say('shared.away')}: {shared.away}",) if shared.away else ()
            lines = (shared.what, self._say("shared.note"), *away)
            yield Row(self._say("entry.shared"), tuple(line for text in lines for line in self.lines(text)))
        for one in entry.fields:
            label = printable(one.name) or self._say("entry.fields")
            if one.protected:
                yield self._exact(label, one.value)
            else:
                yield Row(label, self.lines(one.value))
        yield from self._text("entry.notes", entry.notes)
        if entry.tags:
            yield Row(self._say("entry.tags"), (", ".join(map(printable, entry.tags)),))

    def missing(self, gaps: Iterable[Gap]) -> Iterator[Row]:
        """What the list lacks itself: an honest one says so."""
        lines = missing_lines(gaps, self._language)
        if lines:
            yield Row(missing_title(self._language), tuple(map(printable, lines)))

    def decision(self, one: Decision) -> dict[str, Any]:
        """A decision: its question, and rows."""
        when = f"{self._say(f'status.{one.status}')}, {self.day(one.date)}"
        rows = [
            *self._text("decision.choice", one.choice),
            *self._text("decision.reason", one.reason),
            *self._text("decision.asked_by", one.asked_by),
        ]
        if one.alternatives:
            rows.append(Row(self._say("decision.alternatives"), tuple(map(printable, one.alternatives))))
        rows.append(Row(self._say("decision.status"), (when,)))
        if one.review is not None:
            rows.append(Row(self._say("decision.review"), (self.day(one.review),)))
        return {
            "title": printable(one.topic),
            "rows": [
                {"label": row.label, "lines": list(row.lines), "mono": False, "note": ""} for row in rows
            ],
        }

    def contact(self, one: Contact) -> Iterator[Row]:
        """A contact, but for the name."""
        yield Row(self._say("contact.kind"), (self._say(f"contact_kind.{one.kind}"),))
        for name in _CONTACT:
            yield from self._text(f"contact.{name}", getattr(one, name))

    def document(self, one: Document) -> Iterator[Row]:
        """A document: where it lies in the bundle, and how to tell that it is the right one."""
        size = sentence("list", "bytes", self._language, {"size": one.size})
        yield Row(
            printable(one.name), (*self.lines(one.note), f"documents/{one.id}/{printable(one.file)}, {size}")
        )
        if self._profile != "full-service":
            yield Row(self._say("document.sha256"), (one.sha256,), mono=True)

    def _text(self, key: str, text: str) -> Iterator[Row]:
        if text:
            yield Row(self._say(key), self.lines(text))

    def _secret(self, key: str, text: str) -> Iterator[Row]:
        if text:
            yield self._exact(self._say(key), text)

    def _exact(self, label: str, text: str) -> Row:
        """A value that is typed: never split into lines, with what could be missed in it."""
        notes = (self._say(f"oddity.{key}", codes=codes) for key, codes in oddities(text))
        whole, rest = self._fitting(text)
        return Row(label, (printable(whole), *rest), mono=True, note=", ".join(notes))

    def _totp(self, totp: Totp) -> Iterator[Row]:
        yield self._exact(self._say("entry.totp"), totp.secret)
        expert = self._profile == "expert"
        parts = []
        if expert or (totp.algorithm, totp.digits, totp.period) != _USUAL:
            parts = [
                f"{self._say('totp.algorithm')} {totp.algorithm}",
                f"{self._say('totp.digits')} {totp.digits}",
                f"{self._say('totp.period')} {totp.period} s",
            ]
        for key, value in (("issuer", totp.issuer), ("account", totp.account), ("encoder", totp.encoder)):
            if value:
                parts.append(f"{self._say(f'totp.{key}')} {printable(value)}")
        if parts:
            yield Row("", (" · ".join(parts),))
        if totp.encoder:
            return
        if not expert and totp_square(totp):
            yield Row("", (printable(sentence("binder", "part.totp", self._language, {})),))
        else:
            yield Row("", (self._say("totp.hint"),))
            yield Row("", (totp_command(totp),), mono=True)

    def _second_factor(self, factor: SecondFactor) -> Iterator[Row]:
        first = self._say(f"second.{factor.kind}")
        more = [
            f"{self._say(f'second.{key}')}: {printable(value)}"
            for key, value in (("device", factor.device), ("codes_where", factor.codes_where))
            if value
        ]
        yield Row(self._say("entry.second_factor"), (first, *more))
        for code in factor.codes:
            yield self._exact(self._say("second.codes"), code)

    def _shared(self, shared: Iterable[Shared]) -> Iterator[str]:
        for one in shared:
            yield from self.lines(one.what)
            yield self._say("shared.note")
            if one.away:
                first, *more = self.lines(one.away)
                yield f"{self._say('shared.away')}: {first}"
                yield from more

    def _money(self, cost: Money) -> str:
        decimal = "," if self._language == "de" else "."
        every = self._say(f"every.{cost.every}") if cost.every else ""
        return f"{cost.amount.replace('.', decimal)} {cost.currency} {every}".rstrip()
