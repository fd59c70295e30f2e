"""A password manager's vault with a group for each of many clients, written by pykeepass."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pykeepass import PyKeePass, create_database

from escrowd.machine.secret_input import Secret
from escrowd.provider.actions.clients import add_client
from escrowd.provider.actions.sync import Source, SyncReport, read_source, source_of, spoken_for, sync
from escrowd.provider.workspace import Session

MASTER = "Vault-Straße 7"
NOW = 1_800_000_000
SHARED = "Büro"
"""A group that is no client's."""


@dataclass
class Vault:
    """A database on disk whose groups ``client-1`` … are those of the clients with that id."""

    path: Path
    database: Any = field(repr=False)

    @property
    def groups(self) -> list[str]:
        return [group.name for group in self.database.root_group.subgroups]

    def group(self, name: str) -> Any:
        return next(one for one in self.database.root_group.subgroups if one.name == name)

    def entry(self, group: str, number: int = 0) -> Any:
        return self.group(group).entries[number]

    def save(self) -> None:
        self.database.save()


@cache
def _blank() -> bytes:
    """An empty database whose key derivation takes no time: it is not what is tried here."""
    target = io.BytesIO()
    database = create_database(target, password=MASTER)
    kdf = database.kdbx.header.value.dynamic_header.kdf_parameters.data.dict
    kdf["M"].value, kdf["I"].value = 1 << 20, 2
    target.seek(0)
    database.save(target)
    return target.getvalue()


def make_vault(path: Path, clients: int, entries: int) -> Vault:
    """A vault with one group for each client and one more, ``entries`` in all, quick to open."""
    path.write_bytes(_blank())
    database = PyKeePass(str(path), password=MASTER)
    names = [*(f"client-{number}" for number in range(1, clients + 1)), SHARED]
    groups = [database.add_group(database.root_group, name) for name in names]
    for number in range(entries):
        group = groups[number % len(groups)]
        made = database.add_entry(group, f"Zugang {number}", f"user-{number}", f"Geheim-{number}-ß")
        made.url = f"https://{number}.example"
    vault = Vault(path, database)
    vault.save()
    return vault


def add_clients(session: Session, count: int) -> list[str]:
    names = [f"client-{number}" for number in range(1, count + 1)]
    for name in names:
        add_client(session, name, name=f"Firma {name}", language="de", profile="guided", now=NOW)
    return names


def read(session: Session, *files: Path, **options: Any) -> tuple[Source, ...]:
    """The files as a sync reads them."""
    records = [source_of(session, file, **options) for file in files]
    return tuple(read_source(record, ask=lambda _path: Secret(MASTER, "stored")) for record in records)


def synced(
    session: Session,
    *files: Path,
    given: Iterable[str] = (),
    left_out: Iterable[str] = (),
    dry_run: bool = False,
    **options: Any,
) -> SyncReport:
    """A whole sync: ``given`` are groups that bear their client's id."""
    said = dict(zip(given, given, strict=True)) | dict.fromkeys(left_out)
    sources = spoken_for(session, read(session, *files, **options), said)
    return sync(session, sources, dry_run=dry_run, now=NOW)
