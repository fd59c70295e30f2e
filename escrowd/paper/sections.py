"""Papers of sections: the sheet for the provider's family, and the agreement of provider and client.

1. Neither holds a secret, and neither gets a bundle to print from.
2. An agreement says its code (``core.agreement``) at the foot of each page, and in the properties of the PDF.
   Its wording is the same text as plain lines: no date and no signature is in it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from escrowd.core.requests import OTHERS_WAIT
from escrowd.core.terms import PAUSE, Role, Timings
from escrowd.paper.glyphs import printable
from escrowd.paper.typeset import typeset
from escrowd.texts.render import Language, sentence

_TEMPLATE: Final = Path(__file__).parent / "sections.typ"
_HERE: Final = "%HERE%"
_PROVIDER_CARDS: Final = 3
_SIZE: Final = 11
"""Points."""
_SIZES: Final = (11, 10.5, 10, 9.5)
"""Of a paper that should be one page."""


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody whom the family can call. ``clients``: how many they take over; ``node``: which they run."""

    name: str
    mail: str
    clients: int = 0
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyPaper:
    """What the family's sheet says. ``timings``: None where there is no node; ``day``, ISO."""

    language: Language
    provider: str
    helpers: tuple[Helper, ...]
    clients: int
    timings: Timings | None
    day: str


@dataclass(frozen=True, slots=True)
class Party:
    """A beneficiary, who holds the card of their role. ``after``, seconds behind the first release."""

    name: str
    role: Role
    after: int


@dataclass(frozen=True, slots=True)
class NodeLine:
    """A node. ``own``: the provider runs it."""

    name: str
    operator: str
    fingerprint: str
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementPaper:
    """What was agreed. Durations in seconds.

    ``root``, the provider's fingerprint; ``code``, of the agreement; ``day``, ISO.
    """

    language: Language
    client: str
    provider: str
    parties: tuple[Party, ...]
    witnesses: tuple[str, ...]
    timings: Timings
    request_wait: int
    delay_max: int
    deliver_by: int
    nodes: tuple[NodeLine, ...]
    root: str
    code: str
    day: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """The paper, and its wording with the code as last line."""

    pdf: bytes
    wording: str


@dataclass(frozen=True, slots=True)
class _Part:
    title: str
    paragraphs: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    ordered: bool = False
    heads: tuple[str, ...] = ()
    columns: tuple[int, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    after: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()
    warn: bool = False

    def data(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _Part.__slots__}

    def wording(self) -> Iterable[str]:
        yield self.title
        yield from self.paragraphs
        yield from self.steps
        if self.rows:
            yield " | ".join(self.heads)
            yield from (" | ".join(row) for row in self.rows)
        yield from self.after


def family_pdf(paper: FamilyPaper) -> bytes:
    """The family's sheet. Raises: InputError ``paper.not-typeset``."""
    book = _Book("family", paper.language, {"provider": paper.provider, "day": paper.day})
    say = book.say
    rows = [_row(book, helper) for helper in paper.helpers]
    named = any(helper.clients for helper in paper.helpers)
    alone = [say("alone.clients", count=paper.clients)]
    if paper.timings is None:
        alone.append(say("alone.no_node"))
    else:
        times = {name: getattr(paper.timings, name) for name in ("interval", "grace", "announce")}
        alone += [say("alone.silence", **times), say("alone.release", **times)]
    parts = [
        _Part(
            say("call.title"),
            heads=book.each("call", "name", "does", "mail", "phone"),
            columns=(3, 4, 4, 3),
            rows=tuple(rows),
            after=(say("call.after"),) if named else (say("call.none"),),
            blanks=(say("call.blank"),) if named else ("1", "2"),
        ),
        _Part(
            say("do.title"), steps=book.each("do", "call", "clients", "pay", "keep", "cards"), ordered=True
        ),
        _Part(say("never.title"), steps=book.each("never", "checkin", "words", "wipe", "search"), warn=True),
        _Part(say("alone.title"), tuple(alone)),
        _Part(
            say("where.title"),
            (say("where.lead"),),
            blanks=(
                *(say("where.card", number=number + 1) for number in range(_PROVIDER_CARDS)),
                say("where.machine"),
                say("where.notary"),
            ),
        ),
    ]
    return book.typeset(parts, day=paper.day, sizes=_SIZES)


def _row(book: "_Book", helper: Helper) -> tuple[str, ...]:
    does = (
        book.say("call.successor", count=helper.clients)
        if helper.clients
        else book.say("call.operator", node=helper.node)
    )
    return printable(helper.name), does, printable(helper.mail), ""


def agreement_pdf(paper: AgreementPaper) -> Agreement:
    """The agreement to sign. Raises: InputError ``paper.not-typeset``."""
    book = _Book("agreement", paper.language, {"client": paper.client, "provider": paper.provider})
    parts = [
        replace(part, title=f"{number}. {part.title}") for number, part in enumerate(_agreed(paper, book), 1)
    ]
    lines = [book.say("title"), book.say("under"), book.say("lead")]
    for part in parts:
        lines += part.wording()
    code = book.say("code", code=paper.code)
    wording = "\n".join([*lines, code]) + "\n"
    successors = [party for party in paper.parties if party.role == "successor"]
    sign = [
        {"text": book.say("sign.lead"), "who": book.say("sign.client")},
        {"text": "", "who": printable(paper.provider)},
        *({"text": book.say("sign.successor_text"), "who": printable(one.name)} for one in successors),
    ]
    pdf = book.typeset(
        parts,
        day=paper.day,
        sign=sign,
        sign_place=book.say("sign.place"),
        code_line=code,
        code=paper.code,
    )
    return Agreement(pdf, wording)


def _agreed(paper: AgreementPaper, book: "_Book") -> Iterable[_Part]:
    say, timings = book.say, paper.timings
    have = (say("what.list", by=paper.deliver_by), *book.each("what", "bundle", "two"))
    yield _Part(say("what.title"), have)
    named = {party.role for party in paper.parties}
    more = [say("who.successor_does" if "successor" in named else "who.no_successor")]
    if paper.witnesses:
        more.append(say("who.witnesses", names=paper.witnesses))
    yield _Part(
        say("who.title"),
        heads=book.each("who", "person", "role", "gets", "after"),
        columns=(4, 3, 2, 3),
        rows=tuple(
            (
                printable(party.name),
                say(f"who.{party.role}"),
                say(f"who.card_{party.role}"),
                say("who.later", after=party.after) if party.after else say("who.at_once"),
            )
            for party in paper.parties
        ),
        after=tuple(more),
    )
    yield _Part(
        say("silence.title"),
        (
            say("silence.interval", interval=timings.interval, grace=timings.grace),
            say("silence.announce", announce=timings.announce),
            say("silence.pause", pause=PAUSE[1]),
            say("silence.hearing"),
        ),
    )
    delay = say("request.delay", delay=paper.delay_max) if paper.delay_max else say("request.no_delay")
    yield _Part(
        say("request.title"),
        (
            say("request.wait", wait=paper.request_wait),
            f"{delay} {say('request.refuse')}",
            say("request.others", wait=OTHERS_WAIT),
        ),
    )
    yield _nodes(paper, book)
    yield _Part(say("privacy.title"), book.each("privacy", "names", "erase", "basis"))
    yield _Part(say("change.title"), book.each("change", "cost", "worse", "end", "law"))


def _nodes(paper: AgreementPaper, book: "_Book") -> _Part:
    say = book.say
    root = say("node.root", root=paper.root)
    if not paper.nodes:
        return _Part(say("node.title"), (say("node.none"), root))
    own = (say("node.own"),) if any(node.own for node in paper.nodes) else ()
    return _Part(
        say("node.title"),
        (say("node.cannot"),),
        heads=book.each("node", "name", "operator", "print"),
        columns=(3, 3, 6),
        rows=tuple(
            (printable(node.name), printable(node.operator), _fours(node.fingerprint)) for node in paper.nodes
        ),
        after=(*own, root),
    )


def _fours(fingerprint: str) -> str:
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


class _Book:
    """The sentences of one paper in one language."""

    def __init__(self, book: str, language: Language, known: dict[str, object]) -> None:
        self._book, self._language = book, language
        # Names are made printable once, not with each sentence that has them.
        self._known = {
            key: printable(value) if isinstance(value, str) else value for key, value in known.items()
        }

    def say(self, key: str, **values: object) -> str:
        return printable(sentence(self._book, key, self._language, {**self._known, **values}))

    def each(self, table: str, *keys: str) -> tuple[str, ...]:
        return tuple(self.say(f"{table}.{key}") for key in keys)

    def typeset(
        self,
        parts: Sequence[_Part],
        *,
        day: str,
        sign: Sequence[dict[str, str]] = (),
        sign_place: str = "",
        code_line: str = "",
        code: str = "",
        sizes: Sequence[float] = (_SIZE,),
    ) -> bytes:
        data = {
            "language": self._language,
            "date": day,
            "title": self.say("title"),
            "under": self.say("under"),
            "lead": self.say("lead"),
            "foot": self.say("foot"),
            "page": self.say("page", n=_HERE, all=_HERE).split(_HERE),
            "parts": [part.data() for part in parts],
            "sign": list(sign),
            "sign_place": sign_place,
            "code_line": code_line,
            "code": code,
        }
        pdf = b""
        for size in sizes:
            pdf, pages = typeset(_TEMPLATE, json.dumps(data | {"size": size}))
            if pages == 1:
                break
        return pdf
