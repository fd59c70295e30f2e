"""``escrow passphrase``: another passphrase for the same keys."""

from escrowd.core.keys import ProviderKey
from escrowd.machine.files import write_atomic
from escrowd.machine.secret_input import Secret
from escrowd.provider.workspace import DAILY, Session, check_new_passphrase, seal_daily


def change_passphrase(session: Session, new: Secret) -> None:
    """Seal the keys with ``new``. The old passphrase still opens old copies of ``daily.age``.

    Raises ``InputError`` ``passphrase.too-short`` (``least``).
    """
    key = ProviderKey(session.daily, session.identity)
    write_atomic(session.folder / DAILY, seal_daily(key, check_new_passphrase(new)))
