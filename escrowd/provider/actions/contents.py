"""``escrow contact|entry|decision|document``: the working copy of a bundle, edited and read.

Each change is one revision of the bundle, with what was there before in its history.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from escrowd.core import bundle as bundles
from escrowd.core.bundle import Bundle, Contact, Decision, Document, Entry, part_from_values
from escrowd.core.keys import new_id
from escrowd.core.payload import MAX_PAYLOAD_BYTES
from escrowd.errors import InputError
from escrowd.machine.files import read_bounded
from escrowd.provider import estate
from escrowd.provider.own import with_own
from escrowd.provider.reasons import Ask, nothing_said
from escrowd.provider.workspace import Session


def add_contact(session: Session, client: str, values: Mapping[str, object], *, now: int) -> Contact:
    """A contact of these ``values``, the fields of ``Contact`` but ``id``. Raises as ``part_from_values``."""
    contact = part_from_values(Contact, {**_without_id(values), "id": new_id()})
    _change(session, client, lambda old: bundles.put_contact(old, contact), now, "contact add")
    return contact


def list_contacts(session: Session, client: str) -> tuple[Contact, ...]:
    """The bundle's contacts, in its order."""
    return _bundle(session, client).contacts


def add_entry(
    session: Session, client: str, values: Mapping[str, object], *, now: int, ask: Ask = nothing_said
) -> Entry:
    """An entry of these ``values``, the fields of ``Entry`` but ``id``. Raises as ``part_from_values``.

    Parameters: ``values``, as JSON has them, with ``own/ENTRY`` in ``depends_on`` as ``with_own`` reads it;
    ``ask``, for the reason, kept in the history (here and below).
    """
    given = with_own(session, client, _without_id(values))
    entry = part_from_values(Entry, {**given, "id": new_id()})
    _change(session, client, lambda old: bundles.put_entry(old, entry), now, "entry add", ask)
    return entry


def edit_entry(
    session: Session,
    client: str,
    ref: str,
    values: Mapping[str, object],
    *,
    now: int,
    ask: Ask = nothing_said,
) -> Entry:
    """Change the fields that ``values`` names. Raises as ``add_entry`` and ``find_entry``."""
    given = with_own(session, client, values)

    def edit(old: Bundle) -> Bundle:
        return bundles.put_entry(old, _with(bundles.find_entry(old, ref), given))

    id_ = bundles.find_entry(_bundle(session, client), ref).id
    new = _change(session, client, edit, now, "entry edit", ask)
    return bundles.find_entry(new, id_)


def show_entry(session: Session, client: str, ref: str) -> Entry:
    """One entry, secrets and all. Raises as ``find_entry``."""
    return bundles.find_entry(_bundle(session, client), ref)


def list_entries(session: Session, client: str) -> tuple[Entry, ...]:
    """The bundle's entries, in its order."""
    return _bundle(session, client).entries


def remove_entry(session: Session, client: str, ref: str, *, now: int, ask: Ask = nothing_said) -> Entry:
    """Take an entry out; the history keeps it. Raises as ``find_entry``."""
    entry = show_entry(session, client, ref)
    _change(session, client, lambda old: bundles.remove_entry(old, entry.id), now, "entry remove", ask)
    return entry


@dataclass(frozen=True, slots=True)
class Restoring:
    """What ``restore_entry`` does. ``now``: None where the entry is gone; ``fields``: what differs in it.

    ``left_out``: ids of entries that it depended on then and that are gone.
    """

    now: Entry | None
    then: Entry
    fields: tuple[str, ...]
    left_out: tuple[str, ...]


def look_back(session: Session, client: str, ref: str, revision: int | None = None) -> Restoring:
    """What bringing an entry back, to ``revision`` or to before its last change, would change in it.

    Raises as ``former_entry_id`` and ``bundle.restore_entry``.
    """
    old = _bundle(session, client)
    id_ = bundles.former_entry_id(old, ref)
    new = bundles.restore_entry(old, id_, revision)
    here = next((one for one in old.entries if one.id == id_), None)
    then = bundles.find_entry(new, id_)
    was = bundles.entry_at(old, id_, revision)
    left_out = tuple(other for other in was.depends_on if other not in then.depends_on)
    return Restoring(here, then, () if here is None else bundles.changed_fields(here, then), left_out)


def restore_entry(
    session: Session,
    client: str,
    ref: str,
    *,
    now: int,
    revision: int | None = None,
    ask: Ask = nothing_said,
) -> Entry:
    """Bring an entry back to what it was in ``revision``, else before its last change or removal.

    Raises as ``former_entry_id`` and ``bundle.restore_entry``.
    """
    id_ = bundles.former_entry_id(_bundle(session, client), ref)
    new = _change(
        session, client, lambda old: bundles.restore_entry(old, id_, revision), now, "entry restore", ask
    )
    return bundles.find_entry(new, id_)


def add_decision(
    session: Session, client: str, values: Mapping[str, object], *, now: int, entry: str | None = None
) -> Decision:
    """A decision of these ``values``, the fields of ``Decision`` but ``id``.

    Parameters: ``entry``, the id or title of the entry that it is about, else it is the bundle's own.
    Raises as ``part_from_values`` and ``find_entry``.
    """
    decision = part_from_values(Decision, {**_without_id(values), "id": new_id()})

    def edit(old: Bundle) -> Bundle:
        about = None if entry is None else bundles.find_entry(old, entry)
        return bundles.put_decision(old, decision, about)

    _change(session, client, edit, now, "decision add")
    return decision


def show_decision(session: Session, client: str, ref: str) -> tuple[Entry | None, Decision]:
    """A decision and the entry that it is about, if any. Raises as ``find_decision``."""
    return bundles.find_decision(_bundle(session, client), ref)


def edit_decision(
    session: Session, client: str, ref: str, values: Mapping[str, object], *, now: int
) -> Decision:
    """Change the fields that ``values`` names. Raises as ``part_from_values`` and ``find_decision``."""
    _, before = show_decision(session, client, ref)
    after = part_from_values(
        Decision, {**before.model_dump(mode="json"), **_without_id(values), "id": before.id}
    )

    def edit(old: Bundle) -> Bundle:
        about, _ = bundles.find_decision(old, before.id)
        return bundles.put_decision(old, after, about)

    _change(session, client, edit, now, "decision edit")
    return after


def list_decisions(
    session: Session, client: str, *, entry: str | None = None
) -> tuple[tuple[Entry | None, Decision], ...]:
    """Every decision and the entry that it is about, or those about ``entry`` alone.

    Raises as ``find_entry``.
    """
    bundle = _bundle(session, client)
    if entry is not None:
        about = bundles.find_entry(bundle, entry)
        return tuple((about, decision) for decision in about.decisions)
    own: list[tuple[Entry | None, Decision]] = [(None, decision) for decision in bundle.decisions]
    return (*own, *((one, decision) for one in bundle.entries for decision in one.decisions))


def add_document(
    session: Session,
    client: str,
    file: Path,
    *,
    now: int,
    name: str | None = None,
    entry: str | None = None,
    note: str = "",
) -> Document:
    """Put a file into the bundle. A document of the same name and entry is replaced, and keeps its id.

    Raises ``NotFoundError`` ``file.not-found``, ``InputError`` ``file.too-large`` and ``payload.too-large``;
    as ``find_entry``.
    """
    data = read_bounded(file, MAX_PAYLOAD_BYTES)
    bundle = _bundle(session, client)
    about = None if entry is None else bundles.find_entry(bundle, entry).id
    title = file.name if name is None else name
    same = [one for one in bundle.documents if one.name == title and one.entry == about]
    document = part_from_values(
        Document,
        {
            "id": same[0].id if same else new_id(),
            "name": title,
            "file": bundles.harmless_file(title),
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "entry": about,
            "note": note,
        },
    )
    estate.change(
        session,
        session.client(client),
        lambda old: bundles.put_document(old, document),
        now=now,
        reason="document add",
        contents={document.id: data},
    )
    return document


def list_documents(session: Session, client: str) -> tuple[Document, ...]:
    """The bundle's documents, in its order."""
    return _bundle(session, client).documents


def _bundle(session: Session, client: str) -> Bundle:
    session.client(client)
    with estate.opened(session, client) as payload:
        return payload.bundle


def _change(  # noqa: PLR0917 — short calls, each with what was done last
    session: Session, client: str, edit: estate.Edit, now: int, reason: str, ask: Ask = nothing_said
) -> Bundle:
    return estate.change(session, session.client(client), edit, now=now, reason=reason, ask=ask)


def _with(entry: Entry, values: Mapping[str, object]) -> Entry:
    return part_from_values(Entry, {**entry.model_dump(mode="json"), **_without_id(values), "id": entry.id})


def _without_id(values: Mapping[str, object]) -> Mapping[str, object]:
    if "id" in values:
        raise InputError("bundle.id-given")
    return values
