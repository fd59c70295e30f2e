"""``escrow sync``: exports that hold many clients' credentials, merged into the bundles of those they are of.

1. Where both sides changed, ours stays (``merge.ours_stays``), and the report says so until both are alike.
2. A client whose group and bundle are as they were after the last sync is not even opened, and one in whose
   bundle nothing changed is not sealed again (``sources`` rule 4).
3. One client's trouble is that client's: it stands in the report, and the others go on.
4. Whose a group is, is remembered before anything is sealed, and what was synced after it: a crash in between
   only makes the next run look once more.
5. A group that is gone from the export changes nothing: it was renamed, or the file is another. Its client is
   reported.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from escrowd.core.bundle import Bundle, Document, record
from escrowd.core.bundle.imported import Imported, NotCarried
from escrowd.core.bundle.merge import MergedEntry, MergeReport, merge, ours_stays, without_removed
from escrowd.core.payload import MAX_PAYLOAD_BYTES
from escrowd.core.wire import BUNDLE_FILE
from escrowd.errors import ConflictError, EscrowdError, NotFoundError
from escrowd.machine.files import read_bounded, remove
from escrowd.machine.secret_input import Secret
from escrowd.provider import estate
from escrowd.provider.actions.import_ import MAX_KEY_FILE
from escrowd.provider.imports import detect_format, read_export
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.reasons import NOTHING, Said
from escrowd.provider.records import SourceRecord
from escrowd.provider.sources import (
    GroupPath,
    Unspoken,
    divide,
    find_source,
    named_group,
    new_source,
    put_source,
    shown,
    speak_for,
    state,
    unspoken,
)
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was read, and what is remembered of it, or will be."""

    record: SourceRecord
    imported: Imported = field(repr=False)

    def open_questions(self, session: Session) -> tuple[Unspoken, ...]:
        """The groups that nobody spoke for."""
        return unspoken(self.record, self.imported, session.vault.clients)

    def speak_for(self, group: GroupPath, client: str | None) -> "Source":
        """The same with ``group`` given to a client, or left out (None)."""
        return replace(self, record=speak_for(self.record, group, client))


@dataclass(frozen=True, slots=True)
class ClientSync:
    """What became of one client. It holds titles and names of fields, no value of any.

    ``groups``: where it comes from; ``looked``: whether anything was compared (rule 2); ``differs``: whether
    the bundle was sealed anew, or in a dry run would be; ``revision``: of the working copy, None if nobody
    looked; ``changed`` holds the conflicts too (``MergedEntry.conflicts``), which changed nothing;
    ``removed_here``: entries that the export still has; ``error``: why it failed.
    """

    client: str
    groups: tuple[str, ...]
    looked: bool = False
    differs: bool = False
    revision: int | None = None
    added: tuple[MergedEntry, ...] = ()
    changed: tuple[MergedEntry, ...] = ()
    missing: tuple[MergedEntry, ...] = ()
    back: tuple[MergedEntry, ...] = ()
    unchanged: int = 0
    removed_here: tuple[str, ...] = ()
    documents_added: tuple[str, ...] = ()
    documents_changed: tuple[str, ...] = ()
    documents_missing: tuple[str, ...] = ()
    documents_conflicts: tuple[str, ...] = ()
    not_carried: tuple[NotCarried, ...] = ()
    error: EscrowdError | None = None

    @property
    def conflicts(self) -> int:
        """How many fields and files changed on both sides."""
        return sum(len(entry.conflicts) for entry in self.changed) + len(self.documents_conflicts)


@dataclass(frozen=True, slots=True)
class SourceSync:
    """What stands about a file as a whole.

    ``unspoken``: its groups without a client; ``left_out``: those left out on purpose; ``not_carried``: what
    has no place in an entry and belongs to no client; ``plain``: whoever has the file can read it;
    ``arrived``: all that is somebody's is in a bundle, nothing stands against it.
    """

    path: str
    format: str
    plain: bool
    unspoken: tuple[Unspoken, ...]
    left_out: tuple[str, ...]
    not_carried: tuple[NotCarried, ...]
    arrived: bool


@dataclass(frozen=True, slots=True)
class SyncReport:
    """All of it, clients in the order of the workspace."""

    dry_run: bool
    clients: tuple[ClientSync, ...]
    sources: tuple[SourceSync, ...]


def source_of(
    session: Session,
    file: Path,
    *,
    key_file: Path | None = None,
    columns: Mapping[str, str] | None = None,
    password: bool | None = None,
) -> SourceRecord:
    """What is remembered of ``file``, or a new source; with what is given changed. Nothing is saved.

    Parameters: ``password``, whether one is asked for. Raises ``InputError`` ``sync.file-name``.
    """
    known = find_source(session, file) or new_source(file)
    given = {
        "key_file": None if key_file is None else new_source(key_file).path,
        "columns": columns,
        "password": password,
    }
    return known.model_copy(update={name: value for name, value in given.items() if value is not None})


def read_source(known: SourceRecord, *, ask: Callable[[Path], Secret], progress: Progress = silent) -> Source:
    """Read a source's file. Nothing is saved or changed.

    Parameters: ``ask``, called with the path if the file has a password.
    Raises as ``read_export`` and ``read_bounded``.
    """
    path = Path(known.path)
    progress(Step("open", path.name, 0, 1))
    data = read_bounded(path, MAX_PAYLOAD_BYTES)
    sealed = detect_format(data).needs == "password"
    key = read_bounded(Path(known.key_file), MAX_KEY_FILE) if sealed and known.key_file is not None else None
    password = ask(path).value if sealed and known.password else None
    imported = read_export(data, password=password, key_file=key, columns=known.columns or None)
    progress(Step("open", path.name, 1, 1))
    return Source(known.model_copy(update={"format": imported.source, "plain": not sealed}), imported)


def spoken_for(
    session: Session, sources: Sequence[Source], said: Mapping[str, str | None]
) -> tuple[Source, ...]:
    """The sources with what ``said`` says of their groups, by name: a client, or None to leave it out.

    Raises ``NotFoundError`` ``import.group-unknown`` (``group``) for one that no source has,
    ``ConflictError`` ``sync.group-ambiguous`` (``group``) for one that several have and that is somebody
    else's in one of them already, and as ``Session.client``.
    """
    result = list(sources)
    for name, client in said.items():
        if client is not None:
            session.client(client)
        found = [named_group(one.record, one.imported, name) for one in result]
        if all(group is None for group in found):
            raise NotFoundError("import.group-unknown", group=name)
        others = [
            one
            for source, group in zip(result, found, strict=True)
            for one in source.record.groups
            if one.path == group and one.client != client
        ]
        if others and sum(group is not None for group in found) > 1:
            raise ConflictError("sync.group-ambiguous", group=name)
        result = [
            one if group is None else one.speak_for(group, client)
            for one, group in zip(result, found, strict=True)
        ]
    return tuple(result)


def sync(
    session: Session,
    sources: Sequence[Source],
    *,
    dry_run: bool,
    now: int,
    said: Said = NOTHING,
    progress: Progress = silent,
) -> SyncReport:
    """Merge what each group holds into its client's bundle, one revision a client; unless ``dry_run``.

    Parameters: ``said``, why, for the history. Raises nothing that is one client's trouble only (rule 3).
    """
    if not dry_run:
        for source in sources:
            if source.record.groups:
                put_source(session, source.record)
    run = _Run(session, dry_run, now, said)
    shares = _shares(session, sources)
    clients = []
    for number, (client, mine) in enumerate(shares.items()):
        progress(Step("seal", "bundles", number, len(shares)))
        clients.append(run.sync_client(client, mine))
    progress(Step("seal", "bundles", len(shares), len(shares)))
    if not dry_run:
        for source in sources:
            if source.record.groups:
                put_source(session, _synced(source.record, run.states))
    return SyncReport(dry_run, tuple(clients), tuple(_of_source(session, one, clients) for one in sources))


def delete_export(source: SourceSync) -> None:
    """Unlink a readable export. Overwriting it first would reach nothing on a flash disk or a snapshot.

    Raises as ``files.remove``.
    """
    remove(Path(source.path))


@dataclass(frozen=True, slots=True)
class _Share:
    """A group of a source and what it holds; None when the group is gone (rule 5)."""

    source: str
    group: GroupPath
    part: Imported | None
    synced: str | None


def _shares(session: Session, sources: Sequence[Source]) -> dict[str, list[_Share]]:
    """The groups of each client, clients in the order of the workspace."""
    found: dict[str, list[_Share]] = {client.id: [] for client in session.vault.clients}
    for source in sources:
        parts = divide(source.record, source.imported)
        for one in source.record.groups:
            if one.client is not None:
                share = _Share(source.record.id, one.path, parts.get(one.path), one.synced)
                found.setdefault(one.client, []).append(share)
    return {client: shares for client, shares in found.items() if shares}


@dataclass(frozen=True, slots=True)
class _Run:
    """One sync. ``states``: what both sides are now, by source and group, None where they differ."""

    session: Session
    dry_run: bool
    now: int
    said: Said
    states: dict[tuple[str, GroupPath], str | None] = field(default_factory=dict)

    def sync_client(self, client: str, shares: Sequence[_Share]) -> ClientSync:
        """Rules 2, 3 and 5 for one client."""
        groups = tuple(shown(share.group) for share in shares)
        there = [(share, share.part) for share in shares if share.part is not None]
        gone = next((share.group for share in shares if share.part is None), None)
        error = None if gone is None else NotFoundError("sync.group-gone", group=shown(gone))
        result = ClientSync(client, groups, error=error)
        try:
            self.session.client(client)
            copy = self.session.estate(client) / BUNDLE_FILE
            sha256 = estate.file_sha256(copy)
            if all(share.synced == state(part, sha256) for share, part in there):
                return result
            result = self._merged(result, [part for _, part in there])
            sha256 = estate.file_sha256(copy)
        except EscrowdError as problem:
            self.states.update({(share.source, share.group): None for share in shares})
            return replace(result, error=problem)
        agreed = not result.conflicts
        self.states.update(
            {(share.source, share.group): state(part, sha256) if agreed else None for share, part in there}
        )
        return result

    def _merged(self, result: ClientSync, parts: Sequence[Imported]) -> ClientSync:
        merging = _Merging(datetime.fromtimestamp(self.now, UTC).date().isoformat(), parts)
        reason = f"sync {'+'.join(dict.fromkeys(part.source for part in parts))}"
        with estate.opened(self.session, result.client) as payload:
            old = payload.bundle
        if self.dry_run:
            new = record(old, merging.edit(old), when=self.now, reason=reason)
        else:
            client = self.session.client(result.client)
            new = estate.change(
                self.session,
                client,
                merging.edit,
                now=self.now,
                reason=reason,
                contents=merging.contents,
                ask=lambda: self.said,
            )
        return replace(merging.told(result, old, new), differs=new != old)


@dataclass(frozen=True, slots=True)
class _Merging:
    """The groups of one client, merged one after the other into one revision.

    ``contents`` and ``reports`` are filled by ``edit``, which ``estate.change`` calls before it asks for the
    bytes of new documents.
    """

    today: str
    parts: Sequence[Imported]
    reports: list[MergeReport] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)

    def edit(self, bundle: Bundle) -> Bundle:
        """``bundle`` with all parts in it."""
        for part in self.parts:
            spared, left = without_removed(bundle, part)
            report = merge(bundle, spared, today=self.today, settle=ours_stays)
            bundle = report.bundle
            self.reports.append(report)
            self.removed.extend(left)
            self.contents.update(report.contents)
        return bundle

    def told(self, result: ClientSync, old: Bundle, new: Bundle) -> ClientSync:
        """What became of it all."""
        names = {one.id: one.name for one in _documents(old, *(report.bundle for report in self.reports))}

        def all_of(name: str) -> tuple[MergedEntry, ...]:
            return tuple(line for report in self.reports for line in getattr(report, name))

        def documents(name: str) -> tuple[str, ...]:
            return tuple(names[id_] for report in self.reports for id_ in getattr(report, name))

        return replace(
            result,
            looked=True,
            revision=new.revision,
            added=all_of("added"),
            changed=all_of("changed"),
            missing=all_of("missing"),
            back=all_of("back"),
            unchanged=len(all_of("unchanged")),
            removed_here=tuple(self.removed),
            documents_added=documents("documents_added"),
            documents_changed=documents("documents_changed"),
            documents_missing=documents("documents_missing"),
            documents_conflicts=documents("documents_conflicts"),
            not_carried=tuple(left for report in self.reports for left in report.not_carried if left.entry),
        )


def _documents(*bundles: Bundle) -> Iterable[Document]:
    return (one for bundle in bundles for one in bundle.documents)


def _synced(known: SourceRecord, states: Mapping[tuple[str, GroupPath], str | None]) -> SourceRecord:
    """``known`` with the states that the run ended with; a group that nobody looked at keeps its own."""
    groups = tuple(
        one.model_copy(update={"synced": states.get((known.id, one.path), one.synced)})
        for one in known.groups
    )
    return known.model_copy(update={"groups": groups})


def _of_source(session: Session, source: Source, clients: Sequence[ClientSync]) -> SourceSync:
    known, imported = source.record, source.imported
    mine = {one.client for one in known.groups}
    reports = [one for one in clients if one.client in mine]
    titles = {entry.title for part in divide(known, imported).values() for entry in part.entries}
    open_questions = source.open_questions(session)
    return SourceSync(
        path=known.path,
        format=imported.source,
        plain=known.plain,
        unspoken=open_questions,
        left_out=tuple(shown(one.path) for one in known.groups if one.client is None),
        not_carried=tuple(left for left in imported.not_carried if left.entry not in titles),
        arrived=not open_questions
        and bool(reports)
        and all(one.error is None and not one.conflicts for one in reports),
    )
