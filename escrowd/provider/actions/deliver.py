"""``escrow deliver``: the list handed over, on paper or on a stick, and the record that it was.

1. A handover is recorded after it succeeded, never before: one that was not recorded is only done again.
2. Sheets bring the folder from the Stand of the last sheets up to date; a stick leaves the folder as it is
   and always holds the whole list.
3. Printed sheets go to ``lp`` through a pipe: no file of ours is left, whatever fails.
4. Nodes are told of a handover at once, with the deposit that they hold: so they write to nobody about a list
   that is current, and a burnt workspace comes back with the record. One that does not answer hears of it
   with the next deposit; the handover stands all the same.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from escrowd.core.bundle import Bundle, Contact
from escrowd.core.delivery import nothing_new
from escrowd.errors import InputError, RefusedError
from escrowd.machine.files import disk_errors, write_atomic
from escrowd.paper.binder import BinderPaper, binder_pdf
from escrowd.paper.covering import Covering, How, covering_pdf, file_names
from escrowd.provider import estate
from escrowd.provider.actions.kit import write_kit
from escrowd.provider.actions.list_ import doors_of
from escrowd.provider.agreement import deposit_errand
from escrowd.provider.delivery import Paper, to_printer
from escrowd.provider.memory import recall
from escrowd.provider.progress import Progress, silent
from escrowd.provider.records import ClientRecord, DeliveryRecord, NodeRecord, Vault
from escrowd.provider.sending import NodeReport, tell, to_each
from escrowd.provider.workspace import Session

KEPT: Final = 24
"""Deliveries that the table remembers of each client; older ones are on the signed receipts."""
_SHEETS: Final = ("print", "file")


@dataclass(frozen=True, slots=True)
class Delivered:
    """What was handed over.

    ``since``: the Stand of the folder, None for all; ``sheets``: pages of paper; ``nodes``, what became of
    telling each node that holds a deposit of the client.
    """

    record: DeliveryRecord
    since: int | None
    registers: tuple[int, ...]
    sheets: int
    files: tuple[Path, ...] = ()
    nodes: tuple[NodeReport, ...] = ()


def deliver_printed(
    session: Session, client: str, *, now: int, to: str | None = None, everything: bool = False
) -> Delivered:
    """Letter, sheets and receipt to the printer, then the record.

    Parameters: ``to``, the person, else the client's first beneficiary; ``everything``, all sheets again.
    Raises ``RefusedError`` ``delivery.nothing-new`` (``client``, ``revision``), ``client.ended``;
    ``NotFoundError`` ``client.unknown``; ``UnavailableError`` ``printer.none``, ``printer.failed``.
    """
    return _sheets(session, client, "print", to_printer_paper, now=now, to=to, everything=everything)


def to_printer_paper(pdf: bytes) -> None:
    """One paper to the printer. Raises as ``to_printer``."""
    to_printer()([Paper("sheets.pdf", pdf)])


def deliver_file(
    session: Session, client: str, file: Path, *, now: int, to: str | None = None, everything: bool = False
) -> Delivered:
    """The same as one PDF (0600), then the record.

    Raises as ``deliver_printed`` but for the printer; ``InputError`` ``paper.ending`` (``ending``); as
    ``disk_errors``.
    """
    check_pdf(file)

    def put(pdf: bytes) -> None:
        with disk_errors(file):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(file, pdf)

    done = _sheets(session, client, "file", put, now=now, to=to, everything=everything)
    return replace(done, files=(file,))


def deliver_stick(
    session: Session,
    client: str,
    folder: Path,
    *,
    now: int,
    to: str | None = None,
    progress: Progress = silent,
) -> Delivered:
    """Kit, letter and the whole list into ``folder``, then the record. The list, being readable, comes last.

    Raises as ``write_kit``.
    """
    kit = write_kit(session, client, folder, now=now, progress=progress)
    record = session.client(client)
    bundle = _bundle(session, client)
    covering = _covering(session.vault, record, bundle, how="stick", to=to, now=now)
    paper = binder_pdf(bundle, doors_of(session.vault, record))
    listed, letter = (folder / name for name in file_names(bundle.language))
    write_atomic(letter, covering_pdf(bundle, covering))
    write_atomic(listed, paper.pdf)
    files = (*(folder / name for name in kit.files), letter, listed)
    made = _record(session, client, covering, revision=bundle.revision, now=now)
    nodes = _tell(session, client, now)
    return Delivered(made, None, paper.registers, paper.pages, files, nodes)


def received(session: Session, client: str, day: str, *, now: int) -> DeliveryRecord:
    """Record that the signed receipt of the last delivery came back.

    Parameters: ``day``, ISO, that stands on the receipt.
    Raises ``RefusedError`` ``delivery.none`` (``client``); ``InputError`` ``delivery.day`` (``day``,
    ``delivered``) unless it is a day from the delivery to today.
    """
    record = session.client(client)
    if not record.deliveries:
        raise RefusedError("delivery.none", client=client)
    last = record.deliveries[-1]
    try:
        given = dt.date.fromisoformat(day)
    except ValueError:
        given = dt.date.min
    # A day of margin: wall times are UTC here, and a receipt is signed where the client lives.
    if not _day(last.date) - dt.timedelta(days=1) <= given <= _day(now) + dt.timedelta(days=1):
        raise InputError("delivery.day", day=day[:20], delivered=last.date)
    signed = last.model_copy(update={"received": given.isoformat()})
    session.put_client(record.model_copy(update={"deliveries": (*record.deliveries[:-1], signed)}))
    return signed


def check_pdf(file: Path) -> None:
    """Raises ``InputError`` ``paper.ending`` (``ending``) unless the name ends in ``.pdf``."""
    if file.suffix.lower() != ".pdf":
        raise InputError("paper.ending", ending=file.suffix[:20])


def _sheets(
    session: Session,
    client: str,
    how: How,
    put: Callable[[bytes], None],
    *,
    now: int,
    to: str | None,
    everything: bool,
) -> Delivered:
    record = session.client(client)
    bundle = _bundle(session, client)
    since = None if everything else _folder_stand(record, bundle)
    if since is not None and nothing_new(bundle, since):
        raise RefusedError("delivery.nothing-new", client=client, revision=since)
    covering = _covering(session.vault, record, bundle, how=how, to=to, now=now)
    paper: BinderPaper = binder_pdf(bundle, doors_of(session.vault, record), since=since, covering=covering)
    put(paper.pdf)
    made = _record(session, client, covering, revision=bundle.revision, now=now)
    return Delivered(made, since, paper.registers, paper.pages, nodes=_tell(session, client, now))


def _folder_stand(record: ClientRecord, bundle: Bundle) -> int | None:
    """The Stand of the client's folder, or None where there is none (rule 2).

    A workspace that was restored may have an older bundle than the folder: then everything is new.
    """
    stands = [one.revision for one in record.deliveries if one.how in _SHEETS]
    return stands[-1] if stands and stands[-1] <= bundle.revision else None


def _record(session: Session, client: str, covering: Covering, *, revision: int, now: int) -> DeliveryRecord:
    made = DeliveryRecord(revision=revision, date=now, how=covering.how, to=covering.to)
    record = session.client(client)
    session.put_client(record.model_copy(update={"deliveries": (*record.deliveries, made)[-KEPT:]}))
    return made


def _tell(session: Session, client: str, now: int) -> tuple[NodeReport, ...]:
    """Rule 4."""
    record = session.client(client)
    published = estate.published(session, record)
    if published is None:
        return ()
    holding = [
        node for node in session.vault.nodes if client in recall(session.folder, node.fingerprint).held
    ]

    def one(node: NodeRecord) -> NodeReport:
        return tell(session, node, deposit_errand(session, record, published, node), now=now)

    return to_each(holding, one)


def _bundle(session: Session, client: str) -> Bundle:
    with estate.opened(session, client) as payload:
        return payload.bundle


def _covering(
    vault: Vault, record: ClientRecord, bundle: Bundle, *, how: How, to: str | None, now: int
) -> Covering:
    """Who writes to whom, out of people and contacts."""
    people = {person.id: person.name for person in record.people}
    named = [people[one.person] for one in record.beneficiaries if one.role == "client"]
    here, there = (_contact(bundle, kind) for kind in ("provider", "client"))
    own = vault.provider
    return Covering(
        to=to or next(iter(named), "") or (there.name if there else record.name),
        address=_lines(there.address) if there else (),
        provider=own.name,
        sender=_lines(here.address) if here else (),
        phone=here.phone if here else "",
        mail=(here.mail if here else "") or (own.addresses[0].address if own.addresses else ""),
        day=_day(now).isoformat(),
        how=how,
    )


def _contact(bundle: Bundle, kind: Literal["provider", "client"]) -> Contact | None:
    """The first contact of a kind, one with a postal address before the others."""
    found = [one for one in bundle.contacts if one.kind == kind]
    return next((one for one in found if one.address.strip()), found[0] if found else None)


def _lines(address: str) -> tuple[str, ...]:
    """A postal address by its lines: as it is broken, else at its commas."""
    parts = address.splitlines() if "\n" in address.strip() else address.split(",")
    return tuple(part.strip() for part in parts if part.strip())


def _day(seconds: int) -> dt.date:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).date()
