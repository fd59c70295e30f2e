"""The ZIP inside a bundle: names, order, limits.

Written: ``READ-ME-FIRST.html``, ``bundle.json``, then ``documents/<id>/<file>`` in the bundle's order, then
what there is of ``EXPORTS`` (for an ``expert``: the same credentials for other programs); deflate, UTF-8
names, dates 1980-01-01, mode 0600. The same input gives the same bytes (with the same zlib).

Read: nothing is handed out before everything was checked, so a caller that writes files writes proved ones.

1. The archive is bounded before it is parsed, and its central directory before its members are.
2. Members are plain files: no folder, link, device; stored or deflated; not encrypted.
3. Each name occurs once and is one that ``bundle.json`` announces, or of ``EXPORTS``; each announced name
   occurs. A KeePass file and its password are there together or not at all.
4. Members do not overlap, and nothing precedes the first.
5. Each member unpacks to exactly the size that the directory states, within the limits, with the CRC that it
   states; each document has the size and the SHA-256 that ``bundle.json`` states.
"""

import hashlib
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import BinaryIO, cast

from escrowd.core.bundle import (
    MAX_BUNDLE_BYTES,
    Bundle,
    Document,
    bundle_from_bytes,
    bundle_to_bytes,
)
from escrowd.core.bundle.document_file import is_plain_file
from escrowd.errors import InputError, IntegrityError, NotFoundError

README = "READ-ME-FIRST.html"
BUNDLE = "bundle.json"
DOCUMENTS = "documents"
EXPORT_CSV = "exports/credentials.csv"
EXPORT_KEEPASS = "exports/credentials.kdbx"
EXPORT_PASSWORD = "exports/password.txt"  # noqa: S105 — the name of the file that holds it
EXPORTS = (EXPORT_CSV, EXPORT_KEEPASS, EXPORT_PASSWORD)
"""Members that may be there, in this order. The last opens the one before: printable ASCII, no line end."""
MAX_EXPORT_PASSWORD = 128
"""The longest password, in bytes."""

MAX_PAYLOAD_BYTES = 64 * 2**20 - 64 * 1024
"""The largest ZIP. What age adds (a header, 16 bytes each 64 KiB) fits below the 64 MiB that a node takes."""

_DATE = (1980, 1, 1, 0, 0, 0)
_CHUNK = 2**16
_UNIX = 3
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
"""Flag bits: encrypted, strongly encrypted, central directory encrypted (APPNOTE 4.4.4)."""

_END = struct.Struct("<4s4H2LH")
"""End of central directory (APPNOTE 4.3.16)."""
_LOCATOR_SIZE = 20
_LOCAL = struct.Struct("<4x2xHH4x4x4x4xHH")
"""Local file header (APPNOTE 4.3.7): flags, method, lengths of name and extra field."""
_LONGEST_RECORD = 512
"""Bytes of the central directory for each member that is allowed."""

_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError, EOFError, OverflowError)
"""What ``zipfile`` raises for archives that it cannot parse."""

OpenDocument = Callable[[Document], BinaryIO]
"""Opens the bytes of a document for reading; the caller closes the stream."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a payload may hold: bytes of the ZIP, of two of its members, of all unpacked; how many members."""

    archive: int = MAX_PAYLOAD_BYTES
    bundle: int = MAX_BUNDLE_BYTES
    readme: int = 64 * 2**20
    unpacked: int = 256 * 2**20
    members: int = 5_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class PayloadFile:
    """One member: its name with ``/`` as separator, at most three parts, and its proved size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Payload:
    """A payload that passed every check. Its source must stay open as long as members are read."""

    bundle: Bundle
    files: tuple[PayloadFile, ...]
    _archive: zipfile.ZipFile = field(repr=False)

    def open_file(self, name: str) -> BinaryIO:
        """A stream of the member ``name``. Raises ``NotFoundError`` ``payload.no-such-file`` (``name``)."""
        try:
            return cast("BinaryIO", self._archive.open(name))
        except KeyError:
            raise NotFoundError("payload.no-such-file", name=name) from None

    def open_document(self, document: Document) -> BinaryIO:
        """A stream of the document's bytes. Raises as ``open_file``."""
        return self.open_file(document_path(document))

    def has(self, name: str) -> bool:
        """Whether there is a member ``name``."""
        return any(file.name == name for file in self.files)

    def readme(self) -> bytes:
        """The bytes of ``READ-ME-FIRST.html``."""
        with self.open_file(README) as stream:
            return stream.read()


def document_path(document: Document) -> str:
    """The name of the document's member."""
    return f"{DOCUMENTS}/{document.id}/{document.file}"


def documents_in_memory(contents: Mapping[str, bytes], fallback: OpenDocument | None = None) -> OpenDocument:
    """An ``OpenDocument`` over bytes by document id; ids that are missing are left to ``fallback``.

    The function raises ``NotFoundError`` ``payload.no-such-file`` (``name``).
    """

    def open_document(document: Document) -> BinaryIO:
        if document.id in contents:
            return io.BytesIO(contents[document.id])
        if fallback is None:
            raise NotFoundError("payload.no-such-file", name=document_path(document))
        return fallback(document)

    return open_document


def write_payload(
    target: BinaryIO,
    bundle: Bundle,
    readme_html: bytes,
    documents: OpenDocument,
    exports: Mapping[str, bytes] = MappingProxyType({}),
) -> None:
    """Write the ZIP of ``bundle``.

    Parameters: ``target``, seekable and empty; ``readme_html``, the page; ``documents``, opens the bytes of
    each of ``bundle.documents`` (``payload.open_document`` of the previous payload, ``documents_in_memory``);
    ``exports``, content by name, of ``EXPORTS``.
    Raises ``InputError`` ``payload.too-large`` (``size``, ``limit``: bytes packed or unpacked),
    ``payload.too-many`` (``count``, ``limit``), and as ``bundle_to_bytes``; ``IntegrityError``
    ``payload.document-changed`` (``name``) when the bytes are not those that ``bundle`` states. After an
    error ``target`` holds rubbish.
    """
    text = bundle_to_bytes(bundle)
    sizes = [len(readme_html), len(text), *(document.size for document in bundle.documents)]
    sizes += [len(content) for content in exports.values()]
    if len(sizes) > LIMITS.members:
        raise InputError("payload.too-many", count=len(sizes), limit=LIMITS.members)
    if len(readme_html) > LIMITS.readme or sum(sizes) > LIMITS.unpacked:
        raise InputError("payload.too-large", size=sum(sizes), limit=LIMITS.unpacked)
    with zipfile.ZipFile(target, "w") as archive:
        _write(archive, README, io.BytesIO(readme_html), sizes[0])
        _write(archive, BUNDLE, io.BytesIO(text), sizes[1])
        for document in bundle.documents:
            with documents(document) as stream:
                digest = _write(archive, document_path(document), stream, document.size)
            if digest != document.sha256:
                raise IntegrityError("payload.document-changed", name=document.name)
        for name in EXPORTS:
            if name in exports:
                _write(archive, name, io.BytesIO(exports[name]), len(exports[name]))
    if target.tell() > LIMITS.archive:
        raise InputError("payload.too-large", size=target.tell(), limit=LIMITS.archive)


def _write(archive: zipfile.ZipFile, name: str, source: BinaryIO, size: int) -> str:
    """Write one member; returns the SHA-256 of what was read: at most one byte more than ``size``."""
    info = zipfile.ZipInfo(name, _DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = (stat.S_IFREG | 0o600) << 16
    info.file_size = size
    digest = hashlib.sha256()
    with archive.open(info, "w") as member:
        left = size + 1  # one more than stated, so that a document that grew is noticed, not cut
        while left and (chunk := source.read(min(_CHUNK, left))):
            digest.update(chunk)
            member.write(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def read_payload(source: BinaryIO, limits: Limits = LIMITS) -> Payload:
    """Read and check a whole ZIP before anything of it is handed out.

    Parameters: ``source``, seekable; it must stay open as long as the payload is read.
    Raises ``IntegrityError`` ``payload.not-zip``, ``payload.over-limit`` (``what``, ``limit``),
    ``payload.damaged`` (``name``), ``payload.size-lie`` (``name``), ``payload.overlap``,
    ``payload.encrypted`` (``name``), ``payload.not-a-file`` (``name``), ``payload.method`` (``name``),
    ``payload.unsafe-name`` (``name``), ``payload.duplicate-name`` (``name``), ``payload.unexpected-file``
    (``name``), ``payload.missing-file`` (``name``), ``payload.document-changed`` (``name``); ``InputError``
    as ``bundle_from_bytes``. Names in fields are escaped and shortened.
    """
    directory = _check_frame(source, limits)
    try:
        archive = zipfile.ZipFile(
            source
        )  # lives as long as the payload; the caller owns and closes the source
    except _UNREADABLE:
        raise IntegrityError("payload.not-zip") from None
    members = archive.infolist()
    _check_members(members, directory, limits)
    by_name = {info.filename: info for info in members}
    for name in (README, BUNDLE):
        if name not in by_name:
            raise IntegrityError("payload.missing-file", name=name)
    text = b"".join(_unpack(source, by_name[BUNDLE]))
    bundle = bundle_from_bytes(text)
    expected = {document_path(document): document for document in bundle.documents}
    for name in by_name.keys() - expected.keys() - {README, BUNDLE, *EXPORTS}:
        raise IntegrityError("payload.unexpected-file", name=_shown(name))
    pair = {EXPORT_KEEPASS, EXPORT_PASSWORD}
    wanted = expected.keys() | (pair if pair & by_name.keys() else set())
    for name in wanted - by_name.keys():
        raise IntegrityError("payload.missing-file", name=_shown(name))
    for info in members:
        digest = hashlib.sha256()
        for chunk in _unpack(source, info):
            digest.update(chunk)
        document = expected.get(info.filename)
        if document is not None and (document.size, document.sha256) != (info.file_size, digest.hexdigest()):
            raise IntegrityError("payload.document-changed", name=_shown(document.name))
    files = tuple(PayloadFile(info.filename, info.file_size) for info in members)
    return Payload(bundle, files, archive)


def _check_frame(source: BinaryIO, limits: Limits) -> int:
    """Rules 1 and 4 on what frames the archive; returns the offset of its central directory."""
    end = source.seek(0, io.SEEK_END) - _END.size
    if end > limits.archive:
        raise IntegrityError("payload.over-limit", what="archive", limit=limits.archive)
    if end < 0:
        raise IntegrityError("payload.not-zip")
    source.seek(max(0, end - _LOCATOR_SIZE))
    tail = source.read()
    signature, disk, start_disk, here, count, size, offset, comment = _END.unpack(tail[-_END.size :])
    if signature != b"PK\x05\x06" or disk or start_disk or comment or here != count:
        raise IntegrityError("payload.not-zip")
    # A ZIP64 locator would make the parser read another directory than the one that is bounded here.
    if offset + size != end or tail.startswith(b"PK\x06\x07"):
        raise IntegrityError("payload.not-zip")
    if count > limits.members or size > limits.members * _LONGEST_RECORD:
        raise IntegrityError("payload.over-limit", what="members", limit=limits.members)
    return int(offset)


def _check_members(members: list[zipfile.ZipInfo], directory: int, limits: Limits) -> None:
    """Rules 1 to 5 as far as the central directory tells."""
    if len(members) > limits.members:
        raise IntegrityError("payload.over-limit", what="members", limit=limits.members)
    seen: set[str] = set()
    for info in members:
        _check_member(info)
        if info.filename in seen:
            raise IntegrityError("payload.duplicate-name", name=_shown(info.filename))
        seen.add(info.filename)
    bounds = {BUNDLE: limits.bundle, README: limits.readme, EXPORT_PASSWORD: MAX_EXPORT_PASSWORD}
    for info in members:
        bound = bounds.get(info.filename, limits.unpacked)
        if info.file_size > bound:
            raise IntegrityError("payload.over-limit", what=_shown(info.filename), limit=bound)
    if sum(info.file_size for info in members) > limits.unpacked:
        raise IntegrityError("payload.over-limit", what="unpacked", limit=limits.unpacked)
    free = 0
    for number, info in enumerate(sorted(members, key=lambda info: info.header_offset)):
        if info.header_offset < free or (number == 0 and info.header_offset != 0):
            raise IntegrityError("payload.overlap")
        free = info.header_offset + _LOCAL.size + len(info.filename.encode()) + info.compress_size
    if free > directory:
        raise IntegrityError("payload.overlap")


def _check_member(info: zipfile.ZipInfo) -> None:
    """Rule 2, and of rule 3 what no ``bundle.json`` could allow."""
    name = _shown(info.orig_filename)
    if info.flag_bits & _ENCRYPTED:
        raise IntegrityError("payload.encrypted", name=name)
    if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG} or info.orig_filename.endswith("/"):
        raise IntegrityError("payload.not-a-file", name=name)
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise IntegrityError("payload.method", name=name)
    if info.filename != info.orig_filename or not _is_plain(info.filename):
        raise IntegrityError("payload.unsafe-name", name=name)


def _unpack(source: BinaryIO, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member's bytes, chunk by chunk; rule 5 is checked by the time the last was yielded.

    Not by ``zipfile``: it stops at the stated size and never looks whether more would have come.
    """
    source.seek(info.header_offset)
    header = source.read(_LOCAL.size)
    if len(header) != _LOCAL.size or not header.startswith(b"PK\x03\x04"):
        raise IntegrityError("payload.damaged", name=_shown(info.filename))
    flags, method, name_size, extra_size = _LOCAL.unpack(header)
    name = source.read(name_size)
    if flags & _ENCRYPTED or method != info.compress_type or name != info.filename.encode():
        raise IntegrityError("payload.damaged", name=_shown(info.filename))
    source.seek(extra_size, io.SEEK_CUR)
    size = crc = 0
    for chunk in _inflated(source, info):
        size += len(chunk)
        crc = zlib.crc32(chunk, crc)
        if size > info.file_size:
            raise IntegrityError("payload.size-lie", name=_shown(info.filename))
        yield chunk
    if size != info.file_size:
        raise IntegrityError("payload.size-lie", name=_shown(info.filename))
    if crc != info.CRC:
        raise IntegrityError("payload.damaged", name=_shown(info.filename))


def _inflated(source: BinaryIO, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member's packed bytes at the source's position, unpacked in chunks of bounded size."""
    position, left = source.tell(), info.compress_size
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == zipfile.ZIP_DEFLATED else None
    while left:
        source.seek(position)  # what consumes the chunks may read the same source in between
        packed = source.read(min(_CHUNK, left))
        if not packed:
            raise IntegrityError("payload.damaged", name=_shown(info.filename))
        position, left = position + len(packed), left - len(packed)
        if inflater is None:
            yield packed
            continue
        try:
            while packed and not inflater.eof:
                yield inflater.decompress(packed, _CHUNK)
                packed = inflater.unconsumed_tail
        except zlib.error:
            raise IntegrityError("payload.damaged", name=_shown(info.filename)) from None
        if inflater.eof and (left or inflater.unused_data):
            raise IntegrityError("payload.size-lie", name=_shown(info.filename))
    if inflater is not None:
        yield inflater.flush()
        if not inflater.eof:
            raise IntegrityError("payload.damaged", name=_shown(info.filename))


def _is_plain(name: str) -> bool:
    """Whether ``name`` stays inside any folder that it is written to, on any system."""
    return all(is_plain_file(part) for part in name.split("/"))


def _shown(name: str) -> str:
    """``name`` as an error may carry it: no control character, nothing beyond ASCII, not long."""
    return name.encode("unicode_escape").decode("ascii")[:120]
