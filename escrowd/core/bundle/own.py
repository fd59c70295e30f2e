"""The provider's own estate: what belongs into it, and what of it a client may read. Pure.

1. It goes to the successor alone. Of an entry only two free fields are for clients: one says what the thing
   is, one how to get away from it. Their names say so (``PUBLIC``), in the client's language or the other. No
   title, no purpose, no value of any other field ever leaves the estate.
2. Its parts are asked for, one by one: each is there, or stated as none with its reason, by an entry, a note
   or a document that is named like it. The list of clients is made by the program and never missing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from escrowd.core.bundle.domains import named_hosts
from escrowd.core.bundle.model import Bundle, Entry, Kind, Language

PUBLIC: Final[dict[Language, tuple[str, str]]] = {
    "de": ("Für Kunden", "Umzug"),
    "en": ("For clients", "Moving away"),
}
"""Names of the two free fields that clients may read: what it is, and how to get away from it."""
_KINDS: Final[dict[str, frozenset[Kind]]] = {
    "reseller": frozenset({"hosting", "domain-registrar"}),
    "mail": frozenset({"mail"}),
    "contracts": frozenset(),
    "invoicing": frozenset({"payment"}),
}
_WORDS: Final[dict[str, re.Pattern[str]]] = {
    "reseller": re.compile(r"reseller|wiederverk|hosting|plesk|cpanel", re.IGNORECASE),
    "mail": re.compile(r"\b(e-?)?mail|\bsmtp|postfix|exchange", re.IGNORECASE),
    "contracts": re.compile(r"vertr[aä]g|contract|agreement|\bavv?\b", re.IGNORECASE),
    "invoicing": re.compile(r"rechnung|buchhalt|invoic|billing|accounting|book-?keeping", re.IGNORECASE),
}
"""Rule 2. How each part is recognised: by the kind of an entry, or by a word in a name."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a client may read of an entry of the estate. ``away`` is how to get away from it."""

    what: str
    away: str


def public_words(entry: Entry, language: Language) -> Words | str:
    """The entry's words for clients, or the name of the field that is missing (rule 1)."""
    there = {_key(field.name): field.value.strip() for field in entry.fields if not field.protected}
    found: list[str] = []
    other: Language = "en" if language == "de" else "de"
    for at, name in enumerate(PUBLIC[language]):
        text = there.get(_key(name)) or there.get(_key(PUBLIC[other][at]))
        if not text:
            return name
        found.append(text)
    return Words(*found)


def missing_parts(bundle: Bundle) -> Iterator[str]:
    """Names of the parts that the estate lacks, in a fixed order (rule 2)."""
    kinds = {entry.kind for entry in bundle.entries}
    names = [entry.title for entry in bundle.entries]
    names += [text for entry in bundle.entries for text in (*entry.group, *entry.tags)]
    names += [document.name for document in bundle.documents if document.origin is None]
    for part, words in _WORDS.items():
        if not _KINDS[part] & kinds and not any(words.search(name) for name in names):
            yield part


def has_node(bundle: Bundle, host: str) -> bool:
    """Whether an entry is about the node at this host name: by an address, a title or a field ``Domain``."""
    return any(host in named_hosts(entry) or host in entry.title.casefold() for entry in bundle.entries)


def _key(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum())
