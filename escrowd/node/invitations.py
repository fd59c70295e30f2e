"""Invitations: made with the node's key alone, so that ``escrowd invite`` opens no database; used once."""

from typing import Final

from escrowd.core.encoding import b32
from escrowd.core.keys import ProviderKey, random_bytes
from escrowd.core.statements import Invitation, read_invitation, sign_invitation
from escrowd.errors import RefusedError

_ID_BYTES: Final = 15


def make_invitation(key: ProviderKey, *, url: str, wall: int) -> str:
    """A new invitation to the node with this key.

    Parameters: ``url``, the node's public URL; ``wall``, Unix seconds.
    """
    return sign_invitation(
        key.signing,
        recipient=key.identity.recipient,
        url=url,
        id_=b32(random_bytes(_ID_BYTES)),
        iat=wall,
    )


def check_invitation(text: str, *, node: str, wall: int) -> Invitation:
    """Read an invitation that must be of the node ``node`` (fingerprint), at this wall time.

    That it was not used yet is a question to the store. Raises as ``read_invitation`` and
    ``Invitation.check_date``, and ``RefusedError`` ``invitation.of-other-node`` (field ``node``: whose it
    is).
    """
    invitation = read_invitation(text)
    if invitation.node != node:
        raise RefusedError("invitation.of-other-node", node=invitation.node)
    invitation.check_date(wall)
    return invitation
