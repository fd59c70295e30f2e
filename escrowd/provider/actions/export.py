"""``escrow export``: a client's bundle as a file of another program."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from escrowd.errors import InputError
from escrowd.machine.files import write_atomic
from escrowd.provider import estate
from escrowd.provider.exports import Inexact, export_csv, export_keepass
from escrowd.provider.workspace import Session

KEEPASS: Final = ".kdbx"
TABLE: Final = ".csv"


@dataclass(frozen=True, slots=True)
class Exported:
    """``entries``, how many; ``inexact``, what the format cannot hold as it is."""

    file: Path
    revision: int
    entries: int
    inexact: tuple[Inexact, ...]


def export_bundle(session: Session, client: str, file: Path, *, password: str | None = None) -> Exported:
    """Write the bundle (0600) as KDBX, sealed with ``password``, or as readable CSV; the ending says which.

    Raises ``InputError`` ``export.ending`` (``ending``), ``export.password`` (KDBX without one);
    ``UnavailableError`` ``import.keepass-extra``; ``client.unknown``, ``client.ended``; and as
    ``write_atomic``.
    """
    session.client(client)
    ending = file.suffix.lower()
    if ending not in {KEEPASS, TABLE}:
        raise InputError("export.ending", ending=file.suffix[:20])
    if ending == KEEPASS and not password:
        raise InputError("export.password")
    with estate.opened(session, client) as payload:
        bundle = payload.bundle
        if ending == KEEPASS:
            data, inexact = export_keepass(bundle, password or "", payload.open_document)
        else:
            data, inexact = export_csv(bundle)
    write_atomic(file, data)
    return Exported(file, bundle.revision, len(bundle.entries), inexact)
