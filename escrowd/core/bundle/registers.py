"""The list as a ring binder: registers with fixed numbers, and the Stand at which each was last printed.

1. A register's number depends on the kinds of its entries alone, never on what else there is: a sheet that
   lies in a folder keeps its place when other registers come and go.
2. A register's Stand is the last revision that changed what is printed in it. So a sheet with the same
   register and Stand always says the same, and a folder that follows the cover sheets equals a new print.
   What is missing is printed, too: it is looked for in the bundle alone, never in what day it is.
3. What an entry says of itself alone (``_OF_ITSELF``) is printed in its own register alone, and decides what
   is missing of no other. So most revisions need no second look.
4. Entries are sorted by where they are filed and how they are called; moving them in the bundle changes no
   paper.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, TypeVar

from escrowd.core.bundle.check import Gap, gaps
from escrowd.core.bundle.history import undo
from escrowd.core.bundle.model import Bundle, Contact, Decision, Document, Entry, Kind, Revision
from escrowd.core.bundle.remembered import Remembered

RegisterKey = Literal["domain", "mail", "web", "network", "contracts", "persons", "more", "general"]
KEYS: Final[tuple[RegisterKey, ...]] = (
    "domain",
    "mail",
    "web",
    "network",
    "contracts",
    "persons",
    "more",
    "general",
)
"""In the order of their numbers, from 1."""
_KEY_OF: Final[dict[Kind, RegisterKey]] = {
    "domain-registrar": "domain",
    "mail": "mail",
    "website-login": "web",
    "hosting": "web",
    "database": "web",
    "server": "network",
    "wifi": "network",
    "licence": "contracts",
    "payment": "contracts",
    "identity": "persons",
    "note": "more",
    "other": "more",
}


_OF_ITSELF: Final = frozenset(
    {"password", "totp", "second_factor", "recovery_mailbox", "renewal", "cost", "purpose", "notes", "tags"}
    | {"decisions"}
)
_P = TypeVar("_P", Entry, Document)


@dataclass(frozen=True, slots=True)
class Register:
    """What is printed behind one divider.

    ``stand``, the revision that changed it last (rule 2). ``titles``, of the entries that its entries depend
    on, by id. ``gaps``, what is missing of its entries. ``documents``: those of its entries; of ``general``,
    those of the bundle as a whole, with its decisions, contacts and gaps.
    """

    key: RegisterKey
    stand: int
    entries: tuple[Entry, ...]
    documents: tuple[Document, ...]
    titles: tuple[tuple[str, str], ...]
    decisions: tuple[Decision, ...] = ()
    contacts: tuple[Contact, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def number(self) -> int:
        """From 1, the same for ever (rule 1)."""
        return KEYS.index(self.key) + 1


def registers(bundle: Bundle) -> tuple[Register, ...]:
    """The registers that hold anything, by number, each with its Stand."""
    memory = Remembered()
    now = _contents(bundle, memory)
    stands: dict[RegisterKey, int] = {}
    at = bundle
    for revision in reversed(bundle.history):
        before = undo(at, revision)
        own = _own_registers(revision)
        if own is not None and not own & (now.keys() - stands.keys()):
            at = before
            continue
        was = _contents(before, memory)
        for key, content in now.items():
            if key not in stands and was.get(key) != content:
                stands[key] = revision.number
        if len(stands) == len(now):
            break
        at = before
    first = bundle.history[0].number - 1 if bundle.history else bundle.revision
    return tuple(Register(key, stands.get(key, first), *content.parts) for key, content in now.items())


def _own_registers(revision: Revision) -> frozenset[RegisterKey] | None:
    """The registers that the revision can have changed, where rule 3 tells."""
    found = set()
    for change in revision.changes:
        if change.entry is None or change.action != "changed" or not _OF_ITSELF.issuperset(change.fields):
            return None
        found.add(_KEY_OF[change.entry.kind])
    return frozenset(found)


def changed_since(bundle: Bundle, since: int) -> tuple[tuple[Register, ...], tuple[RegisterKey, ...]]:
    """What a folder that holds the list of Stand ``since`` needs: registers to put in, and to take out.

    The second are registers that there were and that are empty now; one that is put in replaces its former
    sheets.
    """
    now = registers(bundle)
    former = bundle
    for revision in reversed(bundle.history):
        if revision.number > since:
            former = undo(former, revision)
    there = {register.key for register in now}
    gone = tuple(key for key in _contents(former, Remembered()) if key not in there)
    return tuple(register for register in now if register.stand > since), gone


def first_change_since(bundle: Bundle, since: int) -> int | None:
    """The first revision after ``since`` that changed anything that is printed, if any did."""
    later = [revision for revision in bundle.history if revision.number > since]
    first: int | None = None
    if not any(revision.changes for revision in later):
        return None
    memory = Remembered()
    at, printed = bundle, _contents(bundle, memory)
    for revision in reversed(later):
        at = undo(at, revision)
        was = _contents(at, memory)
        if was != printed:
            first = revision.number
        printed = was
    return first


@dataclass(frozen=True, slots=True)
class _Content:
    """All that decides what is printed: two that are equal print the same."""

    parts: tuple[
        tuple[Entry, ...],
        tuple[Document, ...],
        tuple[tuple[str, str], ...],
        tuple[Decision, ...],
        tuple[Contact, ...],
        tuple[Gap, ...],
    ]
    name: str
    language: str
    profile: str


def _contents(bundle: Bundle, memory: Remembered) -> dict[RegisterKey, _Content]:
    """What each register that holds anything says. ``memory``: of the states of one history."""
    titles = {entry.id: entry.title for entry in bundle.entries}
    missing = gaps(bundle, memory=memory)
    filed: dict[RegisterKey, list[Entry]] = {key: [] for key in KEYS}
    for entry in sorted(bundle.entries, key=_place):
        filed[_KEY_OF[entry.kind]].append(entry)
    found: dict[RegisterKey, _Content] = {}
    for key, entries in filed.items():
        general = key == "general"
        ids = {entry.id for entry in entries}
        documents = tuple(
            sorted(
                (one for one in bundle.documents if (one.entry is None if general else one.entry in ids)),
                key=lambda one: (one.name.casefold(), one.id),
            )
        )
        decisions = tuple(sorted(bundle.decisions, key=_day)) if general else ()
        contacts = tuple(sorted(bundle.contacts, key=lambda one: (one.kind, one.id))) if general else ()
        lacks = tuple(gap for gap in missing if (not gap.entry if general else gap.entry in ids))
        if entries or documents or decisions or contacts:
            needed = dict.fromkeys(other for entry in entries for other in entry.depends_on)
            named = tuple((id_, titles[id_]) for id_ in needed if id_ in titles)
            printed = tuple(memory.once("printed", partial(_printed, entry), entry) for entry in entries)
            shown = tuple(memory.once("printed", partial(_printed, one), one) for one in documents)
            found[key] = _Content(
                (printed, shown, named, decisions, contacts, lacks),
                bundle.name,
                bundle.language,
                bundle.profile,
            )
    return found


def _printed(one: _P) -> _P:
    """An entry or a document as far as paper shows it: ``origin`` serves the next import."""
    return one if one.origin is None else one.model_copy(update={"origin": None})


def _place(entry: Entry) -> tuple[str, str, str]:
    return "/".join(entry.group).casefold(), entry.title.casefold(), entry.id


def _day(decision: Decision) -> tuple[str, str]:
    return decision.date, decision.id
