"""``escrow import``: another password manager's export, merged into the working copy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from escrowd.core.bundle.imported import NotCarried
from escrowd.core.bundle.merge import MergedEntry, merge
from escrowd.core.payload import MAX_PAYLOAD_BYTES
from escrowd.machine.files import read_bounded
from escrowd.machine.secret_input import Secret
from escrowd.provider import estate
from escrowd.provider.imports import read_export
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.reasons import NOTHING, Said
from escrowd.provider.workspace import Session

MAX_KEY_FILE: Final = 1 << 20
"""The largest KeePass key file that is read, in bytes."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the export. It holds titles and names of fields, no value of any.

    ``source``: the format; ``revision``: of the working copy now; ``changed`` names its fields, and among
    them the ``conflicts`` (edited here too; the export won, the history has ours); ``missing``: entries of an
    earlier import that are kept and marked; ``documents_added`` and so on: names; ``not_carried``: what has
    no place in an entry.
    """

    source: str
    dry_run: bool
    revision: int
    added: tuple[MergedEntry, ...]
    changed: tuple[MergedEntry, ...]
    missing: tuple[MergedEntry, ...]
    back: tuple[MergedEntry, ...]
    unchanged: int
    documents_added: tuple[str, ...]
    documents_changed: tuple[str, ...]
    documents_missing: tuple[str, ...]
    not_carried: tuple[NotCarried, ...]


def import_export(
    session: Session,
    client: str,
    file: Path,
    *,
    dry_run: bool,
    now: int,
    password: Secret | None = None,
    key_file: Path | None = None,
    columns: Mapping[str, str] | None = None,
    group: Sequence[str] = (),
    said: Said = NOTHING,
    progress: Progress = silent,
) -> ImportReport:
    """Read the export in memory, merge it, and unless ``dry_run`` seal the result as one revision.

    Parameters: ``password`` and ``key_file`` open a sealed export; ``columns`` maps a CSV's columns;
    ``group``, the path of the one group to take (for a database with many clients in it).
    Raises as ``read_export``, ``Imported.within`` and ``read_bounded``; ``client.unknown``, ``client.ended``.
    Then nothing has changed.
    """
    record = session.client(client)
    data = read_bounded(file, MAX_PAYLOAD_BYTES)
    key = None if key_file is None else read_bounded(key_file, MAX_KEY_FILE)
    progress(Step("open", file.name, 0, 1))
    imported = read_export(
        data, password=None if password is None else password.value, key_file=key, columns=columns
    )
    if group:
        imported = imported.within(tuple(group))
    progress(Step("open", file.name, 1, 1))
    with estate.opened(session, client) as payload:
        old = payload.bundle
    result = merge(old, imported, today=datetime.fromtimestamp(now, UTC).date().isoformat())
    bundle = old
    if not dry_run:
        progress(Step("seal", client, 0, 1))
        bundle = estate.change(
            session,
            record,
            lambda _old: result.bundle,
            now=now,
            reason=f"import {imported.source}",
            contents=result.contents,
            ask=lambda: said,
        )
        progress(Step("seal", client, 1, 1))
    names = {document.id: document.name for document in (*old.documents, *result.bundle.documents)}
    return ImportReport(
        source=imported.source,
        dry_run=dry_run,
        revision=bundle.revision,
        added=result.added,
        changed=result.changed,
        missing=result.missing,
        back=result.back,
        unchanged=len(result.unchanged),
        documents_added=tuple(names[id_] for id_ in result.documents_added),
        documents_changed=tuple(names[id_] for id_ in result.documents_changed),
        documents_missing=tuple(names[id_] for id_ in result.documents_missing),
        not_carried=result.not_carried,
    )
