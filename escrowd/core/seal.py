"""age files (age-encryption.org/v1): sealing to recipients or with a passphrase, and opening.

Streams go through pyrage's ``*_io`` functions, which release the GIL and hold one 64 KiB chunk; its functions
on bytes keep the GIL for the whole operation and serve small files only.

The passphrase writer is ours because pyrage chooses the work factor itself, by the speed of the machine, and
the key of a share set needs a low one: its passphrase is 128 random bits. Whatever that writer writes is
opened again by pyrage before it is returned.
"""

import base64
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import pyrage  # type: ignore[import-untyped]  # a compiled module, ships no types
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from escrowd.core.keys import random_bytes
from escrowd.errors import InputError, IntegrityError, UnavailableError

if TYPE_CHECKING:
    from typing_extensions import Buffer

KEY_WORK_FACTOR: Final = 10
"""log2(N) of scrypt where the passphrase itself holds 128 random bits."""

PASSPHRASE_WORK_FACTOR: Final = 17
"""log2(N) of scrypt for a passphrase that a person chose: 128 MiB, about half a second."""

MAX_WORK_FACTOR: Final = 20
"""The largest log2(N) that is computed for a foreign file: 1 GiB."""

_VERSION: Final = b"age-encryption.org/v1"
_CHUNK: Final = 64 * 1024
_TRIES: Final = 12
_BUFFER: Final = 256 * 1024
_SCRYPT_HEADER = re.compile(rb"age-encryption\.org/v1\n-> scrypt [A-Za-z0-9+/]{22} ([1-9][0-9]?)\n")
_LONGEST_INTRO: Final = 80


def seal(source: BinaryIO, target: BinaryIO, recipients: Sequence[str]) -> None:
    """Seal a stream to age recipients (``age1…``).

    Raises ``InputError`` ``key.recipient-malformed``, ``seal.no-recipient``; ``OSError`` as the streams raise
    it.
    """
    if not recipients:
        raise InputError("seal.no-recipient")
    parsed = [_recipient(text) for text in recipients]
    with _piped(_Source(source), _Target(target)) as (reader, writer):
        pyrage.encrypt_io(reader, writer, parsed)


def unseal(source: BinaryIO, target: BinaryIO, identities: Sequence[str]) -> None:
    """Open a sealed stream with age identities (``AGE-SECRET-KEY-1…``).

    ``target`` receives bytes as they are authenticated, chunk by chunk: on an error it holds a true beginning
    of the content, and the caller drops it.
    Raises ``IntegrityError``: ``age.not-age`` (no age file), ``age.wrong-key`` (no identity fits),
    ``age.damaged`` (cut short, changed); ``InputError`` ``key.identity-malformed``; ``OSError`` as the
    streams raise it.
    """
    parsed = [_identity(text) for text in identities]
    head = source.read(len(_VERSION) + 1)
    if head != _VERSION + b"\n":
        raise IntegrityError("age.not-age")
    ends = _Source(source, head), _Target(target)
    try:
        with _piped(*ends) as (reader, writer):
            pyrage.decrypt_io(reader, writer, parsed)
    except (pyrage.DecryptError, OSError) as error:
        if error in {end.error for end in ends}:
            raise
        if "No matching keys" in str(error):
            raise IntegrityError("age.wrong-key") from None
        raise IntegrityError("age.damaged") from None


def seal_bytes(data: bytes, recipients: Sequence[str]) -> bytes:
    """Seal some bytes. Raises as ``seal``."""
    target = io.BytesIO()
    seal(io.BytesIO(data), target, recipients)
    return target.getvalue()


def unseal_bytes(data: bytes, identities: Sequence[str]) -> bytes:
    """Open some sealed bytes. Raises as ``unseal``."""
    target = io.BytesIO()
    unseal(io.BytesIO(data), target, identities)
    return target.getvalue()


def seal_passphrase(data: bytes, passphrase: str, work_factor: int, *, check: bool = True) -> bytes:
    """Seal some bytes with one scrypt stanza, and prove with pyrage that they open again.

    Parameters: ``work_factor``, log2(N), 1 to 20; ``check``, False only where the caller opens the result
    itself.
    Raises ``InputError`` ``seal.work-factor``, ``seal.no-passphrase``; ``IntegrityError``
    ``age.unreadable-result``, which nothing in this process should cause.
    """
    if not 1 <= work_factor <= MAX_WORK_FACTOR:
        raise InputError("seal.work-factor", work_factor=work_factor, limit=MAX_WORK_FACTOR)
    if not passphrase:
        raise InputError("seal.no-passphrase")
    result = _write_scrypt_file(data, passphrase, work_factor)
    if not check:
        return result
    try:
        opened = pyrage.passphrase.decrypt(result, passphrase)
    except pyrage.DecryptError:
        opened = None
    if opened != data:
        raise IntegrityError("age.unreadable-result")
    return result


def unseal_passphrase(data: bytes, passphrase: str, max_work_factor: int = MAX_WORK_FACTOR) -> bytes:
    """Open what one scrypt stanza seals.

    Raises ``IntegrityError``: ``age.not-age``, ``age.not-passphrase`` (sealed to a key), ``age.work-factor``
    (would take more than ``max_work_factor``), ``age.wrong-passphrase``, ``age.damaged`` (the passphrase
    fits, the content is changed or cut); ``UnavailableError`` ``age.machine-slow`` (``work_factor``).
    """
    if not data.startswith(_VERSION + b"\n"):
        raise IntegrityError("age.not-age")
    match = _SCRYPT_HEADER.match(data[:_LONGEST_INTRO])
    if match is None:
        raise IntegrityError("age.not-passphrase")
    work_factor = int(match[1])
    # Before computing: each step doubles time and memory, and the file may come from anybody.
    if work_factor > max_work_factor:
        raise IntegrityError("age.work-factor", work_factor=work_factor, limit=max_work_factor)
    for _ in range(_TRIES):
        try:
            return bytes(pyrage.passphrase.decrypt(data, passphrase))
        except pyrage.DecryptError as error:
            said = str(error)
        # The library measures the machine at each call and refuses what would take this machine too long. A
        # busy moment spoils the measurement; another one is not as busy.
        if not said.startswith("Excessive work"):
            break
    else:
        raise UnavailableError("age.machine-slow", work_factor=work_factor)
    if said in {"Decryption failed", "No matching keys found"}:
        raise IntegrityError("age.wrong-passphrase")
    raise IntegrityError("age.damaged")


def _write_scrypt_file(data: bytes, passphrase: str, work_factor: int) -> bytes:
    """The age v1 format (c2sp.org/age) with one scrypt recipient stanza."""
    file_key, salt, nonce = random_bytes(16), random_bytes(16), random_bytes(16)
    wrap_key = Scrypt(
        salt=b"age-encryption.org/v1/scrypt" + salt, length=32, n=1 << work_factor, r=8, p=1
    ).derive(passphrase.encode("utf-8"))
    wrapped = ChaCha20Poly1305(wrap_key).encrypt(bytes(12), file_key, None)
    header = b"%s\n-> scrypt %s %d\n%s\n---" % (_VERSION, _base64(salt), work_factor, _base64(wrapped))
    mac = HMAC(_hkdf(file_key, b"", b"header"), SHA256())
    mac.update(header)
    payload = ChaCha20Poly1305(_hkdf(file_key, nonce, b"payload"))
    chunks = b"".join(payload.encrypt(counter, chunk, None) for counter, chunk in _chunks(data))
    return b"%s %s\n%s%s" % (header, _base64(mac.finalize()), nonce, chunks)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """STREAM: chunks of 64 KiB, each under an 11-byte big-endian counter and a byte that marks the last."""
    # Only an empty payload has an empty chunk.
    starts = range(0, max(len(data), 1), _CHUNK)
    for number, start in enumerate(starts):
        last = number == len(starts) - 1
        yield number.to_bytes(11, "big") + bytes([last]), data[start : start + _CHUNK]


def _hkdf(material: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(material)


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _recipient(text: str) -> object:
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise InputError("key.recipient-malformed") from None


def _identity(text: str) -> object:
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError:
        raise InputError("key.identity-malformed") from None


class _Source(io.RawIOBase):
    """A stream as pyrage reads it: in large pieces, for pyrage asks for 8 KiB at a time.

    ``head``: bytes that were read already. Remembers the stream's own error.
    """

    def __init__(self, stream: BinaryIO, head: bytes = b"") -> None:
        super().__init__()
        self._stream = stream
        self._head = head
        self.error: OSError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # io's own buffers are memoryviews
        data, self._head = self._head, b""
        if not data:
            try:
                data = self._stream.read(len(buffer))
            except OSError as error:
                self.error = error
                raise
        buffer[: len(data)] = data
        return len(data)


class _Target(io.RawIOBase):
    """A stream as pyrage writes it, in large pieces. After the stream's own error it takes nothing more."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: "Buffer") -> int:
        if self.error is not None:
            raise self.error
        try:
            return self._stream.write(data)
        except OSError as error:
            self.error = error
            raise


@contextmanager
def _piped(source: _Source, target: _Target) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Both ends with buffers. A stream's own error comes out as itself, not as what pyrage makes of it."""
    reader, writer = io.BufferedReader(source, _BUFFER), io.BufferedWriter(target, _BUFFER)
    try:
        yield cast("BinaryIO", reader), cast("BinaryIO", writer)
        writer.flush()
    except (pyrage.EncryptError, pyrage.DecryptError, OSError):
        for error in (source.error, target.error):
            if error is not None:
                raise error from None
        raise
    finally:
        with suppress(OSError):
            writer.detach()
