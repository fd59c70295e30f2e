"""``escrow list``: the complete list, as sheets for a ring binder (PDF) or as one page (HTML)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from escrowd.errors import InputError
from escrowd.machine.files import disk_errors, write_atomic
from escrowd.paper.binder import Doors, binder_pdf
from escrowd.paper.readme import readme
from escrowd.provider import estate
from escrowd.provider.records import ClientRecord, Vault
from escrowd.provider.workspace import Session

_PAGE: Final = (".html", ".htm")
_SHEETS: Final = ".pdf"
_SECOND_CARD: Final = ("successor", "reserve")


@dataclass(frozen=True, slots=True)
class ListWritten:
    """``revision``, of the list; ``sheets``, pages of paper, and ``registers``, their numbers (PDF only)."""

    file: Path
    revision: int
    sheets: int = 0
    registers: tuple[int, ...] = ()


def write_list(session: Session, client: str, file: Path, *, since: int | None = None) -> ListWritten:
    """Write the complete list (0600), readable by whoever gets it.

    Parameters: ``file``, whose ending says which: ``.pdf`` or ``.html``; ``since``, the Stand of the folder
    that is to be brought up to date: only what changed, with a cover sheet.
    Raises ``InputError`` ``list.ending`` (``ending``), ``list.since-page`` (a page is never partial),
    ``list.since-unknown`` (``since``, ``revision``); ``client.unknown``, ``client.ended``; and as
    ``disk_errors``.
    """
    record = session.client(client)
    ending = file.suffix.lower()
    if ending not in (*_PAGE, _SHEETS):
        raise InputError("list.ending", ending=file.suffix[:20])
    if since is not None and ending != _SHEETS:
        raise InputError("list.since-page")
    with estate.opened(session, client) as payload:
        bundle = payload.bundle
    if since is not None and not 0 <= since <= bundle.revision:
        raise InputError("list.since-unknown", since=since, revision=bundle.revision)
    if ending == _SHEETS:
        paper = binder_pdf(bundle, doors_of(session.vault, record), since=since)
        written = ListWritten(file, bundle.revision, paper.pages, paper.registers)
        _write(file, paper.pdf)
        return written
    _write(file, readme(bundle))
    return ListWritten(file, bundle.revision)


def _write(file: Path, data: bytes) -> None:
    with disk_errors(file):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(file, data)


def doors_of(vault: Vault, record: ClientRecord) -> Doors:
    """The ways in, as they stand: only a card that is handed out opens anything."""
    people = {person.id: person.name for person in record.people}
    handed_out = record.sets[-1].handed_out if record.sets else ()
    holders = [
        people[one.person]
        for role in _SECOND_CARD
        for one in record.beneficiaries
        if one.role == role and role in handed_out and one.person in people
    ]
    timings = vault.timings
    deposited = bool(vault.nodes) and bool(record.sets)
    return Doors(
        provider=vault.provider.name,
        holder=holders[0] if holders else "",
        wait=record.request_wait if deposited else None,
        silence=timings.interval + timings.grace + timings.announce if deposited else None,
        url=f"{vault.nodes[0].url}/p/request" if deposited else "",
    )
