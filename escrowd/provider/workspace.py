"""The provider's workspace: one folder, one lock, one passphrase, one sealed table.

::

    workspace.json      what may be read without a passphrase (``records.PublicView``)
    daily.age           daily signing seed and age identity; passphrase, work factor 17
    provider-key.age    root seed and the same identity; opens with two of the provider's three cards
    workspace.age       the sealed table (``records.Vault``), to the provider's own recipient
    nodes/<fp>.json     per node: the last head seen, the last standing, what it was told (``node_memory``)
    pending/            statements that were signed and not yet answered, byte for byte
    clients/<id>/       one client's files (``estate``)
    lock

The root seed is in the memory of ``init`` and ``restore`` only. No file here holds a readable secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from escrowd.core.keys import Identity, SigningKey
from escrowd.machine.secret_input import Secret
from escrowd.provider.records import PublicView, Vault


def read_view(folder: Path) -> PublicView:
    """``workspace.json`` of ``folder``. Takes no lock and needs no passphrase.

    Raises ``NotFoundError`` ``workspace.missing``, ``IntegrityError`` ``workspace.damaged``.
    """
    raise NotImplementedError


class Workspace:
    """A workspace held by this process. Use as a context manager.

    ``open`` raises ``ConflictError`` ``workspace.locked``, ``NotFoundError`` ``workspace.missing``,
    ``RefusedError`` ``workspace.not-private`` when others may read the folder.
    """

    folder: Path
    view: PublicView

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """Lock ``folder`` and read what needs no passphrase."""
        raise NotImplementedError

    def unlock(self, passphrase: Secret) -> Session:
        """The opened workspace. Raises ``InputError`` ``passphrase.wrong``."""
        raise NotImplementedError

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError


@dataclass(slots=True)
class Session:
    """A workspace opened with its passphrase: what nearly every action takes first.

    ``presence``: ``typed`` or ``stored``, as the passphrase came. ``vault`` is replaced as a whole by ``save``.
    """

    folder: Path
    presence: str
    daily: SigningKey
    identity: Identity
    vault: Vault

    def save(self, vault: Vault) -> None:
        """Seal and write the table, then the public view."""
        raise NotImplementedError
