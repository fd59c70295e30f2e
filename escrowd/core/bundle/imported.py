"""What an importer hands over: entries and documents in the bundle's own terms, and what it left."""

import hashlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from escrowd.core import encoding
from escrowd.core.bundle.document_file import harmless_file
from escrowd.core.bundle.model import Document, Entry
from escrowd.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class NotCarried:
    """Something in the export that has no place in an entry, or was left there on purpose.

    ``entry`` is the entry's title (empty: the export as a whole), ``field`` what it is called there,
    ``count`` how many. ``reason`` is one of

    - ``history``: former states of an entry
    - ``deleted``: the entry lies in the recycle bin
    - ``setting``: serves the password manager itself
    - ``linked``: stands for another field
    - ``reference``: points to something that is not in the export
    - ``unreadable``: not understood; kept as it stands in a free field
    - ``format``: exports of this format never hold it, whatever the password manager has
    - ``elsewhere``: entries outside of the group that was asked for
    """

    entry: str
    field: str
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Imported:
    """One export, read.

    ``source`` names the format and ``scope`` tells exports of one format apart, as in ``Origin``.
    ``contents`` are the documents' bytes by id. ``groups`` are all paths in the export's order. ``carries``
    names the fields of ``Entry`` that the format knows: only these can differ from what an earlier import
    brought.
    """

    source: str
    scope: str
    entries: tuple[Entry, ...]
    documents: tuple[Document, ...]
    contents: Mapping[str, bytes]
    groups: tuple[tuple[str, ...], ...]
    not_carried: tuple[NotCarried, ...]
    carries: frozenset[str]

    def within(self, group: tuple[str, ...]) -> "Imported":
        """Only what lies in ``group`` or below it, with paths that begin there.

        For a database that holds the credentials of many clients. What depends on an entry outside loses
        that.
        Raises ``NotFoundError`` ``import.group-unknown`` (``group``).
        """
        depth = len(group)
        if not any(path[:depth] == group for path in self.groups):
            raise NotFoundError("import.group-unknown", group="/".join(group))
        inside = self.only({entry.id for entry in self.entries if entry.group[:depth] == group})
        outside = len(self.entries) - len(inside.entries)
        return replace(
            inside,
            scope=f"{self.scope}/{'/'.join(group)}",
            entries=tuple(
                entry.model_copy(update={"group": entry.group[depth:]}) for entry in inside.entries
            ),
            groups=tuple(path[depth:] for path in self.groups if path[:depth] == group and len(path) > depth),
            not_carried=(
                *inside.not_carried,
                *([NotCarried("", "", "elsewhere", outside)] if outside else []),
            ),
        )

    def only(self, ids: AbstractSet[str]) -> "Imported":
        """Only the entries with these ids and what belongs to them; what depends on others loses that."""
        entries = tuple(
            entry.model_copy(update={"depends_on": tuple(one for one in entry.depends_on if one in ids)})
            for entry in self.entries
            if entry.id in ids
        )
        documents = tuple(item for item in self.documents if item.entry in ids)
        titles = {entry.title for entry in entries}
        return replace(
            self,
            entries=entries,
            documents=documents,
            contents={item.id: self.contents[item.id] for item in documents},
            not_carried=tuple(item for item in self.not_carried if not item.entry or item.entry in titles),
        )

    def digest(self) -> str:
        """SHA-256, hex, of all that a merge would look at.

        The same for each reading of the same content: ids, which every reading draws anew, count as places.
        """
        places = {entry.id: place for place, entry in enumerate(self.entries)}
        entries = [
            {
                **entry.model_dump(mode="json", exclude={"id", "depends_on"}),
                "depends_on": [places[one] for one in entry.depends_on],
            }
            for entry in self.entries
        ]
        documents = [
            [None if item.entry is None else places[item.entry], item.name, item.sha256, item.note]
            for item in self.documents
        ]
        groups = [list(path) for path in self.groups]
        whole = [self.source, self.scope, entries, documents, groups, sorted(self.carries)]
        return hashlib.sha256(encoding.canonical(whole)).hexdigest()

    def below(self, group: tuple[str, ...]) -> "Imported":
        """The same with ``group`` before every path: one of several parts that make up one export."""
        return replace(
            self,
            entries=tuple(
                entry.model_copy(update={"group": (*group, *entry.group)}) for entry in self.entries
            ),
            groups=(group, *((*group, *path) for path in self.groups)),
            carries=self.carries | {"group"},
        )


def new_document(id_: str, name: str, data: bytes, entry: str | None = None, note: str = "") -> Document:
    """The document that ``data`` called ``name`` makes; ``entry`` is the id of the one it is attached to."""
    return Document(
        id=id_,
        name=name,
        file=harmless_file(name),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        entry=entry,
        note=note,
    )
