"""``escrow open`` and ``escrow why``: the bundle read by the provider."""

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from escrowd.core.bundle import Bundle, Decision, Entry, Revision, former_entry_id
from escrowd.machine.files import disk_errors, new_private_folder, write_atomic_stream
from escrowd.provider import estate
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class Why:
    """What is on record about one entry.

    ``entry`` is None when it was removed; ``history``: its revisions, oldest first, each with the changes of
    this entry alone.
    """

    id: str
    title: str
    entry: Entry | None
    decisions: tuple[Decision, ...]
    history: tuple[Revision, ...]


def open_bundle(session: Session, client: str) -> Bundle:
    """The bundle, in memory. Raises ``client.unknown``, ``client.ended``; as ``estate.opened``."""
    session.client(client)
    with estate.opened(session, client) as payload:
        return payload.bundle


def open_to_folder(session: Session, client: str, folder: Path) -> tuple[str, ...]:
    """Write the readable payload into ``folder``, which must be empty or not there, and becomes 0700.

    Returns the names written. Raises as ``open_bundle``, ``new_private_folder`` and ``disk_errors``.
    """
    session.client(client)
    with estate.opened(session, client) as payload:
        new_private_folder(folder)
        for file in payload.files:
            path = folder.joinpath(*file.name.split("/"))
            with disk_errors(path):
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with payload.open_file(file.name) as source:
                write_atomic_stream(path, partial(shutil.copyfileobj, source))
        return tuple(file.name for file in payload.files)


def why(session: Session, client: str, ref: str) -> Why:
    """The decisions and the history of an entry, there or removed. Raises as ``former_entry_id``."""
    bundle = open_bundle(session, client)
    id_ = former_entry_id(bundle, ref)
    entry = next((one for one in bundle.entries if one.id == id_), None)
    history = tuple(
        revision.model_copy(update={"changes": changes})
        for revision in bundle.history
        if (changes := tuple(one for one in revision.changes if one.id == id_))
    )
    former = next((one.entry for past in reversed(history) for one in past.changes if one.entry), None)
    known = entry or former
    return Why(
        id_,
        known.title if known else ref,
        entry,
        known.decisions if known else (),
        history,
    )
