"""Importing again: what the export has now, what it had last time, and what was edited here meanwhile.

1. An entry is found again by its key in the export (KeePass' UUID), else by group, title, user and first URL.
2. A field changes only when it changed in the export since the last import. So an edit here is not undone by
   an import that brings nothing new, and merging the same export twice changes nothing.
3. Where both changed, the report names the field, and the caller's ``Settle`` says what stands then.
   ``export_wins`` serves an import, which somebody calls for one client and looks at: the export is what the
   provider works with, and the value here goes to the history. ``ours_stays`` serves a sync, which runs over
   all clients and is looked at by nobody in particular: nothing is overwritten, and what the export had
   before stays remembered, so that each sync names the conflict until both sides are alike.
4. Lists (URLs, tags, free fields) are merged item by item: what was added here stays. A free field that got
   another value on both sides is a case for rule 3.
5. Fields that the format does not carry (decisions, dependencies, cost; mostly purpose and contract too) are
   never touched; a second factor is filled in only where none is recorded.
6. What the export no longer has is kept and marked (``Origin.missing_since``); what is back loses the mark.
7. An import brings back what was removed here; a sync leaves it out (``without_removed``) and names it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from escrowd.core import encoding
from escrowd.core.bundle.edit import changed
from escrowd.core.bundle.history import changed_fields
from escrowd.core.bundle.imported import Imported, NotCarried
from escrowd.core.bundle.model import Bundle, Document, Entry, FreeField, Origin

_LISTS: Final = frozenset(["urls", "tags", "fields"])
_COMMON: Final = frozenset(["title", "user", "password", "totp", "notes", "group"])
_RARE: Final = frozenset(["renewal", "purpose", "contract_holder", "recovery_mailbox"])
MERGED_FIELDS: Final = _COMMON | _RARE | _LISTS
"""The fields that a format may carry; rule 5 protects the others always."""

Settle = Callable[[object, object], object]
"""Rule 3: what stands after both sides changed, of the value here and of the one that the export wants."""


def export_wins(_here: object, there: object) -> object:
    """What the export wants."""
    return there


def ours_stays(here: object, _there: object) -> object:
    """What is here."""
    return here


@dataclass(frozen=True, slots=True)
class MergedEntry:
    """One entry's fate. ``fields`` changed; ``conflicts``: both sides edited them (rule 3)."""

    id: str
    title: str
    fields: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MergeReport:
    """The bundle with the import in it (no revision counted yet), and what became of each thing.

    ``missing`` are entries of an earlier import that this one lacks; ``back`` those that it has again.
    ``changed`` holds conflicts too, also those that changed nothing. ``documents_added`` and so on are ids;
    ``documents_conflicts`` had become others here too (rule 3). ``contents`` are the bytes of the added and
    changed documents by their id in ``bundle``; the others' bytes are those of the former payload.
    """

    bundle: Bundle
    added: tuple[MergedEntry, ...]
    changed: tuple[MergedEntry, ...]
    missing: tuple[MergedEntry, ...]
    back: tuple[MergedEntry, ...]
    unchanged: tuple[MergedEntry, ...]
    documents_added: tuple[str, ...]
    documents_changed: tuple[str, ...]
    documents_missing: tuple[str, ...]
    documents_conflicts: tuple[str, ...]
    contents: Mapping[str, bytes]
    not_carried: tuple[NotCarried, ...]


def merge(bundle: Bundle, imported: Imported, *, today: str, settle: Settle = export_wins) -> MergeReport:
    """``bundle`` with ``imported`` in it.

    Parameters: ``today``, the ISO day that missing entries are marked with; ``settle``, see rule 3.
    ``history.record`` afterwards counts the revision.
    """
    merger = _Merger(bundle, imported, today, settle)
    return merger.report()


def without_removed(bundle: Bundle, imported: Imported) -> tuple[Imported, tuple[str, ...]]:
    """Rule 7: ``imported`` without the entries that were removed here, and the titles of those."""
    here = {entry.id for entry in bundle.entries}
    removed = [
        change.entry
        for revision in bundle.history
        for change in revision.changes
        if change.action == "removed" and change.entry is not None and change.id not in here
    ]
    known = {_mark(entry) for entry in removed if _source(entry) == imported.source}
    pairs = _pair_entries(bundle, imported)
    left = [entry for entry in imported.entries if entry.id not in pairs and _mark(entry) in known]
    kept = {entry.id for entry in imported.entries} - {entry.id for entry in left}
    return imported.only(kept) if left else imported, tuple(entry.title for entry in left)


def _mark(entry: Entry) -> object:
    """Rule 1: what an entry is known by."""
    key = entry.origin.key if entry.origin is not None else ""
    return key or _look(entry)


def _source(entry: Entry) -> str | None:
    return entry.origin.source if entry.origin is not None else None


class _Merger:
    """The bookkeeping of one merge."""

    def __init__(self, bundle: Bundle, imported: Imported, today: str, settle: Settle) -> None:
        self._old = bundle
        self._imported = imported
        self._today = today
        self._settle = settle
        self._pairs = _pair_entries(bundle, imported)  # id there -> entry here
        self._id_here = {
            entry.id: self._pairs[entry.id].id if entry.id in self._pairs else entry.id
            for entry in imported.entries
        }

    def report(self) -> MergeReport:
        """The result of it all."""
        added: list[MergedEntry] = []
        altered: list[MergedEntry] = []
        back: list[MergedEntry] = []
        unchanged: list[MergedEntry] = []
        result = {entry.id: entry for entry in self._old.entries}
        for theirs in self._imported.entries:
            ours = self._pairs.get(theirs.id)
            if ours is None:
                result[theirs.id] = self._as_new(theirs)
                added.append(MergedEntry(theirs.id, theirs.title))
                continue
            merged, conflicts = self._merge_entry(ours, theirs)
            result[ours.id] = merged
            fields = changed_fields(ours, merged)
            line = MergedEntry(ours.id, merged.title, fields, conflicts)
            (altered if fields or conflicts else unchanged).append(line)
            if ours.origin is not None and ours.origin.missing_since is not None:
                back.append(line)
        missing = self._mark_missing(result)
        documents = self._merge_documents()
        groups = [
            *self._old.groups,
            *(path for path in self._imported.groups if path not in self._old.groups),
        ]
        new = changed(
            self._old,
            entries=tuple(result.values()),
            documents=documents.all,
            groups=tuple(groups) if "group" in self._imported.carries else self._old.groups,
        )
        return MergeReport(
            bundle=new,
            added=tuple(added),
            changed=tuple(altered),
            missing=missing,
            back=tuple(back),
            unchanged=tuple(unchanged),
            documents_added=documents.added,
            documents_changed=documents.changed,
            documents_missing=documents.missing,
            documents_conflicts=documents.conflicts,
            contents=documents.contents,
            not_carried=self._imported.not_carried,
        )

    def _as_new(self, theirs: Entry) -> Entry:
        return theirs.model_copy(
            update={
                "origin": self._origin(theirs),
                "depends_on": tuple(self._id_here[other] for other in theirs.depends_on),
            }
        )

    def _origin(self, theirs: Entry) -> Origin:
        key = theirs.origin.key if theirs.origin is not None else ""
        seen = {name: _digest_of(theirs, name) for name in sorted(self._carried())}
        return Origin(source=self._imported.source, scope=self._imported.scope, key=key, seen=seen)

    def _carried(self) -> frozenset[str]:
        return self._imported.carries & MERGED_FIELDS

    def _merge_entry(self, ours: Entry, theirs: Entry) -> tuple[Entry, tuple[str, ...]]:
        """Rules 2 to 5 for one entry; returns the names of the fields that were edited on both sides too."""
        same_source = ours.origin is not None and ours.origin.source == self._imported.source
        seen = ours.origin.seen if ours.origin is not None and same_source else {}
        origin = self._origin(theirs)
        update: dict[str, object] = {}
        conflicts = []
        for name in sorted(self._carried()):
            here, there = getattr(ours, name), getattr(theirs, name)
            wanted: object
            if name in _LISTS:
                wanted = _merge_lists(here, there, seen.get(name, "").split())
                both = name == "fields" and _same_field_twice(here, there, seen.get(name, "").split())
            else:
                news = _digest_of(theirs, name) != seen.get(name) and (there or name in seen)
                wanted = there if news else here
                both = _digest_of(ours, name) != seen.get(name) and bool(here or name in seen)
            if both and wanted != here:
                conflicts.append(name)
                wanted = self._settle(here, wanted)
            if name in conflicts and wanted == here:
                origin = _as_seen_before(origin, name, seen)
            update[name] = wanted
        if ours.second_factor is None and theirs.second_factor is not None:
            update["second_factor"] = theirs.second_factor
        return ours.model_copy(update={**update, "origin": origin}), tuple(conflicts)

    def _is_mine(self, origin: Origin) -> bool:
        return (origin.source, origin.scope) == (self._imported.source, self._imported.scope)

    def _mark_missing(self, result: dict[str, Entry]) -> tuple[MergedEntry, ...]:
        """Rule 6: marks in ``result`` the entries of earlier imports that this one lacks."""
        found = {entry.id for entry in self._pairs.values()}
        missing = []
        for entry in self._old.entries:
            if entry.id not in found and entry.origin is not None and self._is_mine(entry.origin):
                missing.append(MergedEntry(entry.id, entry.title))
                if entry.origin.missing_since is None:
                    origin = entry.origin.model_copy(update={"missing_since": self._today})
                    result[entry.id] = entry.model_copy(update={"origin": origin})
        return tuple(missing)

    def _merge_documents(self) -> "_MergedDocuments":
        """Documents are found again by their entry and name; rules 2, 3 and 6 hold for their bytes."""
        here: dict[tuple[str | None, str], list[Document]] = defaultdict(list)
        for document in self._old.documents:
            here[document.entry, document.name].append(document)
        result = {document.id: document for document in self._old.documents}
        added, altered, missing, conflicts = [], [], [], []
        contents: dict[str, bytes] = {}
        found: set[str] = set()
        for theirs in self._imported.documents:
            entry = self._id_here[theirs.entry] if theirs.entry is not None else None
            origin = self._document_origin(theirs)
            alike = here[entry, theirs.name]
            if not alike:
                result[theirs.id] = theirs.model_copy(update={"entry": entry, "origin": origin})
                added.append(theirs.id)
                contents[theirs.id] = self._imported.contents[theirs.id]
                continue
            ours = next((document for document in alike if document.sha256 == theirs.sha256), alike[0])
            alike.remove(ours)
            found.add(ours.id)
            update: dict[str, object] = {"origin": origin}
            seen = ours.origin.seen if ours.origin is not None else {}
            if ours.sha256 != theirs.sha256 and seen != origin.seen:
                wanted: object = theirs
                if seen.get("sha256") != ours.sha256[:_DIGITS]:
                    conflicts.append(ours.id)
                    wanted = self._settle(ours, theirs)
                if wanted is theirs:
                    update |= {"sha256": theirs.sha256, "size": theirs.size}
                    altered.append(ours.id)
                    contents[ours.id] = self._imported.contents[theirs.id]
                else:
                    update["origin"] = _as_seen_before(origin, "sha256", seen)
            result[ours.id] = ours.model_copy(update=update)
        for document in self._old.documents:
            if document.id not in found and document.origin is not None and self._is_mine(document.origin):
                missing.append(document.id)
                if document.origin.missing_since is None:
                    marked = document.origin.model_copy(update={"missing_since": self._today})
                    result[document.id] = document.model_copy(update={"origin": marked})
        return _MergedDocuments(
            all=tuple(result.values()),
            added=tuple(added),
            changed=tuple(altered),
            missing=tuple(missing),
            conflicts=tuple(conflicts),
            contents=contents,
        )

    def _document_origin(self, theirs: Document) -> Origin:
        seen = {"sha256": theirs.sha256[:_DIGITS]}
        return Origin(source=self._imported.source, scope=self._imported.scope, seen=seen)


@dataclass(frozen=True, slots=True)
class _MergedDocuments:
    """All documents after the merge, ids of some, and the bytes that are new."""

    all: tuple[Document, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    conflicts: tuple[str, ...]
    contents: dict[str, bytes]


def _pair_entries(bundle: Bundle, imported: Imported) -> dict[str, Entry]:
    """Rule 1: for each id in the import the entry of the bundle that it is, where there is one."""
    pairs: dict[str, Entry] = {}
    # Lists, because a damaged database can give one key to two entries.
    by_key: dict[str, list[Entry]] = defaultdict(list)
    for entry in bundle.entries:
        if entry.origin is not None and entry.origin.key and entry.origin.source == imported.source:
            by_key[entry.origin.key].append(entry)
    for theirs in imported.entries:
        key = theirs.origin.key if theirs.origin is not None else ""
        if same := by_key[key]:
            pairs[theirs.id] = same.pop(0)
    taken = {entry.id for entry in pairs.values()}
    by_look: dict[tuple[object, ...], list[Entry]] = defaultdict(list)
    for entry in bundle.entries:
        if entry.id not in taken and (entry.origin is None or entry.origin.source == imported.source):
            by_look[_look(entry)].append(entry)
    for theirs in imported.entries:
        if theirs.id not in pairs and (alike := by_look[_look(theirs)]):
            pairs[theirs.id] = alike.pop(0)
    return pairs


def _look(entry: Entry) -> tuple[object, ...]:
    return (entry.group, entry.title, entry.user, entry.urls[:1])


def _merge_lists(
    here: tuple[object, ...], there: tuple[object, ...], seen: Sequence[str]
) -> tuple[object, ...]:
    """Rule 4: the items there that were not taken out here, in their order, then the items added here."""
    known = set(seen)
    ours, theirs = {_digest(item) for item in here}, {_digest(item) for item in there}
    kept = [item for item in there if _digest(item) in ours or _digest(item) not in known]
    kept += [item for item in here if _digest(item) not in theirs and _digest(item) not in known]
    return here if sorted(map(_digest, kept)) == sorted(map(_digest, here)) else tuple(kept)


def _same_field_twice(here: Sequence[FreeField], there: Sequence[FreeField], seen: Sequence[str]) -> bool:
    """Rule 4: whether a free field got one value here and another there."""
    ours = {item.name: _digest(item) for item in here if _digest(item) not in seen}
    theirs = {item.name: _digest(item) for item in there if _digest(item) not in seen}
    return any(name in ours and ours[name] != digest for name, digest in theirs.items())


def _as_seen_before(origin: Origin, name: str, seen: Mapping[str, str]) -> Origin:
    """Rule 3: ``origin`` that remembers of ``name`` what it did before, so that the conflict stands."""
    others = {key: digest for key, digest in origin.seen.items() if key != name}
    former = {name: seen[name]} if name in seen else {}
    return origin.model_copy(update={"seen": {**others, **former}})


_DIGITS: Final = 16
"""Hex digits kept of a digest: it only has to tell a value from its predecessor."""


def _digest_of(entry: Entry, name: str) -> str:
    value = getattr(entry, name)
    return " ".join(map(_digest, value)) if name in _LISTS else _digest(value)


def _digest(value: object) -> str:
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return hashlib.sha256(encoding.canonical(plain)).hexdigest()[:_DIGITS]
