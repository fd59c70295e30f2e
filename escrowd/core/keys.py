"""Keys: Ed25519 for signing, age X25519 identities for opening, and what is derived from both.

The one place, with ``shares`` and ``seal``, that draws random numbers.
"""

import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Self

import pyrage  # type: ignore[import-untyped]  # a compiled module, ships no types
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from escrowd.core.encoding import b32, hex_bytes
from escrowd.errors import InputError

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_FINGERPRINT_BYTES: Final = 20
_ID_BYTES: Final = 5
_SHARE_PROOF_INFO: Final = b"escrowd/share-proof/1"
_LINK_INFO: Final = b"escrowd/link/1"
_SEED_PREFIX: Final = "# escrowd-seed: "


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key pair (RFC 8032), known by its 32-byte seed. The seed is in no ``repr``."""

    seed: bytes = field(repr=False)
    public: bytes

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The key of a 32-byte seed. Raises ``InputError`` ``key.seed-size``."""
        if len(seed) != SEED_BYTES:
            raise InputError("key.seed-size", size=len(seed), expected=SEED_BYTES)
        return cls(seed, Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> Self:
        """A new random key."""
        return cls.from_seed(random_bytes(SEED_BYTES))

    def sign(self, data: bytes) -> bytes:
        """The 64-byte signature of ``data`` (pure Ed25519: deterministic)."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(data)


def verify(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether ``signature`` is the Ed25519 signature of ``data`` under the 32-byte ``public`` key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public: bytes) -> str:
    """What a person compares: the first 20 bytes of SHA-256 of a 32-byte public key, as 32 base32 characters.

    Raises ``InputError`` ``key.public-size``.
    """
    if len(public) != PUBLIC_BYTES:
        raise InputError("key.public-size", size=len(public), expected=PUBLIC_BYTES)
    return b32(sha256(public).digest()[:_FINGERPRINT_BYTES])


def show_fingerprint(text: str) -> str:
    """A fingerprint as it is printed: groups of four characters, a space between."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def share_proof_key(words: Sequence[str]) -> SigningKey:
    """The key that proves possession of a card.

    Parameters: ``words``, the card's words, expanded, lower case (``Card.words``).
    Its seed is HKDF-SHA256 of the words joined by single spaces; no salt; info ``escrowd/share-proof/1``.
    """
    return SigningKey.from_seed(_hkdf(" ".join(words).encode("utf-8"), _SHARE_PROOF_INFO))


def new_id() -> str:
    """A random id: 8 base32 characters."""
    return b32(random_bytes(_ID_BYTES))


def random_bytes(size: int) -> bytes:
    """``size`` bytes from the system's random generator."""
    return secrets.token_bytes(size)


@dataclass(frozen=True, slots=True)
class Identity:
    """An age X25519 identity.

    ``text`` is the line ``AGE-SECRET-KEY-1…`` and in no ``repr``; ``recipient`` is public.
    """

    text: str = field(repr=False)
    recipient: str

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The identity of one ``AGE-SECRET-KEY-1…`` line.

        Raises ``InputError`` ``key.identity-malformed``.
        """
        try:
            identity = pyrage.x25519.Identity.from_str(text)
        except pyrage.IdentityError:
            raise InputError("key.identity-malformed") from None
        return cls(str(identity), str(identity.to_public()))

    def to_file(self) -> bytes:
        """The identity as an age identity file: exactly the identity line and LF."""
        return f"{self.text}\n".encode("ascii")

    @classmethod
    def from_file(cls, data: bytes) -> Self:
        """Read ``to_file``'s form: exactly one identity line and LF.

        Raises ``InputError`` ``key.identity-malformed``.
        """
        try:
            text = data.decode("ascii")
        except UnicodeDecodeError:
            raise InputError("key.identity-malformed") from None
        if not text.endswith("\n"):
            raise InputError("key.identity-malformed")
        return cls.from_text(text[:-1])


def new_identity() -> Identity:
    """A new random age identity."""
    return Identity.from_text(str(pyrage.x25519.Identity.generate()))


def check_recipient(recipient: str) -> str:
    """An age X25519 recipient (``age1…``), returned as it is.

    Raises ``InputError`` ``key.recipient-malformed``.
    """
    try:
        pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise InputError("key.recipient-malformed") from None
    return recipient


@dataclass(frozen=True, slots=True)
class ProviderKey:
    """What opens and signs for a provider: an age identity and a signing key (daily or root)."""

    signing: SigningKey
    identity: Identity

    @classmethod
    def create(cls, seed: bytes, identity: Identity) -> Self:
        """Of a 32-byte signing seed and an identity. Raises ``InputError`` ``key.seed-size``."""
        return cls(SigningKey.from_seed(seed), identity)

    @classmethod
    def generate(cls) -> Self:
        """A new random seed and a new identity."""
        return cls(SigningKey.generate(), new_identity())

    @property
    def seed(self) -> bytes:
        """The 32-byte signing seed."""
        return self.signing.seed

    def to_text(self) -> bytes:
        """The file's content: the line ``# escrowd-seed: `` + 64 hex, then the identity, each ended by LF.

        The first line is a comment to age, so the file is an age identity file as well.
        """
        return f"{_SEED_PREFIX}{self.seed.hex()}\n{self.identity.text}\n".encode("ascii")

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what ``to_text`` wrote, exactly. Raises ``InputError`` ``key.provider-malformed``."""
        try:
            first, second, end = data.decode("ascii").split("\n")
            seed = hex_bytes(first.removeprefix(_SEED_PREFIX), size=SEED_BYTES)
            key = cls.create(seed, Identity.from_text(second))
        except (ValueError, InputError):
            raise InputError("key.provider-malformed") from None
        if end or not first.startswith(_SEED_PREFIX):
            raise InputError("key.provider-malformed")
        return key


def link_key(node_seed: bytes) -> bytes:
    """The 32-byte key of a node's mailed links.

    HKDF-SHA256 of the node's seed, no salt, info ``escrowd/link/1``.
    """
    return _hkdf(node_seed, _LINK_INFO)


def link_token(key: bytes, order_key: str) -> str:
    """The token of one mailed link: base64url(HMAC-SHA256(link key, order key)), 43 characters, unpadded."""
    digest = hmac.digest(key, order_key.encode("utf-8"), "sha256")
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def same_token(one: str, other: str) -> bool:
    """Whether two tokens are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8"), other.encode("utf-8"))


def _hkdf(material: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(material)
