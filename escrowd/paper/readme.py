"""READ-ME-FIRST.html: the complete list of a client's credentials, self-contained and printable.

1. Everything in the bundle is in it but ``origin``, which serves the next import. A test walks the model.
   What the bundle lacks is said, too, at the entry that lacks it.
2. Values are exact: escaped, never trimmed or broken. What no HTML can carry (NUL, lone surrogates) is
   written as ``[U+0000]``; what a reader could miss in a secret (outer spaces, unseen characters) is said.
3. No script, nothing remote; a link leads only to http(s), or to a file of the same payload.
4. The order is the bundle's: registers as ``groups`` says, then those it does not name, entries as they come.
5. The same bundle gives the same bytes. No date is compared with today's: past ones are listed, too.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from escrowd.core.bundle import Bundle, Document, Entry
from escrowd.core.bundle.check import Gap, gaps
from escrowd.core.bundle.model import Money, Totp
from escrowd.core.payload import EXPORT_CSV, EXPORT_KEEPASS, EXPORT_PASSWORD
from escrowd.paper.missing import missing_closing, missing_count, missing_lines, missing_title
from escrowd.paper.oddities import oddities
from escrowd.paper.totp import totp_command, totp_square
from escrowd.texts import render

_NONE: Final[Mapping[str, bytes]] = MappingProxyType({})
_FORBIDDEN: Final = re.compile("[\x00\ud800-\udfff]")
_DIGITS: Final = re.compile("([0-9]+)")


@dataclass(frozen=True, slots=True)
class _Register:
    path: tuple[str, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Due:
    day: str
    what: str
    title: str
    anchor: str


def readme(
    bundle: Bundle, exports: Mapping[str, bytes] = _NONE, inexact: Sequence[tuple[str, str]] = ()
) -> bytes:
    """The page, UTF-8.

    Parameters: ``exports``, what lies beside it for other programs, content by name; ``inexact``, values that
    the KeePass file among them does not hold as they are: the entry's title and the field's name.
    """
    titles = {entry.id: entry.title for entry in bundle.entries}
    documents_of: dict[str, list[Document]] = {entry.id: [] for entry in bundle.entries}
    for document in bundle.documents:
        if document.entry is not None:
            documents_of[document.entry].append(document)
    missing = gaps(bundle)
    lacks: dict[str, list[Gap]] = {}
    for gap in missing:
        lacks.setdefault(gap.entry, []).append(gap)
    decimal = "," if bundle.language == "de" else "."

    def money(cost: Money) -> str:
        every = render.sentence("list", f"every.{cost.every}", bundle.language, {}) if cost.every else ""
        return f"{cost.amount.replace('.', decimal)} {cost.currency} {every}".rstrip()

    def did(reason: str) -> str:
        # "import keepass", "sync keepass": of what format the export was.
        first, _, source = reason.partition(" ")
        of_export = first in {"import", "sync"} and " " not in source
        key = f"did.{first}" if of_export else f"did.{reason.replace(' ', '-')}"
        known = key in render.sentences("list", bundle.language)
        return render.sentence("list", key, bundle.language, {"source": source}) if known else reason

    page = render.html(
        "papers/list.html",
        bundle.language,
        {
            "bundle": bundle,
            "registers": _registers(bundle),
            "due": _due(bundle),
            "table": EXPORT_CSV if EXPORT_CSV in exports else "",
            "keepass": EXPORT_KEEPASS if EXPORT_KEEPASS in exports else "",
            "keepass_password": exports.get(EXPORT_PASSWORD, b"").decode(),
            "keepass_inexact": _inexact(bundle, inexact),
            "titles": titles,
            "documents_of": documents_of,
            "missing": {id_: missing_lines(found, bundle.language) for id_, found in lacks.items()},
            "missing_count": missing_count(missing, bundle.language)
            if bundle.profile == "full-service"
            else "",
            "missing_title": missing_title(bundle.language),
            "closing": missing_closing(_shown(bundle.name), bundle.client, bundle.language) if lacks else "",
            "all_fields": tuple(Entry.model_fields),
            "shown": _shown,
            "pieces": _pieces,
            "oddities": oddities,
            "is_web": _is_web,
            "money": money,
            "did": did,
            "totp_square": _square,
            "totp_command": totp_command,
        },
        book="list",
    )
    return page.replace("\r", "&#13;").encode()


def _inexact(bundle: Bundle, found: Sequence[tuple[str, str]]) -> str:
    """Each entry once, with the fields; what is of none is told by the bundle's name."""
    fields: dict[str, list[str]] = {}
    for title, field in dict.fromkeys(found):
        fields.setdefault(title or bundle.name, []).extend([field] if field else [])
    each = [f"{title} ({', '.join(own)})" if own else title for title, own in fields.items()]
    return _shown("; ".join(each))


def _registers(bundle: Bundle) -> list[_Register]:
    there: dict[tuple[str, ...], list[Entry]] = {path: [] for path in bundle.groups}
    for entry in bundle.entries:
        there.setdefault(entry.group, []).append(entry)
    # Entries without a register come last, whatever their first place in the bundle.
    paths = sorted(there, key=lambda path: not path)
    return [_Register(path, tuple(there[path])) for path in paths if there[path]]


def _due(bundle: Bundle) -> list[_Due]:
    """What a calendar should hold: renewals of entries, decisions to look at again; the earliest first."""
    found = []
    for entry in bundle.entries:
        if entry.renewal:
            found.append(_Due(entry.renewal, "renewal", entry.title, entry.id))
        found += [
            _Due(one.review, "review", one.topic or entry.title, one.id)
            for one in entry.decisions
            if one.review
        ]
    found += [
        _Due(one.review, "review", one.topic or bundle.name, one.id) for one in bundle.decisions if one.review
    ]
    return sorted(found, key=lambda one: one.day)


def _shown(value: str) -> str:
    return _FORBIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", value)


def _pieces(value: str) -> Iterator[tuple[bool, str]]:
    """``value`` cut into runs: (is it digits, the run)."""
    for at, part in enumerate(_DIGITS.split(value)):
        if part:
            yield at % 2 == 1, part


def _is_web(url: str) -> bool:
    return url.lower().startswith(("https://", "http://"))


def _square(totp: Totp) -> str:
    return render.drawn(totp_square(totp))
