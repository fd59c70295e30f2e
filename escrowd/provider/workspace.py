"""The provider's workspace: one folder, one lock, one passphrase, one sealed table.

::

    workspace.json      what may be read without a passphrase (``records.PublicView``)
    daily.age           daily signing seed and age identity; passphrase, work factor 17
    provider-key.age    root seed and the same identity; opens with two of the provider's three cards
    workspace.age       the sealed table (``records.Vault``), to the provider's own recipient
    nodes/<fp>.json     per node: the last head seen, the last standing, what it was told (``memory``)
    pending/            statements that were signed and not yet answered, byte for byte (``sending``)
    clients/<id>/       one client's files (``estate``)

1. The folder is 0700, each file 0600, and each file is replaced whole or not at all.
2. The sealed table is the truth. ``workspace.json`` is written after it and mended at the next unlock.
3. The root seed is in the memory of ``init`` and ``restore`` only, and no file here holds a readable secret.
4. A file that a table refers to is written before the table: a table never names what is not there.
"""

import stat
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from escrowd.core.keys import Identity, ProviderKey, SigningKey, fingerprint
from escrowd.core.seal import (
    PASSPHRASE_WORK_FACTOR,
    seal_bytes,
    seal_passphrase,
    unseal_bytes,
    unseal_passphrase,
)
from escrowd.core.strict import read
from escrowd.errors import InputError, IntegrityError, NotFoundError, RefusedError
from escrowd.machine.files import lock_folder, write_atomic
from escrowd.machine.secret_input import Secret
from escrowd.provider.records import MAX_TABLE_BYTES, ClientRecord, PublicView, Vault, dump

VIEW: Final = "workspace.json"
DAILY: Final = "daily.age"
PROVIDER_KEY: Final = "provider-key.age"
TABLE: Final = "workspace.age"
FOLDERS: Final = ("nodes", "pending", "clients")
LEAST_PASSPHRASE: Final = 8
"""Characters. Long enough that scrypt with factor 17 is not the only obstacle; the CLI advises more."""


def read_view(folder: Path) -> PublicView:
    """``workspace.json`` of ``folder``. Takes no lock and needs no passphrase.

    Raises ``NotFoundError`` ``workspace.missing``, ``IntegrityError`` ``workspace.damaged`` (``file``).
    """
    try:
        data = (folder / VIEW).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NotFoundError("workspace.missing", folder=str(folder)) from None
    try:
        return read(PublicView, data, max_bytes=MAX_TABLE_BYTES)
    except InputError:
        raise IntegrityError("workspace.damaged", file=VIEW) from None


def view_of(vault: Vault) -> PublicView:
    """The part of the table that may be read without a passphrase."""
    return PublicView(
        root=vault.root,
        root_fingerprint=fingerprint(bytes.fromhex(vault.root)),
        interval=vault.timings.interval,
        nodes=tuple(node.model_copy(update={"operator_name": ""}) for node in vault.nodes),
        clients=tuple(client.id for client in vault.clients if client.ended is None),
    )


def check_new_passphrase(passphrase: Secret) -> str:
    """The text of a new passphrase. Raises ``InputError`` ``passphrase.too-short`` (``least``)."""
    text = passphrase.value
    if len(text) < LEAST_PASSPHRASE:
        raise InputError("passphrase.too-short", least=LEAST_PASSPHRASE)
    return text


def seal_daily(key: ProviderKey, passphrase: str) -> bytes:
    """The content of ``daily.age``."""
    return seal_passphrase(key.to_text(), passphrase, PASSPHRASE_WORK_FACTOR)


def seal_table(vault: Vault, identity: Identity) -> bytes:
    """The content of ``workspace.age``."""
    return seal_bytes(dump(vault), [identity.recipient])


def open_table(data: bytes, identity: Identity) -> Vault:
    """The table that ``seal_table`` sealed. Raises ``IntegrityError`` ``workspace.damaged`` (``file``)."""
    try:
        return read(Vault, unseal_bytes(data, [identity.text]), max_bytes=MAX_TABLE_BYTES)
    except (InputError, IntegrityError):
        raise IntegrityError("workspace.damaged", file=TABLE) from None


@dataclass(slots=True)
class Session:
    """A workspace opened with its passphrase: what nearly every action takes first.

    ``presence``: how the passphrase came. ``vault`` is replaced as a whole, by ``save``.
    """

    folder: Path
    presence: Literal["typed", "stored"]
    daily: SigningKey = field(repr=False)
    identity: Identity = field(repr=False)
    vault: Vault = field(repr=False)

    @property
    def provider(self) -> str:
        """The provider's id everywhere: the fingerprint of the root key."""
        return fingerprint(bytes.fromhex(self.vault.root))

    def save(self, vault: Vault) -> None:
        """Seal and write the table, then the view (rule 2)."""
        write_atomic(self.folder / TABLE, seal_table(vault, self.identity))
        self.vault = vault
        write_atomic(self.folder / VIEW, dump(view_of(vault)))

    def client(self, client: str) -> ClientRecord:
        """The record of a client that has not ended.

        Raises ``NotFoundError`` ``client.unknown``, ``RefusedError`` ``client.ended`` (``client``).
        """
        for record in self.vault.clients:
            if record.id == client:
                if record.ended is not None:
                    raise RefusedError("client.ended", client=client)
                return record
        raise NotFoundError("client.unknown", client=client)

    def put_client(self, record: ClientRecord) -> None:
        """Save the table with ``record`` in the place of the client with its id, or at the end."""
        known = any(other.id == record.id for other in self.vault.clients)
        clients = (
            tuple(record if other.id == record.id else other for other in self.vault.clients)
            if known
            else (*self.vault.clients, record)
        )
        self.save(self.vault.model_copy(update={"clients": clients}))

    def estate(self, client: str) -> Path:
        """The folder of a client's files."""
        return self.folder / "clients" / client


class Workspace:
    """A workspace that this process has locked. Use as a context manager.

    Parameters: ``folder``. Raises ``NotFoundError`` ``workspace.missing``, ``ConflictError``
    ``workspace.locked``, ``RefusedError`` ``workspace.not-private`` when group or others may enter the
    folder, ``IntegrityError`` ``workspace.damaged``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self.view: PublicView

    def __enter__(self) -> Self:
        read_view(self.folder)
        if stat.S_IMODE(self.folder.stat().st_mode) & 0o077:
            raise RefusedError("workspace.not-private", folder=str(self.folder))
        with ExitStack() as stack:
            stack.enter_context(lock_folder(self.folder))
            self.view = read_view(self.folder)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def unlock(self, passphrase: Secret) -> Session:
        """The opened workspace.

        Raises ``InputError`` ``passphrase.wrong``; ``IntegrityError`` ``workspace.damaged`` (``file``).
        """
        try:
            key = ProviderKey.parse(unseal_passphrase(held_file(self.folder, DAILY), passphrase.value))
        except IntegrityError as error:
            if error.code == "age.wrong-passphrase":
                raise InputError("passphrase.wrong") from None
            raise IntegrityError("workspace.damaged", file=DAILY, cause=error.code) from None
        except InputError:
            raise IntegrityError("workspace.damaged", file=DAILY) from None
        vault = open_table(held_file(self.folder, TABLE), key.identity)
        if vault.daily_seed != key.seed.hex():
            raise IntegrityError("workspace.damaged", file=TABLE)
        if view_of(vault) != self.view:
            # A crash came between the table and its view.
            write_atomic(self.folder / VIEW, dump(view_of(vault)))
        return Session(self.folder, passphrase.presence, key.signing, key.identity, vault)


def held_file(folder: Path, name: str) -> bytes:
    """A file that must be in ``folder``. Raises ``IntegrityError`` ``workspace.damaged`` (``file``)."""
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        raise IntegrityError("workspace.damaged", file=name) from None
