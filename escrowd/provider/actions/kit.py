"""``escrow kit`` and ``escrow list``: files that leave the house."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from escrowd.core.manifest import verify_manifest
from escrowd.core.statements import MAX_COMPACT
from escrowd.core.wire import BUNDLE_FILE, INSTRUCTIONS_FILE, MANIFEST_FILE, key_file
from escrowd.errors import EscrowdError, IntegrityError
from escrowd.machine.files import (
    disk_errors,
    new_private_folder,
    read_bounded,
    write_atomic,
    write_atomic_stream,
)
from escrowd.provider import estate, papers
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.workspace import Session, held_file


@dataclass(frozen=True, slots=True)
class KitWritten:
    """What lies in the folder. ``new_revision``: published by this call, so no node has it yet."""

    folder: Path
    revision: int
    new_revision: bool
    files: tuple[str, ...]


def write_kit(
    session: Session, client: str, folder: Path, *, now: int, progress: Progress = silent
) -> KitWritten:
    """Write the kit into ``folder``. Files of an older kit there are replaced, the manifest last.

    Raises ``IntegrityError`` ``manifest.foreign-client`` (``expected``, ``found``) where another client's kit
    lies; ``RefusedError`` ``client.no-cards``; ``client.unknown``, ``client.ended``; and as ``disk_errors``.
    """
    record = session.client(client)
    _check_stick(folder, client)
    published, new = estate.publish(session, record, now=now)
    manifest = published.manifest
    if not folder.is_dir():
        new_private_folder(folder)
    total = 3 + len(record.sets)
    names: list[str] = []

    def done(name: str) -> None:
        names.append(name)
        progress(Step("paper", client, len(names), total))

    with published.bundle.open("rb") as source:
        write_atomic_stream(folder / BUNDLE_FILE, lambda target: shutil.copyfileobj(source, target))
    done(BUNDLE_FILE)
    for one in record.sets:
        name = key_file(one.number)
        write_atomic(folder / name, held_file(session.estate(client), name))
        done(name)
    write_atomic(folder / INSTRUCTIONS_FILE, papers.kit_page(session.vault, record, manifest))
    done(INSTRUCTIONS_FILE)
    write_atomic(folder / MANIFEST_FILE, published.compact.encode("ascii"))
    done(MANIFEST_FILE)
    return KitWritten(folder, manifest.revision, new, tuple(names))


def _check_stick(folder: Path, client: str) -> None:
    """That no other client's kit lies there. A damaged one may be anybody's: it is replaced."""
    try:
        there = verify_manifest(read_bounded(folder / MANIFEST_FILE, MAX_COMPACT)).client
    except EscrowdError:
        return
    if there != client:
        raise IntegrityError("manifest.foreign-client", expected=client, found=there)


def write_list(session: Session, client: str, file: Path, *, now: int) -> int:
    """Write the complete list as one page (0600), readable by whoever gets it. Returns the revision.

    Raises ``client.unknown``, ``client.ended``; and as ``disk_errors``.
    """
    del now
    session.client(client)
    with estate.opened(session, client) as payload:
        page, revision = payload.readme(), payload.bundle.revision
    with disk_errors(file):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(file, page)
    return revision
