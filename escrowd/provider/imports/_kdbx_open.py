"""Opening a KDBX file with pykeepass, and proving what pykeepass takes on trust."""

import base64
import binascii
import hashlib
import io
import logging
from typing import Any

from escrowd.errors import InputError, IntegrityError, UnavailableError
from escrowd.provider.imports import _decrypt
from escrowd.provider.imports._kdbx_header import KDBX_4, Header, Kdf


def open_database(data: bytes, header: Header, password: str | None, key_file: bytes | None) -> Any:
    """The opened database: a ``PyKeePass`` whose header and protected values are proved.

    Parameters: ``header``, read from ``data``, its cost already checked.
    Raises ``InputError`` ``import.password-wrong`` (``format``; of a KDBX 3.1 file it may also be damaged),
    ``import.key-file``; ``IntegrityError`` ``import.keepass-damaged`` (``part``: ``header``, ``content``,
    ``protected-value``, ``protected-file``), ``import.keepass-header-hash``; ``UnavailableError``
    ``import.keepass-extra`` when pykeepass is not installed.
    """
    try:
        import pykeepass  # noqa: PLC0415 — an optional extra
        from pykeepass.exceptions import CredentialsError  # noqa: PLC0415
        from pykeepass.kdbx_parsing.common import (  # noqa: PLC0415
            compute_key_composite,
        )
    except ImportError:
        raise UnavailableError("import.keepass-extra") from None
    try:
        composite = compute_key_composite(password, io.BytesIO(key_file) if key_file is not None else None)
    except Exception:  # noqa: BLE001 — pykeepass raises whatever a malformed key file makes it trip over
        raise InputError("import.key-file") from None
    transformed = _transform(header.kdf, composite)
    if header.major >= KDBX_4 and not header.matches(transformed):
        raise InputError("import.password-wrong", format="keepass")
    complaints = _Complaints()
    logger = logging.getLogger("pykeepass")
    logger.addHandler(complaints)
    propagate, logger.propagate = logger.propagate, False
    try:
        # The password goes along although the key is given: pykeepass computes its composite in any case.
        opened = pykeepass.PyKeePass(io.BytesIO(data), password, _stream(key_file), transformed)
    except CredentialsError:
        raise InputError("import.password-wrong", format="keepass") from None
    except Exception:  # noqa: BLE001 — construct, zlib, lxml and struct raise dozens of kinds for damaged content
        raise IntegrityError("import.keepass-damaged", part="content") from None
    finally:
        logger.removeHandler(complaints)
        logger.propagate = propagate
    if header.major < KDBX_4:
        _check_version_3(opened.tree.getroot(), header)
    if complaints.heard:
        raise IntegrityError("import.keepass-damaged", part="protected-value")
    return opened


def _stream(data: bytes | None) -> io.BytesIO | None:
    return None if data is None else io.BytesIO(data)


def _check_version_3(root: Any, header: Header) -> None:
    """A KDBX 3.1 header is covered by nothing but a hash inside: without it any value could be another.

    And protected files share the key stream with protected fields, but pykeepass decrypts only the fields:
    what follows such a file would come out wrong.
    """
    stated = decoded(root.findtext("Meta/HeaderHash") or "")
    if not _decrypt.same(stated, hashlib.sha256(header.raw).digest()):
        raise IntegrityError("import.keepass-header-hash")
    if any(element.get("Protected") == "True" for element in root.iter("Binary")):
        raise IntegrityError("import.keepass-damaged", part="protected-file")


def _transform(kdf: Kdf, composite: bytes) -> bytes:
    if kdf.method == "aes":
        return _decrypt.aes_kdf(kdf.seed, kdf.rounds, composite)
    from argon2 import low_level  # noqa: PLC0415 — comes with pykeepass, which comes with an extra

    try:
        return low_level.hash_secret_raw(
            secret=composite,
            salt=kdf.seed,
            hash_len=32,
            type=low_level.Type.ID if kdf.method == "argon2id" else low_level.Type.D,
            time_cost=kdf.rounds,
            memory_cost=kdf.memory // 1024,
            parallelism=kdf.lanes,
            version=kdf.version,
        )
    except Exception:  # noqa: BLE001 — argon2 names its errors by number; a salt or version out of bounds is damage
        raise IntegrityError("import.keepass-damaged", part="header") from None


class _Complaints(logging.Handler):
    """Hears that pykeepass could not decrypt a value: it only logs that and leaves the cipher text."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard = False

    def emit(self, record: logging.LogRecord) -> None:
        """Remember that there was one; the record itself is dropped."""
        self.heard = self.heard or bool(record)


def decoded(text: str) -> bytes:
    """The bytes that base64 text stands for; none for text that is no base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
