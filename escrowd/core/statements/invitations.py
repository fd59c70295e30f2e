"""Invitations: the one-time text by which a node lets a provider enrol.

It carries the node's key and age recipient, so that a share is sealed to that node before it leaves the
provider. It proves itself: the fingerprint is that of the key inside, which signed it; who it came from is
for the provider to judge.
"""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from escrowd.core.encoding import hex_bytes
from escrowd.core.keys import SigningKey, fingerprint
from escrowd.core.statements._jws import INVITATION, MAX_COMPACT, peek, sign, verify_payload
from escrowd.core.strict import Fingerprint, Hex32, Jti, Strict, Wall, read
from escrowd.errors import ConflictError, InputError, IntegrityError

VALID_FOR: Final = 7 * 86_400
"""How long after ``iat`` a node accepts an invitation, in seconds of its wall clock."""
EARLY: Final = 86_400
"""How far before ``iat`` a node's wall clock may be."""


class _Claims(Strict):
    node: Fingerprint
    public: Hex32
    recipient: Annotated[str, Field(pattern=r"^age1[0-9a-z]{58}$")]
    url: Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=300)]
    id: Jti
    iat: Wall
    expires: Wall


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation whose signature holds.

    ``node``, fingerprint, ``public``, 32 bytes; ``recipient``, the node's age recipient; ``url``, where its
    API is; ``id``, accepted once; ``iat`` and ``expires``, wall time.
    """

    compact: str
    node: str
    public: bytes
    recipient: str
    url: str
    id: str
    iat: int
    expires: int

    def check_date(self, wall: int) -> None:
        """Whether the node's wall clock is in the invitation's week.

        Raises ``ConflictError`` ``invitation.expired`` (field ``expires``), ``invitation.not-yet`` (field
        ``iat``).
        """
        if wall > self.expires:
            raise ConflictError("invitation.expired", expires=self.expires)
        if wall < self.iat - EARLY:
            raise ConflictError("invitation.not-yet", iat=self.iat)


def sign_invitation(node: SigningKey, *, recipient: str, url: str, id_: str, iat: int) -> str:
    """Make an invitation that is good for ``VALID_FOR``.

    Parameters: ``recipient``, the node's age recipient; ``url``, the node's public URL; ``id_``, 16 to 32
    random base32 characters; ``iat``, wall time. Raises ``InputError`` ``document.invalid``.
    """
    claims: dict[str, object] = {
        "node": fingerprint(node.public),
        "public": node.public.hex(),
        "recipient": recipient,
        "url": url.rstrip("/"),
        "id": id_,
        "iat": iat,
        "expires": iat + VALID_FOR,
    }
    compact = sign(INVITATION, claims, node)
    read(_Claims, peek(compact).payload, max_bytes=MAX_COMPACT)
    return compact


def read_invitation(text: str) -> Invitation:
    """Read an invitation as pasted: white space, which mail programs put into long lines, is dropped.

    Raises what ``verify_payload`` raises, ``InputError`` ``document.invalid``, ``IntegrityError``
    ``invitation.other-node`` (the fingerprint is not that of the key).
    """
    compact = "".join(text.split())
    unverified = peek(compact)
    if unverified.typ != INVITATION:
        raise IntegrityError("jws.wrong-kind", expected=INVITATION, found=unverified.typ[:64])
    public = _public_key(unverified.claims().get("public"))
    claims = read(_Claims, verify_payload(compact, INVITATION, public), max_bytes=MAX_COMPACT)
    if claims.node != fingerprint(public):
        raise IntegrityError("invitation.other-node")
    return Invitation(
        compact=compact,
        node=claims.node,
        public=public,
        recipient=claims.recipient,
        url=claims.url,
        id=claims.id,
        iat=claims.iat,
        expires=claims.expires,
    )


def _public_key(value: object) -> bytes:
    try:
        return hex_bytes(value if isinstance(value, str) else "", size=32)
    except InputError:
        raise IntegrityError("jws.damaged", part="payload") from None
