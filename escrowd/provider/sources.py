"""Exports that hold the credentials of many clients: which group is whose.

1. An entry belongs to the deepest group above it that somebody spoke for: gave to a client, or left out.
2. Whoever speaks for a group speaks for all below it, except where groups in it are given to clients: then
   it stands only for what lies directly in it, as the top (``()``, what lies in no group) always does. So a
   group that is new beside those of clients is never taken for one of theirs.
3. What nobody spoke for is named. A group that holds nothing is not asked about.
4. A group of a client is as it was when its content and the client's bundle are, byte for byte, what they
   were after the last sync. The bundle counts, because a restored one may be older than this table.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from escrowd.core.bundle.imported import Imported
from escrowd.core.keys import new_id
from escrowd.errors import InputError, NotFoundError
from escrowd.provider.records import ClientRecord, SourceGroup, SourceRecord
from escrowd.provider.workspace import Session

GroupPath = tuple[str, ...]
TOP: Final = "/"
"""How what lies in no group is written."""


@dataclass(frozen=True, slots=True)
class Unspoken:
    """A group that nobody spoke for (rule 3).

    ``entries``: how many it holds; ``below``: its own groups that hold any; ``suggestion``: the client whose
    id or name it bears, or None.
    """

    group: GroupPath
    entries: int
    below: tuple[GroupPath, ...]
    suggestion: str | None


def shown(group: GroupPath) -> str:
    """The group as it is written on the command line."""
    return "/".join(group) or TOP


def new_source(file: Path) -> SourceRecord:
    """A source that is not remembered yet. Raises as ``absolute``."""
    return SourceRecord(id=new_id(), path=absolute(file))


def absolute(file: Path) -> str:
    """The file's path, as it is remembered. Raises ``InputError`` ``sync.file-name`` if it is no text."""
    path = str(file.absolute().resolve())
    try:
        path.encode()
    except UnicodeEncodeError:
        raise InputError("sync.file-name") from None
    return path


def find_source(session: Session, file: Path) -> SourceRecord | None:
    """What is remembered of the file, if anything. Raises as ``absolute``."""
    path = absolute(file)
    return next((one for one in session.vault.sources if one.path == path), None)


def put_source(session: Session, source: SourceRecord) -> None:
    """Save the table with ``source`` in the place of the one with its id, or at the end."""
    others = session.vault.sources
    known = any(one.id == source.id for one in others)
    sources = tuple(source if one.id == source.id else one for one in others)
    sources = sources if known else (*others, source)
    if sources != others:
        session.save(session.vault.model_copy(update={"sources": sources}))


def forget_source(session: Session, file: Path) -> None:
    """Remember the file no more. Raises ``NotFoundError`` ``sync.source-unknown`` (``path``)."""
    source = find_source(session, file)
    if source is None:
        raise NotFoundError("sync.source-unknown", path=str(file))
    sources = tuple(one for one in session.vault.sources if one.id != source.id)
    session.save(session.vault.model_copy(update={"sources": sources}))


def named_group(source: SourceRecord, imported: Imported, name: str) -> GroupPath | None:
    """The group of the export, or one spoken for before, that is written so; None if there is none.

    Compared as written, so that a name with a slash in it can be given too.
    """
    paths = {*_prefixes(imported), *(one.path for one in source.groups)}
    return next((path for path in sorted(paths) if shown(path) == name), None)


def speak_for(source: SourceRecord, group: GroupPath, client: str | None) -> SourceRecord:
    """``source`` with ``group`` given to a client, or left out (None)."""
    others = tuple(one for one in source.groups if one.path != group)
    same = next((one for one in source.groups if one.path == group and one.client == client), None)
    return source.model_copy(update={"groups": (*others, same or SourceGroup(path=group, client=client))})


def divide(source: SourceRecord, imported: Imported) -> dict[GroupPath, Imported]:
    """What each group that is spoken for holds, paths beginning there. A group that is gone is absent."""
    there = _prefixes(imported)
    homes = {path: _home(path, source.groups) for path in there}
    parts = {}
    for path in (one.path for one in source.groups if one.path in there):
        ids = {entry.id for entry in imported.entries if homes[entry.group] == path}
        # The names of groups that are not its own are other clients' business.
        groups = tuple(one for one in imported.groups if homes[one] == path and one != path)
        # Formats whose exports bear no name of their own get the source's: a client may have parts of two.
        named = replace(imported, groups=(path, *groups), scope=imported.scope or source.id)
        parts[path] = named.only(ids).within(path)
    return parts


def unspoken(
    source: SourceRecord, imported: Imported, clients: Sequence[ClientRecord]
) -> tuple[Unspoken, ...]:
    """The groups that hold something and that nobody spoke for, in the export's order."""
    counts: Counter[GroupPath] = Counter()
    below: dict[GroupPath, dict[GroupPath, None]] = {}
    for entry in imported.entries:
        if _home(entry.group, source.groups) is None:
            group = _outermost(entry.group, source.groups)
            counts[group] += 1
            if len(entry.group) > len(group) > 0:
                below.setdefault(group, {})[entry.group[: len(group) + 1]] = None
    return tuple(
        Unspoken(group, count, tuple(below.get(group, ())), _suggestion(group, clients))
        for group, count in counts.items()
    )


def state(part: Imported, bundle_sha256: str) -> str:
    """Rule 4: the digest of both sides."""
    return hashlib.sha256(f"{part.digest()} {bundle_sha256}".encode()).hexdigest()


def _prefixes(imported: Imported) -> set[GroupPath]:
    """Every group there is, and the top."""
    paths = {*imported.groups, *(entry.group for entry in imported.entries)}
    return {(), *(path[:depth] for path in paths for depth in range(1, len(path) + 1))}


def _is_taken_apart(path: GroupPath, spoken: Collection[SourceGroup]) -> bool:
    """Rule 2: whether groups in it are given to clients."""
    given = (one.path for one in spoken if one.client is not None)
    return not path or any(len(one) > len(path) and one[: len(path)] == path for one in given)


def _home(group: GroupPath, spoken: Collection[SourceGroup]) -> GroupPath | None:
    """Rule 1: the group that is spoken for and that what lies in ``group`` belongs to."""
    above = (one.path for one in spoken if group[: len(one.path)] == one.path)
    home = max(above, key=len, default=None)
    if home is None or (home != group and _is_taken_apart(home, spoken)):
        return None
    return home


def _outermost(group: GroupPath, spoken: Collection[SourceGroup]) -> GroupPath:
    """The outermost group that can be spoken for as a whole, for an entry in ``group``."""
    whole = (group[:depth] for depth in range(1, len(group)) if not _is_taken_apart(group[:depth], spoken))
    return next(whole, group)


def _suggestion(group: GroupPath, clients: Sequence[ClientRecord]) -> str | None:
    name = group[-1].strip().casefold() if group else ""
    alike = [one.id for one in clients if one.ended is None and name in {one.id, one.name.casefold()}]
    return alike[0] if len(alike) == 1 else None
