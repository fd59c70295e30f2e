"""A node's append-only, hash-chained record: one chain per provider (``docs/promises.md``: P8).

1. ``hash`` = SHA-256 of the RFC 8785 form of
   ``["escrow-ledger/1", node, seq, node time, wall, type, SHA-256(body), prev]``; ``seq`` from 1, the first
   ``prev`` is 64 zeros.
2. The body is hashed as its RFC 8785 form, with 16 random bytes ``salt`` inside: it can be erased, or kept
   from a reader, and the chain still verifies, and nobody can guess a short body from its hash.
3. A line is the RFC 8785 form of the entry. A line that is written in any other way is refused, so that a
   flipped bit has nowhere to hide.
4. A chain that was seen up to a head must go on from that head.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final

from pydantic import Field, JsonValue

from escrowd.core.encoding import canonical, loads
from escrowd.core.strict import Fingerprint, Hex32, Millis, Strict, Wall, parse
from escrowd.errors import InputError, IntegrityError

SCHEMA: Final = "escrow-ledger/1"
GENESIS: Final = "0" * 64
SALT_BYTES: Final = 16
MAX_LINE: Final = 128 * 1024
"""The longest line of an export, in bytes."""

EntryType = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: ``seq`` and ``hash`` of its last entry. An empty chain has ``EMPTY``."""

    seq: int
    hash: str


EMPTY: Final = Head(0, GENESIS)


class LedgerEntry(Strict):
    """One entry. ``body`` is None where it was erased or belongs to another reader; ``body_sha256`` stays."""

    node: Fingerprint
    seq: Annotated[int, Field(ge=1)]
    node_time: Millis
    wall: Wall
    type: EntryType
    body_sha256: Hex32
    prev: Hex32
    hash: Hex32
    body: dict[str, JsonValue] | None

    @property
    def head(self) -> Head:
        """The chain's end once this entry is its last."""
        return Head(self.seq, self.hash)

    def without_body(self) -> "LedgerEntry":
        """The entry as it stands after erasing, or as another reader gets it."""
        return self.model_copy(update={"body": None})


def body_hash(body: dict[str, JsonValue]) -> str:
    """SHA-256 of the RFC 8785 form, lower-case hex. ``body`` holds its salt already."""
    return sha256(canonical(body)).hexdigest()


def salted_body(body: Mapping[str, object], salt: bytes) -> bytes:
    """Rule 2: the RFC 8785 form of a body with its salt inside.

    Raises ``InputError``: ``ledger.salt`` (salt of another size, or a body that has one),
    ``json.not-canonical``.
    """
    if len(salt) != SALT_BYTES or "salt" in body:
        raise InputError("ledger.salt", size=len(salt))
    return canonical({**body, "salt": salt.hex()})


def entry_hash(
    *, node: str, seq: int, node_time: int, wall: int, type_: str, body_sha256: str, prev: str
) -> str:
    """Rule 1, lower-case hex. ``node_time`` in milliseconds, ``wall`` in seconds."""
    array = [SCHEMA, node, seq, node_time, wall, type_, body_sha256, prev]
    return sha256(canonical(array)).hexdigest()


def make_entry(
    after: Head,
    *,
    node: str,
    node_time: int,
    wall: int,
    type_: str,
    body: dict[str, JsonValue],
    salt: bytes,
) -> LedgerEntry:
    """The entry that follows ``after``.

    Parameters: ``node``, the node's fingerprint; ``node_time`` in milliseconds, ``wall`` in seconds;
    ``body``, JSON without floats and without a key ``salt``; ``salt``, 16 random bytes.
    Raises ``InputError``: ``ledger.salt`` (salt of another size, or a body that has one),
    ``json.not-canonical``, ``ledger.body-too-large``.
    """
    digest = sha256(salted_body(body, salt)).hexdigest()
    seq = after.seq + 1
    entry = LedgerEntry(
        node=node,
        seq=seq,
        node_time=node_time,
        wall=wall,
        type=type_,
        body_sha256=digest,
        prev=after.hash,
        hash=entry_hash(
            node=node,
            seq=seq,
            node_time=node_time,
            wall=wall,
            type_=type_,
            body_sha256=digest,
            prev=after.hash,
        ),
        body={**body, "salt": salt.hex()},
    )
    size = len(export_line(entry))
    if size > MAX_LINE:
        raise InputError("ledger.body-too-large", size=size, limit=MAX_LINE)
    return entry


def export_line(entry: LedgerEntry) -> bytes:
    """One line of an export (rule 3), LF included."""
    return canonical(entry.model_dump(mode="json")) + b"\n"


def export(entries: Iterable[LedgerEntry], *, own: Callable[[LedgerEntry], bool]) -> Iterator[bytes]:
    """Lines for one reader: bodies for which ``own`` says yes, of all others only the hashes."""
    for entry in entries:
        yield export_line(entry if own(entry) else entry.without_body())


def read_line(data: bytes, *, line: int) -> LedgerEntry:
    """One line of an export, verified by itself: hashes of entry and body.

    Parameters: ``data``, with or without its LF; ``line``, its number, for errors.
    Raises ``IntegrityError``: ``ledger.line-damaged`` (field ``line``), ``ledger.hash-wrong``,
    ``ledger.body-changed`` (fields ``line``, ``seq``).
    """
    raw = data.removesuffix(b"\n")
    try:
        written = canonical(loads(raw, max_bytes=MAX_LINE))
        entry = parse(LedgerEntry, raw)
    except InputError:
        raise IntegrityError("ledger.line-damaged", line=line) from None
    if written != raw:
        raise IntegrityError("ledger.line-damaged", line=line)
    expected = entry_hash(
        node=entry.node,
        seq=entry.seq,
        node_time=entry.node_time,
        wall=entry.wall,
        type_=entry.type,
        body_sha256=entry.body_sha256,
        prev=entry.prev,
    )
    if expected != entry.hash:
        raise IntegrityError("ledger.hash-wrong", line=line, seq=entry.seq)
    if entry.body is not None and body_hash(entry.body) != entry.body_sha256:
        raise IntegrityError("ledger.body-changed", line=line, seq=entry.seq)
    return entry


def read_chain(
    lines: Iterable[bytes], *, after: Head = EMPTY, node: str | None = None
) -> Iterator[LedgerEntry]:
    """Read and verify an export line by line; each entry comes out once everything up to it holds.

    Parameters: ``after``, where the export begins: ``EMPTY``, or a head seen before (rule 4); ``node``, the
    node that it must come from, else the first line's.
    Raises what ``read_line`` raises, and ``IntegrityError``: ``ledger.foreign-node`` (fields ``line``,
    ``expected``, ``found``), ``ledger.gap`` (fields ``line``, ``expected``, ``found``: seq),
    ``ledger.chain-broken`` (fields ``line``, ``seq``).
    """
    head = after
    for number, data in enumerate(lines, start=1):
        entry = read_line(data, line=number)
        node = node or entry.node
        if entry.node != node:
            raise IntegrityError("ledger.foreign-node", line=number, expected=node, found=entry.node)
        if entry.seq != head.seq + 1:
            raise IntegrityError("ledger.gap", line=number, expected=head.seq + 1, found=entry.seq)
        if entry.prev != head.hash:
            raise IntegrityError("ledger.chain-broken", line=number, seq=entry.seq)
        head = entry.head
        yield entry


def verify_chain(
    lines: Iterable[bytes],
    *,
    after: Head = EMPTY,
    node: str | None = None,
    expected: Head | None = None,
) -> Head:
    """Verify an export offline and return its end.

    Parameters: as ``read_chain``; ``expected``, the head that a receipt names: the export must reach it, and
    have the same hash there. It may go on after it.
    Raises what ``read_chain`` raises, and ``IntegrityError``: ``ledger.cut`` (fields ``expected``, ``found``:
    seq), ``ledger.forked`` (field ``seq``).
    """
    head = after
    found = after if expected is not None and expected.seq == after.seq else None
    for entry in read_chain(lines, after=after, node=node):
        head = entry.head
        if expected is not None and head.seq == expected.seq:
            found = head
    if expected is not None:
        if found is None:
            raise IntegrityError("ledger.cut", expected=expected.seq, found=head.seq)
        if found != expected:
            raise IntegrityError("ledger.forked", seq=expected.seq)
    return head
