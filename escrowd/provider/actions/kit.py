"""``escrow kit``: files that leave the house."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from escrowd.core.manifest import verify_manifest
from escrowd.core.statements import MAX_COMPACT
from escrowd.core.wire import (
    BUNDLE_FILE,
    INSTRUCTIONS_FILE,
    MANIFEST_FILE,
    PAGE_FILE,
    key_file,
    mappe_file,
)
from escrowd.errors import EscrowdError, IntegrityError
from escrowd.machine.files import (
    new_private_folder,
    read_bounded,
    remove,
    write_atomic,
    write_atomic_stream,
)
from escrowd.paper.mappe import MAX_BUNDLE, make_mappe, recover_page
from escrowd.provider import estate, papers
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.records import SetRecord
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
    _drop_older(folder, record.sets, client)
    total = 3 + len(record.sets)
    names: list[str] = []

    def done(name: str) -> None:
        names.append(name)
        progress(Step("paper", client, len(names), total))

    with published.bundle.open("rb") as source:
        write_atomic_stream(folder / BUNDLE_FILE, lambda target: shutil.copyfileobj(source, target))
    done(BUNDLE_FILE)
    keys = {name: held_file(session.estate(client), name) for name in map(key_file, _numbers(record.sets))}
    for name, data in keys.items():
        write_atomic(folder / name, data)
        done(name)
    for name, page in _pages(session, client, published, keys):
        write_atomic(folder / name, page)
        names.append(name)
    write_atomic(folder / INSTRUCTIONS_FILE, papers.kit_page(session.vault, record, manifest))
    done(INSTRUCTIONS_FILE)
    write_atomic(folder / MANIFEST_FILE, published.compact.encode("ascii"))
    done(MANIFEST_FILE)
    if record.kit != manifest.revision:
        session.put_client(record.model_copy(update={"kit": manifest.revision}))
    return KitWritten(folder, manifest.revision, new, tuple(names))


def _pages(
    session: Session, client: str, published: estate.Published, keys: Mapping[str, bytes]
) -> Iterator[tuple[str, bytes]]:
    """The recovery page, plain and with the kit inside where that is not too large for a page."""
    record = session.client(client)
    page = recover_page()
    yield PAGE_FILE, page
    if published.bundle.stat().st_size <= MAX_BUNDLE:
        files = {
            **keys,
            BUNDLE_FILE: published.bundle.read_bytes(),
            MANIFEST_FILE: published.compact.encode("ascii"),
        }
        yield (
            mappe_file(client),
            make_mappe(page, client=client, name=record.name, language=record.language, files=files),
        )


def _drop_older(folder: Path, sets: Iterable[SetRecord], client: str) -> None:
    """Take away what an older kit of this client has and the new one does not: a key that is over, a page."""
    current = {key_file(number) for number in _numbers(sets)}
    for path in folder.glob("key-*.age"):
        if path.name not in current:
            remove(path)
    remove(folder / mappe_file(client))


def _numbers(sets: Iterable[SetRecord]) -> Iterator[int]:
    return (one.number for one in sets)


def _check_stick(folder: Path, client: str) -> None:
    """That no other client's kit lies there. A damaged one may be anybody's: it is replaced."""
    try:
        there = verify_manifest(read_bounded(folder / MANIFEST_FILE, MAX_COMPACT)).client
    except EscrowdError:
        return
    if there != client:
        raise IntegrityError("manifest.foreign-client", expected=client, found=there)
