"""Files with names that a statement names: uploaded before, read here, kept in the one deletable table."""

from dataclasses import dataclass
from typing import Final

from escrowd.core.strict import read
from escrowd.core.terms import PROVIDER
from escrowd.core.wire import MAX_NAMES_FILE, MAX_PEOPLE, NamesFile, PeopleFile
from escrowd.errors import InputError, NotFoundError
from escrowd.node.intake.context import NodeContext
from escrowd.node.store.deposits import has_brought

PEOPLE: Final = "people"
NAMES: Final = "names"
"""How errors name these files."""


@dataclass(frozen=True, slots=True)
class People:
    """A people file and its hash."""

    sha256: str
    file: PeopleFile

    @property
    def ids(self) -> frozenset[str]:
        """The ids of those whom it names."""
        return frozenset(person.id for person in self.file.people)


def read_people(context: NodeContext, provider: str, sha256: str) -> People:
    """Read the people file that this provider has uploaded. For a worker thread.

    Raises ``NotFoundError`` ``file.missing`` (fields ``name``, ``sha256``), what ``strict.read`` raises, and
    ``InputError`` ``people.no-provider`` (the provider is not in it: nobody could be warned),
    ``people.person-twice`` (field ``person``).
    """
    data = _brought(context, provider, PEOPLE, sha256)
    people = People(sha256, read(PeopleFile, data, max_bytes=MAX_PEOPLE))
    if PROVIDER not in people.ids:
        raise InputError("people.no-provider")
    if len(people.ids) != len(people.file.people):
        seen: set[str] = set()
        twice = next(p.id for p in people.file.people if p.id in seen or seen.add(p.id))  # type: ignore[func-returns-value]
        raise InputError("people.person-twice", person=twice)
    return people


def read_names(context: NodeContext, provider: str, sha256: str) -> NamesFile:
    """Read the names of changed entries that this provider has uploaded. For a worker thread.

    Raises ``NotFoundError`` ``file.missing`` (fields ``name``, ``sha256``), and what ``strict.read`` raises.
    """
    return read(NamesFile, _brought(context, provider, NAMES, sha256), max_bytes=MAX_NAMES_FILE)


def _brought(context: NodeContext, provider: str, name: str, sha256: str) -> bytes:
    path = context.store.files / sha256
    if not context.store.read_now(lambda tx: has_brought(tx, provider, sha256)) or not path.is_file():
        raise NotFoundError("file.missing", name=name, sha256=sha256)
    return path.read_bytes()
