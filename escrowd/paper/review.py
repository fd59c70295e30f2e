"""The sheet for the yearly talk: what was decided, is due, was explained, is wished, and is missing.

1. It says no password, and nothing of an entry but its title, renewal and cost.
2. The date is an argument; the same values give the same bytes.
3. A talk is an hour: of what is missing and untried only so much is named; the list has it all.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from escrowd.core.bundle import Decision, Entry, Revision
from escrowd.core.bundle.check import Gap
from escrowd.paper.glyphs import printable
from escrowd.paper.missing import missing_lines
from escrowd.paper.typeset import typeset
from escrowd.texts.render import Language, sentence

_TEMPLATE: Final = Path(__file__).parent / "review.typ"
_HERE: Final = "%HERE%"
_NAMED: Final = 6
"""Titles of one change."""
_UNTRIED: Final = 8
_GAPS: Final = 15
"""Entries whose gaps are named."""
_TRIED: Final = frozenset({"entry.verified", "finding.verified-old"})

About = tuple[str, Decision]
"""The title of the entry that a decision is about, or "", and the decision."""
Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A talk, or a list that was handed over. ``day``, ISO; ``text``, the note, or to whom.

    ``revision`` of the list; ``received``, the day on the signed receipt.
    """

    day: str
    what: Literal["talk", "list"]
    text: str = ""
    revision: int = 0
    received: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPaper:
    """What the sheet says. ``day``, ISO; ``since``, the day of the last talk, None before the first.

    ``changed``: revisions with a reason; ``review``: decisions to look at again; ``wishes``: wished or open.
    """

    language: Language
    client: str
    provider: str
    day: str
    since: str | None
    decided: tuple[About, ...] = ()
    changed: tuple[Revision, ...] = ()
    review: tuple[About, ...] = ()
    renewals: tuple[Entry, ...] = ()
    wishes: tuple[About, ...] = ()
    explained: tuple[Explained, ...] = ()
    gaps: tuple[Gap, ...] = ()


def review_pdf(paper: ReviewPaper) -> tuple[bytes, int]:
    """The sheet and its pages. Raises: InputError ``paper.not-typeset``."""
    return typeset(_TEMPLATE, json.dumps(_Sheet(paper).data()))


class _Sheet:
    def __init__(self, paper: ReviewPaper) -> None:
        self._paper = paper

    def _say(self, key: str, **values: object) -> str:
        paper = self._paper
        known = {"client": paper.client, "provider": paper.provider, "day": paper.day, "since": paper.since}
        return printable(sentence("review", key, paper.language, {**known, **values}))

    def _day(self, iso: str) -> str:
        return self._say("day", day=iso)

    def data(self) -> dict[str, Any]:
        say, paper = self._say, self._paper
        return {
            "language": paper.language,
            "date": paper.day,
            "title": say("title"),
            "under": say("under"),
            "lead": f"{say('lead')} {say('since' if paper.since else 'first')}",
            "foot": say("foot"),
            "page": say("page", n=_HERE, all=_HERE).split(_HERE),
            "parts": list(self._parts()),
            "talk": {
                "title": say("talk.title"),
                "boxes": [say(f"talk.{key}") for key in ("list", "cards", "emergency", "people")],
                "notes": say("talk.notes"),
                "next": say("talk.next"),
            },
            "sign": {
                "lead": say("sign.lead"),
                "place": say("sign.place"),
                "who": [printable(paper.client), printable(paper.provider)],
            },
        }

    def _parts(self) -> Iterator[dict[str, Any]]:
        paper = self._paper
        title = "title_since" if paper.since else "title"
        yield self._part("decided", ("when", "what", "why"), (2, 5, 4), self._decided(), title=title)
        changed = self._changed()
        if changed:
            yield self._part("changed", ("when", "what", "why"), (2, 5, 4), changed)
        yield self._part("due", ("when", "what", "do"), (2, 4, 5), self._due())
        yield self._part("explained", ("when", "what"), (2, 9), self._explained())
        yield self._part("wish", ("when", "what", "how"), (2, 7, 2), self._wishes()) | {
            "lines": 3,
            "label": self._say("wish.new"),
        }
        rows, more = self._missing()
        yield self._part("missing", ("what", "lacks"), (4, 7), rows) | {"after": more}

    def _part(
        self,
        key: str,
        heads: Sequence[str],
        columns: Sequence[int],
        rows: Sequence[Cells],
        *,
        title: str = "title",
    ) -> dict[str, Any]:
        return {
            "title": self._say(f"{key}.{title}"),
            "heads": [self._say(f"{key}.{head}") for head in heads],
            "columns": list(columns),
            "rows": [list(row) for row in rows],
            "none": "" if rows else self._say(f"{key}.none"),
            "after": "",
            "lines": 0,
            "label": "",
        }

    def _decided(self) -> list[Cells]:
        found = sorted(self._paper.decided, key=lambda pair: (pair[1].date, pair[1].id))
        return [
            (self._day(one.date), _lines(_topic(about, one), one.choice), _lines(one.reason, one.asked_by))
            for about, one in found
        ]

    def _changed(self) -> list[Cells]:
        rows: list[Cells] = []
        for one in self._paper.changed:
            titles = list(dict.fromkeys(change.title for change in one.changes if change.subject == "entry"))
            named = _lines(*titles[:_NAMED])
            if len(titles) > _NAMED:
                named += "\n" + self._say("changed.more", count=len(titles) - _NAMED)
            day = sentence(
                "list", "stand_on", self._paper.language, {"revision": one.number, "when": one.when}
            )
            rows.append((day, named or self._say("changed.did"), _lines(one.why, one.asked_by)))
        return rows

    def _due(self) -> list[Cells]:
        say = self._say
        dated = [
            *((one.review or "", _topic(about, one), say("due.review")) for about, one in self._paper.review),
            *((one.renewal or "", printable(one.title), self._renewal(one)) for one in self._paper.renewals),
        ]
        rows: list[Cells] = [(self._when(day), what, do) for day, what, do in sorted(dated)]
        tried = sorted(
            (gap for gap in self._paper.gaps if gap.code in _TRIED),
            key=lambda gap: (not gap.value, gap.value),
        )
        rows += [
            ("", printable(gap.title), say("due.tried", value=gap.value) if gap.value else say("due.untried"))
            for gap in tried[:_UNTRIED]
        ]
        if len(tried) > _UNTRIED:
            rows.append(("", say("due.untried_more", count=len(tried) - _UNTRIED), say("due.untried")))
        return rows

    def _when(self, day: str) -> str:
        return self._say("due.past", day=day) if day < self._paper.day else self._day(day)

    def _renewal(self, one: Entry) -> str:
        if one.cost is None:
            return self._say("due.renewal")
        amount = one.cost.amount.replace(".", "," if self._paper.language == "de" else ".")
        return self._say("due.renewal_cost", cost=f"{amount} {one.cost.currency}")

    def _explained(self) -> list[Cells]:
        rows: list[Cells] = []
        for one in sorted(self._paper.explained, key=lambda each: each.day):
            if one.what == "talk":
                text = (
                    self._say("explained.talk_note", note=_HERE) if one.text else self._say("explained.talk")
                )
                text = text.replace(_HERE, _lines(one.text))
            else:
                key = "explained.list_received" if one.received else "explained.list"
                text = self._say(key, revision=one.revision, to=one.text, received=one.received)
            rows.append((self._day(one.day), text))
        return rows

    def _wishes(self) -> list[Cells]:
        found = sorted(self._paper.wishes, key=lambda pair: (pair[1].date, pair[1].id))
        return [
            (
                self._day(one.date),
                _lines(_topic(about, one), one.choice, one.reason, one.asked_by),
                sentence("list", f"status.{one.status}", self._paper.language, {}),
            )
            for about, one in found
        ]

    def _missing(self) -> tuple[list[Cells], str]:
        """Rule 3."""
        found: dict[tuple[str, str], list[Gap]] = {}
        for gap in self._paper.gaps:
            if gap.code not in _TRIED:
                found.setdefault((gap.entry, gap.title), []).append(gap)
        rows: list[Cells] = [
            (
                printable(title) or self._say("missing.whole"),
                _lines(*missing_lines(lacks, self._paper.language)),
            )
            for (_, title), lacks in list(found.items())[:_GAPS]
        ]
        more = self._say("missing.more", count=len(found) - _GAPS) if len(found) > _GAPS else ""
        return rows, more


def _topic(about: str, one: Decision) -> str:
    return _lines(": ".join(filter(None, (about, one.topic))))


def _lines(*texts: str) -> str:
    """Printable, a paragraph each; what is empty takes no room."""
    lines: Iterable[str] = (line.strip() for text in texts for line in text.splitlines())
    return "\n".join(printable(line) for line in lines if line)
