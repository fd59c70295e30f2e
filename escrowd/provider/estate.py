"""One client's files in the workspace.

::

    clients/<id>/bundle.age               the working copy, sealed anew by every change
    clients/<id>/key-N.age                the sealed key of each live set
    clients/<id>/share-N.<node>.age       the nodes' share of set N, sealed to that node
    clients/<id>/revisions/<n>/           what was published last: bundle.age and manifest.jws, which belong
    together

1. No readable bundle touches the disk: it is opened into an anonymous memory file, and sealed from one.
2. A published revision is one folder that appears by one rename, so a bundle and its manifest never disagree.
   Its ``bundle.age`` is the working copy's own file under a second name; the next change replaces the first
   only.
3. Revision numbers are the bundle's own ("Stand"). What is published twice without a change is the same
   revision; what is sealed to other recipients, or rendered anew, is a new one.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from escrowd.core.bundle import Bundle, Revision, changed, explain, record, unexplained
from escrowd.core.manifest import (
    Manifest,
    ManifestGroup,
    ManifestSet,
    RetiredSet,
    check_successor,
    make_manifest,
    sign_manifest,
    verify_manifest,
)
from escrowd.core.payload import (
    EXPORT_KEEPASS,
    LIMITS,
    OpenDocument,
    Payload,
    documents_in_memory,
    read_payload,
    write_payload,
)
from escrowd.core.seal import seal, unseal
from escrowd.core.wire import BUNDLE_FILE, MANIFEST_FILE
from escrowd.errors import IntegrityError, RefusedError
from escrowd.machine.files import (
    disk_errors,
    memory_file,
    new_private_folder,
    sync_folder,
    write_atomic,
    write_atomic_stream,
)
from escrowd.provider.reasons import Ask, Said, nothing_said
from escrowd.provider.records import ClientRecord, RetiredRecord, SetRecord
from escrowd.provider.workspace import Session, held_file

REVISIONS: Final = "revisions"
Edit = Callable[[Bundle], Bundle]


@dataclass(frozen=True, slots=True)
class Published:
    """The revision that was published last. ``compact``: the signed manifest, byte for byte."""

    folder: Path
    compact: str
    manifest: Manifest

    @property
    def bundle(self) -> Path:
        """The sealed bundle of this revision."""
        return self.folder / BUNDLE_FILE


@contextmanager
def opened(session: Session, client: str) -> Iterator[Payload]:
    """The working copy, opened into memory and checked (rule 1).

    Raises ``IntegrityError`` as ``unseal`` and ``read_payload`` do, ``workspace.damaged`` (``file``).
    """
    with _unsealed(session, session.estate(client) / BUNDLE_FILE) as payload:
        yield payload


def published_bundle(session: Session, published: Published) -> Bundle:
    """The bundle of the revision that was published last. Raises as ``opened``."""
    with _unsealed(session, published.bundle) as payload:
        return payload.bundle


@contextmanager
def _unsealed(session: Session, path: Path) -> Iterator[Payload]:
    with memory_file() as memory:
        try:
            with path.open("rb") as source:
                unseal(source, memory, [session.identity.text])
        except FileNotFoundError:
            file = path.relative_to(session.folder)
            raise IntegrityError("workspace.damaged", file=str(file)) from None
        memory.seek(0)
        yield read_payload(memory, LIMITS)


def create(session: Session, client: ClientRecord) -> None:
    """The client's folder with an empty bundle in it. A folder that a crash left behind is filled again."""
    folder = session.estate(client.id)
    if not folder.is_dir():
        new_private_folder(folder)
    bundle = Bundle(
        client=client.id, name=client.name, language=client.language, profile=client.profile, revision=0
    )
    _write(session, client, bundle, documents_in_memory({}))


def change(
    session: Session,
    client: ClientRecord,
    edit: Edit,
    *,
    now: int,
    reason: str,
    contents: Mapping[str, bytes] | None = None,
    ask: Ask = nothing_said,
) -> Bundle:
    """Apply ``edit`` to the working copy, record the revision, seal it.

    Parameters: ``contents``, the bytes of new documents by id; those of others come from the copy that is
    there; ``ask``, called before anything is written, if there is a change to give a reason for.
    Returns the bundle as it now is; nothing is written when nothing changed.
    """
    with opened(session, client.id) as payload:
        old = payload.bundle
        new = record(old, edit(old), when=now, reason=reason)
        if new.revision != old.revision and (said := ask()).why:
            new = explain(new, {new.revision}, why=said.why, asked_by=said.asked_by)
        if new != old:
            _write(session, client, new, documents_in_memory(contents or {}, payload.open_document))
        return new


def explain_revisions(session: Session, client: ClientRecord, numbers: Collection[int], said: Said) -> None:
    """Keep the reason of revisions that have none and are not published yet."""
    with opened(session, client.id) as payload:
        new = explain(payload.bundle, numbers, why=said.why, asked_by=said.asked_by)
        if new != payload.bundle:
            _write(session, client, new, payload.open_document)


def unexplained_changes(session: Session, client: ClientRecord) -> tuple[Revision, ...]:
    """What changed without a reason since the revision that was published last; nothing before the first.

    Raises as ``opened`` and ``published``.
    """
    last = published(session, client)
    if last is None or _still_published(last, session.estate(client.id), client):
        return ()
    with opened(session, client.id) as payload:
        return unexplained(payload.bundle, last.manifest.revision)


def publish(session: Session, client: ClientRecord, *, now: int) -> tuple[Published, bool]:
    """The working copy as a published revision, and whether it is a new one (rule 3).

    Raises ``RefusedError`` ``client.no-cards`` (``client``); as ``check_successor``. Then nothing changed.
    """
    # Only here: see ``_write``.
    from escrowd.provider.exports import can_keepass  # noqa: PLC0415 — as the line above says

    if not client.sets:
        raise RefusedError("client.no-cards", client=client.id)
    folder = session.estate(client.id)
    _tidy(folder)
    last = published(session, client)
    if (
        last is not None
        and _still_published(last, folder, client)
        and not (client.profile == "expert" and can_keepass() and lacks_keepass(session, last))
    ):
        return last, False
    with opened(session, client.id) as payload:
        least = 1 if last is None else last.manifest.revision + 1
        bundle = payload.bundle
        if bundle.revision < least:
            note = Revision(number=least, when=now, reason="sealed anew")
            bundle = changed(bundle, revision=least, history=(*bundle.history, note))
        if last is not None:
            # Whether it may follow does not hang on the bundle's hash, which only sealing tells.
            draft = _manifest(session, client, bundle.revision, last.manifest.bundle_sha256, now)
            check_successor(last.compact, sign_manifest(draft, session.daily))
        # Sealed anew even when nothing changed: the set may be newer than the last sealing.
        _write(session, client, bundle, payload.open_document, to_publish=True)
    manifest = _manifest(session, client, bundle.revision, file_sha256(folder / BUNDLE_FILE), now)
    return _place(folder, sign_manifest(manifest, session.daily), manifest), True


def lacks_keepass(session: Session, own: Published) -> bool:
    """Whether an ``expert`` who has entries finds no KeePass file in what was published."""
    with _unsealed(session, own.bundle) as payload:
        bundle = payload.bundle
        return bundle.profile == "expert" and bool(bundle.entries) and not payload.has(EXPORT_KEEPASS)


def published(session: Session, client: ClientRecord) -> Published | None:
    """The revision that was published last, if any. Raises ``IntegrityError`` ``manifest.*``."""
    folder = newest_revision(session.estate(client.id))
    if folder is None:
        return None
    data = held_file(folder, MANIFEST_FILE)
    manifest = verify_manifest(data, root=session.provider)
    return Published(folder, data.decode("ascii").strip(), manifest)


def newest_revision(folder: Path) -> Path | None:
    """The folder of the revision that was published last, in a client's ``folder``. Needs no passphrase."""
    numbers = _numbers(folder / REVISIONS)
    return folder / REVISIONS / str(numbers[-1]) if numbers else None


def adopt(session: Session, client: ClientRecord, compact: str) -> Published:
    """Take the working copy, which came from a node, as the published revision of this signed manifest.

    Raises ``IntegrityError`` ``manifest.*``, ``manifest.bundle-differs``.
    """
    folder = session.estate(client.id)
    manifest = verify_manifest(compact, root=session.provider)
    manifest.check_bundle(file_sha256(folder / BUNDLE_FILE))
    return _place(folder, compact, manifest)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, lower-case hex. Raises as ``disk_errors``."""
    with disk_errors(path), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write(
    session: Session,
    client: ClientRecord,
    bundle: Bundle,
    documents: OpenDocument,
    *,
    to_publish: bool = False,
) -> None:
    """Seal ``bundle`` to every live set and to the provider, and replace the working copy.

    ``to_publish``: with the files for other programs, which only whoever receives the bundle needs.
    """
    # Only here: laying out pages takes longer to import than most commands take to run.
    from escrowd.paper.readme import readme  # noqa: PLC0415 — as the line above says
    from escrowd.provider.exports import NO_EXPORTS, exports_for  # noqa: PLC0415 — likewise

    recipients = [*(one.recipient for one in client.sets), session.identity.recipient]
    exports = exports_for(bundle) if to_publish else NO_EXPORTS
    page = readme(bundle, exports.files, [(one.entry, one.field) for one in exports.inexact])
    with memory_file() as memory:
        write_payload(memory, bundle, page, documents, exports.files)
        memory.seek(0)
        write_atomic_stream(
            session.estate(client.id) / BUNDLE_FILE, lambda target: seal(memory, target, recipients)
        )


def _manifest(session: Session, client: ClientRecord, revision: int, sha256: str, now: int) -> Manifest:
    return make_manifest(
        root=bytes.fromhex(session.vault.root),
        client=client.id,
        revision=revision,
        created=now,
        bundle_sha256=sha256,
        chain=session.vault.chain,
        sets=[_of_set(one) for one in client.sets],
        retired=[_of_retired(one) for one in client.retired],
    )


def _still_published(last: Published, folder: Path, client: ClientRecord) -> bool:
    """Whether the working copy is what was published, to the sets that are live."""
    same_sets = [one.set for one in last.manifest.sets] == [one.number for one in client.sets]
    same_retired = list(last.manifest.retired) == [_of_retired(one) for one in client.retired]
    return same_sets and same_retired and file_sha256(folder / BUNDLE_FILE) == last.manifest.bundle_sha256


def _place(folder: Path, compact: str, manifest: Manifest) -> Published:
    """Rule 2: make the revision's folder aside, then rename it to its place, then drop the older ones."""
    home = folder / REVISIONS
    if not home.is_dir():
        new_private_folder(home)
    aside = home / f".{manifest.revision}"
    new_private_folder(aside)
    _same_file(folder / BUNDLE_FILE, aside / BUNDLE_FILE)
    write_atomic(aside / MANIFEST_FILE, compact.encode("ascii"))
    sync_folder(aside)
    place = home / str(manifest.revision)
    with disk_errors(place):
        aside.rename(place)
    sync_folder(home)
    _tidy(folder)
    return Published(place, compact, manifest)


def _same_file(source: Path, target: Path) -> None:
    """A second name for the file, or where the file system has no such thing, a copy."""
    try:
        os.link(source, target)
    except OSError:
        with disk_errors(source), source.open("rb") as stream:
            write_atomic_stream(target, lambda copy: shutil.copyfileobj(stream, copy))


def _tidy(folder: Path) -> None:
    """Remove what a crash left half-made, and every published revision but the newest."""
    home = folder / REVISIONS
    if not home.is_dir():
        return
    newest = _numbers(home)[-1:]
    for entry in home.iterdir():
        if entry.name not in {str(number) for number in newest}:
            with disk_errors(entry):
                shutil.rmtree(entry)


def _numbers(home: Path) -> list[int]:
    if not home.is_dir():
        return []
    return sorted(int(entry.name) for entry in home.iterdir() if entry.name.isdecimal())


def _of_set(one: SetRecord) -> ManifestSet:
    return ManifestSet(
        set=one.number,
        slip39_id=one.slip39_id,
        recipient=one.recipient,
        key_sha256=one.key_sha256,
        groups=tuple(ManifestGroup(name=g.name, k=g.k, n=g.n, proof_keys=g.proof_keys) for g in one.groups),
    )


def _of_retired(one: RetiredRecord) -> RetiredSet:
    return RetiredSet(set=one.number, slip39_id=one.slip39_id, date=one.date)
