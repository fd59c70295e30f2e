"""What changed between two states of a bundle, kept in the bundle itself.

``record`` is the only way to a new revision number ("Stand"): one per command that changed something, none
for one that changed nothing. A change holds the former state of the thing, so that ``edit.restore_entry`` can
bring it back.
"""

from collections.abc import Collection, Iterator
from typing import Final, TypeVar

from escrowd.core.bundle.edit import changed
from escrowd.core.bundle.model import (
    Bundle,
    Change,
    Contact,
    Decision,
    Document,
    Entry,
    Part,
    Revision,
    Subject,
)

_OWN_FIELDS = ("client", "name", "language", "profile", "groups")
_ORDERED = ("entries", "documents", "contacts", "decisions")
_LISTS: Final = {"entry": "entries", "document": "documents", "contact": "contacts", "decision": "decisions"}
_BOOK_KEEPING = frozenset(["id", "origin"])
"""``origin`` serves the next import and appears on no paper, so it makes no revision."""

_P = TypeVar("_P", Entry, Document, Contact, Decision)


def record(
    old: Bundle, new: Bundle, *, when: int, reason: str = "", why: str = "", asked_by: str = ""
) -> Bundle:
    """``new`` as the revision after ``old``, its history extended by what differs.

    Parameters: ``when``, Unix seconds; ``reason``, what was done (``import keepass``, ``entry edit``);
    ``why`` and ``asked_by``, what somebody said of it.
    Revision and history of ``new`` are ignored. When nothing differs that a person could see, the revision
    stays, and what imports remember (``origin``) is taken over: the result equals ``old`` only if that is the
    same too.
    """
    changes = differences(old, new)
    if not changes:
        return changed(new, revision=old.revision, history=old.history)
    number = old.revision + 1
    revision = Revision(number=number, when=when, reason=reason, why=why, asked_by=asked_by, changes=changes)
    return changed(new, revision=number, history=(*old.history, revision))


def explain(bundle: Bundle, numbers: Collection[int], *, why: str, asked_by: str = "") -> Bundle:
    """``bundle`` with the reason of those revisions that have none yet; no revision is counted for it."""
    history = tuple(
        revision.model_copy(update={"why": why, "asked_by": asked_by})
        if revision.number in numbers and not revision.why
        else revision
        for revision in bundle.history
    )
    return changed(bundle, history=history)


def unexplained(bundle: Bundle, since: int) -> tuple[Revision, ...]:
    """The revisions after ``since`` that changed entries and say no reason, each with those changes alone.

    A decision is its own reason. The first revision with entries needs none: a list that begins is no change.
    """
    began = next((one.number for one in bundle.history if any(map(_is_entry, one.changes))), 0)
    found = []
    for revision in bundle.history:
        if revision.number <= max(since, began) or revision.why:
            continue
        changes = tuple(one for one in revision.changes if _is_entry(one) and one.fields != ("decisions",))
        if changes:
            found.append(revision.model_copy(update={"changes": changes}))
    return tuple(found)


def _is_entry(change: Change) -> bool:
    return change.subject == "entry"


def differences(old: Bundle, new: Bundle) -> tuple[Change, ...]:
    """What must be undone in ``new`` to get ``old`` back, history aside.

    First the bundle's own fields and orders, then decisions, entries, documents, contacts: added and changed
    things in the order of ``new``, then removed ones in the order of ``old``.
    """
    return (
        *_own(old, new),
        *_changes("decision", old.decisions, new.decisions),
        *_changes("entry", old.entries, new.entries),
        *_changes("document", old.documents, new.documents),
        *_changes("contact", old.contacts, new.contacts),
    )


def undo(bundle: Bundle, revision: Revision) -> Bundle:
    """The state before ``revision``, the newest one of ``bundle``; its history stays as it is.

    The order of what was removed is not known any more: it comes back at the end.
    """
    values: dict[str, object] = {}
    parts: dict[str, dict[str, Part]] = {
        name: {item.id: item for item in getattr(bundle, name)} for name in _ORDERED
    }
    for change in revision.changes:
        if change.subject == "bundle":
            values |= change.values
            continue
        here = parts[_LISTS[change.subject]]
        former = getattr(change, change.subject)
        if change.id is not None and former is None:
            here.pop(change.id, None)
        elif change.id is not None:
            here[change.id] = former
    # Not validated: halfway back, nothing is sealed or shown that does not hang together.
    return bundle.model_copy(update={**values, **{name: tuple(parts[name].values()) for name in _ORDERED}})


def changed_entries(bundle: Bundle, since: int) -> tuple[str, ...]:
    """Ids of the entries, there or removed, that changed after the revision ``since``, oldest first.

    A changed document counts for its entry.
    """
    found: dict[str, None] = {}
    for revision in bundle.history:
        if revision.number > since:
            for change in revision.changes:
                found.update(dict.fromkeys(_touched(bundle, change)))
    return tuple(found)


def _touched(bundle: Bundle, change: Change) -> Iterator[str]:
    if change.subject == "entry" and change.id is not None:
        yield change.id
    if change.subject == "document":
        holders = [change.document, *(item for item in bundle.documents if item.id == change.id)]
        yield from (item.entry for item in holders if item is not None and item.entry is not None)


def _own(old: Bundle, new: Bundle) -> Iterator[Change]:
    """One change for the bundle's own fields that differ and for lists whose common items moved."""
    fields = [name for name in _OWN_FIELDS if getattr(old, name) != getattr(new, name)]
    orders = [name for name in _ORDERED if _moved(getattr(old, name), getattr(new, name))]
    if fields or orders:
        values = {name: getattr(old, name) for name in fields}
        yield Change(
            subject="bundle", action="changed", title=new.name, fields=(*fields, *orders), values=values
        )


def _moved(old: tuple[_P, ...], new: tuple[_P, ...]) -> bool:
    there, here = {item.id for item in old}, {item.id for item in new}
    return [item.id for item in old if item.id in here] != [item.id for item in new if item.id in there]


def _changes(subject: Subject, old: tuple[_P, ...], new: tuple[_P, ...]) -> Iterator[Change]:
    former = {item.id: item for item in old}
    for item in new:
        before = former.pop(item.id, None)
        if before is None:
            yield Change(subject=subject, action="added", id=item.id, title=_title(item))
        elif fields := changed_fields(before, item):
            yield Change.model_validate(
                {
                    "subject": subject,
                    "action": "changed",
                    "id": item.id,
                    "title": _title(item),
                    "fields": fields,
                    subject: before,
                }
            )
    for before in former.values():
        yield Change.model_validate(
            {
                "subject": subject,
                "action": "removed",
                "id": before.id,
                "title": _title(before),
                subject: before,
            }
        )


def changed_fields(old: Part, new: Part) -> tuple[str, ...]:
    """Names of the fields of a part that differ, in the model's order, ``origin`` aside."""
    return tuple(
        name
        for name in type(old).model_fields
        if name not in _BOOK_KEEPING and getattr(old, name) != getattr(new, name)
    )


def _title(item: Entry | Document | Contact | Decision) -> str:
    if isinstance(item, Entry):
        return item.title
    return item.topic if isinstance(item, Decision) else item.name
