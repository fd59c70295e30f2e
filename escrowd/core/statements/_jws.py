"""JWS in the compact form (RFC 7515 section 7.1) with Ed25519 (RFC 9864), and a header of two parameters.

1. The compact string is the document: it is kept, sent and compared whole, and never written again from its
   parts.
2. The header holds exactly ``alg`` and ``typ``. No ``kid``, ``jwk``, ``crit``, ``b64``: the key is known
   beforehand.
3. ``typ`` is what keeps one kind of document from being taken for another, so it is checked before the
   signature.
4. The payload is read only after the signature holds. Whoever must look earlier, to find the key, calls
   ``peek``.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from escrowd.core.encoding import canonical, loads
from escrowd.core.keys import SigningKey
from escrowd.errors import InputError, IntegrityError

STATEMENT: Final = "escrow-statement+jwt"
APPOINTMENT: Final = "escrow-appointment+jwt"
MANIFEST: Final = "escrow-manifest+jwt"
RECEIPT: Final = "escrow-receipt+jwt"
INVITATION: Final = "escrow-invitation+jwt"
PROOF: Final = "escrow-proof+jwt"

MAX_COMPACT: Final = 65_536
"""The longest compact JWS that is read, in characters."""

_ALG: Final = "Ed25519"
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_SIGNATURE_BYTES: Final = 64
_MAX_HEADER: Final = 256


class _Registry(jws.JWSRegistry):
    max_payload_length = MAX_COMPACT


_REGISTRY = _Registry(algorithms=[_ALG])


@dataclass(frozen=True, slots=True)
class Unverified:
    """What a compact JWS says of itself, unproved: it serves to find the key, and for no decision.

    ``compact``, the document; ``typ``, the kind; ``payload``, the bytes that are signed.
    """

    compact: str
    typ: str
    payload: bytes

    def claims(self) -> dict[str, object]:
        """The payload as a JSON object. Raises ``IntegrityError`` ``jws.damaged`` (part ``payload``)."""
        try:
            value = loads(self.payload, max_bytes=MAX_COMPACT)
        except InputError:
            raise IntegrityError("jws.damaged", part="payload") from None
        if not isinstance(value, dict):
            raise IntegrityError("jws.damaged", part="payload")
        return value


def sign(typ: str, claims: dict[str, object], key: SigningKey) -> str:
    """Sign claims.

    Parameters: ``typ``, one of the kinds of this module; ``claims``, JSON without floats; ``key``, whose
    signature. Returns the compact JWS. Raises ``InputError`` ``json.not-canonical``, ``jws.too-large``.
    """
    compact = jws.serialize_compact(
        {"alg": _ALG, "typ": typ}, canonical(claims), _private(key), registry=_REGISTRY
    )
    if len(compact) > MAX_COMPACT:
        raise InputError("jws.too-large", size=len(compact), limit=MAX_COMPACT)
    return compact


def peek(compact: str) -> Unverified:
    """Read a compact JWS without checking its signature.

    Raises ``InputError`` ``jws.too-large``; ``IntegrityError`` ``jws.damaged`` (field ``part``: ``shape``,
    ``header``, ``payload`` or ``signature``), also for each header other than exactly ``alg`` = Ed25519 and a
    ``typ``.
    """
    if len(compact) > MAX_COMPACT:
        raise InputError("jws.too-large", size=len(compact), limit=MAX_COMPACT)
    if not _SHAPE.fullmatch(compact):
        raise IntegrityError("jws.damaged", part="shape")
    head, body, signature = compact.split(".")
    typ = _typ(head)
    if len(_decode(signature, "signature")) != _SIGNATURE_BYTES:
        raise IntegrityError("jws.damaged", part="signature")
    return Unverified(compact=compact, typ=typ, payload=_decode(body, "payload"))


def verify_payload(compact: str, typ: str, public: bytes) -> bytes:
    """Check kind and signature.

    Parameters: ``typ``, the kind that it must be; ``public``, 32 bytes, the key that must have signed.
    Returns the payload's bytes. Raises what ``peek`` raises, and ``IntegrityError``: ``jws.wrong-kind``
    (fields ``expected``, ``found``), ``jws.bad-signature``.
    """
    return prove(peek(compact), typ, public)


def prove(unverified: Unverified, typ: str, public: bytes) -> bytes:
    """As ``verify_payload``, for what ``peek`` returned."""
    if unverified.typ != typ:
        raise IntegrityError("jws.wrong-kind", expected=typ, found=unverified.typ[:64])
    try:
        signed = jws.deserialize_compact(unverified.compact, _public(public), registry=_REGISTRY)
    except (JoseError, ValueError):
        raise IntegrityError("jws.bad-signature") from None
    return signed.payload


def verify(compact: str, typ: str, public: bytes) -> dict[str, object]:
    """As ``verify_payload``, returning the claims. Further raises ``jws.damaged`` (part ``payload``)."""
    unverified = peek(compact)
    prove(unverified, typ, public)
    return unverified.claims()


@lru_cache(maxsize=64)
def _typ(segment: str) -> str:
    """The kind that a header segment names. There are few headers, and each comes thousands of times."""
    try:
        header = loads(_decode(segment, "header"), max_bytes=_MAX_HEADER)
    except InputError:
        raise IntegrityError("jws.damaged", part="header") from None
    if not isinstance(header, dict) or header.keys() != {"alg", "typ"} or header["alg"] != _ALG:
        raise IntegrityError("jws.damaged", part="header")
    typ = header["typ"]
    if not isinstance(typ, str):
        raise IntegrityError("jws.damaged", part="header")
    return typ


def _decode(segment: str, part: str) -> bytes:
    # Python's decoder skips what it does not know and ignores spare bits: only the one canonical form is read
    # here.
    try:
        data = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except (binascii.Error, ValueError):
        raise IntegrityError("jws.damaged", part=part) from None
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii") != segment:
        raise IntegrityError("jws.damaged", part=part)
    return data


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


@lru_cache(maxsize=1)
def _private(key: SigningKey) -> OKPKey:
    # A node signs every receipt with one key, and holds it as long as it runs. A provider's process is short.
    return OKPKey.import_key(
        {"kty": "OKP", "crv": _ALG, "x": _base64url(key.public), "d": _base64url(key.seed)}
    )


@lru_cache(maxsize=4096)
def _public(public: bytes) -> OKPKey:
    # A node sees the same few keys again and again, and the import costs as much as the verification.
    return OKPKey.import_key({"kty": "OKP", "crv": _ALG, "x": _base64url(public)})
