"""A kit: the files on a stick or in a folder that a holder needs beside cards."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from escrowd.core.encoding import day
from escrowd.core.manifest import Manifest, check_successor, verify_manifest
from escrowd.core.statements import MAX_COMPACT
from escrowd.core.wire import (
    BUNDLE_FILE,
    INSTRUCTIONS_FILE,
    MANIFEST_FILE,
    PAGE_FILE,
    key_file,
    mappe_file,
)
from escrowd.errors import ConflictError, EscrowdError, InputError, IntegrityError, NotFoundError
from escrowd.machine.files import disk_errors, open_regular, read_bounded
from escrowd.recovery.materials import KEY_NAME, Materials, gather, read_key

_CHUNK: Final = 64 * 1024
_DOWNLOADED_AGAIN: Final = re.compile(r" ?\(\d{1,4}\)(?=\.[a-z]+$)")


@dataclass(frozen=True, slots=True)
class KitReport:
    """What a look at a kit, unopened, tells.

    ``manifest``: None if none verifies. ``problems``: what keeps the kit from opening, or from proving what
    it is; ``outdated``: what makes it an old one. ``surplus``: files that belong to no kit, by name.
    """

    folder: Path
    manifest: Manifest | None
    problems: tuple[EscrowdError, ...]
    outdated: tuple[EscrowdError, ...]
    surplus: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether every file is there and is the one that the manifest names."""
        return not self.problems

    @property
    def current(self) -> bool:
        """Whether nothing says that there is a newer one."""
        return not self.outdated


def read_kit(folder: Path) -> Materials:
    """The materials in a kit's folder, or in the folder that a browser downloads to.

    A browser saves what is there already under another name (``bundle (1).age``). That counts where no file
    has the plain name.
    Raises ``NotFoundError`` ``kit.no-folder``; ``InputError`` ``kit.empty`` (neither bundle nor key is in
    it); and as ``gather`` (several such files that differ) and ``machine.files.read_bounded``.
    """
    found: dict[str, list[Path]] = {}
    for name in _names(folder):
        plain = _DOWNLOADED_AGAIN.sub("", name)
        if plain in {BUNDLE_FILE, MANIFEST_FILE} or KEY_NAME.fullmatch(plain):
            found.setdefault(plain, []).append(folder / name)
    parts = []
    for plain, paths in sorted(found.items()):
        for path in [one for one in paths if one.name == plain] or paths:
            if plain == BUNDLE_FILE:
                parts.append(Materials(bundle=path))
            elif plain == MANIFEST_FILE:
                parts.append(Materials(manifest=read_bounded(path, MAX_COMPACT)))
            else:
                parts.append(Materials(keys=(read_key(path, plain),)))
    kit = gather(parts)
    if kit.bundle is None and not kit.keys:
        raise InputError("kit.empty", path=str(folder))
    return kit


def check_kit(
    folder: Path, *, now: int, root: str | None = None, latest: str | bytes | None = None
) -> KitReport:
    """Whether a kit is whole and current, by its manifest; nothing is opened, no card is needed.

    Parameters: ``now``, wall time in seconds; ``root``, the fingerprint on the card; ``latest``, the newest
    manifest that the caller knows, if any.
    Raises ``NotFoundError`` ``kit.no-folder``. Everything else is in the report, as the errors that opening
    would meet: ``kit.file-missing`` (``file``), ``kit.file-differs`` (``file``), those of
    ``verify_manifest`` and ``check_successor``; outdated: ``kit.overdue`` (``revision``,
    ``due``: a day), ``kit.older`` (``revision``, ``latest``).
    """
    names = _names(folder)
    manifest: Manifest | None = None
    problems: list[EscrowdError] = []
    if MANIFEST_FILE in names:
        try:
            compact = read_bounded(folder / MANIFEST_FILE, MAX_COMPACT)
            manifest = verify_manifest(compact, root=root)
        except EscrowdError as error:
            problems.append(error)
    else:
        problems.append(NotFoundError("kit.file-missing", file=MANIFEST_FILE))
    problems += _files(folder, names, manifest)
    outdated: list[EscrowdError] = []
    if manifest is not None and manifest.next_revision_by <= now:
        due = day(manifest.next_revision_by)
        outdated.append(ConflictError("kit.overdue", revision=manifest.revision, due=due))
    if manifest is not None and latest is not None:
        try:
            outdated += _older(manifest, compact, latest)
        except EscrowdError as error:
            problems.append(error)
    known = {BUNDLE_FILE, MANIFEST_FILE, INSTRUCTIONS_FILE, PAGE_FILE}
    if manifest is not None:
        known |= {mappe_file(manifest.client), mappe_file(manifest.client, manifest.revision)}
        known |= {key_file(own.set) for own in manifest.sets}
    return KitReport(folder, manifest, tuple(problems), tuple(outdated), tuple(sorted(set(names) - known)))


def _files(folder: Path, names: list[str], manifest: Manifest | None) -> Iterator[EscrowdError]:
    if INSTRUCTIONS_FILE not in names:
        yield NotFoundError("kit.file-missing", file=INSTRUCTIONS_FILE)
    if BUNDLE_FILE not in names:
        yield NotFoundError("kit.file-missing", file=BUNDLE_FILE)
    elif manifest is not None:
        yield from _differs(folder / BUNDLE_FILE, manifest.bundle_sha256)
    if manifest is None:
        if not any(KEY_NAME.fullmatch(name) for name in names):
            yield NotFoundError("kit.file-missing", file=key_file(1))
        return
    for own in manifest.sets:
        name = key_file(own.set)
        if name not in names:
            yield NotFoundError("kit.file-missing", file=name)
        else:
            yield from _differs(folder / name, own.key_sha256)


def _differs(path: Path, expected: str) -> Iterator[EscrowdError]:
    digest = hashlib.sha256()
    try:
        with open_regular(path) as stream, disk_errors(path):
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except EscrowdError as error:
        yield error
        return
    if digest.hexdigest() != expected:
        yield IntegrityError("kit.file-differs", file=path.name)


def _older(manifest: Manifest, compact: bytes, latest: str | bytes) -> Iterator[EscrowdError]:
    newest = latest.decode("ascii", errors="replace") if isinstance(latest, bytes) else latest
    text = compact.decode("ascii", errors="replace")
    known = verify_manifest(newest)
    if manifest.revision < known.revision:
        check_successor(text, newest)
        yield ConflictError("kit.older", revision=manifest.revision, latest=known.revision)
    else:
        check_successor(newest, text)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except NotADirectoryError:
        raise NotFoundError("kit.no-folder", path=str(folder)) from None
    except FileNotFoundError:
        raise NotFoundError("kit.no-folder", path=str(folder)) from None
    except OSError:
        with disk_errors(folder):
            raise
