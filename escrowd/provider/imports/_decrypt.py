"""The cryptography of foreign exports: what opens them, at a cost that is bounded before it is paid.

An export's header says how much work the key derivation is. It is read before the password is checked, so a
damaged or hostile one could ask for a terabyte of memory; each cost has a limit far above what the programs
set.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from escrowd.errors import InputError

MAX_ARGON2_KIB: Final = 2**20
"""1 GiB of memory for one derivation."""
MAX_ARGON2_WORK: Final = 32 * 2**20
"""KiB times passes: 32 GiB written, about half a minute."""
MAX_ARGON2_LANES: Final = 64
MAX_PBKDF2_ITERATIONS: Final = 20_000_000
"""About ten seconds; Bitwarden allows its users 2 million."""
MAX_AES_ROUNDS: Final = 2_000_000_000
"""About a minute; KeePass' "1 second delay" is some 30 to 100 million."""

_BLOCK: Final = 16
_CHUNK_ROUNDS: Final = 2**16


def check_cost(what: str, value: int, limit: int, least: int = 1) -> None:
    """Raises ``InputError`` ``import.cost`` (``what``, ``value``, ``limit``) out of bounds."""
    if not least <= value <= limit:
        raise InputError("import.cost", what=what, value=value, limit=limit)


def check_argon2(memory_kib: int, passes: int, lanes: int) -> None:
    """Refuse costs of Argon2 that are out of bounds. Raises as ``check_cost``."""
    check_cost("argon2-lanes", lanes, MAX_ARGON2_LANES)
    check_cost("argon2-memory", memory_kib, MAX_ARGON2_KIB, 8 * lanes)
    check_cost("argon2-passes", passes, MAX_ARGON2_WORK // memory_kib)


def aes_kdf(seed: bytes, rounds: int, key: bytes) -> bytes:
    """KeePass' AES-KDF: ``key`` (32 bytes) encrypted ``rounds`` times under ``seed``, then hashed.

    CBC over zeros, started with the block, is ECB applied again and again: one call for thousands of rounds.
    """
    check_cost("aes-rounds", rounds, MAX_AES_ROUNDS, 0)
    return hashlib.sha256(
        _iterate(seed, rounds, key[:_BLOCK]) + _iterate(seed, rounds, key[_BLOCK:])
    ).digest()


def _iterate(seed: bytes, rounds: int, block: bytes) -> bytes:
    # No weakness of mode or cipher matters here: this is KeePass' definition, and the result a hash's input.
    encryptor = Cipher(algorithms.AES(seed), modes.CBC(block)).encryptor()
    zeros = bytes(_BLOCK * _CHUNK_ROUNDS)
    while rounds:
        step = min(rounds, _CHUNK_ROUNDS)
        block = encryptor.update(zeros[: step * _BLOCK])[-_BLOCK:]
        rounds -= step
    return block


def bitwarden_key(
    password: str, salt: str, *, kdf: int, iterations: int, memory_mib: int, lanes: int
) -> tuple[bytes, bytes]:
    """The keys for encryption and authentication of a password-protected Bitwarden export.

    Parameters: ``salt``, the text as it stands in the file; ``kdf``, 0 (PBKDF2-HMAC-SHA256) or 1 (Argon2id).
    Raises ``InputError`` ``import.cost`` before anything costly is computed, ``import.kdf-unknown``
    (``kdf``).
    """
    if kdf == 0:
        check_cost("pbkdf2-iterations", iterations, MAX_PBKDF2_ITERATIONS)
        master = PBKDF2HMAC(SHA256(), 32, salt.encode(), iterations).derive(password.encode())
    elif kdf == 1:
        check_argon2(memory_mib * 1024, iterations, lanes)
        hashed = hashlib.sha256(salt.encode()).digest()
        master = Argon2id(
            salt=hashed, length=32, iterations=iterations, lanes=lanes, memory_cost=memory_mib * 1024
        ).derive(password.encode())
    else:
        raise InputError("import.kdf-unknown", kdf=kdf)
    encryption, authentication = (HKDFExpand(SHA256(), 32, info).derive(master) for info in (b"enc", b"mac"))
    return encryption, authentication


def bitwarden_open(text: str, keys: tuple[bytes, bytes]) -> bytes | None:
    """The content of an encrypted string of Bitwarden of type 2: AES-256-CBC, HMAC over IV and text.

    ``None`` when the keys do not fit or the text was changed: the two cannot be told apart.
    Raises ``InputError`` ``import.malformed`` (``at``) for text of another form.
    """
    kind, _, rest = text.partition(".")
    parts = rest.split("|")
    if kind != "2" or len(parts) != 3:  # noqa: PLR2004 — IV, cipher text, MAC
        raise InputError("import.malformed", at="data")
    try:
        vector, sealed, tag = (base64.b64decode(part, validate=True) for part in parts)
    except (binascii.Error, ValueError):
        raise InputError("import.malformed", at="data") from None
    if len(vector) != _BLOCK or not sealed or len(sealed) % _BLOCK:
        raise InputError("import.malformed", at="data")
    check = HMAC(keys[1], SHA256())
    check.update(vector + sealed)
    try:
        check.verify(tag)
    except InvalidSignature:
        return None
    decryptor = Cipher(algorithms.AES(keys[0]), modes.CBC(vector)).decryptor()
    unpadder = padding.PKCS7(8 * _BLOCK).unpadder()
    try:
        padded = decryptor.update(sealed) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None


def same(one: bytes, other: bytes) -> bool:
    """Whether two digests are equal, in constant time."""
    return hmac.compare_digest(one, other)
