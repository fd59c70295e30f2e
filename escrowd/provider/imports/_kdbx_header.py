"""What stands in front of a KDBX file's content, read and checked before any costly or doubtful step.

pykeepass derives the key first, at whatever cost the header asks for, and does not compare the hash of a KDBX
3 header at all: a changed header then yields other passwords, not an error. So both are done here.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass
from typing import Final

from escrowd.errors import InputError, IntegrityError
from escrowd.provider.imports import _decrypt

SIGNATURE: Final = bytes.fromhex("03d9a29a67fb4bb5")
OLD_SIGNATURES: Final = (bytes.fromhex("03d9a29a65fb4bb5"), bytes.fromhex("03d9a29a66fb4bb5"))
"""KeePass 1 (KDB), and a beta of KeePass 2."""

KDBX_4: Final = 4
"""The major version from which a header is covered by an HMAC."""

_AES_KDF: Final = bytes.fromhex("c9d9f39a628a4460bf740d08c18a4fea")
_AES_KDF_4: Final = bytes.fromhex("7c02bb8279a74ac0927d114a00648238")
_ARGON2D: Final = bytes.fromhex("ef636ddf8c29444b91f7a9a403e30a0c")
_ARGON2ID: Final = bytes.fromhex("9e298b1956db4773b23dfc3ec6f0a1e6")

_MASTER_SEED: Final = 4
_TRANSFORM_SEED: Final = 5
_TRANSFORM_ROUNDS: Final = 6
_KDF_PARAMETERS: Final = 11

_FIXED: Final = len(SIGNATURE) + 4
_DIGEST: Final = 32


@dataclass(frozen=True, slots=True)
class Kdf:
    """What a header says about the derivation of the key: ``method`` is ``aes``, ``argon2d`` or ``argon2id``.

    ``rounds`` are AES rounds or Argon2 passes; ``memory`` is in bytes; ``version`` Argon2's.
    """

    method: str
    seed: bytes
    rounds: int
    memory: int = 0
    lanes: int = 1
    version: int = 0x13


@dataclass(frozen=True, slots=True)
class Header:
    """A header whose form is right; of version 4 its SHA-256 too. ``raw`` is what the hashes cover."""

    major: int
    minor: int
    raw: bytes
    master_seed: bytes
    kdf: Kdf
    tag: bytes
    """The HMAC that follows a version 4 header; empty for version 3."""

    def matches(self, transformed: bytes) -> bool:
        """Whether the HMAC of a version 4 header fits the transformed key: whether the password is right."""
        key = hashlib.sha512(self.master_seed + transformed + b"\x01").digest()
        key = hashlib.sha512(b"\xff" * 8 + key).digest()
        return _decrypt.same(hmac.digest(key, self.raw, "sha256"), self.tag)


def read_header(data: bytes) -> Header:
    """The header of the KDBX file ``data``.

    Raises ``InputError`` ``import.keepass-version`` (``version``), ``import.kdf-unknown`` (``kdf``: 0),
    ``IntegrityError`` ``import.keepass-damaged`` (``part``: ``header``), ``import.keepass-header-hash``.
    """
    if data[: len(SIGNATURE)] in OLD_SIGNATURES:
        raise InputError("import.keepass-version", version="1")
    try:
        minor, major = struct.unpack_from("<HH", data, len(SIGNATURE))
        if (major, minor) != (3, 1) and major != KDBX_4:
            raise InputError("import.keepass-version", version=f"{major}.{minor}")
        fields, end = _fields(data, "<BH" if major < KDBX_4 else "<BI")
        raw, tag = data[:end], b""
        if major == KDBX_4:
            digest, tag = data[end : end + _DIGEST], data[end + _DIGEST : end + 2 * _DIGEST]
            if not _decrypt.same(hashlib.sha256(raw).digest(), digest):
                raise IntegrityError("import.keepass-header-hash")
            kdf = _kdf(fields[_KDF_PARAMETERS])
        else:
            (rounds,) = struct.unpack("<Q", fields[_TRANSFORM_ROUNDS])
            kdf = Kdf("aes", fields[_TRANSFORM_SEED], rounds)
    except (struct.error, KeyError, UnicodeDecodeError):
        raise IntegrityError("import.keepass-damaged", part="header") from None
    if kdf.method == "aes" and len(kdf.seed) != _DIGEST:
        raise IntegrityError("import.keepass-damaged", part="header")
    return Header(major, minor, raw, fields[_MASTER_SEED], kdf, tag)


def check_cost(kdf: Kdf) -> None:
    """Refuse a derivation that would cost too much. Raises ``InputError`` ``import.cost`` as ``_decrypt``."""
    if kdf.method == "aes":
        _decrypt.check_cost("aes-rounds", kdf.rounds, _decrypt.MAX_AES_ROUNDS, 0)
    else:
        _decrypt.check_argon2(kdf.memory // 1024, kdf.rounds, kdf.lanes)


def _fields(data: bytes, form: str) -> tuple[dict[int, bytes], int]:
    """The header's fields by number, and the offset behind the one that ends it.

    Raises ``struct.error`` when the data ends first, ``KeyError`` for a field that comes twice.
    """
    fields: dict[int, bytes] = {}
    offset = _FIXED
    while True:
        number, size = struct.unpack_from(form, data, offset)
        start = offset + struct.calcsize(form)
        offset = start + size
        if offset > len(data):
            raise struct.error
        if number in fields:
            raise KeyError(number)
        fields[number] = data[start:offset]
        if number == 0:
            return fields, offset


def _kdf(data: bytes) -> Kdf:
    """The derivation that a variant dictionary describes. Raises ``struct.error`` or ``KeyError``."""
    values: dict[str, bytes] = {}
    offset = 2  # the dictionary's own version
    while data[offset : offset + 1] != b"\0":
        (name_size,) = struct.unpack_from("<I", data, offset + 1)
        name_end = offset + 5 + name_size
        (size,) = struct.unpack_from("<I", data, name_end)
        end = name_end + 4 + size
        if end >= len(data):
            raise struct.error
        values[data[offset + 5 : name_end].decode()] = data[name_end + 4 : end]
        offset = end
    method = values["$UUID"]
    if method in {_AES_KDF, _AES_KDF_4}:
        return Kdf("aes", values["S"], int.from_bytes(values["R"], "little"))
    if method not in {_ARGON2D, _ARGON2ID}:
        raise InputError("import.kdf-unknown", kdf=0)
    if {
        "K",
        "A",
    } & values.keys():  # a secret or associated data: no program writes them, pykeepass ignores them
        raise InputError("import.kdf-unknown", kdf=0)
    number = {name: int.from_bytes(values[name], "little") for name in "IMPV"}
    return Kdf(
        "argon2d" if method == _ARGON2D else "argon2id",
        values["S"],
        number["I"],
        number["M"],
        number["P"],
        number["V"],
    )
