"""``escrow passphrase``: another passphrase for the same keys."""

from escrowd.machine.secret_input import Secret
from escrowd.provider.workspace import Session


def change_passphrase(session: Session, new: Secret) -> None:
    raise NotImplementedError
