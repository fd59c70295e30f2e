"""``escrow ledger verify``: an export on disk, or a node's ledger as it answers now."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from escrowd.core.ledger import EMPTY, Head, LedgerEntry, read_chain
from escrowd.errors import InputError, IntegrityError, NotFoundError
from escrowd.machine.files import open_regular
from escrowd.provider.memory import recall
from escrowd.provider.sending import fetch_ledger
from escrowd.provider.workspace import Session


@dataclass(frozen=True, slots=True)
class LedgerChecked:
    """A chain that holds.

    ``bodies``: entries that can be read; ``matches_last_seen``: None when nothing was seen.
    """

    node: str
    entries: int
    seq: int
    head: str
    bodies: int
    matches_last_seen: bool | None


def verify_ledger_file(file: Path, *, node: str | None = None) -> LedgerChecked:
    """Verify an export. ``node``: the fingerprint that it must be of.

    Raises as ``read_chain``; ``InputError`` ``ledger.empty`` (``path``); ``NotFoundError``
    ``file.not-found``.
    """
    with open_regular(file) as stream:
        return _checked(read_chain(stream, node=node), None, str(file))


def verify_ledger_of_node(session: Session, url: str, *, now: int) -> LedgerChecked:
    """Fetch a node's whole ledger and verify it, and that the head seen last is in it.

    Raises ``NotFoundError`` ``node.unknown`` (``url``); ``IntegrityError`` ``ledger.*``; as ``NodeClient``.
    """
    wanted = url.rstrip("/")
    node = next((one for one in session.vault.nodes if wanted in {one.url, one.fingerprint, one.name}), None)
    if node is None:
        raise NotFoundError("node.unknown", url=url)
    last = recall(session.folder, node.fingerprint).last
    result = _checked(fetch_ledger(session, node, now=now), last, node.url)
    if result.matches_last_seen is False:
        raise IntegrityError("ledger.went-back", seen=last.seq, found=result.seq)
    return result


def _checked(entries: Iterable[LedgerEntry], last: Head | None, place: str) -> LedgerChecked:
    count = bodies = 0
    end: LedgerEntry | None = None
    matches = None if last in {None, EMPTY} else False
    for entry in entries:
        count += 1
        bodies += entry.body is not None
        matches = True if entry.head == last else matches
        end = entry
    if end is None:
        raise InputError("ledger.empty", path=place)
    return LedgerChecked(end.node, count, end.seq, end.hash, bodies, matches)
