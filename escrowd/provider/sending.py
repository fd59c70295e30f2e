"""A statement to a node: pending first, then sent, then its receipt verified and its head kept.

1. What is signed is on disk before it is sent. After a crash the same bytes are sent again: a node that has
   them answers with the same receipt, so nothing happens twice (P4). A check-in is the exception: the receipt
   of an old one would pass for a new sign of life, so each command signs its own.
2. A receipt counts when the node that was enrolled signed it, for exactly these bytes.
3. The head in a receipt must extend the head seen last: the lines between are fetched and verified (P8).
4. A node whose ledger does not extend it is a restored copy. It is named and keeps its place; what its ledger
   holds no more counts as never told, and ``agreement.bring_up_to_date`` tells it again by new statements.
5. Each node is spoken to by itself, under a nonce of its own: one that does not answer stops none of the
   others.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Literal, TypeVar

from escrowd.core.encoding import canonical
from escrowd.core.keys import SigningKey, new_id
from escrowd.core.ledger import EMPTY, Head, LedgerEntry, read_chain
from escrowd.core.statements import (
    STATEMENT,
    Appoint,
    Body,
    Checkin,
    KeyKind,
    Query,
    Receipt,
    peek,
    sign_statement,
    verify_payload,
    verify_receipt,
)
from escrowd.core.wire import FileOf, HeadOf, Standing, StatementAnswer
from escrowd.errors import EscrowdError, IntegrityError, NotFoundError, RefusedError, UnavailableError
from escrowd.machine.files import disk_errors, remove, write_atomic
from escrowd.provider.memory import NodeMemory, Told, recall, remember
from escrowd.provider.progress import Progress, Step, silent
from escrowd.provider.records import NodeRecord, Vault
from escrowd.provider.workspace import Session

if TYPE_CHECKING:
    from escrowd.provider.node_client import OpenFile

PENDING: Final = "pending"
APPOINTMENT: Final = "appoint"
ENROLMENT: Final = "enrol"
AT_ONCE: Final = 8
"""Nodes that are spoken to at the same time."""
Note = Literal["went-back", "sent-again", "not-sent-again"]
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class NodeReport:
    """What became of one errand at one node.

    ``error`` is ``None`` when the node gave a receipt that holds. ``notes``: ``went-back``, the node is a
    restored copy (rule 4); ``sent-again``, what it had lost was told to it again; ``not-sent-again``, that
    failed. ``standing`` is what the node's receipt says.
    """

    fingerprint: str
    url: str
    error: EscrowdError | None
    seq: int | None = None
    standing: Standing | None = None
    notes: tuple[Note, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the node answered with a good receipt."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class Source:
    """A file that goes with a statement, and how to read it (again, at each try)."""

    file: FileOf
    open: "OpenFile"

    @classmethod
    def of_bytes(cls, data: bytes) -> "Source":
        """A file that is in memory."""
        return cls(FileOf(sha256=sha256(data).hexdigest(), size=len(data)), lambda: io.BytesIO(data))

    @classmethod
    def of_path(cls, path: Path, digest: str) -> "Source":
        """A file on disk whose SHA-256 is known. Raises as ``disk_errors``."""
        with disk_errors(path):
            return cls(FileOf(sha256=digest, size=path.stat().st_size), lambda: path.open("rb"))


@dataclass(frozen=True, slots=True)
class Errand:
    """What one node is to be told. ``subject`` names it across commands (``terms/bakery``)."""

    subject: str
    body: Body
    sources: tuple[Source, ...] = ()
    revision: int | None = None

    @property
    def digest(self) -> str:
        """What tells this errand from one that was told before."""
        return sha256(canonical(self.body.model_dump(mode="json"))).hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    """Which key signs: the daily one, or in ``restore`` and with two provider's cards the root."""

    key: SigningKey = field(repr=False)
    kind: KeyKind

    @classmethod
    def daily(cls, session: Session) -> "Signer":
        """The key of every day."""
        return cls(session.daily, "daily")


def to_each(nodes: Sequence[NodeRecord], work: Callable[[NodeRecord], _Result]) -> tuple[_Result, ...]:
    """Do ``work`` for each node, several at once, and give the results in the order of the nodes."""
    if not nodes:
        return ()
    with ThreadPoolExecutor(max_workers=min(len(nodes), AT_ONCE)) as pool:
        return tuple(pool.map(work, nodes))


def appointment_errand(vault: Vault) -> Errand:
    """The root's word for the daily key that signs now."""
    return Errand(APPOINTMENT, Appoint(appointment=vault.chain[-1]))


def tell(
    session: Session,
    node: NodeRecord,
    errand: Errand,
    *,
    now: int,
    signer: Signer | None = None,
    once: bool = False,
    progress: Progress = silent,
) -> NodeReport:
    """Tell one node. Never raises for what the node or the network does: that is in the report.

    Parameters: ``once``, whether a receipt at hand for the same body will do.
    """
    memory = recall(session.folder, node.fingerprint)
    signer = signer or Signer.daily(session)
    known = memory.told.get(APPOINTMENT)
    appointed = known is not None and known.digest == appointment_errand(session.vault).digest
    if signer.kind == "daily" and errand.subject != ENROLMENT and not appointed:
        # A restore could not reach this node: its signature would only look forged there.
        return NodeReport(node.fingerprint, node.url, RefusedError("node.daily-unknown", url=node.url))
    if once:
        told = memory.told.get(errand.subject)
        if told is not None and told.digest == errand.digest:
            return NodeReport(node.fingerprint, node.url, None, told.seq, memory.standing)
    line = _Line(session, node, signer, now, progress)
    try:
        receipt, notes = line.tell(errand)
    except EscrowdError as error:
        return NodeReport(node.fingerprint, node.url, error)
    finally:
        line.close()
    return NodeReport(node.fingerprint, node.url, None, receipt.seq, receipt.standing, notes)


def ask_standing(session: Session, node: NodeRecord, *, now: int, signer: Signer | None = None) -> NodeReport:
    """Ask one node where it stands, and what it says of itself.

    Never raises for what the node or the network does.
    """
    line = _Line(session, node, signer or Signer.daily(session), now, silent)
    try:
        paid = line.client.info().paid_until
        standing = line.client.standing(line.sign(Query(what="standing")))
    except EscrowdError as error:
        return NodeReport(node.fingerprint, node.url, error)
    finally:
        line.close()
    memory = recall(session.folder, node.fingerprint)
    remember(session.folder, memory.model_copy(update={"standing": standing, "heard": now, "paid": paid}))
    return NodeReport(node.fingerprint, node.url, None, None, standing)


def fetch_ledger(
    session: Session, node: NodeRecord, *, now: int, after: Head = EMPTY, signer: Signer | None = None
) -> tuple[LedgerEntry, ...]:
    """The node's ledger after a head, verified as it is read. Raises as ``read_chain`` and ``NodeClient``."""
    line = _Line(session, node, signer or Signer.daily(session), now, silent)
    try:
        return line.ledger(after)
    finally:
        line.close()


def fetch_file(
    session: Session,
    node: NodeRecord,
    sha256: str,
    target: BinaryIO,
    *,
    now: int,
    signer: Signer | None = None,
) -> None:
    """One file that the node holds for this provider, unchecked, into ``target``.

    Raises as ``NodeClient``.
    """
    line = _Line(session, node, signer or Signer.daily(session), now, silent)
    try:
        line.client.file(line.sign(Query(what="file", sha256=sha256)), target)
    finally:
        line.close()


class _Line:
    """One node, spoken to by one command."""

    def __init__(
        self, session: Session, node: NodeRecord, signer: Signer, now: int, progress: Progress
    ) -> None:
        self.session = session
        self.node = node
        self.signer = signer
        self.now = now
        self.progress = progress
        # Only here: most commands speak to no node, and none should wait for what speaks HTTP.
        from escrowd.provider.node_client import NodeClient  # noqa: PLC0415 — as the line above says

        self.client = NodeClient(node.url)
        self.close = self.client.close

    def tell(self, errand: Errand) -> tuple[Receipt, tuple[Note, ...]]:
        """Rules 1 to 4 for one errand."""
        pending = self._pending(errand)
        compact = self._unanswered(pending, errand)
        if compact is not None:
            try:
                return self._hand_in(compact, errand, pending)
            except UnavailableError:
                raise
            except EscrowdError:
                # Its nonce died, or what it named is gone: a new statement will say which.
                pass
        try:
            return self._hand_in(self._sign_pending(errand, pending), errand, pending)
        except EscrowdError as error:
            if not error.code.startswith("nonce."):
                if not isinstance(error, UnavailableError | IntegrityError):
                    remove(pending)  # the node has refused it: nobody waits for its receipt
                raise
        # The node started anew between the nonce and the statement.
        return self._hand_in(self._sign_pending(errand, pending), errand, pending)

    def sign(self, body: Body, *, seen: Mapping[str, HeadOf] | None = None) -> str:
        """A statement for this node, under a fresh nonce."""
        return sign_statement(
            body,
            provider=self.session.provider,
            signer=self.signer.key,
            key=self.signer.kind,
            presence=self.session.presence,
            nonces={self.node.fingerprint: self.client.nonce()},
            jti=new_id() + new_id(),
            iat=self.now,
            seen=seen,
        )

    def ledger(self, after: Head) -> tuple[LedgerEntry, ...]:
        """The ledger after a head."""
        lines = self.client.lines(self.sign(Query(what="ledger", since=after.seq)))
        return tuple(read_chain(lines, after=after, node=self.node.fingerprint))

    def _pending(self, errand: Errand) -> Path:
        name = f"{self.node.fingerprint}.{errand.subject.replace('/', '.')}.jws"
        return self.session.folder / PENDING / name

    def _sign_pending(self, errand: Errand, pending: Path) -> str:
        shown = recall(self.session.folder, self.node.fingerprint).shown
        compact = self.sign(errand.body, seen={self.node.fingerprint: shown} if shown.seq else None)
        if not isinstance(errand.body, Checkin):
            write_atomic(pending, compact.encode("ascii"))
        return compact

    def _unanswered(self, pending: Path, errand: Errand) -> str | None:
        """What an earlier command signed to the same end and got no answer to (rule 1)."""
        if isinstance(errand.body, Checkin) or not pending.is_file():
            return None
        compact = pending.read_text(encoding="ascii")
        try:
            verify_payload(compact, STATEMENT, self.signer.key.public)
            claims = peek(compact).claims()
        except EscrowdError:
            return None
        same = claims["body"] == errand.body.model_dump(mode="json", exclude_none=True)
        return compact if same and claims["presence"] == self.session.presence else None

    def _hand_in(self, compact: str, errand: Errand, pending: Path) -> tuple[Receipt, tuple[Note, ...]]:
        answer = self._files_and_statement(compact, errand)
        receipt = verify_receipt(answer.receipt, bytes.fromhex(self.node.public), statement=compact)
        told = Told(
            digest=errand.digest,
            statement=receipt.statement_sha256,
            seq=receipt.seq,
            hash=receipt.head,
            told=self.now,
            revision=errand.revision,
            files=tuple(source.file.sha256 for source in errand.sources),
        )
        memory = recall(self.session.folder, self.node.fingerprint)
        memory, notes = self._follow(memory, receipt)
        remember(
            self.session.folder,
            memory.model_copy(
                update={
                    "standing": memory.after_receipt(receipt.standing),
                    "receipt": answer.receipt,
                    "heard": self.now,
                    "told": {**memory.told, errand.subject: told},
                }
            ),
        )
        remove(pending)
        self.progress(Step("state", self.node.url, 1, 1))
        return receipt, notes

    def _files_and_statement(self, compact: str, errand: Errand) -> StatementAnswer:
        """The answer to the statement, its files sent before it.

        What the last receipt for the subject confirms is not sent again, unless the node misses it.
        """
        told = recall(self.session.folder, self.node.fingerprint).told.get(errand.subject)
        there = set(told.files) if told is not None else set()
        self._upload([one for one in errand.sources if one.file.sha256 not in there], compact)
        try:
            return self.client.state(compact)
        except NotFoundError as error:
            if error.code != "file.missing":
                raise
        self._upload([one for one in errand.sources if one.file.sha256 in there], compact)
        return self.client.state(compact)

    def _upload(self, sources: Sequence[Source], compact: str) -> None:
        for source in sources:
            self.client.upload(source.file, source.open, compact, progress=self.progress)

    def _follow(self, memory: NodeMemory, receipt: Receipt) -> tuple[NodeMemory, tuple[Note, ...]]:
        """Rules 3 and 4: the memory with the new head, and whether the node went back."""
        new, last = receipt.ledger_head, memory.last
        try:
            if new.seq > last.seq:
                entries = self._reaching(new, last)
                return _at(memory, entries[-1].head), ()
        except UnavailableError:
            # The receipt holds; the next command verifies the lines between.
            return memory, ()
        except IntegrityError:
            # Perhaps restored: then its whole chain holds, without the head that we saw.
            pass
        try:
            entries = self._reaching(new, EMPTY)
        except UnavailableError:
            return memory, ()
        heads = {entry.head for entry in entries}
        memory_now = _at(memory, entries[-1].head)
        if last == EMPTY or last in heads:
            return memory_now, ()
        kept = {name: told for name, told in memory.told.items() if Head(told.seq, told.hash) in heads}
        return memory_now.model_copy(update={"told": kept, "went_back_from": memory.head}), ("went-back",)

    def _reaching(self, new: Head, after: Head) -> tuple[LedgerEntry, ...]:
        """The entries after ``after``, among them the one that the receipt names.

        Raises as ``read_chain``, and ``IntegrityError`` ``ledger.cut`` (``expected``, ``found``: seq).
        """
        entries = self.ledger(after)
        if new not in {entry.head for entry in entries}:
            raise IntegrityError(
                "ledger.cut", expected=new.seq, found=entries[-1].seq if entries else after.seq
            )
        return entries


def _at(memory: NodeMemory, head: Head) -> NodeMemory:
    return memory.model_copy(update={"head": HeadOf(seq=head.seq, hash=head.hash)})
