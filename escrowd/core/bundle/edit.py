"""Changes to a bundle, as pure functions: each takes a bundle and returns the next one.

None of them counts a revision: ``history.record`` compares the bundle before with the bundle after, once for
all that one command did. A result always hangs together (``Bundle``'s rules), because it is validated.
"""

from typing import TypeVar

from pydantic import ValidationError

from escrowd.core.bundle.model import Bundle, Contact, Decision, Document, Entry, Part
from escrowd.errors import ConflictError, InputError, NotFoundError

_P = TypeVar("_P", Entry, Document, Contact, Decision)


def changed(bundle: Bundle, **fields: object) -> Bundle:
    """``bundle`` with other ``fields``, validated (``model_copy`` does not validate).

    Raises ``InputError`` ``document.invalid`` as ``strict.read``; ``problem`` is ``reference_unknown`` when
    an entry depends on one that is not there, or a document belongs to such a one.
    """
    try:
        return Bundle.model_validate({**_shallow(bundle), **fields})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        claim = ".".join(str(step) for step in first["loc"])
        raise InputError("document.invalid", document="Bundle", claim=claim, problem=first["type"]) from None


def find_entry(bundle: Bundle, ref: str) -> Entry:
    """The entry that ``ref`` names: by its id, else by its title (any case, if unique).

    Raises ``NotFoundError`` ``bundle.entry-unknown`` (``ref``), ``ConflictError`` ``bundle.entry-ambiguous``
    (``ref``, ``ids``).
    """
    for entry in bundle.entries:
        if entry.id == ref:
            return entry
    found = [entry for entry in bundle.entries if entry.title == ref]
    if not found:
        found = [entry for entry in bundle.entries if entry.title.casefold() == ref.casefold()]
    if not found:
        raise NotFoundError("bundle.entry-unknown", ref=ref)
    if len(found) > 1:
        raise ConflictError("bundle.entry-ambiguous", ref=ref, ids=" ".join(entry.id for entry in found))
    return found[0]


def find_document(bundle: Bundle, ref: str) -> Document:
    """The document with the id or the unique name ``ref``.

    Raises ``NotFoundError`` ``bundle.document-unknown`` (``ref``), ``ConflictError``
    ``bundle.document-ambiguous`` (``ref``, ``ids``).
    """
    for document in bundle.documents:
        if document.id == ref:
            return document
    found = [document for document in bundle.documents if document.name == ref]
    if not found:
        raise NotFoundError("bundle.document-unknown", ref=ref)
    if len(found) > 1:
        raise ConflictError("bundle.document-ambiguous", ref=ref, ids=" ".join(item.id for item in found))
    return found[0]


def find_decision(bundle: Bundle, ref: str) -> tuple[Entry | None, Decision]:
    """The decision with the id or the unique topic ``ref``, and the entry that it is about, if it is one's.

    Raises ``NotFoundError`` ``bundle.decision-unknown`` (``ref``), ``ConflictError``
    ``bundle.decision-ambiguous`` (``ref``, ``ids``).
    """
    every: list[tuple[Entry | None, Decision]] = [(None, decision) for decision in bundle.decisions]
    every += [(entry, decision) for entry in bundle.entries for decision in entry.decisions]
    found = [pair for pair in every if pair[1].id == ref]
    found = found or [pair for pair in every if pair[1].topic.casefold() == ref.casefold()]
    if not found:
        raise NotFoundError("bundle.decision-unknown", ref=ref)
    if len(found) > 1:
        raise ConflictError("bundle.decision-ambiguous", ref=ref, ids=" ".join(one.id for _, one in found))
    return found[0]


def documents_of(bundle: Bundle, entry: Entry | None) -> tuple[Document, ...]:
    """The documents attached to ``entry``, or with ``None`` those of the bundle as a whole."""
    wanted = None if entry is None else entry.id
    return tuple(document for document in bundle.documents if document.entry == wanted)


def put_entry(bundle: Bundle, entry: Entry) -> Bundle:
    """``bundle`` with ``entry`` in the place of the one with its id, or at the end."""
    return changed(bundle, entries=_put(bundle.entries, entry))


def remove_entry(bundle: Bundle, id_: str) -> Bundle:
    """``bundle`` without the entry ``id_``.

    Nothing else goes with it: its documents stay as the bundle's own, and no entry depends on it any more.
    """
    entries = tuple(
        entry.model_copy(update={"depends_on": tuple(other for other in entry.depends_on if other != id_)})
        if id_ in entry.depends_on
        else entry
        for entry in bundle.entries
        if entry.id != id_
    )
    documents = tuple(
        document.model_copy(update={"entry": None}) if document.entry == id_ else document
        for document in bundle.documents
    )
    return changed(bundle, entries=entries, documents=documents)


def put_document(bundle: Bundle, document: Document) -> Bundle:
    """``bundle`` with ``document`` in the place of the one with its id, or at the end."""
    return changed(bundle, documents=_put(bundle.documents, document))


def remove_document(bundle: Bundle, id_: str) -> Bundle:
    """``bundle`` without the document ``id_``. History keeps its name, no payload its bytes."""
    return changed(bundle, documents=tuple(item for item in bundle.documents if item.id != id_))


def put_contact(bundle: Bundle, contact: Contact) -> Bundle:
    """``bundle`` with ``contact`` in the place of the one with its id, or at the end."""
    return changed(bundle, contacts=_put(bundle.contacts, contact))


def remove_contact(bundle: Bundle, id_: str) -> Bundle:
    """``bundle`` without the contact ``id_``."""
    return changed(bundle, contacts=tuple(item for item in bundle.contacts if item.id != id_))


def put_decision(bundle: Bundle, decision: Decision, entry: Entry | None = None) -> Bundle:
    """``bundle`` with ``decision`` about ``entry``, or about the bundle; one with its id is replaced."""
    if entry is None:
        return changed(bundle, decisions=_put(bundle.decisions, decision))
    return put_entry(bundle, entry.model_copy(update={"decisions": _put(entry.decisions, decision)}))


def restore_entry(bundle: Bundle, id_: str, revision: int | None = None) -> Bundle:
    """``bundle`` with the entry ``id_`` as ``entry_at`` has it.

    Entries that it depended on and that are gone are left out of ``depends_on``. Its documents stay.
    Raises as ``entry_at``.
    """
    former = entry_at(bundle, id_, revision)
    there = {entry.id for entry in bundle.entries}
    depends_on = tuple(other for other in former.depends_on if other in there)
    return put_entry(bundle, former.model_copy(update={"depends_on": depends_on}))


def entry_at(bundle: Bundle, id_: str, revision: int | None = None) -> Entry:
    """The entry ``id_`` as it was in ``revision``, by default before the last that changed or removed it.

    Raises ``NotFoundError`` ``bundle.nothing-to-restore`` (``id``, ``revision``: 0 for any): there is no
    former state, or the entry was not there in that revision; ``bundle.revision-unknown`` (``revision``,
    ``newest``).
    """
    if revision is not None and revision > bundle.revision:
        raise NotFoundError("bundle.revision-unknown", revision=revision, newest=bundle.revision)
    later = [
        change
        for past in bundle.history
        for change in past.changes
        if change.id == id_ and change.subject == "entry" and (revision is None or past.number > revision)
    ]
    # A change holds the state before it: the first after the revision wanted, or the last of all.
    if revision is None:
        later = [change for change in later if change.entry is not None][-1:]
    if revision is not None and not later:
        # Nothing changed since: it is what it is, if it is there.
        former = next((entry for entry in bundle.entries if entry.id == id_), None)
    else:
        former = later[0].entry if later else None
    if former is None:
        raise NotFoundError("bundle.nothing-to-restore", id=id_, revision=revision or 0)
    return former


def former_entry_id(bundle: Bundle, ref: str) -> str:
    """The id of the entry, there or removed, that ``ref`` names by id or by its present or last title.

    Raises as ``find_entry``.
    """
    try:
        return find_entry(bundle, ref).id
    except NotFoundError:
        removed = {
            change.id: change.title
            for revision in bundle.history
            for change in revision.changes
            if change.subject == "entry" and change.action == "removed" and change.id is not None
        }
        found = [id_ for id_, title in removed.items() if ref == id_ or title.casefold() == ref.casefold()]
        if not found:
            raise
        if len(found) > 1:
            raise ConflictError("bundle.entry-ambiguous", ref=ref, ids=" ".join(found)) from None
        return found[0]


def _put(parts: tuple[_P, ...], part: _P) -> tuple[_P, ...]:
    if any(other.id == part.id for other in parts):
        return tuple(part if other.id == part.id else other for other in parts)
    return parts + (part,)  # noqa: RUF005 — mypy cannot solve the starred form for a constrained variable


def _shallow(part: Part) -> dict[str, object]:
    """The part's fields by name, their values as they are."""
    return {name: getattr(part, name) for name in type(part).model_fields}
